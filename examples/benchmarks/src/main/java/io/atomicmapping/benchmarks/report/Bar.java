package io.atomicmapping.benchmarks.report;

import io.atomicmapping.benchmarks.measure.Result;
import io.atomicmapping.benchmarks.store.Stores;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * What must be reached, and what was.
 *
 * @param what what is compared
 * @param wanted the bar
 * @param atLeast whether more is better
 * @param seen what was measured; empty if it was not
 */
public record Bar(String what, double wanted, boolean atLeast, OptionalDouble seen) {

    private static final String OURS = Stores.OURS.label();
    private static final String SEGMENT = Stores.OURS_SEGMENT.label();
    private static final String FLOOR = Stores.FLOOR_DELTA.label();
    private static final String MSYNC = Stores.MSYNC_4K.label();
    private static final double DEVICE_BYTES_TO_FLOOR = 1.2;
    private static final double P99_TO_P50 = 2.5;
    private static final double WORST_TO_FLOORS_WORST = 5;
    private static final double THREADS_RATIO = 12;

    /**
     * The table of issue 4: pages a commit, ours to floor, to msync with 4 KiB folios, to the best durable
     * peer.
     */
    private static final double[][] RANDOM = {{1, 0.95, 1.2, 1.1}, {16, 0.9, 4, 1.7}, {256, 0.8, 35, 6},
            {4096, 0.4, 80, 12}};
    private static final double[][] THROUGH_SEGMENT = {{256, 4}, {4096, 6}};

    /** Whether it is met; a bar that was not measured is not. */
    public boolean isMet() {
        return seen.isPresent() && (atLeast ? seen.getAsDouble() >= wanted : seen.getAsDouble() <= wanted);
    }

    /** In words: met, missed, or not measured. */
    public String verdict() {
        return seen.isEmpty() ? "not measured" : isMet() ? "met" : "**missed**";
    }

    /** All bars that whole stores are held to. */
    public static List<Bar> ofRace(Results race) {
        List<Bar> bars = new ArrayList<>();
        for (double[] row : RANDOM) {
            String cell = "random-" + (int) row[0];
            Map<Integer, Double> ours = race.byRound(cell, OURS, Result::rate);
            bars.add(atLeast(cell + ": ours / floor", row[1], ours, race.byRound(cell, FLOOR, Result::rate)));
            bars.add(atLeast(cell + ": ours / msync, 4 KiB folios", row[2], ours, race.byRound(cell, MSYNC,
                    Result::rate)));
            bars.add(atLeast(cell + ": ours / best durable peer", row[3], ours, race.bestDurablePeer(cell)));
            bars.add(new Bar(cell + ": device bytes per commit, ours / floor", DEVICE_BYTES_TO_FLOOR, false,
                    ratio(race, cell, OURS, FLOOR, Result::deviceBytesPerCommit)));
        }
        for (double[] row : THROUGH_SEGMENT) {
            String cell = "random-" + (int) row[0];
            bars.add(atLeast(cell + ": ours through segment() / msync, 4 KiB folios", row[1],
                    race.byRound(cell, SEGMENT, Result::rate), race.byRound(cell, MSYNC, Result::rate)));
        }
        for (String cell : race.cells()) {
            boolean single = !cell.endsWith("t") && !cell.endsWith("v");
            if (single && (!cell.startsWith("random") || cell.endsWith("page"))) {
                bars.add(atLeast(cell + ": ours / best durable peer", 1, race.byRound(cell, OURS,
                        Result::rate),
                        race.bestDurablePeer(cell)));
            }
        }
        bars.addAll(threads(race));
        bars.addAll(tail(race));
        return bars;
    }

    private static List<Bar> threads(Results race) {
        Map<Integer, Double> one = race.byRound("random-1", OURS, Result::rate);
        return List.of(
                atLeast("64 committing platform threads / one", THREADS_RATIO,
                        race.byRound("random-1-64t", OURS, Result::rate), one),
                atLeast("64 committing virtual threads / one", THREADS_RATIO,
                        race.byRound("random-1-64v", OURS, Result::rate), one));
    }

    private static List<Bar> tail(Results race) {
        String cell = "random-256";
        return List.of(
                new Bar(cell + ": sync p99 / p50", P99_TO_P50, false, Statistics.inRoundRatio(
                        race.byRound(cell, OURS, Result::syncMicrosP99), race.byRound(cell, OURS,
                        Result::syncMicrosP50))),
                new Bar(cell + ": worst sync / the floor's worst", WORST_TO_FLOORS_WORST, false,
                        ratio(race, cell, OURS, FLOOR, Result::syncMicrosMax)));
    }

    static Bar atLeast(String what, double wanted, Map<Integer, Double> ours, Map<Integer, Double> theirs) {
        return new Bar(what, wanted, true, Statistics.inRoundRatio(ours, theirs));
    }

    private static OptionalDouble ratio(Results race, String cell, String store, String other,
            ToDoubleFunction<Result> figure) {
        return Statistics.inRoundRatio(race.byRound(cell, store, figure), race.byRound(cell, other, figure));
    }

    /**
     * The bars of the JMH results, by benchmark: nanoseconds, or stores a microsecond of two threads and of
     * one.
     */
    public static List<Bar> ofMicro(Map<String, Double> nanos, Map<String, Double> one, Map<String,
            Double> two) {
        List<Bar> bars = new ArrayList<>();
        Map<String, Double> n = new TreeMap<>(nanos);
        bars.add(new Bar("putLong random / raw set", 2, false, divide(n.get("putLongRandom"),
                n.get("putLongRandomRaw"))));
        bars.add(new Bar("putLong sequential - raw set, ns", 1.5, false,
                subtract(n.get("putLongSequential"), n.get("putLongSequentialRaw"))));
        bars.add(new Bar("getLong random / raw get", 1.05, false, divide(n.get("getLongRandom"),
                n.get("getLongRandomRaw"))));
        bars.add(new Bar("getLong sequential / raw get", 1.05, false,
                divide(n.get("getLongSequential"), n.get("getLongSequentialRaw"))));
        bars.add(new Bar("empty update, ns", 20, false, optional(n.get("updateEmpty"))));
        for (String name : List.of("differentPages", "differentLinesOfOnePage")) {
            bars.add(new Bar("two threads / one, " + name, 1.8, true, divide(two.get(name), one.get(name))));
        }
        return bars;
    }

    private static OptionalDouble optional(Double value) {
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    private static OptionalDouble divide(Double value, Double by) {
        return value == null || by == null ? OptionalDouble.empty() : OptionalDouble.of(value / by);
    }

    private static OptionalDouble subtract(Double value, Double other) {
        return value == null || other == null ? OptionalDouble.empty() : OptionalDouble.of(value - other);
    }
}
