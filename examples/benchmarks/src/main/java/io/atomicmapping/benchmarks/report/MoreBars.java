package io.atomicmapping.benchmarks.report;

import io.atomicmapping.benchmarks.measure.Csv;
import io.atomicmapping.benchmarks.run.MemoryCommand.Tracking;
import io.atomicmapping.benchmarks.run.RecoveryCommand.Opening;
import io.atomicmapping.benchmarks.run.SizeCommand.Cost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** The bars of size, memory, recovery and allocation. */
final class MoreBars {

    private static final double SAME = 1.1;
    private static final int MANY_PAGES = 65_536;
    private static final double BYTES_A_PAGE = 16;
    private static final double MILLIS = 1000;
    // bytes an operation: less than an object; the bench itself allocates a little
    private static final double NOTHING = 8;

    private MoreBars() {}

    static List<Bar> of(Path results) throws IOException {
        List<Bar> bars = new ArrayList<>();
        List<Cost> costs = Csv.read(results.resolve("size.csv"), Cost.class);
        bars.add(new Bar("open of a clean file, largest / smallest file", SAME, false, costs.size() < 2
                ? OptionalDouble.empty()
                : OptionalDouble.of(costs.getLast().openMicrosP50() / costs.getFirst().openMicrosP50())));
        bars.add(new Bar("sync of one page, largest / smallest file", SAME, false, costs.size() < 2
                ? OptionalDouble.empty()
                : OptionalDouble.of(costs.getLast().syncMicrosP50() / costs.getFirst().syncMicrosP50())));
        for (String state : List.of("stored", "committed")) {
            bars.add(new Bar("memory for tracking, bytes a page, most seen of neighbours, " + state,
                    BYTES_A_PAGE, false, Csv.read(results.resolve("memory.csv"), Tracking.class).stream()
                            .filter(tracking -> tracking.pages() >= MANY_PAGES
                                    && tracking.state().equals(state)
                                    && tracking.places().equals("neighbours"))
                            .mapToDouble(Tracking::bytesAPage).max()));
        }
        bars.add(new Bar("recovery of a full journal, ms, longest", MILLIS, false,
                Csv.read(results.resolve("recovery.csv"), Opening.class).stream()
                .mapToDouble(Opening::openMillis).max()));
        Micro micro = Micro.read(results.resolve("micro-single.csv"));
        for (String benchmark : List.of("putLongRandom", "putLongSequential", "syncOnePage")) {
            Double allocated = micro.allocated().get(benchmark);
            bars.add(new Bar("allocated by " + benchmark + ", bytes", NOTHING, false,
                    allocated == null ? OptionalDouble.empty() : OptionalDouble.of(allocated)));
        }
        return bars;
    }
}
