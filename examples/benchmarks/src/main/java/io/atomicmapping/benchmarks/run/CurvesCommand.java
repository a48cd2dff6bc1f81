package io.atomicmapping.benchmarks.run;

import io.atomicmapping.benchmarks.cell.Cell;
import io.atomicmapping.benchmarks.store.Stores;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How the cost of ours grows. */
@Command(name = "curves",
        description = "How cost grows: threads, dirty set, file size, ring size. Ours alone.",
        mixinStandardHelpOptions = true)
public final class CurvesCommand implements Callable<Integer> {

    private static final int[] THREADS = {1, 2, 4, 8, 16, 32, 64, 128};
    private static final int[] PAGES = {1, 4, 16, 64, 256, 1024, 4096, 16384};
    private static final List<String> FILES = List.of("16M", "64M", "256M", "1G", "4G");
    private static final List<String> RINGS = List.of("4M", "16M", "64M", "256M", "1G");
    private static final Cell MIDDLE = Cell.parse("random-256");

    @Mixin
    private RunOptions options;

    @Option(names = "--rounds", defaultValue = "3", description = "how many rounds: ${DEFAULT-VALUE}")
    private int rounds;

    @Option(names = "--budget", description = "how long it may take, such as 40m")
    private Duration budget;

    @Override
    public Integer call() throws Exception {
        return new Schedule(options, entries(), rounds, budget).run() == 0 ? 0 : 1;
    }

    static List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        for (int threads : THREADS) {
            for (String kind : List.of("t", "v")) {
                Cell cell = Cell.parse("random-1-" + threads + kind);
                entries.add(new Entry("threads", threads + kind, cell, Stores.OURS, List.of()));
            }
        }
        for (int pages : PAGES) {
            entries.add(new Entry("dirty-set", Integer.toString(pages), Cell.parse("random-" + pages),
                    Stores.OURS, List.of()));
        }
        for (String size : FILES) {
            entries.add(new Entry("file-size", size, MIDDLE, Stores.OURS, List.of("--file-size", size)));
        }
        for (String ring : RINGS) {
            entries.add(new Entry("ring-size", ring, MIDDLE, Stores.OURS, List.of("--ring", ring)));
        }
        return entries;
    }
}
