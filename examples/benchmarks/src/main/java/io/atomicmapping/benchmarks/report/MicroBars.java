package io.atomicmapping.benchmarks.report;

import io.atomicmapping.benchmarks.report.Bar.Condition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** The bars of JMH's results: nanoseconds, bytes allocated, and stores of two threads and of one. */
final class MicroBars {

    private static final double RANDOM_TO_RAW = 2;
    private static final double SEQUENTIAL_NANOS = 1.5;
    private static final double SAME = 1.05;
    private static final double UPDATE_NANOS = 20;
    private static final double TWO_TO_ONE = 1.8;
    // bytes an operation: less than an object; the bench itself allocates a little
    private static final double NOTHING = 8;
    private static final String RAW = "Raw";

    private final Micro single;
    private final Map<String, Double> one;
    private final Map<String, Double> two;
    private final List<Bar> bars = new ArrayList<>();

    private MicroBars(Path results) throws IOException {
        single = Micro.read(results.resolve("micro-single.csv"));
        one = Micro.read(results.resolve("micro-two-threads-1.csv")).scores();
        two = Micro.read(results.resolve("micro-two-threads-2.csv")).scores();
    }

    static List<Bar> of(Path results) throws IOException {
        MicroBars made = new MicroBars(results);
        made.nanos();
        made.twoThreads();
        made.allocated();
        return made.bars;
    }

    private void nanos() {
        Map<String, Double> n = single.scores();
        atMost("putLong random / raw set", RANDOM_TO_RAW, divide(n.get("putLongRandom"),
                n.get("putLongRandomRaw")));
        atMost("putLong sequential - raw set, ns", SEQUENTIAL_NANOS,
                subtract(n.get("putLongSequential"), n.get("putLongSequentialRaw")));
        atMost("getLong random / raw get", SAME, divide(n.get("getLongRandom"), n.get("getLongRandomRaw")));
        atMost("getLong sequential / raw get", SAME,
                divide(n.get("getLongSequential"), n.get("getLongSequentialRaw")));
        atMost("empty update, ns", UPDATE_NANOS, optional(n.get("updateEmpty")));
    }

    /** What two threads of this machine do with raw stores is said beside. */
    private void twoThreads() {
        for (String name : List.of("differentPages", "differentLinesOfOnePage")) {
            OptionalDouble raw = divide(two.get(name + RAW), one.get(name + RAW));
            bars.add(Bar.atLeast("two threads / one, " + name, TWO_TO_ONE, divide(two.get(name),
                    one.get(name)),
                    raw.isEmpty() ? Condition.NONE
                            : new Condition(true, "raw stores: " + Table.number(raw.getAsDouble()))));
        }
    }

    private void allocated() {
        for (String benchmark : List.of("putLongRandom", "putLongSequential", "syncOnePage",
                "syncSamePage")) {
            atMost("allocated by " + benchmark + ", bytes", NOTHING, optional(single.allocated()
                    .get(benchmark)));
        }
    }

    private void atMost(String what, double wanted, OptionalDouble seen) {
        bars.add(Bar.atMost(what, wanted, seen, Condition.NONE));
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
