package io.atomicmapping;

/**
 * Figures of an open mapping, since it was opened. Each is right by itself; together they may be of slightly
 * different moments.
 *
 * @param commits how many commits became durable
 * @param bytesJournaled what was appended to the journal, in bytes, heads and padding included
 * @param journalCapacityBytes the size of the journal's ring
 * @param journalUsedBytes how much of it waits for a checkpoint
 * @param checkpoints how many checkpoints were made
 * @param checkpointNanos how long they took, in nanoseconds
 * @param bytesWrittenHome what they wrote to the data file, in bytes
 * @param stallNanos for how long commits waited for room in the journal or for memory, in nanoseconds
 * @param privateBytes memory in private copies of pages and in what was committed of them last; 0 where it is
 *     not known
 * @param memoryBudgetBytes what the budget for it is
 * @param tracking how stores are found: {@code EXPLICIT}, or after {@code segment()} or {@code adopt} {@code
 *     WRITE_PROTECTION}, {@code PRIVATE_PAGES} or {@code COMPARE_ALL}; private pages are handed back in
 *     {@code EXPLICIT} only
 * @param syncNanosP50 the median of what a {@code sync} that wrote took, in nanoseconds, to about 3 percent
 * @param syncNanosP99 their 99th percentile
 * @param syncNanosMax the longest
 * @param adoptedMappings how many mappings of another library are adopted; 0 for a file that was opened
 */
public record MappingStats(long commits, long bytesJournaled, long journalCapacityBytes,
        long journalUsedBytes, long checkpoints, long checkpointNanos, long bytesWrittenHome, long stallNanos,
        long privateBytes, long memoryBudgetBytes, String tracking, long syncNanosP50, long syncNanosP99,
        long syncNanosMax, int adoptedMappings) {

    /**
     * How full the journal is.
     *
     * @return 0 for empty to 1 for full
     */
    public double journalFill() {
        return (double) journalUsedBytes / journalCapacityBytes;
    }
}
