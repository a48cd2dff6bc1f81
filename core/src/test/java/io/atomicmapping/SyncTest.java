package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/** What a commit holds, its number, and what is left when it is taken back. */
@ParameterizedClass
@CsvSource({"MEMORY, false", "DISK, false", "DISK, true"})
@Timeout(30)
class SyncTest {

    private static final int PAGE = 4096;
    private static final int SIZE = 8 * PAGE;

    @Parameter(0)
    TestFile.Place place;
    @Parameter(1)
    boolean kernel;

    private TestFile file;
    private AtomicMapping mapping;

    @BeforeEach
    void open() throws IOException {
        file = place.newFile();
        reopen();
    }

    private void reopen() throws IOException {
        if (mapping != null) {
            mapping.close();
        }
        mapping = file.open(SIZE);
        if (kernel) {
            mapping.segment();
        }
    }

    @AfterEach
    void close() throws IOException {
        mapping.close();
        file.close();
    }

    private void copyHolds(long offset, long value, long commit) throws IOException {
        try (TestFile copy = file.copyAsAfterAKill(); AtomicMapping recovered = copy.open()) {
            assertEquals(value, recovered.getLong(offset));
            assertEquals(commit, recovered.lastCommit());
        }
    }

    @Test
    void commitsAreNumberedForTheLifeOfTheFile() throws IOException {
        assertEquals(0, mapping.lastCommit());
        for (int commit = 1; commit <= 3; commit++) {
            mapping.putLong(0, commit);
            assertEquals(commit, mapping.sync());
            assertEquals(commit, mapping.lastCommit());
        }
        reopen();
        assertEquals(3, mapping.lastCommit());
        assertEquals(3, mapping.recovery().lastCommit());
        mapping.putLong(0, 4);
        assertEquals(4, mapping.sync());
        copyHolds(0, 4, 4);
    }

    @Test
    void withNothingStoredSyncWritesNothingAndGivesTheLastNumber() throws IOException {
        assertEquals(0, mapping.sync());
        mapping.putLong(0, 1);
        mapping.sync();
        long journaled = mapping.stats().bytesJournaled();
        assertEquals(1, mapping.sync());
        assertEquals(1, mapping.sync(0, 8));
        assertEquals(1, mapping.syncAsync().join());
        assertEquals(journaled, mapping.stats().bytesJournaled());
        assertEquals(1, mapping.stats().commits());
    }

    @Test
    void bytesPutBackJournalNothing() throws IOException {
        mapping.putLong(0, 1);
        mapping.fill(PAGE, PAGE, (byte) 3);
        mapping.sync();
        long journaled = mapping.stats().bytesJournaled();
        mapping.putLong(0, 9);
        mapping.putLong(0, 1);
        mapping.fill(PAGE, PAGE, (byte) 4);
        mapping.fill(PAGE, PAGE, (byte) 3);
        assertEquals(1, mapping.sync());
        assertEquals(journaled, mapping.stats().bytesJournaled());
    }

    @Test
    void aCommitJournalsTheChangedBytesNotTheirPages() throws IOException {
        mapping.putByte(PAGE + 5, (byte) 1);
        mapping.sync();
        long journaled = mapping.stats().bytesJournaled();
        assertTrue(journaled <= PAGE, "bytesJournaled=" + journaled);
        for (int page = 0; page < 8; page++) {
            mapping.putByte(page * PAGE + 77, (byte) 1);
        }
        mapping.sync();
        assertTrue(mapping.stats().bytesJournaled() - journaled <= PAGE);
    }

    @Test
    void rollbackGivesBackTheLastCommit() throws IOException {
        mapping.rollback();
        assertEquals(0, mapping.getLong(0));
        mapping.fill(0, SIZE, (byte) 1);
        mapping.sync();
        byte[] committed = TestFile.bytesOf(mapping);
        mapping.fill(100, 3 * PAGE, (byte) 2);
        mapping.putLong(SIZE - 8, 7);
        mapping.rollback();
        assertArrayEquals(committed, TestFile.bytesOf(mapping));
        assertEquals(1, mapping.sync());
        mapping.putLong(8, 1);
        assertEquals(2, mapping.sync());
        copyHolds(8, 1, 2);
    }

    @Test
    void beforeACommitNoByteReachesTheDataFile() throws IOException {
        mapping.fill(0, SIZE, (byte) 1);
        assertArrayEquals(new byte[SIZE], file.homeBytes());
        mapping.close();
        assertArrayEquals(new byte[SIZE], file.homeBytes());
    }

    @Test
    void aRangeSyncCommitsWhatTheRangeTouchesAndLeavesTheRest() throws IOException {
        int unit = kernel ? PAGE : 64;
        mapping.putLong(2 * PAGE - 8, 1);
        mapping.putLong(2 * PAGE, 2);
        mapping.putLong(2 * PAGE + unit - 8, 3);
        mapping.putLong(2 * PAGE + unit, 4);
        assertEquals(1, mapping.sync(2 * PAGE + 5, 1));
        copyHolds(2 * PAGE + unit, 0, 1);
        copyHolds(2 * PAGE + unit - 8, 3, 1);
        assertEquals(4, mapping.getLong(2 * PAGE + unit), "still stored, not committed");
        mapping.rollback();
        assertEquals(0, mapping.getLong(2 * PAGE - 8));
        assertEquals(2, mapping.getLong(2 * PAGE));
        assertEquals(3, mapping.getLong(2 * PAGE + unit - 8));
        assertEquals(0, mapping.getLong(2 * PAGE + unit));
    }

    @Test
    void whatARangeSyncLeftIsCommittedByTheNext() throws IOException {
        mapping.putLong(0, 1);
        mapping.putLong(4 * PAGE, 2);
        assertEquals(1, mapping.sync(4 * PAGE, 8));
        assertEquals(1, mapping.sync(4 * PAGE, 8));
        assertEquals(2, mapping.sync());
        copyHolds(0, 1, 2);
        copyHolds(4 * PAGE, 2, 2);
    }

    @Test
    void aLineSyncedByRangeAndStoredAgainRollsBackToTheRangesCommit() throws IOException {
        mapping.putLong(0, 1);
        mapping.putLong(PAGE, 1);
        mapping.sync(0, 8);
        mapping.putLong(0, 2);
        mapping.rollback();
        assertEquals(1, mapping.getLong(0));
        assertEquals(0, mapping.getLong(PAGE));
    }

    @Test
    void anAsyncSyncTakesItsCutAtTheCall() throws IOException {
        mapping.putLong(0, 1);
        CompletableFuture<Long> future = mapping.syncAsync();
        mapping.putLong(0, 2);
        assertEquals(1, future.join());
        mapping.rollback();
        assertEquals(1, mapping.getLong(0));
        copyHolds(0, 1, 1);
    }

    @Test
    void asyncSyncsCompleteInOrderWithTheirOwnNumbers() throws IOException {
        List<CompletableFuture<Long>> futures = new ArrayList<>();
        List<CompletableFuture<Boolean>> inOrder = new ArrayList<>();
        for (int i = 1; i <= 200; i++) {
            mapping.putLong(i % 5 * PAGE, i);
            CompletableFuture<Long> before = i == 1 ? null : futures.getLast();
            futures.add(mapping.syncAsync());
            inOrder.add(futures.getLast().thenApply(number -> before == null || before.isDone()));
        }
        for (CompletableFuture<Boolean> completed : inOrder) {
            assertTrue(completed.join());
        }
        for (int i = 0; i < 200; i++) {
            assertEquals(i + 1, futures.get(i).join());
        }
        assertEquals(200, mapping.lastCommit());
        copyHolds(0, 200, 200);
    }

    @Test
    void whatDependsOnAnAsyncSyncMayBlockForALaterOne() throws Exception {
        mapping.putLong(0, 1);
        CompletableFuture<Long> first = mapping.syncAsync();
        mapping.putLong(0, 2);
        CompletableFuture<Long> second = mapping.syncAsync();
        first.thenRun(second::join).get(20, TimeUnit.SECONDS);
        assertEquals(2, second.join());
    }

    @Test
    void whatDependsOnAnAsyncSyncMaySync() throws Exception {
        mapping.putLong(0, 1);
        CompletableFuture<Long> future = mapping.syncAsync().thenApply(number -> {
            try {
                mapping.putLong(0, 2);
                return mapping.sync();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        assertEquals(2, future.get(20, TimeUnit.SECONDS));
    }

    @Test
    void dependentsNeverRunOnTheCommitThread() throws Exception {
        for (int i = 0; i < 50; i++) {
            mapping.putLong(0, i + 1);
            String name = mapping.syncAsync().thenApply(number -> Thread.currentThread().getName())
                    .get(20, TimeUnit.SECONDS);
            assertFalse(name.contains("committer"), name);
        }
    }

    @Test
    void aSyncAfterAnAsyncSyncCoversItAndCommitsInOrder() throws Exception {
        mapping.putLong(0, 1);
        CompletableFuture<Long> future = mapping.syncAsync();
        mapping.putLong(8, 2);
        assertEquals(2, mapping.sync());
        assertEquals(1, future.get(20, TimeUnit.SECONDS));
        CompletableFuture<Long> empty = mapping.syncAsync();
        assertEquals(2, empty.get(20, TimeUnit.SECONDS));
        mapping.putLong(8, 3);
        CompletableFuture<Long> last = mapping.syncAsync();
        assertEquals(3, mapping.sync(), "nothing left to commit, but the commit in flight is awaited");
        assertEquals(3, last.join());
    }

    @Test
    void aCommitLargerThanTheRingMakesItGrow() throws IOException {
        mapping.close();
        int size = 3 << 20;
        mapping = file.open(options -> options.size(size).journalCapacity(1 << 14));
        long before = mapping.stats().journalCapacityBytes();
        byte[] bytes = new byte[size];
        new Random(5).nextBytes(bytes);
        mapping.putBytes(0, bytes);
        assertEquals(1, mapping.sync());
        assertTrue(mapping.stats().journalCapacityBytes() > Math.max(before, size));
        mapping.putLong(0, 5);
        assertEquals(2, mapping.sync());
        copyHolds(0, 5, 2);
        mapping.close();
        mapping = file.open();
        System.arraycopy(new byte[] {5, 0, 0, 0, 0, 0, 0, 0}, 0, bytes, 0, 8);
        assertArrayEquals(bytes, TestFile.bytesOf(mapping));
    }

    @Test
    void manyLapsOfASmallRingLoseNothing() throws IOException {
        mapping.close();
        mapping = file.open(options -> options.size(SIZE).journalCapacity(1));
        if (kernel) {
            mapping.segment();
        }
        for (int i = 1; i <= 500; i++) {
            mapping.putLong(i * 8 % SIZE, i);
            assertEquals(i, mapping.sync());
        }
        copyHolds(500 * 8 % SIZE, 500, 500);
        assertTrue(mapping.stats().checkpoints() > 0);
    }

    @Test
    void statsAndReportTellWhatHappened() throws IOException {
        mapping.putLong(0, 1);
        mapping.sync();
        MappingStats stats = mapping.stats();
        assertEquals(1, stats.commits());
        assertEquals(kernel ? "WRITE_PROTECTION" : "EXPLICIT", stats.tracking());
        assertTrue(stats.bytesJournaled() > 0 && stats.journalUsedBytes() > 0 && stats.journalFill() > 0);
        assertTrue(stats.syncNanosP50() > 0 && stats.syncNanosP50() <= stats.syncNanosP99()
                && stats.syncNanosP99() <= stats.syncNanosMax(), stats::toString);
        assertEquals(kernel ? PAGE : 2 * PAGE, stats.privateBytes());
        RecoveryReport report = mapping.recovery();
        assertTrue(report.created() && report.clean());
        assertEquals(0, report.commitsReplayed());
        try (TestFile copy = file.copyAsAfterAKill(); AtomicMapping recovered = copy.open()) {
            RecoveryReport after = recovered.recovery();
            assertFalse(after.clean());
            assertFalse(after.created());
            assertEquals(1, after.commitsReplayed());
            assertEquals(1, after.bytesReplayed());
            assertEquals(1, after.lastCommit());
            assertEquals(SIZE, after.size());
            assertEquals(copy.path.toAbsolutePath(), after.file());
        }
        reopen();
        assertTrue(mapping.recovery().clean());
        assertFalse(mapping.recovery().created());
    }

    @Test
    void recoverBringsTheFileToItsLastCommitForOtherPrograms() throws IOException {
        if (place == TestFile.Place.MEMORY) {
            return; // recover takes a path of the real file system
        }
        mapping.putLong(0, 77);
        mapping.sync();
        try (TestFile copy = file.copyAsAfterAKill()) {
            RecoveryReport report = AtomicMapping.recover(copy.path);
            assertEquals(1, report.commitsReplayed());
            assertEquals(77, copy.homeBytes()[0]);
            assertEquals(0, AtomicMapping.recover(copy.path).commitsReplayed());
            assertThrows(IOException.class, () -> AtomicMapping.recover(file.path), "it is open");
        }
    }
}
