package io.atomicmapping.benchmarks.report;

import io.atomicmapping.benchmarks.cell.Cell;
import io.atomicmapping.benchmarks.cell.Unit;
import io.atomicmapping.benchmarks.measure.Csv;
import io.atomicmapping.benchmarks.measure.Result;
import io.atomicmapping.benchmarks.measure.Slice;
import io.atomicmapping.benchmarks.report.Bar.Condition;
import io.atomicmapping.benchmarks.run.WorkerCommand;
import io.atomicmapping.benchmarks.store.Stores;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** The bars that whole stores are held to, each with how it is to be measured: issue 4, line by line. */
final class RaceBars {

    private static final String OURS = Stores.OURS.label();
    private static final String SEGMENT = Stores.OURS_SEGMENT.label();
    private static final String FLOOR = Stores.FLOOR_DELTA.label();
    private static final String MSYNC = Stores.MSYNC.label();
    private static final String MSYNC_4K = Stores.MSYNC_4K.label();
    private static final String SMALL_FOLIOS = "large folios: 0%";
    private static final double RING_FILLS_MIN = 5;
    private static final double DEVICE_BYTES_TO_FLOOR = 1.2;
    private static final double P99_TO_P50 = 2.5;
    private static final double WORST_TO_FLOORS_WORST = 5;
    private static final double THREADS_RATIO = 12;
    /** "no thread starves" has no figure in the issue: one that gets half of what another gets does not */
    private static final double FEWEST_TO_MOST = 0.5;

    /** Pages a commit, ours to floor, to msync with 4 KiB folios, to the best durable peer. */
    private static final double[][] RANDOM = {{1, 0.95, 1.2, 1.1}, {16, 0.9, 4, 1.7}, {256, 0.8, 35, 6},
            {4096, 0.4, 80, 12}};
    private static final double[][] THROUGH_SEGMENT = {{256, 4}, {4096, 6}};
    /** where ours is to be ahead of every durable peer */
    static final List<String> AHEAD = List.of("zipfian-1", "zipfian-16", "zipfian-256", "zipfian-4096",
            "sequential-1", "sequential-16", "sequential-256", "sequential-4096", "dense-256",
            "random-1-page",
            "random-16-page", "random-256-page", "random-4096-page");
    private static final List<String> THREADS = List.of("random-1-64t", "random-1-64v");

    private final Results race;
    private final Path results;
    private final List<Bar> bars = new ArrayList<>();

    private RaceBars(Results race, Path results) {
        this.race = race;
        this.results = results;
    }

    /**
     * All of them.
     *
     * @param race the results
     * @param results the folder that has them, and the timelines
     */
    static List<Bar> of(Results race, Path results) throws IOException {
        RaceBars made = new RaceBars(race, results);
        made.random();
        made.throughSegment();
        AHEAD.forEach(made::ahead);
        THREADS.forEach(made::threads);
        made.tail();
        return made.bars;
    }

    private void random() throws IOException {
        for (double[] row : RANDOM) {
            String cell = "random-" + (int) row[0];
            Condition ring = ringFilled(cell, OURS);
            atLeast(cell + ": ours / floor", row[1], rates(cell, OURS), rates(cell, FLOOR), ring);
            atLeast(cell + ": ours / msync, 4 KiB folios", row[2], rates(cell, OURS), rates(cell, MSYNC_4K),
                    ring.and(bothFolios(cell)));
            atLeast(cell + ": ours / best durable peer", row[3], rates(cell, OURS),
                    race.bestDurablePeer(cell), ring.and(everyPeer(cell)));
            bars.add(Bar.atMost(cell + ": device bytes per commit, ours / floor", DEVICE_BYTES_TO_FLOOR,
                    ratio(cell, Result::deviceBytesPerCommit), ring.and(withoutHome(cell))));
        }
    }

    private void throughSegment() {
        for (double[] row : THROUGH_SEGMENT) {
            String cell = "random-" + (int) row[0];
            atLeast(cell + ": ours through segment() / msync, 4 KiB folios", row[1], rates(cell, SEGMENT),
                    rates(cell, MSYNC_4K), ringFilled(cell, SEGMENT).and(bothFolios(cell)));
        }
    }

    private void ahead(String cell) {
        Condition ring = ringFilled(cell, OURS);
        atLeast(cell + ": ours / best durable and atomic peer", 1, rates(cell, OURS),
                race.bestDurablePeer(cell), ring.and(everyPeer(cell)));
        atLeast(cell + ": ours / best of msync and pwrite in place", 1, rates(cell, OURS),
                race.bestInPlace(cell), ring.and(bothFolios(cell)));
    }

    private void threads(String cell) {
        Condition ring = ringFilled(cell, OURS);
        String kind = Cell.parse(cell).virtual() ? "virtual" : "platform";
        atLeast("64 committing " + kind + " threads / one", THREADS_RATIO, rates(cell, OURS),
                rates("random-1", OURS), ring);
        bars.add(Bar.atLeast("64 committing " + kind + " threads: fewest / most syncs of a thread",
                FEWEST_TO_MOST, race.median(cell, OURS,
                result -> (double) result.leastOfThread() / result.mostOfThread()), ring));
    }

    private void tail() {
        String cell = "random-256";
        Condition ring = ringFilled(cell, OURS).and(checkpointed(cell));
        bars.add(Bar.atMost(cell + ": sync p99 / p50", P99_TO_P50, Statistics.inRoundRatio(
                race.byRound(cell, OURS, Result::syncMicrosP99),
                race.byRound(cell, OURS, Result::syncMicrosP50)), ring));
        bars.add(Bar.atMost(cell + ": worst sync / the floor's worst", WORST_TO_FLOORS_WORST,
                ratio(cell, Result::syncMicrosMax), ring.and(asLong(cell))));
    }

    // ---- figures ----

    private Map<Integer, Double> rates(String cell, String store) {
        return race.byRound(cell, store, Result::rate);
    }

    private void atLeast(String what, double wanted, Map<Integer, Double> ours, Map<Integer, Double> theirs,
            Condition condition) {
        bars.add(Bar.atLeast(what, wanted, Statistics.inRoundRatio(ours, theirs), condition));
    }

    private OptionalDouble ratio(String cell, ToDoubleFunction<Result> figure) {
        return Statistics.inRoundRatio(race.byRound(cell, OURS, figure), race.byRound(cell, FLOOR, figure));
    }

    // ---- conditions ----

    /** Checkpoints are in the figure: the ring was filled five times, in the round with the fewest, too. */
    private Condition ringFilled(String cell, String store) {
        double least = race.byRound(cell, store, Result::ringFills).values().stream()
                .mapToDouble(Double::doubleValue).min().orElse(0);
        return new Condition(least >= RING_FILLS_MIN, "ring filled " + Table.number(least) + " times");
    }

    private Condition checkpointed(String cell) {
        double least = race.byRound(cell, OURS, result -> (double) result.checkpoints()).values().stream()
                .mapToDouble(Double::doubleValue).min().orElse(0);
        return new Condition(least >= 1, Math.round(least) + " checkpoints");
    }

    /** The longer a run, the worse its worst: the floor's was as long as ours, within a fifth. */
    private Condition asLong(String cell) {
        double ratio = ratio(cell, Result::seconds).orElse(0);
        return new Condition(ratio >= 0.8 && ratio <= 1.25, "as long as the floor's run: "
                + Table.number(ratio));
    }

    /** Said beside, since pages go home whole: what the journal alone has written to the device. */
    private Condition withoutHome(String cell) throws IOException {
        Map<Integer, Double> rest = new TreeMap<>();
        for (Result result : race.of(cell, OURS)) {
            Path timeline = results.resolve("timelines").resolve(WorkerCommand.timeline(result) + ".csv");
            List<Slice> slices = Csv.read(timeline, Slice.class);
            if (!slices.isEmpty()) {
                rest.put(result.round(), (double) (result.deviceBytes() - slices.getLast().homeBytes())
                        / result.commits());
            }
        }
        OptionalDouble ratio = Statistics.inRoundRatio(rest,
                race.byRound(cell, FLOOR, Result::deviceBytesPerCommit));
        return ratio.isEmpty() ? Condition.NONE
                : new Condition(true, "without what went home: " + Table.number(ratio.getAsDouble()));
    }

    /** msync was raced in both forms, and the form with small folios had no others. */
    private Condition bothFolios(String cell) {
        boolean both = !rates(cell, MSYNC).isEmpty() && !rates(cell, MSYNC_4K).isEmpty();
        boolean small = race.note(cell, MSYNC_4K).contains(SMALL_FOLIOS);
        return new Condition(both && small, (both ? "msync in both folios" : "msync in one form only")
                + (small ? "" : ", not shown to be 4 KiB"));
    }

    /** All of those that fit were raced. */
    private Condition everyPeer(String cell) {
        boolean pages = Cell.parse(cell).unit() == Unit.PAGE;
        List<String> missing = Arrays.stream(Stores.values())
                .filter(store -> store.kind() == Stores.Kind.DURABLE)
                .map(Stores::label).filter(label -> label.endsWith("-page") == pages)
                .filter(label -> rates(cell, label).isEmpty()).toList();
        return new Condition(missing.isEmpty(), missing.isEmpty() ? "every peer" : "without "
                + String.join(", ", missing));
    }
}
