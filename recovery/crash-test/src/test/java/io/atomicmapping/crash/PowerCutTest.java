package io.atomicmapping.crash;

import io.atomicmapping.crash.PowerCutDisk.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Cuts the power of a file system, again and again, below child JVMs that commit to a file on it: real
 * mappings, the kernel's page cache, and a disk that loses what was not forced. What is left is one commit,
 * not older than the last that was acknowledged.
 *
 * <p>Not part of a build: it needs FUSE, root, a C compiler and libfuse3. FAULTS.md has the command.
 */
@Tag("power-cut")
class PowerCutTest {

    private static final String SEED = "atomicmapping.powercut.seed";
    private static final long SECONDS = Long.getLong("atomicmapping.powercut.seconds", 60);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory;

    private Path program;

    @BeforeEach
    void makeTheDisk() throws IOException {
        program = PowerCutDisk.compile(directory);
        Files.createDirectories(directory.resolve("mounted"));
    }

    /** Each for the seconds that {@code -Datomicmapping.powercut.seconds} says. */
    @ParameterizedTest
    @CsvSource({
        "cached, honest",
        "cached, 'no-attributes,no-allocation,no-direct-writes'",
        "writeback, honest"})
    void commitsSurvivePowerCuts(String caching, String traits) throws IOException {
        Kind kind = new Kind(program, directory, caching, traits);
        long first = Long.getLong(SEED, System.nanoTime() % 1_000_000);
        SplittableRandom seeds = new SplittableRandom(first);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        Map<String, Long> counts = new TreeMap<>();
        try (PowerCutChildren children = new PowerCutChildren(directory, kind.mountPoint().resolve("file"))) {
            while (System.nanoTime() < end) {
                counts.merge("files", 1L, Long::sum);
                new PowerCutEpisode(kind, children, seeds.nextInt(1 << 20), counts).run(end);
            }
            System.out.println("power cuts: caching=" + caching + ", traits=" + traits
                    + ", violations=0, child JVMs=" + children.started() + ", -D" + SEED + "=" + first);
        } finally {
            counts.forEach((what, count) -> System.out.println("  " + count + " " + what));
        }
    }
}
