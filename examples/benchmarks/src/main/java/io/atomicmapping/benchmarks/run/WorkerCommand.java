package io.atomicmapping.benchmarks.run;

import io.atomicmapping.benchmarks.Bytes;
import io.atomicmapping.benchmarks.cell.Cell;
import io.atomicmapping.benchmarks.cell.Offsets;
import io.atomicmapping.benchmarks.measure.Csv;
import io.atomicmapping.benchmarks.measure.Result;
import io.atomicmapping.benchmarks.measure.Run;
import io.atomicmapping.benchmarks.store.Settings;
import io.atomicmapping.benchmarks.store.Store;
import io.atomicmapping.benchmarks.store.Stores;
import io.atomicmapping.benchmarks.store.VariantStorage;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** One store in one cell in one round. */
@Command(name = "worker", description = "One run: what the other commands start in a JVM of its own.",
        mixinStandardHelpOptions = true)
public final class WorkerCommand implements Callable<Integer> {

    @Mixin
    private RunOptions options;

    @Option(names = "--cell", required = true, description = "the workload, such as random-16")
    private String cell;

    @Option(names = "--store", required = true, description = "the store, such as ours")
    private String store;

    @Option(names = "--round", defaultValue = "1", description = "which round: ${DEFAULT-VALUE}")
    private int round;

    @Option(names = "--group", defaultValue = "race", description = "what it belongs to: ${DEFAULT-VALUE}")
    private String group;

    @Option(names = "--variant", defaultValue = "", description = "which variant it is")
    private String variant;

    @Option(names = "--ring", defaultValue = "0", description = "ours with another journal capacity")
    private Bytes ring;

    @Option(names = "--budget-bytes", defaultValue = "-1", description = "ours with another memory budget")
    private long budgetBytes;

    @Option(names = "--io", defaultValue = "NONE",
            description = "ours with other I/O: ${COMPLETION-CANDIDATES}")
    private VariantStorage.Variant io;

    @Override
    public Integer call() throws Exception {
        Cell workload = Cell.parse(cell);
        Stores raced = Stores.of(store);
        Path directory = options.folders.data.resolve(raced.directory(options.fileSize.toString(),
                options.records));
        Settings settings = new Settings(directory, workload, options.fileSize.count(), options.records,
                new Settings.Deviation(ring.count(), budgetBytes, io));
        try (Store opened = raced.open(settings)) {
            Jvm.settle();
            Run run = new Run(opened, workload, options.fileSize.count(), options.span(), directory,
                    Offsets.mix(round));
            Result result = run.measure(group, variant, raced.label(), round);
            Csv.append(options.folders.csv("results"), result);
            Csv.append(options.folders.results.resolve("timelines").resolve(timeline(result) + ".csv"),
                    run.slices());
        }
        return 0;
    }

    /** The name of a run's timeline. */
    public static String timeline(Result result) {
        return String.join("_", result.group(), result.variant(), result.cell(), result.store(),
                Integer.toString(result.round()));
    }
}
