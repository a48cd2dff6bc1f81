package io.atomicmapping.benchmarks.measure;

import io.atomicmapping.benchmarks.cell.Cell;
import io.atomicmapping.benchmarks.store.Store;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.HdrHistogram.Histogram;

/** Measures one store in one cell: warm-up, then slices of a tenth of a second until the span is over. */
public final class Run {

    private static final long SLICE_NANOS = 100_000_000L;
    private static final double NANOS_A_SECOND = 1e9;
    private static final double NANOS_A_MICRO = 1e3;
    private static final long NANOS_A_MILLI = 1_000_000L;
    private static final double P50 = 50;
    private static final double P99 = 99;
    private static final double P999 = 99.9;

    private final Store store;
    private final Cell cell;
    private final Span span;
    private final Device device;
    private final Committers committers;
    private final Histogram commits = new Histogram(3);
    private final Histogram syncs = new Histogram(3);
    private final List<Slice> slices = new ArrayList<>();

    /**
     * Prepares a run.
     *
     * @param directory where the store's files are
     * @param seed of places and values: the same for every store of a round
     */
    public Run(Store store, Cell cell, long fileBytes, Span span, Path directory,
            long seed) throws Exception {
        this.store = store;
        this.cell = cell;
        this.span = span;
        this.device = Device.of(directory);
        this.committers = new Committers(store, cell, fileBytes, seed, span.commits());
    }

    /** Everything that is counted, at one moment. */
    private record Moment(long nanos, Device.Counters device, Processors processors, Store.Progress progress,
            long[] counts) { }

    private Moment now() throws Exception {
        return new Moment(System.nanoTime(), device.counters(), Processors.now(), store.progress(),
                committers.counts());
    }

    /** Runs it; group, variant, store and round are as given. */
    public Result measure(String group, String variant, String label, int round) throws Exception {
        Moment before = now();
        committers.begin();
        if (span.commits() == 0) {
            sleep((long) (span.warmUpSeconds() * NANOS_A_SECOND));
            committers.commits.reset();
            committers.syncs.reset();
            before = now();
        }
        Moment after = before;
        do {
            sleep(SLICE_NANOS);
            committers.check();
            Moment last = after;
            after = now();
            slice(before, last, after);
        } while (!span.isOver((after.nanos - before.nanos) / NANOS_A_SECOND, sum(after), before.progress,
                after.progress));
        committers.end();
        return result(group, variant, label, round, before, after);
    }

    /** The slices of the run. */
    public List<Slice> slices() {
        return slices;
    }

    private static void sleep(long nanos) throws InterruptedException {
        Thread.sleep(nanos / NANOS_A_MILLI, (int) (nanos % NANOS_A_MILLI));
    }

    private void slice(Moment begin, Moment last, Moment now) {
        Histogram slice = committers.commits.getIntervalHistogram();
        commits.add(slice);
        syncs.add(committers.syncs.getIntervalHistogram());
        boolean any = slice.getTotalCount() > 0;
        slices.add(new Slice((now.nanos - begin.nanos) / NANOS_A_MILLI, sum(now) - sum(last),
                any ? slice.getValueAtPercentile(P50) / NANOS_A_MICRO : 0,
                any ? slice.getValueAtPercentile(P99) / NANOS_A_MICRO : 0,
                any ? slice.getMaxValue() / NANOS_A_MICRO : 0,
                now.progress.checkpoints() - begin.progress.checkpoints(),
                now.progress.homeBytes() - begin.progress.homeBytes(),
                now.device.bytesWritten() - begin.device.bytesWritten()));
    }

    private static long sum(Moment moment) {
        return Arrays.stream(moment.counts).sum();
    }

    private Result result(String group, String variant, String label, int round, Moment before,
            Moment after) {
        Device.Counters written = after.device.since(before.device);
        Processors processors = after.processors.since(before.processors);
        long[] made = after.counts.clone();
        Arrays.setAll(made, i -> after.counts[i] - before.counts[i]);
        return new Result(group, variant, cell.name(), label, round,
                (after.nanos - before.nanos) / NANOS_A_SECOND,
                Arrays.stream(made).sum(), micros(commits, P50), micros(commits, P99), micros(commits, P999),
                commits.getMaxValue() / NANOS_A_MICRO, micros(syncs, P50), micros(syncs, P99),
                syncs.getMaxValue() / NANOS_A_MICRO, processors.processSeconds(), processors.machineSeconds(),
                written.bytesWritten(), written.writes(), written.flushes(),
                after.progress.fillsSince(before.progress),
                after.progress.checkpoints() - before.progress.checkpoints(),
                Arrays.stream(made).min().orElse(0),
                Arrays.stream(made).max().orElse(0), store.note());
    }

    private static double micros(Histogram histogram, double percentile) {
        return histogram.getTotalCount() == 0 ? 0
                : histogram.getValueAtPercentile(percentile) / NANOS_A_MICRO;
    }
}
