package io.atomicmapping.benchmarks.run;

import io.atomicmapping.benchmarks.cell.Cell;
import io.atomicmapping.benchmarks.store.Stores;
import io.atomicmapping.benchmarks.store.VariantStorage.Variant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What each mechanism is worth, as far as the public API and its storage can do without it. The rest are
 * patches to the engine, which ABLATIONS.md lists; {@code --patched} names a run of a patched build beside
 * them.
 */
@Command(name = "ablations",
        description = "Ours with one mechanism less or otherwise, in turn with the default.",
        mixinStandardHelpOptions = true)
public final class AblationsCommand implements Callable<Integer> {

    static final String GROUP = "ablation";
    static final String DEFAULT = "default";

    @Mixin
    private RunOptions options;

    @Option(names = "--cells", split = ",", defaultValue = "random-16,random-256,random-4096",
            description = "in these cells: ${DEFAULT-VALUE}")
    private List<String> cells;

    @Option(names = "--rounds", defaultValue = "3", description = "how many rounds: ${DEFAULT-VALUE}")
    private int rounds;

    @Option(names = "--budget", description = "how long it may take, such as 40m")
    private Duration budget;

    @Option(names = "--patched", description = "the build is patched: one variant of this name, nothing else")
    private String patched;

    @Override
    public Integer call() throws Exception {
        List<Entry> entries = patched == null ? entries(cells) : cells.stream()
                .map(cell -> new Entry(GROUP, patched, Cell.parse(cell), Stores.OURS, List.of())).toList();
        return new Schedule(options, entries, rounds, budget).run() == 0 ? 0 : 1;
    }

    static List<Entry> entries(List<String> cells) {
        List<Entry> entries = new ArrayList<>();
        for (String name : cells) {
            Cell cell = Cell.parse(name);
            entries.add(entry(DEFAULT, cell));
            entries.add(entry("journal-buffered", cell, "--io", Variant.JOURNAL_BUFFERED.name()));
            entries.add(entry("home-direct", cell, "--io", Variant.HOME_DIRECT.name()));
            entries.add(entry("home-unpaced", cell, "--io", Variant.HOME_UNPACED.name()));
            entries.add(entry("home-single-writes", cell, "--io", Variant.HOME_SINGLE_WRITES.name()));
            entries.add(entry("ring-32M", cell, "--ring", "32M"));
            entries.add(entry("ring-1G", cell, "--ring", "1G"));
            entries.add(entry("recycling-off", cell, "--budget-bytes", Long.toString(1L << 46)));
            entries.add(entry("recycling-hard", cell, "--budget-bytes", Long.toString(64L << 20)));
            entries.add(new Entry(GROUP, "kernel-tracking", cell, Stores.OURS_SEGMENT, List.of()));
        }
        return entries;
    }

    private static Entry entry(String variant, Cell cell, String... overrides) {
        return new Entry(GROUP, variant, cell, Stores.OURS, List.of(overrides));
    }
}
