package io.atomicmapping.benchmarks.report;

import io.atomicmapping.benchmarks.cell.Cell;
import io.atomicmapping.benchmarks.measure.Result;
import io.atomicmapping.benchmarks.store.Stores;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** The race, cell by cell. All figures are medians over the rounds; ratios are taken in each round first. */
final class RaceTables {

    private final Results race;

    RaceTables(Results race) {
        this.race = race;
    }

    /** All cells. */
    String render() {
        StringBuilder text = new StringBuilder();
        for (String cell : race.cells()) {
            text.append("\n### ").append(cell).append("\n\n").append(cell(cell));
        }
        return text.toString();
    }

    private String cell(String cell) {
        Table table = new Table("store", "commits/s", "to floor", "to msync 4K", "to best peer", "p50 us",
                "p99 us",
                "max us", "CPU s / 1000", "machine CPU s / 1000", "device B / commit", "device B / changed B",
                "flushes / commit", "ring fills", "checkpoints", "rounds", "note");
        Comparator<String> fastestFirst = Comparator.comparingDouble(store -> -race.median(cell, store,
                Result::rate)
                .orElse(0));
        race.stores(cell).stream().sorted(fastestFirst).forEach(store -> row(table, cell, store));
        return table.toString();
    }

    private void row(Table table, String cell, String store) {
        Map<Integer, Double> rates = race.byRound(cell, store, Result::rate);
        long changed = Cell.parse(cell).changedBytes();
        table.row(store, Statistics.median(List.copyOf(rates.values())),
                Statistics.inRoundRatio(rates, race.byRound(cell, Stores.FLOOR_DELTA.label(), Result::rate)),
                Statistics.inRoundRatio(rates, race.byRound(cell, Stores.MSYNC_4K.label(), Result::rate)),
                Statistics.inRoundRatio(rates, race.bestDurablePeer(cell)),
                race.median(cell, store, Result::commitMicrosP50), race.median(cell, store,
                Result::commitMicrosP99),
                race.median(cell, store, Result::commitMicrosMax),
                race.median(cell, store, Result::processSecondsPerThousand),
                race.median(cell, store, result -> result.machineSeconds() * 1000 / result.commits()),
                race.median(cell, store, Result::deviceBytesPerCommit),
                race.median(cell, store, result -> result.deviceBytesPerCommit() / changed),
                race.median(cell, store, Result::flushesPerCommit), race.median(cell, store,
                Result::ringFills),
                race.median(cell, store, Result::checkpoints), rates.size(), race.note(cell, store));
    }

    /** How evenly threads get on: the fewest commits of a thread over the most. */
    String threads() {
        Table table = new Table("cell", "store", "acknowledged syncs/s", "to one thread",
                "fewest / most of a thread",
                "p99 us", "max us");
        for (String cell : race.cells()) {
            Cell parsed = Cell.parse(cell);
            if (parsed.threads() == 1) {
                continue;
            }
            String one = new Cell(parsed.places(), parsed.unit(), parsed.pages(), 1, false).name();
            for (String store : race.stores(cell)) {
                OptionalDouble ratio = Statistics.inRoundRatio(race.byRound(cell, store, Result::rate),
                        race.byRound(one, store, Result::rate));
                table.row(cell, store, race.median(cell, store, Result::rate), ratio, race.median(cell, store,
                        result -> (double) result.leastOfThread() / result.mostOfThread()),
                        race.median(cell, store, Result::commitMicrosP99), race.median(cell, store,
                        Result::commitMicrosMax));
            }
        }
        return table.toString();
    }

    /** The variants of a curve, or of the ablations, beside the default. */
    static String variants(Results group, String standard) {
        Table table = new Table("cell", "variant", "commits/s", "to " + standard, "p50 us", "p99 us",
                "max us",
                "CPU s / 1000", "device B / commit", "rounds");
        for (String cell : group.cells()) {
            for (String variant : group.variants()) {
                for (String store : List.of(Stores.OURS.label(), Stores.OURS_SEGMENT.label())) {
                    Map<Integer, Double> rates = group.byRound(cell, store, variant, Result::rate);
                    if (rates.isEmpty()) {
                        continue;
                    }
                    Map<Integer, Double> base = group.byRound(cell, Stores.OURS.label(), standard,
                            Result::rate);
                    table.row(cell, variant, median(rates),
                            Statistics.inRoundRatio(rates, base.isEmpty() ? group.ratesOfVariant(standard)
                            : base),
                            median(group.byRound(cell, store, variant, Result::commitMicrosP50)),
                            median(group.byRound(cell, store, variant, Result::commitMicrosP99)),
                            median(group.byRound(cell, store, variant, Result::commitMicrosMax)),
                            median(group.byRound(cell, store, variant, Result::processSecondsPerThousand)),
                            median(group.byRound(cell, store, variant, Result::deviceBytesPerCommit)),
                            rates.size());
                }
            }
        }
        return table.toString();
    }

    private static OptionalDouble median(Map<Integer, Double> values) {
        return Statistics.median(List.copyOf(values.values()));
    }
}
