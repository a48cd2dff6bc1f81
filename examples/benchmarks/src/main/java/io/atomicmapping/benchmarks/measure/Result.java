package io.atomicmapping.benchmarks.measure;

/**
 * What one store did in one cell in one round. Latencies are of a commit, its stores included, and of the
 * sync in it alone.
 *
 * @param group what it belongs to: {@code race}, or the name of a curve or ablation
 * @param variant which point of the curve, or which side of the ablation; empty in the race
 * @param cell the workload
 * @param store the store
 * @param round which round
 * @param seconds how long was measured, after the warm-up
 * @param commits how many commits returned in that time, over all threads
 * @param commitMicrosP50 their median, and so on
 * @param processSeconds processor time of the JVM
 * @param machineSeconds processor time of the machine: with the kernel's writeback, and whoever else was
 *     there
 * @param deviceBytes what the device wrote
 * @param deviceWrites in how many requests
 * @param deviceFlushes how often it was told to flush
 * @param ringFills how often the journal's ring was filled, 0 where there is none
 * @param checkpoints how many checkpoints ended
 * @param leastOfThread the commits of the thread that had the fewest
 * @param mostOfThread and of that which had the most
 * @param note what else should be known
 */
public record Result(String group, String variant, String cell, String store, int round, double seconds,
        long commits,
        double commitMicrosP50, double commitMicrosP99, double commitMicrosP999, double commitMicrosMax,
        double syncMicrosP50, double syncMicrosP99, double syncMicrosMax, double processSeconds,
        double machineSeconds,
        long deviceBytes, long deviceWrites, long deviceFlushes, double ringFills, long checkpoints,
        long leastOfThread,
        long mostOfThread, String note) {

    private static final double THOUSAND = 1000;

    /** Commits a second. */
    public double rate() {
        return commits / seconds;
    }

    /** Processor seconds of the JVM for a thousand commits. */
    public double processSecondsPerThousand() {
        return processSeconds * THOUSAND / commits;
    }

    /** Bytes that the device wrote for a commit. */
    public double deviceBytesPerCommit() {
        return (double) deviceBytes / commits;
    }

    /**
     * Flushes of the device for a commit: below one where a commit is durable only with others, or not at
     * all.
     */
    public double flushesPerCommit() {
        return (double) deviceFlushes / commits;
    }
}
