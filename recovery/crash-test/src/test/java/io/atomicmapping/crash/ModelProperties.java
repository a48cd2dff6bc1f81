package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingStats;
import io.atomicmapping.storage.MemoryStorage;
import io.atomicmapping.storage.PosixStorage;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;

/**
 * Whatever is stored, committed, taken back and resized, in whatever order, a mapping holds what a byte array
 * does: in memory, and on real files by puts and, in each of the three ways to find them, by raw stores.
 */
class ModelProperties {

    private static final String TIER = "io.atomicmapping.kernelTier";
    private static final LongSupplier NO_CLOCK = () -> 0;
    private static final long SMALL_BUDGET = 64 << 10;

    private static final List<String> TIERS = List.of("WRITE_PROTECTION", "PRIVATE_PAGES", "COMPARE_ALL");

    private Path directory;

    @BeforeTry
    void makeDirectory() throws IOException {
        directory = Files.createTempDirectory("model");
    }

    @AfterTry
    void deleteDirectory() throws IOException {
        System.clearProperty(TIER);
        try (var files = Files.walk(directory)) {
            for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        return Step.sequences(100);
    }

    @Property(tries = 150, seed = "2025", shrinking = ShrinkingMode.BOUNDED)
    void putsInMemory(@ForAll("steps") List<Step> steps, @ForAll @IntRange(max = 90_000) int size)
            throws IOException {
        run(new MemoryStorage(), Path.of("/data/file"), size, false, steps);
    }

    @Property(tries = 60, seed = "2025", shrinking = ShrinkingMode.BOUNDED)
    void rawStoresInMemory(@ForAll("steps") List<Step> steps, @ForAll @IntRange(max = 90_000) int size)
            throws IOException {
        run(new MemoryStorage(), Path.of("/data/file"), size, true, steps);
    }

    @Property(tries = 60, seed = "2025", shrinking = ShrinkingMode.BOUNDED)
    void putsInARealFile(@ForAll("steps") List<Step> steps, @ForAll @IntRange(max = 90_000) int size)
            throws IOException {
        runOnFile("EXPLICIT", size, false, steps);
    }

    @Property(tries = 60, seed = "2025", shrinking = ShrinkingMode.BOUNDED)
    void rawStoresFoundByWriteProtection(@ForAll("steps") List<Step> steps,
            @ForAll @IntRange(max = 90_000) int size) throws IOException {
        runOnFile("WRITE_PROTECTION", size, true, steps);
    }

    @Property(tries = 60, seed = "2025", shrinking = ShrinkingMode.BOUNDED)
    void rawStoresFoundByPrivatePages(@ForAll("steps") List<Step> steps,
            @ForAll @IntRange(max = 90_000) int size) throws IOException {
        runOnFile("PRIVATE_PAGES", size, true, steps);
    }

    @Property(tries = 60, seed = "2025", shrinking = ShrinkingMode.BOUNDED)
    void rawStoresFoundByComparing(@ForAll("steps") List<Step> steps,
            @ForAll @IntRange(max = 90_000) int size) throws IOException {
        runOnFile("COMPARE_ALL", size, true, steps);
    }

    /** The long run, of {@link LongRun#SECONDS}. */
    @Example
    void longRun() throws IOException {
        for (LongRun longRun = new LongRun(); longRun.next();) {
            SplittableRandom random = longRun.random();
            int size = random.nextInt(90_000);
            int variant = random.nextInt(6);
            List<Step> steps = Step.random(random, 150);
            try {
                switch (variant) {
                    case 0, 1 -> run(new MemoryStorage(), Path.of("/data/file"), size, variant == 1, steps);
                    case 2 -> runOnFile("EXPLICIT", size, false, steps);
                    default -> runOnFile(TIERS.get(variant - 3), size, true, steps);
                }
            } catch (IOException | RuntimeException | AssertionError e) {
                throw new AssertionError(e + "\n" + longRun + ", variant=" + variant + ", size=" + size
                        + ", steps=" + steps, e);
            } finally {
                deleteDirectory();
                makeDirectory();
            }
        }
    }

    private void runOnFile(String tier, int size, boolean raw, List<Step> steps) throws IOException {
        if (raw) {
            System.setProperty(TIER, tier);
        }
        Path file = directory.resolve("file");
        Oracle oracle = run(PosixStorage.instance(), file, size, raw, steps);
        assertArrayEquals(oracle.committed(), Files.readAllBytes(file), "the file after close");
    }

    static Oracle run(Storage storage, Path file, int size, boolean raw, List<Step> steps)
            throws IOException {
        Session.Place place = new Session.Place(storage, file, null, 16384, SMALL_BUDGET, raw, NO_CLOCK);
        Oracle oracle = new Oracle(Oracle.Version.found(new byte[size], 0), version -> () -> { });
        AtomicMapping mapping = AtomicMapping.open(file, place.options().size(size).build());
        Session session = new Session(place, mapping, oracle);
        try (session) {
            session.run(steps);
            checkStats(session, raw);
        }
        try (AtomicMapping reader = AtomicMapping.open(file, place.options().readOnly(true).build())) {
            byte[] actual = new byte[(int) reader.size()];
            reader.getBytes(0, actual);
            assertArrayEquals(oracle.committed(), actual, "read only after close");
            assertEquals(oracle.lastNumber(), reader.lastCommit());
        }
        return oracle;
    }

    /** A tier that was asked for and silently replaced by a worse one would leave it untested. */
    private static void checkStats(Session session, boolean raw) {
        MappingStats stats = session.mapping().stats();
        String tier = System.getProperty(TIER);
        if (session.isKernelMode() && tier != null && !tier.equals("WRITE_PROTECTION")) {
            assertEquals(tier, stats.tracking());
        }
        assertTrue(raw || stats.tracking().equals("EXPLICIT"), stats::tracking);
    }
}
