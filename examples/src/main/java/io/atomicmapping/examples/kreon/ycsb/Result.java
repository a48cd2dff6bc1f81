package io.atomicmapping.examples.kreon.ycsb;

import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What came of a run.
 *
 * @param workload what was run
 * @param seconds how long
 * @param latencies of each operation that was done, in nanoseconds
 * @param slices the run, part by part
 * @param commits how many commits became durable
 * @param bytesJournaled what they wrote to the journal
 */
record Result(Workload workload, double seconds, Map<Workload.Operation, Histogram> latencies,
        List<Slice> slices, long commits, long bytesJournaled) {

    long operations() {
        return latencies.values().stream().mapToLong(Histogram::getTotalCount).sum();
    }
}
