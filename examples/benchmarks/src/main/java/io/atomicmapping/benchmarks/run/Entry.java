package io.atomicmapping.benchmarks.run;

import io.atomicmapping.benchmarks.cell.Cell;
import io.atomicmapping.benchmarks.store.Stores;
import java.nio.file.Path;
import java.util.List;

/**
 * A run that is to be made in each round.
 *
 * @param group what it belongs to
 * @param variant which point of a curve or side of an ablation; empty in the race
 * @param cell the workload
 * @param store the store
 * @param overrides options of the worker that differ
 * @param patched classes of a patched engine, or null
 */
record Entry(String group, String variant, Cell cell, Stores store, List<String> overrides, Path patched) {

    static final String RACE = "race";

    Entry(String group, String variant, Cell cell, Stores store, List<String> overrides) {
        this(group, variant, cell, store, overrides, null);
    }

    static Entry race(Cell cell, Stores store) {
        return new Entry(RACE, "", cell, store, List.of());
    }

    List<String> arguments(int round) {
        List<String> arguments = new java.util.ArrayList<>(List.of("worker", "--group", group, "--variant",
                variant,
                "--cell", cell.name(), "--store", store.label(), "--round", Integer.toString(round)));
        arguments.addAll(overrides);
        return arguments;
    }

    String label() {
        return cell.name() + " " + store.label() + (variant.isEmpty() ? "" : " " + group + "=" + variant);
    }
}
