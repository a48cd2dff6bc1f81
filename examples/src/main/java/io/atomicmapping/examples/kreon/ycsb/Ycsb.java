package io.atomicmapping.examples.kreon.ycsb;

import io.atomicmapping.examples.kreon.KeyValueStore;
import io.atomicmapping.examples.kreon.StoreOptions;
import io.atomicmapping.examples.program.Programs;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ProgressBar;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The program: loads records into a {@link KeyValueStore}, runs workloads on it, each of some threads for
 * some seconds, and tells operations a second and latencies. Each update is durable before the next one of
 * its thread. In the end the store is verified.
 *
 * <p>Source: the workloads, the keys and their popularity are those of YCSB, B. Cooper et al., SoCC 2010.
 */
@Command(name = "kreon-ycsb", sortOptions = false, description =
        "Runs workloads in the manner of YCSB on the key-value store: read-heavy, update-heavy, scans;"
        + " zipfian keys; each update durable. Writes timeline.csv, latencies.csv and throughput.svg.")
public final class Ycsb implements Callable<Integer> {

    @Option(names = "--workloads", split = ",", defaultValue = "B,A,E", paramLabel = "NAMES",
            description = "Of A (update-heavy), B (read-heavy), C (reads only), E (scans), in their order;"
            + " default: ${DEFAULT-VALUE}.")
    private List<Workload> workloads;

    @Option(names = "--records", defaultValue = "50000", paramLabel = "N",
            description = "Records loaded before; default: ${DEFAULT-VALUE}.")
    private long records;

    @Option(names = "--value-bytes", defaultValue = "100", paramLabel = "N",
            description = "The length of a value; default: ${DEFAULT-VALUE}.")
    private int valueBytes;

    @Option(names = "--threads", defaultValue = "4", paramLabel = "N",
            description = "Threads; default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(names = "--seconds", defaultValue = "2", paramLabel = "S",
            description = "How long each workload runs; default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(names = "--batch", defaultValue = "1", paramLabel = "N",
            description = "Updates or inserts in one commit of a thread, counted as one operation; default:"
            + " ${DEFAULT-VALUE}.")
    private int batch;

    @Option(names = "--node-bytes", defaultValue = "512", paramLabel = "N",
            description = "The size of the index's nodes, a power of two; default: ${DEFAULT-VALUE}.")
    private int nodeBytes;

    @Option(names = "--seed", defaultValue = "1", paramLabel = "SEED",
            description = "Of the random numbers; default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--target", paramLabel = "FOLDER",
            description = "Where the results go; by default a new one in the folder for temporary files. The"
            + " store is in there, too, and deleted in the end.")
    private Path target;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Shows this.")
    private boolean help;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    private final PrintStream out;

    /** The program, with its report on standard output. */
    public Ycsb() {
        this(System.out);
    }

    Ycsb(PrintStream out) {
        this.out = out;
    }

    /**
     * Runs the program and exits: with 0 if all went well, with 1 for a failure, with 2 for wrong arguments.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        System.setProperty("java.awt.headless", "true"); // the picture is drawn into a file
        System.exit(new CommandLine(new Ycsb()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException, ExecutionException {
        requireAtLeastOne("--records", records);
        requireAtLeastOne("--value-bytes", valueBytes);
        requireAtLeastOne("--threads", threads);
        requireAtLeastOne("--seconds", seconds);
        requireAtLeastOne("--batch", batch);
        StoreOptions options = storeOptions();
        Path folder = target == null ? Files.createTempDirectory("kreon-ycsb")
                : Files.createDirectories(target);
        Path storeFolder = Files.createTempDirectory(folder, "store");
        try {
            runAll(folder, storeFolder.resolve("store"), options);
        } finally {
            Programs.delete(storeFolder);
        }
        return 0;
    }

    private void runAll(Path folder, Path file, StoreOptions options)
            throws IOException, InterruptedException, ExecutionException {
        List<Result> results = new ArrayList<>();
        long millis = TimeUnit.SECONDS.toMillis(seconds);
        try (KeyValueStore store = KeyValueStore.open(file, options)) {
            Records work = new Records(store, records, valueBytes);
            try (ProgressBar bar = Programs.progress("load", records)) {
                work.load(new SplittableRandom(seed), bar::stepTo);
            }
            for (Workload workload : workloads) {
                try (ProgressBar bar = Programs.progress("workload " + workload, millis)) {
                    Run run = new Run(workload, store, work, threads, batch);
                    results.add(run.run(millis, seed, passed -> bar.stepTo(Math.min(passed, millis))));
                }
            }
            store.verify();
            Report report = new Report(results);
            report.print(out, store.stats());
            report.write(folder).forEach(out::println);
        }
    }

    private StoreOptions storeOptions() {
        try {
            return StoreOptions.builder().nodeBytes(nodeBytes).build();
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private void requireAtLeastOne(String option, long value) {
        Programs.requireAtLeast(spec, option, value, 1);
    }
}
