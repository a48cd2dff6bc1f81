package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** A failed force is final: what it was given may be lost, and whoever asks is told to reopen. */
@ParameterizedClass
@ValueSource(booleans = {false, true})
@Timeout(30)
class FailedForceTest {

    private static final int PAGE = 4096;

    @Parameter
    boolean kernel;

    private final MemoryStorage disk = new MemoryStorage();
    private final FaultyStorage faults = new FaultyStorage(disk);
    private final TestFile file = TestFile.inMemory(faults.storage());
    private AtomicMapping mapping;

    @BeforeEach
    void commitOnce() throws IOException {
        mapping = file.open(options -> options.size(8 * PAGE).journalCapacity(1 << 18));
        if (kernel) {
            mapping.segment();
        }
        mapping.putLong(0, 1);
        mapping.sync();
    }

    @AfterEach
    void close() throws IOException {
        faults.failNothing();
        mapping.close();
    }

    /**
     * After a commit an idle moment leaves a mark in the journal: once it is there, nothing writes but the
     * caller.
     */
    private void awaitMark() {
        MappingStats stats = mapping.stats();
        while (stats.journalUsedBytes() <= stats.bytesJournaled() || !faults.isJournalForced()) {
            Thread.onSpinWait();
            stats = mapping.stats();
        }
    }

    private void hasFailed() {
        for (Executable use : new Executable[] {() -> mapping.putLong(0, 3), mapping::sync,
                () -> mapping.sync(0, 8),
                mapping::syncAsync, mapping::rollback, () -> mapping.resize(5),
                        () -> mapping.update(() -> { }),
                mapping::segment}) {
            IllegalStateException e = assertThrows(IllegalStateException.class, use);
            assertTrue(e.getMessage().contains("reopen") && e.getMessage().contains("file="), e::getMessage);
        }
    }

    private void reopenedHolds(long one, long other) throws IOException {
        mapping.close();
        faults.failNothing();
        try (AtomicMapping reopened = file.open()) {
            long value = reopened.getLong(0);
            assertTrue(value == one || value == other, "value=" + value);
            reopened.putLong(0, 9);
            assertEquals(reopened.recovery().lastCommit() + 1, reopened.sync());
        }
    }

    @Test
    void aSyncWhoseForceFailsSaysSoAndLaterCallsNameTheRemedy() throws IOException {
        mapping.putLong(0, 2);
        faults.fail("force", ".journal");
        IOException e = assertThrows(IOException.class, mapping::sync);
        assertTrue(e.getMessage().contains("reopen") && e.getMessage().contains(".journal"), e::getMessage);
        faults.failNothing();
        hasFailed();
        assertEquals(2, mapping.getLong(0), "loads still work");
        assertEquals(2, mapping.readSegment().get(Layouts.LONG, 0));
        assertEquals(1, mapping.lastCommit());
        reopenedHolds(1, 2);
    }

    @Test
    void anAsyncSyncWhoseForceFailsCompletesExceptionallyAndSoDoThoseBehindIt() throws Exception {
        awaitMark(); // or its force could be the one that is held
        faults.holdForces();
        mapping.putLong(0, 2);
        CompletableFuture<Long> first = mapping.syncAsync();
        faults.awaitForce();
        mapping.putLong(0, 3);
        CompletableFuture<Long> second = kernel ? first : mapping.syncAsync();
        faults.fail("force", ".journal");
        faults.letForcesGo();
        // the force that was held goes through; the next fails
        CompletableFuture<Long> third = kernel ? mapping.syncAsync() : second;
        CompletionException e = assertThrows(CompletionException.class, third::join);
        assertInstanceOf(IOException.class, e.getCause());
        assertEquals(2, first.join());
        hasFailed();
        reopenedHolds(2, 3);
    }

    @Test
    void aCheckpointWhoseForceFailsEndsTheMapping() throws IOException {
        faults.fail("force", "/data");
        // by the background thread, or by a sync that needs the room
        Exception e = assertThrows(Exception.class, () -> {
            for (int i = 2; i < 2_000; i++) {
                mapping.putLong(0, i);
                mapping.sync();
            }
        }, "the ring must be freed some time");
        assertTrue(e.getMessage().contains("/data"), e::getMessage);
        faults.failNothing();
        hasFailed();
        long last = mapping.lastCommit();
        mapping.close();
        try (AtomicMapping reopened = file.open()) {
            assertEquals(last, reopened.getLong(0));
            assertEquals(last, reopened.lastCommit());
        }
    }

    /** The kernel tells of it once; and a commit that needs room may ask for the next checkpoint at once. */
    @Test
    void theCheckpointAfterOneWhoseForceFailedIsRefused() throws IOException {
        faults.fail("force", "/data");
        assertThrows(IOException.class, () -> Inside.checkpoint(mapping));
        faults.failNothing();
        assertThrows(IOException.class, () -> Inside.checkpoint(mapping));
        hasFailed();
        reopenedHolds(1, 1);
    }

    @Test
    void aFailedRecordOfGrowthEndsTheMapping() throws IOException {
        faults.fail("force", ".journal");
        assertThrows(IOException.class, () -> mapping.resize(64L << 20));
        faults.failNothing();
        hasFailed();
        reopenedHolds(1, 1);
    }

    @Test
    void aFailedAppendLeavesTheStoresForALaterSync() throws IOException {
        awaitMark();
        mapping.putLong(0, 2);
        mapping.putLong(PAGE, 5);
        faults.fail("writeDirect", ".journal");
        IOException e = assertThrows(IOException.class, mapping::sync);
        assertTrue(e.getMessage().contains("injected"), e::getMessage);
        CompletableFuture<Long> async = mapping.syncAsync();
        assertInstanceOf(IOException.class, assertThrows(CompletionException.class, async::join).getCause());
        mapping.putLong(0, 3);
        faults.failNothing();
        assertEquals(2, mapping.sync());
        try (AtomicMapping recovered = TestFile.inMemory(disk.copy()).open()) {
            assertEquals(3, recovered.getLong(0));
            assertEquals(5, recovered.getLong(PAGE));
        }
    }

    @Test
    void aFailedAppendCanBeRolledBack() throws IOException {
        mapping.fill(0, 8 * PAGE, (byte) 1);
        mapping.sync();
        awaitMark();
        byte[] committed = TestFile.bytesOf(mapping);
        faults.fail("writeDirect", ".journal");
        mapping.putLong(0, 2);
        assertThrows(IOException.class, mapping::sync);
        mapping.putLong(0, 3);
        mapping.putLong(64, 3);
        assertThrows(IOException.class, () -> mapping.sync(0, 8));
        mapping.resize(PAGE + 100);
        assertThrows(IOException.class, mapping::sync);
        mapping.resize(8 * PAGE);
        mapping.putLong(2 * PAGE, 3);
        assertThrows(IOException.class, mapping::sync);
        faults.failNothing();
        mapping.rollback();
        assertEquals(-1, Arrays.mismatch(committed, TestFile.bytesOf(mapping)));
        assertEquals(2, mapping.sync());
    }
}
