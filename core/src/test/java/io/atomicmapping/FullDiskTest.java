package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A disk that is full is told by an IOException; the last commit stays; after space was made work goes on.
 */
@ParameterizedClass
@ValueSource(booleans = {false, true})
@Timeout(60)
class FullDiskTest {

    private static final int PAGE = 4096;
    private static final int MIB = 1 << 20;

    @Parameter
    boolean kernel;
    @TempDir
    Path directory;

    private final MemoryStorage disk = new MemoryStorage();
    private final TestFile file = TestFile.inMemory(disk);

    private AtomicMapping open(TestFile file, long size, long journalCapacity) throws IOException {
        AtomicMapping mapping = file.open(options -> options.size(size).journalCapacity(journalCapacity));
        if (kernel) {
            mapping.segment();
        }
        return mapping;
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static void assertFull(IOException e) {
        for (Throwable at = e; at != null; at = at.getCause()) {
            if (at.getMessage().contains("No space left on device")) {
                return;
            }
        }
        throw new AssertionError(e);
    }

    @Test
    void atOpenNothingIsLeftBehindAndASecondOpenWorksAfterSpaceWasMade() throws IOException {
        for (long quota : new long[] {0, PAGE, 5 * PAGE, MIB / 2}) {
            MemoryStorage small = MemoryStorage.withQuota(quota);
            TestFile tooLarge = TestFile.inMemory(small);
            assertFull(assertThrows(IOException.class, () -> open(tooLarge, 10 * MIB, MIB)));
            small.setQuota(Long.MAX_VALUE);
            try (AtomicMapping mapping = open(tooLarge, 10 * MIB, MIB)) {
                mapping.putLong(5 * MIB, 1);
                assertEquals(1, mapping.sync());
            }
        }
    }

    @Test
    void atSyncIntoHolesTheLastCommitStaysAndALaterSyncHasEverything() throws IOException {
        try (AtomicMapping mapping = open(file, 16 * MIB, MIB)) {
            mapping.putLong(0, 1);
            mapping.sync();
            disk.setQuota(disk.usedBytes());
            byte[] bytes = random(2 * MIB);
            mapping.putBytes(4 * MIB, bytes);
            mapping.putLong(0, 2);
            assertFull(assertThrows(IOException.class, mapping::sync));
            assertFull(assertThrows(IOException.class, mapping::sync));
            CompletionException async = assertThrows(CompletionException.class,
                    () -> mapping.syncAsync().join());
            assertFull(assertThrows(IOException.class, () -> {
                throw async.getCause();
            }));
            assertEquals(1, mapping.lastCommit());
            assertEquals(2, mapping.getLong(0));
            try (AtomicMapping recovered = TestFile.inMemory(disk.copy()).open()) {
                assertEquals(1, recovered.getLong(0));
                assertEquals(0, recovered.getLong(4 * MIB));
            }
            mapping.putLong(8, 3);
            assertEquals(2, mapping.sync(0, 8), "a range that needs no space is committed");
            disk.setQuota(Long.MAX_VALUE);
            assertEquals(3, mapping.sync());
            byte[] read = new byte[bytes.length];
            mapping.getBytes(4 * MIB, read);
            assertArrayEquals(bytes, read);
            try (AtomicMapping recovered = TestFile.inMemory(disk.copy()).open()) {
                recovered.getBytes(4 * MIB, read);
                assertArrayEquals(bytes, read);
                assertEquals(3, recovered.getLong(8));
            }
        }
    }

    @Test
    void aSyncThatFailedCanBeRolledBackAlsoWithResizes() throws IOException {
        try (AtomicMapping mapping = open(file, 3 * PAGE, MIB)) {
            mapping.fill(0, 3 * PAGE, (byte) 1);
            mapping.sync();
            byte[] committed = TestFile.bytesOf(mapping);
            disk.setQuota(disk.usedBytes());
            mapping.resize(PAGE + 100);
            mapping.resize(4 * MIB);
            mapping.fill(PAGE + 50, 2 * MIB, (byte) 2);
            assertFull(assertThrows(IOException.class, mapping::sync));
            mapping.resize(3 * PAGE);
            mapping.fill(0, 10, (byte) 3);
            mapping.rollback();
            assertArrayEquals(committed, TestFile.bytesOf(mapping));
            mapping.putByte(0, (byte) 9);
            assertEquals(2, mapping.sync());
        }
    }

    /**
     * A failed commit with a cut in kernel mode: the tail of the cut's page was once left out of the
     * rollback.
     */
    @Test
    void aCutWhoseCommitFailedIsRolledBackToItsLastByte() throws IOException {
        try (AtomicMapping mapping = open(file, 4 * MIB, MIB)) {
            mapping.fill(0, 3 * PAGE, (byte) 1);
            mapping.sync();
            byte[] committed = TestFile.bytesOf(mapping);
            disk.setQuota(disk.usedBytes());
            mapping.resize(PAGE + 100);
            mapping.resize(4 * MIB);
            mapping.putByte(3 * MIB, (byte) 1);
            assertFull(assertThrows(IOException.class, mapping::sync));
            mapping.rollback();
            assertArrayEquals(committed, TestFile.bytesOf(mapping));
        }
    }

    @Test
    void atJournalGrowthTheCommitWaitsForSpaceAndTheOldRingGoesOn() throws IOException {
        byte[] bytes = random(MIB);
        try (AtomicMapping mapping = open(file, MIB, 1)) {
            mapping.fill(0, MIB, (byte) 1); // space for all of home, and a grown ring
            mapping.sync();
        }
        try (AtomicMapping mapping = open(file, MIB, 1)) {
            disk.setQuota(disk.usedBytes() + 10 * PAGE);
            mapping.putBytes(0, bytes);
            assertFull(assertThrows(IOException.class, mapping::sync));
            mapping.rollback();
            for (int i = 0; i < 100; i++) {
                mapping.putLong(i * 1000, i);
                mapping.sync();
            }
            mapping.putBytes(0, bytes);
            assertFull(assertThrows(IOException.class, mapping::sync));
            disk.setQuota(Long.MAX_VALUE);
            mapping.sync();
            try (AtomicMapping recovered = TestFile.inMemory(disk.copy()).open()) {
                assertArrayEquals(bytes, TestFile.bytesOf(recovered));
            }
        }
    }

    @Test
    void whileFullCheckpointsAndCommitsOfAllocatedPagesGoOn() throws IOException {
        try (AtomicMapping mapping = open(file, MIB, 1)) {
            mapping.fill(0, MIB, (byte) 1);
            mapping.sync();
            disk.setQuota(0);
            for (int i = 1; i <= 300; i++) {
                mapping.putLong(i * 3000, i);
                mapping.sync();
            }
            mapping.resize(MIB / 2);
            mapping.sync();
        }
        byte[] home = file.homeBytes();
        assertEquals(MIB / 2, home.length);
        assertEquals(100, home[100 * 3000]);
    }

    /** What a checkpoint zeroed past a cut is a hole again. */
    @Test
    void spaceThatACutGaveBackIsAskedForAgain() throws IOException {
        try (AtomicMapping mapping = open(file, 4 * MIB, MIB)) {
            mapping.fill(0, 4 * MIB, (byte) 1);
            mapping.sync();
            Inside.checkpoint(mapping);
            mapping.resize(MIB);
            mapping.sync();
            Inside.checkpoint(mapping);
            mapping.resize(4 * MIB);
            isFullAt(3 * MIB, mapping);
        }
    }

    /** A file that ends within a unit of space has none of it past that end when it grows. */
    @Test
    void spacePastAnEarlierEndOfTheFileIsAskedFor() throws IOException {
        try (AtomicMapping mapping = open(file, 3 * PAGE, MIB)) {
            mapping.putLong(0, 1);
            mapping.sync();
            mapping.resize(MIB);
            isFullAt(MIB / 2, mapping);
        }
    }

    private void isFullAt(long offset, AtomicMapping mapping) throws IOException {
        disk.setQuota(disk.usedBytes());
        mapping.putLong(offset, 7);
        assertFull(assertThrows(IOException.class, mapping::sync));
        disk.setQuota(Long.MAX_VALUE);
        mapping.sync();
    }

    @Test
    void aRealFullDiskIsToldAndNeverKillsTheProcess() throws Exception {
        Shell shell = new Shell(directory);
        assumeTrue(shell.mount("16M"), "may not mount here");
        try {
            Path path = directory.resolve("mounted/data");
            Path ballast = Files.write(directory.resolve("mounted/ballast"), random(6 * MIB));
            byte[] bytes = random(7 * MIB);
            try (AtomicMapping mapping = AtomicMapping.open(path, MappingOptions.builder().size(64 * MIB)
                    .journalCapacity(MIB).build())) {
                if (kernel) {
                    mapping.segment();
                }
                mapping.putLong(0, 1);
                mapping.sync();
                mapping.putBytes(MIB, bytes);
                assertFull(assertThrows(IOException.class, mapping::sync));
                byte[] read = new byte[bytes.length];
                mapping.getBytes(MIB, read);
                assertArrayEquals(bytes, read);
                mapping.rollback();
                mapping.putBytes(MIB, bytes, 0, 2 * MIB);
                mapping.putLong(0, 2);
                assertFalse(shell.run("cat /dev/zero > mounted/more"), "the disk is full now");
                assertFull(assertThrows(IOException.class, mapping::sync));
                Files.delete(ballast);
                Files.delete(directory.resolve("mounted/more"));
                assertEquals(2, mapping.sync());
            }
            try (AtomicMapping reopened = AtomicMapping.open(path)) {
                byte[] read = new byte[2 * MIB];
                reopened.getBytes(MIB, read);
                assertEquals(2, reopened.getLong(0));
                assertArrayEquals(Arrays.copyOf(bytes, read.length), read);
            }
        } finally {
            shell.run("umount mounted");
        }
    }
}
