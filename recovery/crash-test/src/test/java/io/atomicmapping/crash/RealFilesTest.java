package io.atomicmapping.crash;

import static io.atomicmapping.crash.CrashFixture.assertHolds;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.storage.PosixStorage;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What only real private mappings show: handing pages back loses no store, nor does waiting for room. */
class RealFilesTest {

    private static final int SIZE = 1 << 20;
    private static final int PAGE = 4096;
    private static final int ROUNDS = 150;
    private static final long BUDGET = 64 << 10;

    /** Does something with a new file, in a directory of its own. */
    private interface Use {
        void of(Path file) throws IOException;
    }

    private static void withFile(Use use) throws IOException {
        Path directory = Files.createTempDirectory("crash");
        try {
            use.of(directory.resolve("file"));
        } finally {
            try (var files = Files.walk(directory)) {
                for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private static AtomicMapping open(Path file) throws IOException {
        MappingOptions options = MappingOptions.builder().size(SIZE).maxSize(2L * SIZE).memoryBudget(BUDGET)
                .journalCapacity(CrashFixture.RING_BYTES).storage(PosixStorage.instance()).build();
        return AtomicMapping.open(file, options);
    }

    /** Far more is stored than the budget allows; the checkpoints of what is committed hand pages back. */
    @Test
    void uncommittedStoresStayInTheirPagesOverBudget() throws IOException {
        withFile(file -> {
            byte[] working = new byte[SIZE];
            try (AtomicMapping mapping = open(file)) {
                for (int offset = SIZE / 2; offset < SIZE; offset += PAGE) {
                    mapping.putByte(offset, (byte) 5);
                    working[offset] = 5;
                }
                for (int round = 1; round < ROUNDS; round++) {
                    int offset = round * 3000;
                    mapping.fill(offset % (SIZE / 2 - PAGE), PAGE, (byte) round);
                    Arrays.fill(working, offset % (SIZE / 2 - PAGE), offset % (SIZE / 2 - PAGE) + PAGE,
                            (byte) round);
                    mapping.sync(offset % (SIZE / 2 - PAGE), PAGE);
                }
                assertHolds(working, mapping, "with uncommitted stores over budget");
            }
        });
    }

    /** To save calls a checkpoint also writes the page between two that it has to write: as committed. */
    @Test
    void bytesThatAreNotCommittedDoNotGoHomeBetweenOthers() throws IOException {
        withFile(file -> {
            try (AtomicMapping mapping = open(file)) {
                mapping.fill(0, SIZE, (byte) 1); // no holes: those are not bridged
                mapping.sync();
            }
            try (AtomicMapping mapping = open(file)) {
                mapping.fill(PAGE, PAGE, (byte) 9);
                for (int i = 0; mapping.stats().checkpoints() < 3; i++) {
                    mapping.putLong(0, i);
                    mapping.sync(0, Long.BYTES);
                    mapping.putLong(2 * PAGE, i);
                    mapping.sync(2 * PAGE, Long.BYTES);
                }
                byte[] committed = new byte[PAGE];
                Arrays.fill(committed, (byte) 1);
                byte[] home = Arrays.copyOfRange(Files.readAllBytes(file), PAGE, 2 * PAGE);
                assertArrayEquals(committed, home, "home has what was not committed");
            }
        });
    }

    /** Pages that were private before the kernel took over tracking, and stored to since. */
    @Test
    void rawStoresStayInTheirPagesOverBudget() throws IOException {
        withFile(file -> {
            byte[] working = new byte[SIZE];
            try (AtomicMapping mapping = open(file)) {
                for (int offset = 0; offset < SIZE; offset += PAGE) {
                    mapping.putByte(offset, (byte) 1);
                    working[offset] = 1;
                }
                var segment = mapping.segment();
                mapping.sync();
                for (int offset = 0; offset < SIZE; offset += PAGE) {
                    segment.set(ValueLayout.JAVA_BYTE, offset + 1, (byte) 2);
                    working[offset + 1] = 2;
                }
                for (int round = 1; round < ROUNDS; round++) {
                    segment.asSlice(8 * PAGE, PAGE).fill((byte) round);
                    Arrays.fill(working, 8 * PAGE, 9 * PAGE, (byte) round);
                    mapping.sync(8 * PAGE, PAGE);
                }
                assertHolds(working, mapping, "with raw stores over budget");
            }
        });
    }

    /**
     * Without a memory budget a checkpoint is always due: one begins as soon as the last has ended, beside
     * commits.
     */
    @Test
    void commitsBesideCheckpointsAreNotLost() throws IOException {
        withFile(file -> {
            byte[] working = new byte[SIZE];
            MappingOptions options = MappingOptions.builder().size(SIZE).memoryBudget(0).build();
            try (AtomicMapping mapping = AtomicMapping.open(file, options)) {
                for (int offset = 0; offset < SIZE; offset += PAGE) {
                    mapping.putByte(offset, (byte) 1);
                    mapping.syncAsync().join();
                    working[offset] = 1;
                }
            }
            try (AtomicMapping mapping = open(file)) {
                assertHolds(working, mapping, "after commits beside checkpoints");
            }
        });
    }

    /** Every commit waits for room in the ring, while checkpoints hand pages back, which takes exclusions. */
    @Test
    void commitsThatWaitForRoomAndPagesHandedBackDoNotWaitForEachOther() throws IOException {
        withFile(file -> {
            SplittableRandom random = new SplittableRandom(7);
            byte[] working = new byte[SIZE];
            byte[] bytes = new byte[6000];
            try (AtomicMapping mapping = open(file)) {
                for (int round = 0; round < 12 * ROUNDS; round++) {
                    int offset = random.nextInt(SIZE - bytes.length);
                    random.nextBytes(bytes);
                    mapping.putBytes(offset, bytes);
                    System.arraycopy(bytes, 0, working, offset, bytes.length);
                    mapping.sync();
                }
            }
            try (AtomicMapping mapping = open(file)) {
                assertHolds(working, mapping, "after many checkpoints");
            }
        });
    }
}
