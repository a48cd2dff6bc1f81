package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several commits behind one in flight: what each gets when one fails, and what is left of its stores. */
@Timeout(60)
class GroupFailureTest {

    private static final int PAGE = 4096;
    private static final int SIZE = 8 * PAGE;

    private final MemoryStorage disk = new MemoryStorage();
    private final HookedStorage hooked = new HookedStorage(disk);
    private final TestFile file = TestFile.inMemory(hooked.storage());
    private final CountDownLatch forcing = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final AtomicInteger appends = new AtomicInteger();
    /** which append fails, from 1, of those behind the first */
    private volatile int failing;
    private final CountDownLatch appending = new CountDownLatch(1);
    private volatile CountDownLatch mayFail = new CountDownLatch(0);
    private final List<CompletableFuture<Long>> inFlight = new ArrayList<>();
    private AtomicMapping mapping;

    /** One commit is acknowledged, and the next is in its force when this returns. */
    @BeforeEach
    void openWithACommitInFlight() throws Exception {
        mapping = file.open(options -> options.size(SIZE).journalCapacity(1 << 18));
        store(1);
        mapping.sync();
        hooked.hook((call, path) -> {
            String thread = Thread.currentThread().getName();
            if (!path.toString().endsWith(".journal") || thread.endsWith("checkpointer")) {
                return; // what an idle moment writes is no commit
            }
            if (call.equals("force") && forcing.getCount() > 0) {
                forcing.countDown();
                goOn.await();
            }
            boolean append = call.equals("writeDirect") && forcing.getCount() == 0;
            if (append && appends.incrementAndGet() >= failing && failing > 0) {
                appending.countDown();
                mayFail.await();
                throw new IOException("injected: no space");
            }
        });
        store(2);
        CompletableFuture<Long> first = mapping.syncAsync();
        forcing.await();
        inFlight.add(first);
    }

    @AfterEach
    void close() throws IOException {
        goOn.countDown();
        mapping.close();
    }

    /** Over a page border, into a line of its own, and into one that all share. */
    private void store(int value) {
        mapping.fill(PAGE - 20, 40, (byte) value);
        mapping.putInt(value * 256, value);
        mapping.putInt(0, value);
    }

    private void recoveredHolds(byte[] expected, long number) throws IOException {
        try (AtomicMapping recovered = TestFile.inMemory(disk.copy()).open()) {
            assertArrayEquals(expected, TestFile.bytesOf(recovered));
            assertEquals(number, recovered.lastCommit());
        }
    }

    private void failsTransiently(CompletableFuture<Long> commit) {
        assertInstanceOf(IOException.class, assertThrows(CompletionException.class, commit::join).getCause());
    }

    @Test
    void whatWasSealedBehindAFailedAppendIsTakenBackWithIt() throws IOException {
        byte[] committed = TestFile.bytesOf(mapping);
        store(3);
        inFlight.add(mapping.syncAsync());
        store(4);
        mapping.resize(SIZE - PAGE);
        inFlight.add(mapping.syncAsync());
        store(5);
        byte[] last = TestFile.bytesOf(mapping);
        failing = 1;
        goOn.countDown();
        assertEquals(2, inFlight.get(0).join());
        failsTransiently(inFlight.get(1));
        failsTransiently(inFlight.get(2));
        recoveredHolds(committed, 2);
        assertArrayEquals(last, TestFile.bytesOf(mapping), "the stores stay");
        failing = 0;
        mapping.rollback();
        assertArrayEquals(committed, TestFile.bytesOf(mapping));
        assertEquals(2, mapping.sync(), "nothing is left to commit");
        recoveredHolds(committed, 2);
    }

    @Test
    void everythingBehindAFailedAppendIsCommittedByTheNextSync() throws IOException {
        store(3);
        mapping.resize(SIZE - PAGE);
        inFlight.add(mapping.syncAsync());
        store(4);
        inFlight.add(mapping.syncAsync());
        failing = 1;
        goOn.countDown();
        failsTransiently(inFlight.get(1));
        failsTransiently(inFlight.get(2));
        failing = 0;
        byte[] last = TestFile.bytesOf(mapping);
        assertEquals(3, mapping.sync());
        recoveredHolds(last, 3);
    }

    @Test
    void whatWasAppendedBeforeAFailedAppendIsCommitted() throws IOException {
        store(3);
        byte[] third = TestFile.bytesOf(mapping);
        inFlight.add(mapping.syncAsync());
        store(4);
        byte[] fourth = TestFile.bytesOf(mapping);
        inFlight.add(mapping.syncAsync());
        failing = 2;
        goOn.countDown();
        assertEquals(3, inFlight.get(1).join());
        failsTransiently(inFlight.get(2));
        assertEquals(3, mapping.lastCommit());
        recoveredHolds(third, 3);
        failing = 0;
        assertEquals(4, mapping.sync());
        recoveredHolds(fourth, 4);
    }

    @Test
    void whatIsSealedWhileAnAppendFailsIsTakenBackWithIt() throws Exception {
        byte[] committed = TestFile.bytesOf(mapping);
        mayFail = new CountDownLatch(1);
        failing = 1;
        store(3);
        inFlight.add(mapping.syncAsync());
        goOn.countDown();
        appending.await();
        mapping.putInt(6 * PAGE, 4);
        inFlight.add(mapping.syncAsync());
        failing = 0; // but that one does fail: what comes behind it could go through
        mayFail.countDown();
        failsTransiently(inFlight.get(1));
        failsTransiently(inFlight.get(2));
        recoveredHolds(committed, 2);
        mapping.rollback();
        assertArrayEquals(committed, TestFile.bytesOf(mapping));
    }

    @Test
    void growthWhoseCommitFailedIsCommittedByTheNextSync() throws IOException {
        goOn.countDown();
        assertEquals(2, inFlight.get(0).join());
        mapping.resize(SIZE + PAGE);
        failing = 1;
        assertThrows(IOException.class, mapping::sync);
        failing = 0;
        assertEquals(3, mapping.sync());
        recoveredHolds(TestFile.bytesOf(mapping), 3);
    }

    @Test
    void everyCallerOfAGroupIsToldThatItsCommitFailed() throws Exception {
        store(3);
        List<CompletableFuture<Void>> callers = callersBehind(0, 0, 0);
        failing = 1;
        goOn.countDown();
        for (CompletableFuture<Void> caller : callers) {
            CompletionException e = assertThrows(CompletionException.class, caller::join);
            assertInstanceOf(IOException.class, e.getCause());
        }
        failing = 0; // for closing
    }

    /** The first and the last of a group ask for the same range, one between them for another. */
    @Test
    void everyRangeOfAGroupIsCommitted() throws Exception {
        store(3);
        mapping.putInt(5 * PAGE, 7);
        List<CompletableFuture<Void>> callers = callersBehind(0, 0, 5 * PAGE, 0);
        goOn.countDown();
        callers.forEach(CompletableFuture::join);
        try (AtomicMapping recovered = TestFile.inMemory(disk.copy()).open()) {
            assertEquals(3, recovered.getInt(0));
            assertEquals(7, recovered.getInt(5 * PAGE), "acknowledged, and lost");
        }
    }

    /** Threads that sync ranges: they gather behind the commit in flight, in this order. */
    private List<CompletableFuture<Void>> callersBehind(long... offsets) {
        List<CompletableFuture<Void>> callers = new ArrayList<>();
        for (long offset : offsets) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            callers.add(done);
            Thread caller = Thread.ofPlatform().start(() -> {
                try {
                    mapping.sync(offset, Integer.BYTES);
                    done.complete(null);
                } catch (IOException | RuntimeException e) {
                    done.completeExceptionally(e);
                }
            });
            while (caller.getState() != Thread.State.WAITING) {
                LockSupport.parkNanos(1_000);
            }
        }
        return callers;
    }
}
