package io.atomicmapping.benchmarks.run;

import io.atomicmapping.benchmarks.cell.Cell;
import io.atomicmapping.benchmarks.cell.Places;
import io.atomicmapping.benchmarks.cell.Unit;
import io.atomicmapping.benchmarks.store.Stores;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The whole stores, in all cells. */
@Command(name = "race", description = "Races whole stores: one JVM for each store and round, rounds in turn.",
        mixinStandardHelpOptions = true)
public final class RaceCommand implements Callable<Integer> {

    /** The cells of the bar, the other places, whole pages, and threads. */
    public static final List<String> CELLS = List.of("random-1", "random-16", "random-256", "random-4096",
            "zipfian-1",
            "zipfian-16", "zipfian-256", "zipfian-4096", "sequential-1", "sequential-16", "sequential-256",
            "sequential-4096", "dense-256", "random-1-page", "random-16-page", "random-256-page",
            "random-4096-page",
            "random-1-2t", "random-1-8t", "random-1-64t", "random-1-64v", "random-16-8t", "random-256-8t");

    /** Without the forms that are never the best for 8-byte stores. */
    static final List<String> BEST_FORMS = List.of("ours", "ours-segment", "floor-delta", "msync",
            "msync-4k", "pwrite",
            "lmdb", "sqlite", "rocksdb", "mvstore", "mapdb", "chronicle");

    @Mixin
    private RunOptions options;

    @Option(names = "--cells", split = ",",
            description = "only these cells; else all of ${COMPLETION-CANDIDATES}",
            completionCandidates = CellNames.class)
    private List<String> cells = CELLS;

    @Option(names = "--stores", split = ",",
            description = "these stores, of ${COMPLETION-CANDIDATES}; else all in the cells"
            + " of the bar, and where stores go elsewhere, or several threads commit, the best form of each",
            completionCandidates = StoreNames.class)
    private List<String> stores;

    @Option(names = "--rounds", defaultValue = "3", description = "how many rounds: ${DEFAULT-VALUE}")
    private int rounds;

    @Option(names = "--budget",
            description = "how long it may take, such as 90m: runs are made as long as that allows")
    private Duration budget;

    /** What picocli lists in the help. */
    static final class CellNames extends ArrayList<String> {
        CellNames() {
            super(CELLS);
        }
    }

    /** What picocli lists in the help. */
    static final class StoreNames extends ArrayList<String> {
        StoreNames() {
            super(Arrays.stream(Stores.values()).map(Stores::label).toList());
        }
    }

    @Override
    public Integer call() throws Exception {
        return new Schedule(options, entries(cells, stores), rounds, budget).run() == 0 ? 0 : 1;
    }

    /** The runs of a round; stores may be null for those that a cell has by default. */
    static List<Entry> entries(List<String> cells, List<String> stores) {
        List<Entry> entries = new ArrayList<>();
        for (String name : cells) {
            Cell cell = Cell.parse(name);
            (stores == null ? standard(cell) : stores).stream().map(Stores::of).filter(store
                    -> store.takes(cell))
                    .forEach(store -> entries.add(Entry.race(cell, store)));
        }
        return entries;
    }

    private static List<String> standard(Cell cell) {
        boolean ofTheBar = cell.places() == Places.RANDOM && cell.threads() == 1;
        return ofTheBar || cell.unit() == Unit.PAGE ? new StoreNames() : BEST_FORMS;
    }
}
