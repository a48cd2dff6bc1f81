package io.atomicmapping.benchmarks.run;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingStats;
import io.atomicmapping.RecoveryReport;
import io.atomicmapping.benchmarks.Bytes;
import io.atomicmapping.benchmarks.measure.Csv;
import io.atomicmapping.benchmarks.run.RunOptions.Folders;
import io.atomicmapping.benchmarks.store.DataFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How long opening takes after a kill with a journal as full as it gets: one JVM stores scattered longs and
 * halts once the ring is that full, another opens the file. Checkpoints empty the ring meanwhile, so stores
 * come faster than they.
 */
@Command(name = "recovery", description = "Opening after a kill with a full journal.",
        mixinStandardHelpOptions = true)
public final class RecoveryCommand implements Callable<Integer> {

    static final String CSV = "recovery";
    private static final int HALT_CODE = 99;
    private static final double NANOS_A_MILLI = 1e6;
    private static final long FILL_NANOS_MAX = 60_000_000_000L;

    @Mixin
    private Folders folders;

    @Option(names = "--file-size", defaultValue = "1G", description = "the data: ${DEFAULT-VALUE}")
    private Bytes fileSize;

    @Option(names = "--fill", defaultValue = "0.9",
            description = "how full the ring should be: ${DEFAULT-VALUE}")
    private double fill;

    @Option(names = "--pages", split = ",", defaultValue = "256,4096,262144",
            description = "stores a commit: ${DEFAULT-VALUE}")
    private List<Integer> pages;

    @Option(names = "--rounds", defaultValue = "3", description = "how often: ${DEFAULT-VALUE}")
    private int rounds;

    @Option(names = "--step", hidden = true, description = "what a JVM of its own does: fill or open")
    private String step;

    /**
     * An opening.
     *
     * @param pages stores a commit
     * @param journalBytes the journal's ring
     * @param commitsReplayed how many commits were replayed
     * @param bytesReplayed how many bytes they changed
     * @param openMillis what opening took
     * @param tail how the journal ended
     */
    public record Opening(int pages, long journalBytes, long commitsReplayed, long bytesReplayed,
            double openMillis,
            String tail) { }

    @Override
    public Integer call() throws Exception {
        Path file = Files.createDirectories(folders.data.resolve(CSV)).resolve("ours");
        if ("fill".equals(step)) {
            fill(file, pages.getFirst());
            return 1; // the ring did not get as full as it should
        }
        if ("open".equals(step)) {
            open(file, pages.getFirst());
            return 0;
        }
        Path log = folders.results.resolve("logs").resolve(CSV + ".log");
        Files.deleteIfExists(folders.csv(CSV));
        int failed = 0;
        for (int round = 0; round < rounds; round++) {
            for (int each : pages) {
                Files.deleteIfExists(file.resolveSibling("ours.journal"));
                DataFile.create(file, fileSize.count(), DataFile.LARGE_WRITES);
                Jvm.settle();
                int code = Jvm.run(Jvm.Start.with(List.of()), arguments("fill", each), log);
                if (code != HALT_CODE) {
                    System.out.println("FAILED: the ring did not fill: pages=" + each + ", code=" + code
                            + ", log=" + log);
                    failed++;
                    continue;
                }
                Jvm.run(arguments("open", each), log);
            }
        }
        return failed == 0 ? 0 : 1;
    }

    private List<String> arguments(String what, int each) {
        List<String> arguments = new ArrayList<>(List.of("recovery", "--step", what, "--pages",
                Integer.toString(each),
                "--fill", Double.toString(fill), "--file-size", fileSize.toString()));
        arguments.addAll(folders.arguments());
        return arguments;
    }

    private void fill(Path file, int each) throws IOException {
        SplittableRandom random = new SplittableRandom(each);
        AtomicMapping mapping = AtomicMapping.open(file, fileSize.count());
        long words = mapping.size() / Long.BYTES;
        long begin = System.nanoTime();
        double most = 0;
        while (System.nanoTime() - begin < FILL_NANOS_MAX) {
            for (int i = 0; i < each; i++) {
                mapping.putLong(random.nextLong(words) * Long.BYTES, random.nextLong());
            }
            mapping.sync();
            MappingStats stats = mapping.stats();
            most = Math.max(most, stats.journalFill());
            if (stats.journalFill() >= fill) {
                System.out.println("killed: " + stats);
                Runtime.getRuntime().halt(HALT_CODE);
            }
        }
        System.out.println("the ring was not as full as it should be: fullest=" + most + ", wanted=" + fill);
        mapping.close();
    }

    private void open(Path file, int each) throws IOException {
        long journalBytes = Files.size(file.resolveSibling("ours.journal"));
        long begin = System.nanoTime();
        try (AtomicMapping mapping = AtomicMapping.open(file)) {
            double millis = (System.nanoTime() - begin) / NANOS_A_MILLI;
            RecoveryReport report = mapping.recovery();
            System.out.println(report);
            Csv.append(folders.csv(CSV), new Opening(each, journalBytes, report.commitsReplayed(),
                    report.bytesReplayed(),
                    millis, report.tail()));
        }
    }
}
