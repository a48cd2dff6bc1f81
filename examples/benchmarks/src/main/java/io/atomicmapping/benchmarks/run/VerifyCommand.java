package io.atomicmapping.benchmarks.run;

import io.atomicmapping.benchmarks.cell.Cell;
import io.atomicmapping.benchmarks.measure.Csv;
import io.atomicmapping.benchmarks.measure.Result;
import io.atomicmapping.benchmarks.store.Stores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Whether a commit is durable, and what it calls: the calls that force, and those by which ours appends,
 * excludes, makes pages private and waits, counted by strace in a short and a longer run, the difference
 * divided by the commits between. What opening and closing do falls out of it, but for bringing home what
 * the longer run has committed more, and for the JVM's own waiting.
 */
@Command(name = "verify", description = "Counts the system calls of a commit, by strace.",
        mixinStandardHelpOptions = true)
public final class VerifyCommand implements Callable<Integer> {

    static final String CSV = "durability";
    private static final String CALLS = "fdatasync,fsync,msync,sync_file_range,pwritev2,pwrite64,membarrier,"
            + "madvise,futex";
    private static final int CALLS_COLUMN = 3;
    private static final int COLUMNS_MIN = 5;

    @Mixin
    private RunOptions options;

    @Option(names = "--stores", split = ",", description = "only these stores; else all")
    private List<String> stores = new RaceCommand.StoreNames();

    @Option(names = "--cell", defaultValue = "random-16", description = "in this cell: ${DEFAULT-VALUE}")
    private String cell;

    @Option(names = "--few", defaultValue = "100", description = "commits of the short run: ${DEFAULT-VALUE}")
    private long few;

    @Option(names = "--many", defaultValue = "600",
            description = "commits of the longer run: ${DEFAULT-VALUE}")
    private long many;

    /**
     * What a commit calls.
     *
     * @param store the store
     * @param commits how many commits were compared
     * @param fdatasync calls of it for a commit, and so on
     * @param flushesPerCommit how often the device was told to flush, in the longer run
     */
    public record Durability(String store, long commits, double fdatasync, double fsync, double msync,
            double syncFileRange, double pwritev2, double pwrite64, double membarrier, double madvise,
            double futex, double flushesPerCommit) { }

    @Override
    public Integer call() throws Exception {
        int failed = 0;
        Files.deleteIfExists(options.folders.csv(CSV));
        for (String store : stores) {
            Stores raced = Stores.of(store);
            if (!raced.takes(Cell.parse(cell))) {
                continue;
            }
            try {
                verify(raced);
            } catch (IOException e) {
                System.out.println("FAILED: " + e.getMessage());
                failed++;
            }
        }
        return failed == 0 ? 0 : 1;
    }

    private void verify(Stores store) throws IOException, InterruptedException {
        worker(store, few); // fills it, where it is new
        Map<String, Long> before = worker(store, few);
        Map<String, Long> after = worker(store, many);
        Result result = Csv.read(options.folders.csv("results"), Result.class).getLast();
        double commits = many - few;
        Csv.append(options.folders.csv(CSV), new Durability(store.label(), many - few,
                each(before, after, "fdatasync", commits), each(before, after, "fsync", commits),
                each(before, after, "msync", commits), each(before, after, "sync_file_range", commits),
                each(before, after, "pwritev2", commits), each(before, after, "pwrite64", commits),
                each(before, after, "membarrier", commits), each(before, after, "madvise", commits),
                each(before, after, "futex", commits), result.flushesPerCommit()));
    }

    private static double each(Map<String, Long> before, Map<String, Long> after, String call,
            double commits) {
        return (after.getOrDefault(call, 0L) - before.getOrDefault(call, 0L)) / commits;
    }

    private Map<String, Long> worker(Stores store, long commits) throws IOException, InterruptedException {
        Path counts = options.folders.results.resolve("logs").resolve("strace-" + store.label() + ".txt");
        Path log = options.folders.results.resolve("logs").resolve("verify-" + store.label() + ".log");
        List<String> strace = List.of("strace", "-f", "-qq", "-c", "-e", "trace=" + CALLS, "-o",
                counts.toString());
        Entry entry = new Entry("verify", "", Cell.parse(cell), store, List.of());
        List<String> arguments = new ArrayList<>(entry.arguments(1));
        options.commits = commits;
        arguments.addAll(options.arguments());
        int code = Jvm.run(new Jvm.Start(strace, store.jvmFlags(), null), arguments, log);
        if (code != 0) {
            throw new IOException("a verification failed: store=" + store.label() + ", code=" + code
                    + ", log=" + log);
        }
        return parse(Files.readString(counts));
    }

    /** The table of {@code strace -c}: percent, seconds, microseconds a call, calls, errors if any, name. */
    static Map<String, Long> parse(String table) {
        Map<String, Long> calls = new TreeMap<>();
        for (String line : table.lines().toList()) {
            String[] columns = line.strip().split(" +");
            if (columns.length >= COLUMNS_MIN && columns[CALLS_COLUMN].matches("[0-9]+")
                    && !line.endsWith("total")) {
                calls.put(columns[columns.length - 1], Long.parseLong(columns[CALLS_COLUMN]));
            }
        }
        return calls;
    }
}
