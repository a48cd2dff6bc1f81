package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Updates: what they may do inside, and that no sync cuts them in two; on platform and on virtual threads.
 */
@ParameterizedClass
@ValueSource(booleans = {false, true})
@Timeout(30)
class UpdateTest {

    private static final int PAGE = 4096;

    @Parameter
    boolean virtual;

    private final TestFile file = TestFile.inMemory(new MemoryStorage());
    private AtomicMapping mapping;

    @BeforeEach
    void open() throws IOException {
        mapping = file.open(16 * PAGE);
    }

    @AfterEach
    void close() throws IOException {
        mapping.close();
    }

    private interface Body {
        void run() throws Exception;
    }

    private CompletableFuture<Void> start(Body body) {
        CompletableFuture<Void> end = new CompletableFuture<>();
        Runnable task = () -> {
            try {
                body.run();
                end.complete(null);
            } catch (Throwable e) {
                end.completeExceptionally(e);
            }
        };
        Thread thread = virtual ? Thread.ofVirtual().unstarted(task)
                : Thread.ofPlatform().daemon().unstarted(task);
        thread.start();
        return end;
    }

    private void run(Body body) throws Exception {
        start(body).get(20, TimeUnit.SECONDS);
    }

    @Test
    void computeIsAnUpdateWithAResult() throws Exception {
        assertEquals(5L, mapping.compute(() -> 5L));
        mapping.<RuntimeException>update(() ->
                assertThrows(IllegalStateException.class, mapping::sync, "inside an update"));
        mapping.<Object, RuntimeException>compute(() ->
                assertThrows(IllegalStateException.class, mapping::sync, "inside an update with a result"));
        mapping.sync();
    }

    @Test
    void nestedUpdatesBelongToTheOutermost() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        CompletableFuture<Void> updating = start(() -> mapping.update(() -> {
            mapping.putLong(0, 1);
            mapping.update(() -> mapping.putLong(PAGE, 1));
            assertEquals(1, mapping.<Long, RuntimeException>compute(() -> mapping.getLong(PAGE)));
            inside.countDown();
            end.await();
            mapping.putLong(2 * PAGE, 1);
        }));
        inside.await();
        CompletableFuture<Void> syncing = start(mapping::sync);
        assertFalse(syncing.isDone());
        assertEquals(0, mapping.lastCommit(), "the sync waits for the update");
        end.countDown();
        updating.get(20, TimeUnit.SECONDS);
        syncing.get(20, TimeUnit.SECONDS);
        mapping.rollback();
        assertEquals(1, mapping.getLong(0));
        assertEquals(1, mapping.getLong(2 * PAGE));
        assertEquals(1, mapping.lastCommit());
    }

    @Test
    void anExceptionPassesAndLeavesWhatWasStored() throws Exception {
        run(() -> {
            IOException thrown = new IOException("mine");
            assertSame(thrown, assertThrows(IOException.class, () -> mapping.update(() -> {
                mapping.putLong(0, 5);
                throw thrown;
            })));
            assertThrows(StackOverflowError.class, () -> mapping.compute(this::recurse));
            assertEquals(5, mapping.getLong(0));
            assertEquals(1, mapping.sync(), "the section has ended");
        });
    }

    private int recurse() {
        return recurse() + 1;
    }

    @Test
    void whatWouldWaitForTheUpdateItselfIsRefusedInside() throws Exception {
        run(() -> mapping.update(() -> {
            mapping.putLong(0, 5);
            for (Body body : new Body[] {mapping::sync, () -> mapping.sync(0, 8), mapping::syncAsync,
                    mapping::rollback, mapping::close, () -> mapping.update(mapping::sync)}) {
                IllegalStateException e = assertThrows(IllegalStateException.class, body::run);
                assertTrue(e.getMessage().contains("inside an update"), e::getMessage);
            }
            assertEquals(5, mapping.getLong(0));
        }));
        assertEquals(1, mapping.sync());
    }

    @Test
    void resizeAndSegmentWorkInside() throws Exception {
        run(() -> mapping.update(() -> {
            mapping.putLong(0, 1);
            mapping.resize(32 * PAGE);
            mapping.putLong(20 * PAGE, 2);
            mapping.segment().set(ValueLayout.JAVA_LONG, 24 * PAGE, 3);
            mapping.resize(28 * PAGE);
            mapping.putLong(8, 4);
        }));
        assertEquals(1, mapping.sync());
        try (AtomicMapping recovered = file.copyAsAfterAKill().open()) {
            assertEquals(28 * PAGE, recovered.size());
            assertEquals(1, recovered.getLong(0));
            assertEquals(2, recovered.getLong(20 * PAGE));
            assertEquals(3, recovered.getLong(24 * PAGE));
            assertEquals(4, recovered.getLong(8));
        }
    }

    @Test
    void segmentFirstCalledInsideAnUpdateDoesNotWaitForASyncThatWaitsForTheUpdate() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CompletableFuture<Void> updating = start(() -> mapping.update(() -> {
            mapping.putLong(0, 1);
            inside.countDown();
            Thread.sleep(20); // lets the sync begin; right in any order
            MemorySegment segment = mapping.segment();
            segment.set(ValueLayout.JAVA_LONG, PAGE, 2);
        }));
        inside.await();
        CompletableFuture<Void> syncing = start(mapping::sync);
        CompletableFuture<Void> async = start(() -> mapping.syncAsync().join());
        updating.get(20, TimeUnit.SECONDS);
        syncing.get(20, TimeUnit.SECONDS);
        async.get(20, TimeUnit.SECONDS);
        mapping.rollback();
        assertEquals(1, mapping.getLong(0));
        assertEquals(2, mapping.getLong(PAGE));
    }

    /** A put that waits at the gate holds what the open update needs: nobody must wait in a circle. */
    @Test
    void aPutUnderALockThatAnOpenUpdateWantsDoesNotDeadlockWithASync() throws Exception {
        Object lock = new Object();
        for (int round = 0; round < 20; round++) {
            CountDownLatch inside = new CountDownLatch(1);
            CountDownLatch locked = new CountDownLatch(1);
            AtomicBoolean go = new AtomicBoolean();
            CompletableFuture<Void> updating = start(() -> mapping.update(() -> {
                mapping.putLong(0, 1);
                inside.countDown();
                locked.await();
                synchronized (lock) {
                    mapping.putLong(8, 1);
                }
            }));
            inside.await();
            CompletableFuture<Void> syncing = start(() -> {
                go.set(true);
                mapping.sync();
            });
            CompletableFuture<Void> putting = start(() -> {
                synchronized (lock) {
                    locked.countDown();
                    while (!go.get()) {
                        Thread.onSpinWait();
                    }
                    for (int i = 0; i < 2_000; i++) {
                        mapping.putLong(16, i);
                    }
                }
            });
            putting.get(20, TimeUnit.SECONDS);
            updating.get(20, TimeUnit.SECONDS);
            syncing.get(20, TimeUnit.SECONDS);
        }
    }
}
