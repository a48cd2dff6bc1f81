package io.atomicmapping.benchmarks.measure;

import io.atomicmapping.benchmarks.cell.Batch;
import io.atomicmapping.benchmarks.cell.Cell;
import io.atomicmapping.benchmarks.cell.Offsets;
import io.atomicmapping.benchmarks.store.Session;
import io.atomicmapping.benchmarks.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Recorder;

/** The threads of a cell: each stores and syncs, again and again, until it is told to end. */
final class Committers {

    private static final long LONGEST_NANOS = 600_000_000_000L;
    private static final int DIGITS = 3;
    private static final int STRIDE = 16; // longs: no two threads' counts share a line

    final Recorder commits = new Recorder(LONGEST_NANOS, DIGITS);
    final Recorder syncs = new Recorder(LONGEST_NANOS, DIGITS);
    private final AtomicLongArray counts;
    private final Cell cell;
    private final long commitsMax;
    private final List<Thread> threads = new ArrayList<>();
    private final CountDownLatch ready;
    private final CountDownLatch go = new CountDownLatch(1);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean ended;

    /**
     * Makes the threads; they wait for {@link #begin}.
     *
     * @param commitsMax how many commits all threads make together, or a few more; 0 for no limit
     */
    Committers(Store store, Cell cell, long fileBytes, long seed, long commitsMax) {
        this.cell = cell;
        this.commitsMax = commitsMax;
        this.counts = new AtomicLongArray(cell.threads() * STRIDE);
        this.ready = new CountDownLatch(cell.threads());
        Thread.Builder builder = cell.virtual() ? Thread.ofVirtual() : Thread.ofPlatform();
        for (int i = 0; i < cell.threads(); i++) {
            int index = i;
            threads.add(builder.name("committer-" + i).unstarted(() -> {
                try {
                    run(store, index, fileBytes, seed);
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                } finally {
                    ready.countDown();
                }
            }));
        }
    }

    private void run(Store store, int index, long fileBytes, long seed) throws Exception {
        Batch batch = new Batch(cell, Offsets.of(cell, fileBytes, index, seed), Offsets.mix(seed) + index);
        Session session = store.session();
        long mine = (commitsMax + cell.threads() - 1) / cell.threads();
        ready.countDown();
        go.await();
        for (long made = 0; !ended && (commitsMax == 0 || made < mine); made++) {
            batch.next();
            long begin = System.nanoTime();
            session.store(batch);
            long stored = System.nanoTime();
            session.sync();
            long synced = System.nanoTime();
            commits.recordValue(Math.min(synced - begin, LONGEST_NANOS));
            syncs.recordValue(Math.min(synced - stored, LONGEST_NANOS));
            counts.lazySet(index * STRIDE, made + 1);
        }
    }

    void begin() throws Exception {
        threads.forEach(Thread::start);
        ready.await();
        check();
        go.countDown();
    }

    /** How many commits each thread has made. */
    long[] counts() {
        long[] result = new long[cell.threads()];
        for (int i = 0; i < result.length; i++) {
            result[i] = counts.get(i * STRIDE);
        }
        return result;
    }

    /** Throws what a thread has failed with. */
    void check() throws Exception {
        Throwable thrown = failure.get();
        if (thrown != null) {
            ended = true;
            throw new Exception("a committing thread failed: cell=" + cell, thrown);
        }
    }

    void end() throws Exception {
        ended = true;
        for (Thread thread : threads) {
            thread.join();
        }
        check();
    }
}
