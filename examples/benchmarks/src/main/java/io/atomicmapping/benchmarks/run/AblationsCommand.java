package io.atomicmapping.benchmarks.run;

import io.atomicmapping.benchmarks.cell.Cell;
import io.atomicmapping.benchmarks.store.Stores;
import io.atomicmapping.benchmarks.store.VariantStorage.Variant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What each mechanism is worth: as far as the public API and its storage can do without it, all variants in
 * turn; and, for the rest, a patched engine in turn with the default one, in a group of its own. {@code
 * ablations/run} applies and compiles a patch and calls this.
 */
@Command(name = "ablations",
        description = "Ours with one mechanism less or otherwise, in turn with the default.",
        mixinStandardHelpOptions = true)
public final class AblationsCommand implements Callable<Integer> {

    /** The group of the variants, and what a patch's group begins with. */
    public static final String GROUP = "ablation";
    /** The group of a patch is this and its name. */
    public static final String PATCH = "patch-";
    /** The variant that is no variant. */
    public static final String DEFAULT = "default";

    @Mixin
    private RunOptions options;

    @Option(names = "--cells", split = ",", defaultValue = "random-16,random-256,random-4096",
            description = "in these cells: ${DEFAULT-VALUE}; none if empty")
    private List<String> cells;

    @Option(names = "--rounds", defaultValue = "3", description = "how many rounds: ${DEFAULT-VALUE}")
    private int rounds;

    @Option(names = "--budget", description = "how long it may take, such as 40m")
    private Duration budget;

    @Option(names = "--patch", description = "only this patch, and the default in turn with it")
    private String patch;

    @Option(names = "--classes", description = "where the patched engine is compiled; needed with --patch")
    private Path classes;

    @Option(names = "--budget-bytes", defaultValue = "-1",
            description = "of both sides of a patch: the memory budget, where it is not the default")
    private long budgetBytes;

    @Option(names = "--micro", description = "of both sides of a patch: JMH benchmarks of these names")
    private String micro;

    @Override
    public Integer call() throws Exception {
        if (patch == null) {
            return new Schedule(options, entries(cells), rounds, budget).run() == 0 ? 0 : 1;
        }
        if (classes == null || !Files.isDirectory(classes.resolve("io/atomicmapping"))) {
            throw new IOException("no patched classes, compile them and say where they are: --classes="
                    + classes);
        }
        List<String> overrides = budgetBytes < 0 ? List.of() : List.of("--budget-bytes",
                Long.toString(budgetBytes));
        List<Entry> pairs = pairs(patch, cells, overrides, classes.toAbsolutePath());
        int failed = pairs.isEmpty() ? 0 : new Schedule(options, pairs, rounds, budget).run();
        for (int round = 1; round <= rounds && micro != null; round++) {
            failed += micro(DEFAULT, round, null);
            failed += micro(patch, round, classes.toAbsolutePath());
        }
        return failed == 0 ? 0 : 1;
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

    /** The default and the patched engine in each cell: neighbours in time, as the machine's moods are. */
    static List<Entry> pairs(String patch, List<String> cells, List<String> overrides, Path classes) {
        List<Entry> entries = new ArrayList<>();
        for (String name : cells) {
            if (!name.isEmpty()) {
                Cell cell = Cell.parse(name);
                entries.add(new Entry(PATCH + patch, DEFAULT, cell, Stores.OURS, overrides));
                entries.add(new Entry(PATCH + patch, patch, cell, Stores.OURS, overrides, classes));
            }
        }
        return entries;
    }

    /** A fork of JMH in a JVM whose children inherit its class path; returns how many failed. */
    private int micro(String variant, int round, Path patched) throws IOException, InterruptedException {
        Path results = options.folders.results.resolve(PATCH + patch).resolve(variant + "-" + round);
        Path log = options.folders.results.resolve("logs").resolve(PATCH + patch + "_" + variant + "_"
                + round + ".log");
        int code = Jvm.run(new Jvm.Start(List.of(), List.of(), patched), List.of("micro", "--include", micro,
                "--forks", "1", "--iterations", "3", "--seconds", "1", "--data",
                options.folders.data.toString(),
                "--results", results.toString()), log);
        if (code != 0) {
            System.out.println("FAILED: micro of " + variant + ", round " + round + ": code " + code + ", "
                    + log);
        }
        return code == 0 ? 0 : 1;
    }
}
