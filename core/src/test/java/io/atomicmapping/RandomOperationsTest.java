package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.atomicmapping.dirty.KernelTier;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/** Any sequence of operations leaves a mapping, and any copy of its files, as byte arrays say. */
class RandomOperationsTest {

    private static final int PAGE = 4096;
    private static final int SIZE_MAX = 40 * PAGE;

    enum Kind { PUT, LONG, FILL, COPY, STORE, SYNC, RANGE_SYNC, ASYNC, ROLLBACK, RESIZE, REGROW, REOPEN, KILL,
            SEGMENT, UPDATE }

    /** One operation; its numbers are scaled to what the mapping is at that time. */
    record Step(Kind kind, int first, int second, int seed) { }

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Kind> kinds = Arbitraries.of(Kind.class);
        Arbitrary<Integer> numbers = Arbitraries.integers().between(0, 999_999).withoutEdgeCases();
        return Combinators.combine(kinds, numbers, numbers,
                numbers).as(Step::new).list().ofMinSize(1).ofMaxSize(60);
    }

    @Property(tries = 100, shrinking = ShrinkingMode.OFF)
    void explicitInMemory(@ForAll("steps") List<Step> steps) throws IOException {
        run(TestFile.Place.MEMORY, null, steps);
    }

    @Property(tries = 30, shrinking = ShrinkingMode.OFF)
    void explicitOnDisk(@ForAll("steps") List<Step> steps) throws IOException {
        run(TestFile.Place.DISK, null, steps);
    }

    @Property(tries = 25, shrinking = ShrinkingMode.OFF)
    void writeProtectionOnDisk(@ForAll("steps") List<Step> steps) throws IOException {
        run(TestFile.Place.DISK, KernelTier.WRITE_PROTECTION, steps);
    }

    @Property(tries = 10, shrinking = ShrinkingMode.OFF)
    void privatePagesOnDisk(@ForAll("steps") List<Step> steps) throws IOException {
        run(TestFile.Place.DISK, KernelTier.PRIVATE_PAGES, steps);
    }

    @Property(tries = 10, shrinking = ShrinkingMode.OFF)
    void compareAllOnDisk(@ForAll("steps") List<Step> steps) throws IOException {
        run(TestFile.Place.DISK, KernelTier.COMPARE_ALL, steps);
    }

    @Property(tries = 50, shrinking = ShrinkingMode.OFF)
    void writeProtectionInMemory(@ForAll("steps") List<Step> steps) throws IOException {
        run(TestFile.Place.MEMORY, KernelTier.WRITE_PROTECTION, steps);
    }

    private static void run(TestFile.Place place, KernelTier tier, List<Step> steps) throws IOException {
        try (TestFile file = place.newFile(); Run run = new Run(file, tier)) {
            for (Step step : steps) {
                run.step(step);
            }
            run.step(new Step(Kind.KILL, 0, 0, 0));
            run.step(new Step(Kind.REOPEN, 0, 0, 0));
        }
    }

    /** One sequence: a mapping beside its model. */
    private static final class Run implements AutoCloseable {
        private final TestFile file;
        private final KernelTier tier;
        private final Model model = new Model(10 * PAGE + 100, 64);
        private AtomicMapping mapping;
        private MemorySegment segment;
        private long commits;

        Run(TestFile file, KernelTier tier) throws IOException {
            this.file = file;
            this.tier = tier;
            reopen(model.now.length);
        }

        private void reopen(int size) throws IOException {
            mapping = file.open(options -> options.size(size).maxSize(SIZE_MAX).journalCapacity(1)
                    .memoryBudget(8 * PAGE));
            segment = null;
            model.unit = 64;
        }

        void step(Step step) throws IOException {
            apply(step);
            assertEquals(model.now.length, mapping.size(), () -> "after " + step);
            assertArrayEquals(model.now, TestFile.bytesOf(mapping), () -> "after " + step);
            assertEquals(commits, mapping.lastCommit(), () -> "after " + step);
        }

        private void apply(Step step) throws IOException {
            int size = model.now.length;
            int offset = size == 0 ? 0 : step.first % size;
            int length = size == 0 ? 0 : length(step.second, size - offset);
            switch (step.kind) {
                case PUT -> put(offset, random(step.seed, length));
                case LONG -> put(Math.max(0, offset - 8), random(step.seed, Math.min(8, size)));
                case FILL -> fill(offset, length, (byte) (step.seed % 3));
                case COPY -> copy(offset, size == 0 ? 0 : step.seed % size, length);
                case STORE -> store(offset, random(step.seed, Math.min(length, 300)));
                case SYNC -> synced(mapping.sync(), model.committed.clone(), () -> model.sync());
                case RANGE_SYNC -> synced(mapping.sync(offset, length), model.committed.clone(),
                        () -> model.sync(offset, length));
                case ASYNC -> async(offset, random(step.seed, length));
                case ROLLBACK -> {
                    mapping.rollback();
                    model.rollback();
                }
                case RESIZE -> resize(step.first % (SIZE_MAX + 1));
                case REGROW -> {
                    resize(offset);
                    resize(Math.min(SIZE_MAX, size + step.second % (2 * PAGE)));
                }
                case REOPEN -> {
                    mapping.close();
                    assertArrayEquals(model.committed, file.homeBytes());
                    model.rollback();
                    reopen(0);
                }
                case KILL -> {
                    try (TestFile copy = file.copyAsAfterAKill(); AtomicMapping recovered = copy.open()) {
                        assertArrayEquals(model.committed, TestFile.bytesOf(recovered), "after a kill");
                        assertEquals(commits, recovered.lastCommit());
                    }
                }
                case SEGMENT -> enterKernelMode();
                case UPDATE -> mapping.update(() -> {
                    put(offset, random(step.seed, length));
                    int larger = Math.min(SIZE_MAX, size + 10);
                    resize(larger);
                    fill(size, larger - size, (byte) 7);
                });
            }
        }

        private static int length(int number, int most) {
            return switch (number % 4) {
                case 0 -> Math.min(most, 1 + number % 20);
                case 1 -> Math.min(most, 1 + number % 300);
                case 2 -> Math.min(most, number % (2 * PAGE));
                default -> number % 17 == 0 ? most : Math.min(most, number % 64);
            };
        }

        private static byte[] random(int seed, int length) {
            byte[] bytes = new byte[length];
            new Random(seed).nextBytes(bytes);
            return bytes;
        }

        private void put(int offset, byte[] bytes) {
            if (bytes.length == 8) {
                mapping.putLong(offset, MemorySegment.ofArray(bytes).get(Layouts.LONG, 0));
            } else {
                mapping.putBytes(offset, bytes);
            }
            model.put(offset, bytes);
        }

        private void fill(int offset, int length, byte value) {
            mapping.fill(offset, length, value);
            model.fill(offset, length, value);
        }

        private void copy(int source, int target, int length) {
            int fits = Math.min(length, model.now.length - target);
            mapping.copy(source, target, fits);
            model.copy(source, target, fits);
        }

        /** Through the segment, where it has one of the right bounds. */
        private void store(int offset, byte[] bytes) {
            if (segment == null) {
                put(offset, bytes);
                return;
            }
            int fits = Math.clamp(segment.byteSize() - offset, 0, bytes.length);
            if (fits > 0) {
                MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, offset, fits);
                model.put(offset, Arrays.copyOf(bytes, fits));
            }
        }

        private void async(int offset, byte[] bytes) throws IOException {
            CompletableFuture<Long> future = mapping.syncAsync();
            byte[] before = model.committed;
            model.sync();
            put(offset, bytes); // after the cut
            synced(future.join(), before, () -> { });
        }

        private void synced(long number, byte[] before, Runnable then) {
            then.run();
            boolean changed = !Arrays.equals(before, model.committed);
            if (changed || number != commits) { // a cut that was grown again is a commit, too
                commits++;
            }
            assertEquals(commits, number);
        }

        private void resize(int size) throws IOException {
            mapping.resize(size);
            model.resize(size);
        }

        private void enterKernelMode() {
            if (tier == null) {
                return;
            }
            System.setProperty(KernelTier.PROPERTY, tier.name());
            try {
                segment = mapping.segment();
                assertEquals(tier.name(), mapping.stats().tracking());
                model.unit = PAGE;
            } finally {
                System.clearProperty(KernelTier.PROPERTY);
            }
        }

        @Override
        public void close() throws IOException {
            mapping.close();
        }
    }
}
