package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What was once wrong while home lags behind a commit of kernel mode. */
@Timeout(30)
class KernelModeRegressionTest {

    private static final int PAGE = 4096;
    private static final int FAR = 100 * PAGE;

    /**
     * A checkpoint that began while a durable commit was being written home took it for home, and freed its
     * record. A kill then left one of its pages new and the other old, with nothing in the journal to tell.
     */
    @Test
    void checkpointBesideACommitOnItsWayHomeKeepsItsRecord() throws Exception {
        MemoryStorage disk = new MemoryStorage();
        HookedStorage hooks = new HookedStorage(disk);
        TestFile file = TestFile.inMemory(hooks.storage());
        AtomicMapping mapping = file.open(options -> options.size(256 * PAGE).journalCapacity(1 << 16));
        mapping.segment();
        mapping.putLong(0, 1);
        mapping.putLong(FAR, 1);
        mapping.sync();

        CountDownLatch forcing = new CountDownLatch(1);
        CountDownLatch lastCommitIsOnItsWay = new CountDownLatch(1);
        AtomicBoolean first = new AtomicBoolean(true);
        hooks.hook((call, path) -> {
            if (path.equals(file.path) && call.equals("force") && first.getAndSet(false)) {
                forcing.countDown();
                lastCommitIsOnItsWay.await();
            }
        });
        byte[] big = new byte[40_000]; // more than half of the ring: begins a checkpoint, which is held
        new Random(1).nextBytes(big);
        mapping.putBytes(2 * PAGE, big);
        mapping.sync();
        forcing.await();
        mapping.putLong(8, 9); // asks for another one after it
        mapping.sync();

        AtomicInteger writes = new AtomicInteger();
        MemoryStorage[] killed = new MemoryStorage[1];
        HookedStorage.Hook held = (call, path) -> {
            if (path.equals(file.path) && call.equals("write") && writes.incrementAndGet() == 2) {
                long before = mapping.stats().checkpoints();
                lastCommitIsOnItsWay.countDown();
                while (mapping.stats().checkpoints() < before + 2) {
                    Thread.onSpinWait();
                }
                killed[0] = disk.copy();
            }
        };
        hooks.hook(held);
        mapping.putLong(0, 3);
        mapping.putLong(FAR, 3);
        assertEquals(4, mapping.sync());
        try (AtomicMapping recovered = TestFile.inMemory(killed[0]).open()) {
            assertEquals(4, recovered.lastCommit());
            assertEquals(3, recovered.getLong(0));
            assertEquals(3, recovered.getLong(FAR));
        }
        mapping.close();
    }

    /**
     * After a cut and a grow two threads synced a range each, and shared a commit. The cut went with the
     * first range; the second was compared with a home that still had the bytes from before the cut, found
     * them equal, and was lost.
     */
    @ParameterizedTest
    @EnumSource(TestFile.Place.class)
    void rangesThatShareACommitAfterACutAreAllInIt(TestFile.Place place) throws Exception {
        try (TestFile file = place.newFile()) {
            try (AtomicMapping mapping = file.open(8 * PAGE)) {
                mapping.segment();
                mapping.putLong(2 * PAGE, 42);
                mapping.sync();
                mapping.resize(PAGE);
                mapping.resize(8 * PAGE);
                mapping.putLong(0, 1);
                mapping.putLong(2 * PAGE, 42);

                CountDownLatch open = new CountDownLatch(1);
                CountDownLatch bothWait = new CountDownLatch(1);
                Thread update = Thread.ofPlatform().start(() -> mapping.update(() -> {
                    open.countDown();
                    awaitQuietly(bothWait);
                }));
                open.await();
                Thread leader = Thread.ofPlatform().start(() -> sync(mapping, 0));
                awaitState(leader, Thread.State.TIMED_WAITING); // for the update to end
                Thread follower = Thread.ofPlatform().start(() -> sync(mapping, 2 * PAGE));
                awaitState(follower, Thread.State.WAITING); // for the leader
                bothWait.countDown();
                update.join();
                leader.join();
                follower.join();
                assertEquals(42, mapping.getLong(2 * PAGE));
            }
            try (AtomicMapping reopened = file.open()) {
                assertEquals(1, reopened.getLong(0));
                assertEquals(42, reopened.getLong(2 * PAGE));
            }
        }
    }

    /**
     * What is sealed is compared with home: beside a commit that home still lacks, a value that was put back
     * would be no change, and its commit would leave the value between.
     */
    @Test
    void anAsynchronousSyncSealsOnlyWhenTheCommitBeforeItIsHome() throws Exception {
        MemoryStorage disk = new MemoryStorage();
        HookedStorage hooks = new HookedStorage(disk);
        try (AtomicMapping mapping = TestFile.inMemory(hooks.storage()).open(8 * PAGE)) {
            mapping.segment();
            CountDownLatch forcing = new CountDownLatch(1);
            CountDownLatch goOn = new CountDownLatch(1);
            hooks.hook((call, path) -> {
                if (call.equals("force") && Thread.currentThread().getName().endsWith("committer")) {
                    forcing.countDown();
                    goOn.await();
                }
            });
            mapping.putLong(0, 1);
            mapping.syncAsync();
            forcing.await();
            mapping.putLong(0, 0);
            CompletableFuture<Long> second = new CompletableFuture<>();
            Thread caller = Thread.ofPlatform().start(() -> {
                try {
                    mapping.syncAsync().thenAccept(second::complete);
                } catch (RuntimeException e) {
                    second.completeExceptionally(e);
                }
            });
            while (caller.isAlive() && caller.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            goOn.countDown();
            assertEquals(2, second.join());
            try (AtomicMapping recovered = TestFile.inMemory(disk.copy()).open()) {
                assertEquals(0, recovered.getLong(0));
            }
        }
    }

    /** The kernel tells of a store once: pages that a failed seal found are looked at again. */
    @Test
    void storesThatAFailedSealFoundAreFoundByTheNext() throws IOException {
        MemoryStorage disk = new MemoryStorage();
        FaultyStorage faults = new FaultyStorage(disk);
        try (AtomicMapping mapping = TestFile.inMemory(faults.storage()).open(8 * PAGE)) {
            mapping.segment();
            mapping.putLong(0, 1);
            mapping.putLong(5 * PAGE, 5);
            faults.fail("read", "/data");
            assertThrows(IOException.class, mapping::sync);
            faults.failNothing();
            assertEquals(1, mapping.sync());
            try (AtomicMapping recovered = TestFile.inMemory(disk.copy()).open()) {
                assertEquals(1, recovered.getLong(0));
                assertEquals(5, recovered.getLong(5 * PAGE));
            }
        }
    }

    private static void sync(AtomicMapping mapping, long offset) {
        try {
            mapping.sync(offset, Long.BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void awaitState(Thread thread, Thread.State state) {
        while (thread.getState() != state) {
            Thread.onSpinWait();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Stores all over a large image, and in its middle. */
    @Test
    void storesAllOverALargeImageAreCommittedAndTakenBack() throws IOException {
        long size = 256L << 20;
        Random random = new Random(4);
        try (TestFile file = TestFile.onDisk()) {
            Map<Long, Long> expected = new HashMap<>();
            try (AtomicMapping mapping = file.open(size)) {
                MemorySegment segment = mapping.segment();
                for (int round = 1; round <= 8; round++) {
                    for (int i = 0; i < 700; i++) {
                        long at = random.nextLong(size / 8) * 8;
                        segment.set(ValueLayout.JAVA_LONG, at, round);
                        expected.put(at, (long) round);
                    }
                    for (long at = size / 2 - 16; at < size / 2 + 16; at += 8) {
                        segment.set(ValueLayout.JAVA_LONG, at, round);
                        expected.put(at, (long) round);
                    }
                    mapping.sync();
                    for (long at : expected.keySet()) {
                        segment.set(ValueLayout.JAVA_LONG, at, -1);
                    }
                    mapping.rollback();
                    expected.forEach((at, value) ->
                            assertEquals(value, segment.get(ValueLayout.JAVA_LONG, at), "at=" + at));
                }
                assertEquals(8, mapping.lastCommit());
            }
            try (AtomicMapping mapping = file.open()) {
                expected.forEach((at, value) -> assertEquals(value, mapping.getLong(at), "at=" + at));
            }
        }
    }
}
