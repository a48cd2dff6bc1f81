package io.atomicmapping.crash;

import static io.atomicmapping.crash.CrashFixture.FILE;
import static io.atomicmapping.crash.CrashFixture.assertHolds;
import static io.atomicmapping.crash.CrashFixture.await;
import static io.atomicmapping.crash.CrashFixture.create;
import static io.atomicmapping.crash.CrashFixture.isHome;
import static io.atomicmapping.crash.CrashFixture.isJournal;
import static io.atomicmapping.crash.CrashFixture.open;
import static io.atomicmapping.crash.CrashFixture.powerCut;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.crash.CrashFixture.Gate;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

/**
 * Threads that store beside each other and beside commits and checkpoints: nothing is cut, lost, or written
 * home too early.
 */
class SectionsTest {

    private static final long UPDATE_OPEN_MILLIS = 300;
    private static final int ROUNDS = 60;
    private static final int LINE_BYTES = 64;
    private static final int PAGE_BYTES = 4096;
    private static final int SIZE = 64 << 10;

    private final SimulatedDisk disk = new SimulatedDisk();

    /** An update makes its second store only long after a sync has been asked for. */
    @Test
    void commitWaitsForAnOpenUpdate() throws IOException, InterruptedException {
        try (AtomicMapping mapping = create(disk)) {
            CountDownLatch open = new CountDownLatch(1);
            Thread thread = Thread.ofPlatform().start(() -> mapping.update(() -> {
                mapping.putLong(0, 1);
                open.countDown();
                try {
                    TimeUnit.MILLISECONDS.sleep(UPDATE_OPEN_MILLIS);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                mapping.putLong(50_000, 1);
            }));
            await(open);
            mapping.sync();
            try (AtomicMapping recovered = open(powerCut(disk))) {
                assertEquals(recovered.getLong(0), recovered.getLong(50_000), "an update was cut in two");
            }
            thread.join();
        }
    }

    /** Two threads store into neighbouring lines of the same pages; each commit holds the stores of both. */
    @Test
    void linesOfOnePageThatTwoThreadsMarkAreAllCommitted() throws Exception {
        try (AtomicMapping mapping = create(disk, SIZE)) {
            byte[] expected = new byte[SIZE];
            AtomicIntegerArray progress = new AtomicIntegerArray(2);
            for (int round = 1; round <= ROUNDS; round++) {
                int value = round;
                CompletableFuture<Void> other =
                        CompletableFuture.runAsync(() -> storeLines(mapping, progress, 1, value));
                storeLines(mapping, progress, 0, value);
                other.get(1, TimeUnit.MINUTES);
                for (int offset = 0; offset < SIZE; offset += LINE_BYTES) {
                    ByteBuffer.wrap(expected).order(ByteOrder.LITTLE_ENDIAN).putLong(offset, value);
                }
                mapping.sync();
                try (AtomicMapping recovered = open(powerCut(disk))) {
                    assertHolds(expected, recovered, "after round " + round);
                }
            }
        }
    }

    /** Every other line; both threads come to each page at the same moment. */
    private static void storeLines(AtomicMapping mapping, AtomicIntegerArray progress, int own, int value) {
        for (int page = 0; page < SIZE; page += PAGE_BYTES) {
            int arrived = progress.incrementAndGet(own);
            while (progress.get(1 - own) < arrived) {
                Thread.yield();
            }
            for (int offset = page + own * LINE_BYTES; offset < page + PAGE_BYTES; offset += 2 * LINE_BYTES) {
                mapping.putLong(offset, value);
            }
        }
    }

    /**
     * A checkpoint copies a page of which two commits are sealed and not durable, and that was stored to
     * since: home gets what was durable before all three.
     */
    @Test
    void checkpointBesideTwoCommitsInFlightWritesWhatIsDurable() throws IOException, InterruptedException {
        Gate home = new Gate(call -> isHome(call) && call.name().equals("length"));
        Gate journal = new Gate(call -> isJournal(call) && call.name().equals("force"));
        try (AtomicMapping mapping =
                create(InterceptedStorage.over(InterceptedStorage.over(disk, journal), home))) {
            home.arm();
            // more than half of the ring: a checkpoint begins
            mapping.fill(0, CrashFixture.RING_BYTES * 3 / 4, (byte) 1);
            mapping.sync();
            home.awaitEntered();
            journal.arm();
            mapping.putLong(0, 2);
            mapping.syncAsync();
            journal.awaitEntered();
            mapping.putLong(0, 3);
            CompletableFuture<Long> last = mapping.syncAsync();
            mapping.putLong(0, 4);
            home.letGo();
            int written = firstByteWrittenHome();
            journal.letGo();
            last.join();
            assertEquals(1, written, "home got a byte that was not durable");
        }
    }

    private int firstByteWrittenHome() {
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(10)) {
            for (Operation operation : disk.operations()) {
                if (operation.path().equals(FILE) && operation.isWrite() && operation.position() == 0) {
                    return operation.written()[0];
                }
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("no checkpoint wrote home");
    }

    /** Stores of an open generation, of a page that a checkpoint copies, do not go home either. */
    @Test
    void checkpointBesideStoresWritesWhatIsDurable() throws IOException, InterruptedException {
        Gate home = new Gate(call -> isHome(call) && call.name().equals("length"));
        try (AtomicMapping mapping = create(InterceptedStorage.over(disk, home))) {
            home.arm();
            mapping.fill(0, CrashFixture.RING_BYTES * 3 / 4, (byte) 1);
            mapping.sync();
            home.awaitEntered();
            mapping.putLong(0, 4);
            home.letGo();
            assertEquals(1, firstByteWrittenHome(), "home got a byte that was not committed");
        }
        assertTrue(disk.contents(FILE)[0] == 1, "closing discards what was not committed");
    }
}
