package io.atomicmapping.benchmarks.run;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.benchmarks.Bytes;
import io.atomicmapping.benchmarks.measure.Csv;
import io.atomicmapping.benchmarks.run.RunOptions.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Whether opening a clean file and syncing one page cost the same at any size. Files are sparse, sizes in
 * turn.
 */
@Command(name = "size", description = "Opening, and a sync of one page, by the size of the file.",
        mixinStandardHelpOptions = true)
public final class SizeCommand implements Callable<Integer> {

    static final String CSV = "size";
    private static final double NANOS_A_MICRO = 1e3;
    private static final double P50 = 50;
    private static final double P99 = 99;
    private static final long PAGE_BYTES = 4096;

    @Mixin
    private Folders folders;

    @Option(names = "--sizes", split = ",", defaultValue = "1M,64M,1G,16G,256G",
            description = "the sizes: ${DEFAULT-VALUE}")
    private List<Bytes> sizes;

    @Option(names = "--opens", defaultValue = "20",
            description = "how often each is opened: ${DEFAULT-VALUE}")
    private int opens;

    @Option(names = "--syncs", defaultValue = "200",
            description = "syncs after each opening: ${DEFAULT-VALUE}")
    private int syncs;

    /**
     * What a size costs.
     *
     * @param size the file's size
     * @param opens how often it was opened
     * @param openMicrosP50 the median of what that took
     * @param openMicrosMax the longest
     * @param syncMicrosP50 the median of a putLong and a sync
     * @param syncMicrosP99 their 99th percentile
     */
    public record Cost(String size, int opens, double openMicrosP50, double openMicrosMax,
            double syncMicrosP50,
            double syncMicrosP99) { }

    private record Seen(Bytes size, Path file, Histogram opens, Histogram syncs) { }

    @Override
    public Integer call() throws Exception {
        Files.deleteIfExists(folders.csv(CSV));
        Path directory = Files.createDirectories(folders.data.resolve(CSV));
        List<Seen> all = new ArrayList<>();
        for (Bytes size : sizes) {
            Path file = directory.resolve("sparse-" + size);
            Files.deleteIfExists(file);
            Files.deleteIfExists(directory.resolve("sparse-" + size + ".journal"));
            AtomicMapping.open(file, size.count()).close();
            all.add(new Seen(size, file, new Histogram(3), new Histogram(3)));
        }
        for (Seen seen : all) {
            openAndSync(seen, true); // to compile what is measured
        }
        for (int i = 0; i < opens; i++) {
            for (Seen seen : all) {
                openAndSync(seen, false);
            }
        }
        for (Seen seen : all) {
            Csv.append(folders.csv(CSV), new Cost(seen.size.toString(), opens,
                    seen.opens.getValueAtPercentile(P50)
                    / NANOS_A_MICRO, seen.opens.getMaxValue() / NANOS_A_MICRO,
                    seen.syncs.getValueAtPercentile(P50)
                    / NANOS_A_MICRO, seen.syncs.getValueAtPercentile(P99) / NANOS_A_MICRO));
            Files.delete(seen.file);
        }
        return 0;
    }

    private void openAndSync(Seen seen, boolean warmUp) throws IOException {
        long begin = System.nanoTime();
        try (AtomicMapping mapping = AtomicMapping.open(seen.file)) {
            long opened = System.nanoTime();
            if (!warmUp) {
                seen.opens.recordValue(opened - begin);
            }
            for (int i = 0; i < syncs; i++) {
                long offset = mapping.size() / 2 / PAGE_BYTES * PAGE_BYTES;
                long before = System.nanoTime();
                mapping.putLong(offset, before);
                mapping.sync();
                if (!warmUp) {
                    seen.syncs.recordValue(System.nanoTime() - before);
                }
            }
        }
    }
}
