package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Many threads: cuts that no update straddles, numbers that are shared, waiting that ends, interrupts that
 * harm nothing.
 */
@ParameterizedClass
@CsvSource({"MEMORY, false", "DISK, false", "DISK, true"})
@Timeout(60)
class ThreadsTest {

    private static final int PAGE = 4096;
    private static final int ACCOUNTS = 64;
    private static final int SIZE = ACCOUNTS * PAGE;

    @Parameter(0)
    TestFile.Place place;
    @Parameter(1)
    boolean kernel;

    private final AtomicBoolean stopped = new AtomicBoolean();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private interface Body {
        void run() throws Exception;
    }

    @AfterEach
    void endThreads() {
        stopped.set(true);
        threads.shutdownNow();
    }

    private Future<?> repeat(Body body) {
        return threads.submit(() -> {
            while (!stopped.get()) {
                body.run();
            }
            return null;
        });
    }

    private AtomicMapping open(TestFile file) throws IOException {
        AtomicMapping mapping = file.open(options -> options.size(SIZE).journalCapacity(1 << 16)
                .memoryBudget(SIZE / 4));
        if (kernel) {
            mapping.segment();
        }
        return mapping;
    }

    /** Moves money between two accounts, of which one lies over a page border. */
    private static void transfer(AtomicMapping mapping, Random random) {
        int from = random.nextInt(ACCOUNTS - 1);
        int to = random.nextInt(ACCOUNTS - 1);
        long sum = random.nextInt(100);
        mapping.update(() -> {
            synchronized (mapping) {
                add(mapping, from, -sum);
                if (sum % 16 == 0) {
                    Thread.yield();
                }
                add(mapping, to, sum);
            }
        });
    }

    private static void add(AtomicMapping mapping, int account, long sum) {
        long offset = account * (long) PAGE + PAGE - account % 8;
        mapping.putLong(offset, mapping.getLong(offset) + sum);
    }

    private static long total(AtomicMapping mapping) {
        long total = 0;
        for (int account = 0; account < ACCOUNTS - 1; account++) {
            total += mapping.getLong(account * (long) PAGE + PAGE - account % 8);
        }
        return total;
    }

    @Test
    void everyCommitHoldsWholeUpdatesWhateverElseRuns() throws Exception {
        try (TestFile file = place.newFile(); AtomicMapping mapping = open(file)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Random random = new Random(i);
                running.add(repeat(() -> transfer(mapping, random)));
            }
            running.add(repeat(mapping::sync));
            running.add(repeat(() -> mapping.syncAsync().join()));
            AtomicInteger rollbacks = new AtomicInteger();
            running.add(repeat(() -> {
                mapping.rollback();
                rollbacks.incrementAndGet();
            }));
            running.add(repeat(() -> mapping.resize(SIZE + PAGE * (long) (rollbacks.get() % 3))));
            long last = 0;
            for (int copies = 0; copies < 12; copies++) {
                long before = mapping.sync();
                assertTrue(before >= last);
                last = before;
                if (place == TestFile.Place.MEMORY) { // a copy of one instant
                    try (TestFile copy = file.copyAsAfterAKill(); AtomicMapping recovered = copy.open()) {
                        assertEquals(0, total(recovered));
                        assertTrue(recovered.lastCommit() >= before);
                    }
                }
            }
            while (rollbacks.get() == 0) { // on a busy machine twelve syncs may pass before the first
                mapping.sync();
            }
            stopped.set(true);
            for (Future<?> future : running) {
                future.get(30, TimeUnit.SECONDS);
            }
            mapping.rollback();
            assertEquals(0, total(mapping));
        }
    }

    @Test
    void afterASyncEverythingTheThreadHadSeenIsInTheFiles() throws Exception {
        if (place == TestFile.Place.DISK) {
            return; // a copy of one instant is to be had of memory
        }
        try (TestFile file = place.newFile(); AtomicMapping mapping = open(file)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                long offset = i * 5L * PAGE;
                int number = i;
                running.add(threads.submit(() -> {
                    for (long value = 1; value <= 40; value++) {
                        mapping.putLong(offset, value);
                        mapping.putLongRelease(20L * PAGE + number * 8, value);
                        long seen = mapping.getLongAcquire(20L * PAGE + (number + 1) % 4 * 8);
                        mapping.sync();
                        try (AtomicMapping recovered = file.copyAsAfterAKill().open()) {
                            assertTrue(recovered.getLong(offset) >= value);
                            assertTrue(recovered.getLong((number + 1) % 4 * 5L * PAGE) >= seen,
                                    "what was seen happened before");
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> future : running) {
                future.get(50, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void callersAtTheSameTimeShareCommits() throws Exception {
        try (TestFile file = place.newFile(); AtomicMapping mapping = open(file)) {
            int callers = 8;
            int rounds = 50;
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < callers; i++) {
                long offset = i * (long) PAGE;
                running.add(threads.submit(() -> {
                    long last = 0;
                    for (int round = 1; round <= rounds; round++) {
                        mapping.putLong(offset, round);
                        long number = mapping.sync();
                        assertTrue(number > last);
                        last = number;
                    }
                    return null;
                }));
            }
            for (Future<?> future : running) {
                future.get(50, TimeUnit.SECONDS);
            }
            assertTrue(mapping.lastCommit() <= (long) callers * rounds);
            assertEquals(mapping.lastCommit(), mapping.stats().commits());
        }
    }

    @Test
    void whoCallsWhileACommitIsInFlightSharesTheNext() throws Exception {
        FaultyStorage slow = new FaultyStorage(new MemoryStorage());
        TestFile file = TestFile.inMemory(slow.storage());
        try (AtomicMapping mapping = open(file)) {
            mapping.putLong(0, 1);
            slow.holdForces();
            Future<Long> first = threads.submit(() -> mapping.sync());
            slow.awaitForce();
            CountDownLatch calling = new CountDownLatch(6);
            List<Future<Long>> others = new ArrayList<>();
            for (int i = 1; i <= 6; i++) {
                long offset = i * (long) PAGE;
                others.add(threads.submit(() -> {
                    mapping.putLong(offset, 1);
                    calling.countDown();
                    return mapping.sync();
                }));
            }
            calling.await();
            slow.letForcesGo();
            assertEquals(1, first.get(20, TimeUnit.SECONDS));
            for (Future<Long> other : others) {
                assertTrue(other.get(20, TimeUnit.SECONDS) <= 7);
            }
            assertTrue(mapping.lastCommit() <= 7);
        }
    }

    @Test
    void tenThousandVirtualThreadsUpdateBlockAndSync() throws Exception {
        try (TestFile file = place.newFile(); AtomicMapping mapping = open(file)) {
            int count = 10_000;
            Semaphore turns = new Semaphore(50);
            List<CompletableFuture<Void>> ends = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int number = i;
                CompletableFuture<Void> end = new CompletableFuture<>();
                ends.add(end);
                Thread.ofVirtual().start(() -> {
                    try {
                        mapping.update(() -> {
                            mapping.getAndAddLong(0, 1);
                            turns.acquire();
                            try {
                                Thread.yield();
                                mapping.getAndAddLong(8L * (1 + number % 1000), 1);
                            } finally {
                                turns.release();
                            }
                        });
                        if (number % 50 == 0) {
                            mapping.sync();
                        }
                        end.complete(null);
                    } catch (Throwable e) {
                        end.completeExceptionally(e);
                    }
                });
            }
            for (CompletableFuture<Void> end : ends) {
                end.get(50, TimeUnit.SECONDS);
            }
            mapping.sync();
            mapping.rollback();
            assertEquals(count, mapping.getLong(0));
            for (int i = 1; i <= 1000; i++) {
                assertEquals(10, mapping.getLong(8L * i));
            }
        }
    }

    /** Virtual threads that wait for a page's lock by spinning would keep its owner from every carrier. */
    @Test
    void virtualThreadsThatClaimTheSamePagesAllEnd() throws Exception {
        try (TestFile file = place.newFile(); AtomicMapping mapping = open(file)) {
            for (int round = 0; round < 30; round++) {
                List<Thread> started = new ArrayList<>();
                int value = round;
                for (int i = 0; i < 200; i++) {
                    int number = i;
                    started.add(Thread.ofVirtual().start(() -> {
                        for (int page = 0; page < 16; page++) {
                            mapping.putLong(page * PAGE + number * 16, value);
                        }
                    }));
                }
                mapping.sync();
                mapping.resize(SIZE - round * 10L);
                for (Thread thread : started) {
                    assertTrue(thread.join(Duration.ofSeconds(20)), "stuck");
                }
            }
        }
    }

    @Test
    void interruptedThreadsGoOnKeepTheirFlagAndCloseNoFile() throws Exception {
        try (TestFile file = place.newFile()) {
            AtomicMapping mapping = open(file);
            List<Body> uses = List.of(mapping::sync, () -> mapping.sync(0, 8), () -> mapping.syncAsync(),
                    mapping::rollback,
                    () -> mapping.resize(SIZE + 8), () -> mapping.resize(SIZE),
                    () -> mapping.update(() -> mapping.putLong(16, 1)), mapping::stats,
                            () -> mapping.fill(0, SIZE, (byte) 1));
            for (Body use : uses) {
                Thread.currentThread().interrupt();
                mapping.putLong(0, mapping.getLong(0) + 1);
                use.run();
                assertTrue(Thread.interrupted(), "the flag is kept");
            }
            Future<?> victim = repeat(() -> {
                mapping.putLong(0, System.nanoTime());
                mapping.sync();
                mapping.update(() -> mapping.putLong(8, 1));
            });
            Thread syncer = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < 200; i++) {
                        mapping.putLong(64, i);
                        mapping.sync();
                    }
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            while (syncer.isAlive()) {
                syncer.interrupt();
                Thread.onSpinWait();
            }
            stopped.set(true);
            victim.get(20, TimeUnit.SECONDS);
            mapping.sync();
            mapping.rollback();
            assertEquals(199, mapping.getLong(64));
            Thread.currentThread().interrupt();
            mapping.close();
            assertTrue(Thread.interrupted());
            assertThrows(IllegalStateException.class, mapping::sync);
            try (AtomicMapping reopened = file.open()) {
                assertEquals(199, reopened.getLong(64));
            }
        }
    }

    @Test
    void concurrentResizesRangeSyncsAndSyncsLeaveTheLastValues() throws Exception {
        try (TestFile file = place.newFile(); AtomicMapping mapping = open(file)) {
            List<Future<?>> running = new ArrayList<>();
            running.add(repeat(() -> mapping.resize(SIZE)));
            running.add(repeat(() -> mapping.resize(SIZE / 2 + 100)));
            running.add(repeat(mapping::sync));
            running.add(repeat(() -> mapping.sync(PAGE, 3 * PAGE)));
            running.add(repeat(() -> mapping.sync(5 * PAGE, 1)));
            for (int i = 0; i < 3_000; i++) {
                mapping.putLong(PAGE - 4, i);
                mapping.putLong(5 * PAGE, i);
                mapping.fill(SIZE / 2 - 8, 100, (byte) i);
            }
            stopped.set(true);
            for (Future<?> future : running) {
                future.get(30, TimeUnit.SECONDS);
            }
            mapping.resize(SIZE);
            mapping.sync();
            try (TestFile copy = file.copyAsAfterAKill(); AtomicMapping recovered = copy.open()) {
                assertEquals(2_999, recovered.getLong(PAGE - 4));
                assertEquals(2_999, recovered.getLong(5 * PAGE));
                assertEquals((byte) 2_999, recovered.getByte(SIZE / 2 - 8));
            }
        }
    }
}
