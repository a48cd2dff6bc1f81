package io.atomicmapping.examples.kreon.ycsb;

import io.atomicmapping.examples.kreon.KeyValueStore;
import io.atomicmapping.examples.kreon.StoreStats;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/** Runs a workload with some threads for some time, each thread one operation after the other. */
final class Run {

    private static final int SIGNIFICANT_DIGITS = 3;
    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final double NANOS_PER_MICRO = TimeUnit.MICROSECONDS.toNanos(1);
    private static final double P99 = 99;

    private final Workload workload;
    private final KeyValueStore store;
    private final Records records;
    private final int threads;
    private final int updatesPerCommit;
    private final Map<Workload.Operation, Recorder> recorders = new EnumMap<>(Workload.Operation.class);
    private final Map<Workload.Operation, Histogram> latencies = new EnumMap<>(Workload.Operation.class);
    private final List<Slice> slices = new ArrayList<>();
    private volatile boolean ended;

    Run(Workload workload, KeyValueStore store, Records records, int threads, int updatesPerCommit) {
        this.workload = workload;
        this.store = store;
        this.records = records;
        this.threads = threads;
        this.updatesPerCommit = updatesPerCommit;
        for (Workload.Operation operation : Workload.Operation.values()) {
            recorders.put(operation, new Recorder(SIGNIFICANT_DIGITS));
            latencies.put(operation, new Histogram(SIGNIFICANT_DIGITS));
        }
    }

    /**
     * Runs it.
     *
     * @param millis for how long
     * @param progress is told the milliseconds that have passed
     */
    Result run(long millis, long seed, LongConsumer progress)
            throws IOException, InterruptedException, ExecutionException {
        StoreStats before = store.stats();
        SplittableRandom seeds = new SplittableRandom(seed);
        long begin = System.nanoTime();
        double seconds;
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<Void>> workers = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                workers.add(pool.submit(worker(seeds.split())));
            }
            try {
                watch(workers, begin, TimeUnit.MILLISECONDS.toNanos(millis), progress);
            } finally {
                ended = true;
            }
            for (Future<Void> worker : workers) {
                worker.get();
            }
            seconds = (System.nanoTime() - begin) / NANOS_PER_SECOND;
        }
        collect();
        latencies.values().removeIf(histogram -> histogram.getTotalCount() == 0);
        StoreStats after = store.stats();
        return new Result(workload, seconds, latencies, slices, after.version() - before.version(),
                after.bytesJournaled() - before.bytesJournaled());
    }

    private Callable<Void> worker(SplittableRandom random) {
        return () -> {
            while (!ended) {
                Workload.Operation operation = workload.choose(random.nextDouble());
                long start = System.nanoTime();
                records.run(operation, updatesPerCommit, random);
                recorders.get(operation).recordValue(System.nanoTime() - start);
            }
            return null;
        };
    }

    /** Takes a slice of time after the other, until the end, or one of the workers has failed. */
    private void watch(List<Future<Void>> workers, long begin, long nanos, LongConsumer progress)
            throws InterruptedException {
        long sliceBegin = begin;
        long commits = store.stats().version();
        while (sliceBegin - begin < nanos && workers.stream().noneMatch(Future::isDone)) {
            TimeUnit.NANOSECONDS.sleep(SLICE_NANOS);
            long now = System.nanoTime();
            long version = store.stats().version();
            Histogram all = collect();
            slices.add(new Slice(workload, (now - begin) / NANOS_PER_SECOND,
                    all.getTotalCount() * NANOS_PER_SECOND / (now - sliceBegin),
                    all.getValueAtPercentile(P99) / NANOS_PER_MICRO, version - commits));
            sliceBegin = now;
            commits = version;
            progress.accept(TimeUnit.NANOSECONDS.toMillis(now - begin));
        }
    }

    /** Adds what was recorded since the last time to the whole; returns it, of all operations. */
    private Histogram collect() {
        Histogram all = new Histogram(SIGNIFICANT_DIGITS);
        recorders.forEach((operation, recorder) -> {
            Histogram interval = recorder.getIntervalHistogram();
            latencies.get(operation).add(interval);
            all.add(interval);
        });
        return all;
    }
}
