package io.atomicmapping.benchmarks.run;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.benchmarks.Bytes;
import io.atomicmapping.benchmarks.measure.Csv;
import io.atomicmapping.benchmarks.measure.MemoryMap;
import io.atomicmapping.benchmarks.run.RunOptions.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What tracking takes of memory for each page stored to, seen from outside: by how much each mapping of the
 * process grows. The copies of the pages, and what they were before, each as large as the page, are not
 * tracking; nor is the heap of Java, which is touched beforehand.
 */
@Command(name = "memory", description = "Memory for tracking, for each page stored to.",
        mixinStandardHelpOptions = true)
public final class MemoryCommand implements Callable<Integer> {

    static final String CSV = "memory";
    private static final long PAGE_BYTES = 4096;
    private static final long NOISE_BYTES = 32 << 10;
    private static final List<String> FLAGS = List.of("-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch",
            "-XX:+UseSerialGC",
            "-XX:-UseTransparentHugePages");

    @Mixin
    private Folders folders;

    @Option(names = "--file-size", defaultValue = "4G", description = "the sparse file: ${DEFAULT-VALUE}")
    private Bytes fileSize;

    @Option(names = "--pages", split = ",", defaultValue = "1,1000,65536,262144",
            description = "pages stored to: ${DEFAULT-VALUE}")
    private List<Integer> pages;

    @Option(names = "--inside", hidden = true, description = "in the JVM that is measured")
    private boolean inside;

    /**
     * What tracking takes.
     *
     * @param places where the pages are: neighbours, or as far apart as the file allows
     * @param pages how many
     * @param state stored to, or committed too
     * @param copyBytes by how much the file's mapping grew: the pages that were stored to
     * @param imageBytes one page for each, what it was before: taken as that, since areas of images are not
     *     marked
     * @param trackingBytes by how much everything else grew, the JVM's own noise of about half a megabyte
     *     included
     * @param bytesAPage of that, for each page: tells something only of many pages
     */
    public record Tracking(String places, int pages, String state, long copyBytes, long imageBytes,
            long trackingBytes,
            double bytesAPage) { }

    @Override
    public Integer call() throws Exception {
        if (!inside) {
            Files.deleteIfExists(folders.csv(CSV));
            List<String> arguments = new ArrayList<>(List.of("memory", "--inside", "--file-size",
                    fileSize.toString(),
                    "--pages", String.join(",", pages.stream().map(String::valueOf).toList())));
            arguments.addAll(folders.arguments());
            return Jvm.run(Jvm.Start.with(FLAGS), arguments, folders.results.resolve("logs").resolve(CSV
                    + ".log"));
        }
        measure(1 << 10, "warm-up", 1, false); // loads and compiles what is used
        for (int count : pages) {
            measure(count, "neighbours", 1, true);
            measure(count, "scattered", fileSize.count() / PAGE_BYTES / count, true);
        }
        return 0;
    }

    private void measure(int count, String places, long distance, boolean counted) throws IOException {
        Path file = Files.createDirectories(folders.data.resolve(CSV)).resolve("ours");
        Files.deleteIfExists(file);
        Files.deleteIfExists(file.resolveSibling("ours.journal"));
        try (AtomicMapping mapping = AtomicMapping.open(file, fileSize.count())) {
            mapping.putLong(0, 1);
            mapping.sync();
            MemoryMap before = MemoryMap.now();
            for (long i = 0; i < count; i++) {
                mapping.putLong(i * distance * PAGE_BYTES, i + 2);
            }
            add(places, count, "stored", before, counted);
            mapping.sync();
            add(places, count, "committed", before, counted);
        }
        Files.delete(file);
    }

    private void add(String places, int count, String state, MemoryMap before,
            boolean counted) throws IOException {
        List<MemoryMap.Area> grown = MemoryMap.now().grownSince(before).stream()
                .sorted(Comparator.comparingLong(MemoryMap.Area::ownBytes).reversed()).toList();
        long copies = 0;
        long others = 0;
        for (MemoryMap.Area area : grown) {
            if (area.name().startsWith(folders.data.toAbsolutePath().toString())) {
                copies += area.ownBytes();
            } else {
                others += area.ownBytes();
            }
            if (area.ownBytes() >= NOISE_BYTES) {
                System.out.printf("%s %d %s: %x grew by %d %s%n", places, count, state, area.begin(),
                        area.ownBytes(),
                        area.name());
            }
        }
        long images = count * PAGE_BYTES;
        long tracking = others - images;
        if (counted) {
            Csv.append(folders.csv(CSV), new Tracking(places, count, state, copies, images, tracking,
                    (double) tracking / count));
        }
    }
}
