package io.atomicmapping.benchmarks.measure;

/**
 * A tenth of a second of a run.
 *
 * @param millis when it ended, after the warm-up
 * @param commits commits that returned in it
 * @param p50Micros the median of their latency
 * @param p99Micros the 99th percentile
 * @param maxMicros the longest
 * @param checkpoints how many checkpoints had ended by then
 * @param homeBytes what they had written
 * @param deviceBytes what the device had written
 */
public record Slice(long millis, long commits, double p50Micros, double p99Micros, double maxMicros,
        long checkpoints,
        long homeBytes, long deviceBytes) { }
