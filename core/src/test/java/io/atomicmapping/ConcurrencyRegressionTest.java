package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.dirty.ExplicitTracking;
import io.atomicmapping.dirty.Gate;
import io.atomicmapping.dirty.Range;
import io.atomicmapping.dirty.Sections;
import io.atomicmapping.dirty.Stripe;
import io.atomicmapping.recovery.OpenRequest;
import io.atomicmapping.recovery.Recovery;
import io.atomicmapping.storage.MemoryStorage;
import io.atomicmapping.storage.linux.Linux;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Interleavings that once lost a store, or held up everybody. */
@Timeout(60)
class ConcurrencyRegressionTest {

    private static final long RACE_NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);

    /**
     * The claim of a line showed the mark before the image. A second thread found the line marked and stored,
     * and a checkpoint that copied the page between the two found no image to undo that by: it wrote an
     * uncommitted store home.
     */
    @Test
    void checkpointBesideAClaimCopiesNoStoreOfAnotherThreadIntoThatLine() throws Exception {
        try (Arena arena = Arena.ofShared(); Wakers wakers = new Wakers()) {
            MemorySegment image = arena.allocate(Claims.PAGES << Claims.PAGE_SHIFT, 4096);
            try (ExplicitTracking tracking = new ExplicitTracking(image.address(), Claims.PAGES,
                    Claims.PAGE_SHIFT, new Sections(new Gate()))) {
                wakers.start();
                new Claims(tracking, image).run();
            }
        }
    }

    /** Threads that often wake for a moment: each time another is held up, wherever it is. */
    private static final class Wakers implements AutoCloseable {
        private volatile boolean stopped;

        private void start() {
            for (int i = 0; i < 3; i++) {
                Thread.ofPlatform().daemon().start(() -> {
                    while (!stopped) {
                        LockSupport.parkNanos(20_000);
                    }
                });
            }
        }

        @Override
        public void close() {
            stopped = true;
        }
    }

    /**
     * Threads that claim one line of each page in turn, store into it, and look at once what a checkpoint
     * would copy.
     */
    private static final class Claims {
        private static final long PAGES = 1 << 14;
        /** small pages: the less there is to copy, the larger the part that a claim has in it */
        private static final int PAGE_SHIFT = 9;
        private static final long LINE = 63 * 8;
        private static final int THREADS = 3;

        private final ExplicitTracking tracking;
        private final MemorySegment image;
        private final AtomicLong found = new AtomicLong();
        private final long endNanos = System.nanoTime() + RACE_NANOS;
        private final CyclicBarrier rounds = new CyclicBarrier(THREADS, this::endRound);
        private volatile boolean ended;

        private Claims(ExplicitTracking tracking, MemorySegment image) {
            this.tracking = tracking;
            this.image = image;
        }

        private void run() throws InterruptedException {
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                threads.add(Thread.ofPlatform().start(this::claim));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertTrue(ended, "a thread failed");
            assertEquals(0, found.get(), "uncommitted stores in what is committed");
        }

        private void claim() {
            try (Arena own = Arena.ofConfined()) {
                MemorySegment copy = own.allocate(1 << PAGE_SHIFT, 8);
                while (!ended) {
                    for (long page = 0; page < PAGES; page++) {
                        long offset = (page << PAGE_SHIFT) + LINE;
                        tracking.mark(offset, Long.BYTES, new Stripe());
                        image.set(Layouts.LONG, offset, 0x55);
                        tracking.copyCommitted(page, copy.address());
                        if (copy.get(Layouts.LONG, LINE) != 0) {
                            found.getAndIncrement();
                        }
                    }
                    rounds.await();
                }
            } catch (InterruptedException | BrokenBarrierException e) {
                throw new AssertionError(e);
            }
        }

        private void endRound() {
            tracking.rollback(page -> true);
            ended = found.get() > 0 || System.nanoTime() > endNanos;
        }
    }

    /**
     * An asynchronous sync had taken a store but not yet queued it when a sync looked for something to
     * commit: it found nothing marked, and returned, though the store was not durable and its commit could
     * still fail.
     */
    @Test
    void syncBesideAnAsynchronousOneReturnsOnlyWhenItsStoreIsCommitted() throws Exception {
        TestFile file = TestFile.inMemory(new MemoryStorage());
        int pageBytes = Linux.pageBytes();
        OpenRequest request = new OpenRequest(file.storage, file.path, null, 1 << 16, 0, pageBytes, false);
        Engine engine = new Engine(Recovery.open(request), file.path,
                Integer.numberOfTrailingZeros(pageBytes), 1 << 16, 1 << 20);
        engine.tracking.mark(8, Long.BYTES, new Stripe());
        engine.image.segment().set(Layouts.LONG, 8, 42);
        CountDownLatch imagesLocked = new CountDownLatch(1);
        CountDownLatch cutsLocked = new CountDownLatch(1);
        Thread holder = Thread.ofPlatform().start(() -> unchecked(() ->
                engine.tracking.remap(Long.MAX_VALUE, () -> {
                    imagesLocked.countDown();
                    unchecked(cutsLocked::await);
                })));
        imagesLocked.await();
        Thread async = Thread.ofPlatform().start(() -> unchecked(engine.commits::syncAsync));
        awaitState(async, Thread.State.WAITING); // for the images: it is about to take the store
        AtomicLong number = new AtomicLong();
        Thread sync;
        synchronized (engine.cuts) {
            cutsLocked.countDown();
            awaitState(async, Thread.State.BLOCKED); // by the cuts: it has taken the store
            sync = Thread.ofPlatform().start(() -> unchecked(() ->
                    number.set(engine.commits.sync(Range.EVERYTHING))));
            awaitState(sync, Thread.State.BLOCKED); // by the cuts, too: no store is marked
        }
        holder.join();
        sync.join();
        async.join();
        engine.close();
        assertEquals(1, number.get());
    }

    private static void unchecked(Action<Exception> action) {
        try {
            action.run();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static void awaitState(Thread thread, Thread.State state) {
        while (thread.getState() != state) {
            Thread.onSpinWait();
        }
    }

    /**
     * Whoever waited at the gate was next in its queue, whether or not it could run: a virtual thread whose
     * carrier others kept busy held up every sync until it got one.
     */
    @Test
    void exclusionDoesNotWaitForAVirtualThreadThatWaitsAtTheGateWithoutACarrier() throws Exception {
        Sections sections = new Sections(new Gate());
        AtomicBoolean stopped = new AtomicBoolean();
        List<Thread> spinners = new ArrayList<>();
        assertTrue(sections.tryExclude(Duration.ofSeconds(1).toNanos()));
        Thread waiter = Thread.ofVirtual().start(() -> sections.exitPut(sections.enterPut()));
        while (waiter.getState() != Thread.State.WAITING && waiter.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        int carriers = Integer.getInteger("jdk.virtualThreadScheduler.parallelism",
                Runtime.getRuntime().availableProcessors());
        CountDownLatch busy = new CountDownLatch(carriers);
        for (int i = 0; i < carriers; i++) {
            spinners.add(Thread.ofVirtual().start(() -> {
                busy.countDown();
                while (!stopped.get()) {
                    Thread.onSpinWait();
                }
            }));
        }
        busy.await();
        sections.endExclusion();
        Thread excluder = Thread.ofPlatform().daemon().start(() -> {
            while (!sections.tryExclude(Duration.ofSeconds(1).toNanos())) {
                Thread.onSpinWait();
            }
            sections.endExclusion();
        });
        boolean passed = excluder.join(Duration.ofSeconds(10));
        stopped.set(true);
        for (Thread spinner : spinners) {
            spinner.join();
        }
        waiter.join();
        excluder.join();
        assertTrue(passed, "an exclusion waited for a virtual thread without a carrier");
    }

    /**
     * A put just past the end looked at the limit, found it too small, looked again, when the mapping had
     * grown, and stored without a mark: the store was in no commit.
     */
    @Test
    void storesMadeTheMomentTheMappingHasGrownAreCommitted() throws Exception {
        int rounds = 3_000;
        try (TestFile file = TestFile.inMemory(new MemoryStorage())) {
            try (AtomicMapping mapping = file.open(options -> options.size(Long.BYTES).maxSize(1 << 20))) {
                Thread thread = Thread.ofPlatform().start(() -> {
                    for (int round = 1; round <= rounds; round++) {
                        while (true) {
                            try {
                                mapping.putLong((long) round * Long.BYTES, round);
                                break;
                            } catch (IndexOutOfBoundsException e) {
                                Thread.onSpinWait(); // not yet
                            }
                        }
                    }
                });
                for (int round = 1; round <= rounds; round++) {
                    mapping.resize((round + 1L) * Long.BYTES);
                    while (mapping.getLong((long) round * Long.BYTES) == 0) {
                        Thread.onSpinWait();
                    }
                    mapping.sync();
                }
                thread.join();
            }
            try (AtomicMapping mapping = file.open(options -> options)) {
                for (int round = 1; round <= rounds; round++) {
                    assertEquals(round, mapping.getLong((long) round * Long.BYTES));
                }
            }
        }
    }
}
