package io.atomicmapping.benchmarks.report;

import io.atomicmapping.benchmarks.Bytes;
import io.atomicmapping.benchmarks.measure.Csv;
import io.atomicmapping.benchmarks.report.Bar.Condition;
import io.atomicmapping.benchmarks.run.MemoryCommand.Tracking;
import io.atomicmapping.benchmarks.run.RecoveryCommand.Opening;
import io.atomicmapping.benchmarks.run.SizeCommand.Cost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/** The bars of size, memory and recovery. */
final class MoreBars {

    private static final double SAME = 1.1;
    private static final long SMALLEST = 1L << 20;
    private static final long LARGEST = 256L << 30;
    private static final int MANY_PAGES = 65_536;
    private static final double BYTES_A_PAGE = 16;
    /** what a table of 4 GiB would take is 16 of them; the JVM's own noise is half of one */
    private static final double MEBIBYTES_OF_ONE_PAGE = 1;
    private static final double MEBI = 1 << 20;
    private static final double MILLIS = 1000;
    private static final long JOURNAL_BYTES = 256L << 20;

    private MoreBars() {}

    static List<Bar> of(Path results) throws IOException {
        List<Bar> bars = new ArrayList<>();
        List<Cost> costs = Csv.read(results.resolve("size.csv"), Cost.class);
        bars.add(size("open of a clean file, 256 GiB / 1 MiB", costs, Cost::openMicrosP50));
        bars.add(size("sync of one page, 256 GiB / 1 MiB", costs, Cost::syncMicrosP50));
        memory(bars, Csv.read(results.resolve("memory.csv"), Tracking.class));
        bars.add(recovery(Csv.read(results.resolve("recovery.csv"), Opening.class)));
        return bars;
    }

    private static Bar size(String what, List<Cost> costs, ToDoubleFunction<Cost> micros) {
        if (costs.size() < 2) {
            return Bar.atMost(what, SAME, OptionalDouble.empty(), Condition.NONE);
        }
        Cost first = costs.getFirst();
        Cost last = costs.getLast();
        return Bar.atMost(what, SAME,
                OptionalDouble.of(micros.applyAsDouble(last) / micros.applyAsDouble(first)),
                new Condition(Bytes.parse(first.size()).count() == SMALLEST
                        && Bytes.parse(last.size()).count() == LARGEST, last.size() + " / " + first.size()));
    }

    private static void memory(List<Bar> bars, List<Tracking> trackings) {
        for (String state : List.of("stored", "committed")) {
            bars.add(Bar.atMost("memory for tracking, bytes a page, most seen of neighbours, " + state,
                    BYTES_A_PAGE, trackings.stream().filter(tracking -> tracking.pages() >= MANY_PAGES
                            && tracking.state().equals(state) && tracking.places().equals("neighbours"))
                            .mapToDouble(Tracking::bytesAPage).max(), Condition.NONE));
        }
        bars.add(Bar.atMost("memory for tracking, MiB in all, one page stored to", MEBIBYTES_OF_ONE_PAGE,
                trackings.stream().filter(tracking -> tracking.pages() == 1)
                        .mapToDouble(tracking -> tracking.trackingBytes() / MEBI).max(), Condition.NONE));
    }

    private static Bar recovery(List<Opening> openings) {
        long least = openings.stream().mapToLong(Opening::journalBytes).min().orElse(0);
        return Bar.atMost("recovery of a full journal, ms, longest", MILLIS,
                openings.stream().mapToDouble(Opening::openMillis).max(),
                new Condition(least >= JOURNAL_BYTES, "journal of " + (least >> 20) + " MiB"));
    }
}
