package io.atomicmapping.examples.kreon.ycsb;

/**
 * A part of a run's time.
 *
 * @param workload what was run
 * @param seconds when it ended, since the run began
 * @param operationsPerSecond how many were done in it, for a second
 * @param p99Micros the 99th percentile of their latencies, in microseconds
 * @param commits how many commits became durable in it
 */
record Slice(Workload workload, double seconds, double operationsPerSecond, double p99Micros, long commits) {
}
