package io.atomicmapping.examples.kreon;

/**
 * Figures of a store.
 *
 * @param version the number of the version that readers get
 * @param entries how many it has
 * @param fileBytes the size of the file
 * @param indexBytes nodes of the index, also those that only older versions have
 * @param liveLogBytes keys, values, and what they are wrapped in, of the version in the making
 * @param deadLogBytes room in the log that waits for compaction
 * @param freeBytes segments that can be used at once
 * @param heldBytes nodes and segments that are kept for readers of older versions only, or until the next
 *     commit finds that there are none
 * @param movedBytes what compaction has moved since opening
 * @param bytesJournaled what commits have appended to the journal since opening
 * @param oldestVersionRead the oldest version that a snapshot or a scan holds; {@code version} if there are
 *     none
 */
public record StoreStats(long version, long entries, long fileBytes, long indexBytes, long liveLogBytes,
        long deadLogBytes, long freeBytes, long heldBytes, long movedBytes, long bytesJournaled,
        long oldestVersionRead) {
}
