package io.atomicmapping.journal;

import static io.atomicmapping.journal.JournalFormat.INT;
import static io.atomicmapping.journal.JournalFormat.LONG;

import io.atomicmapping.journal.fault.SeededFault;
import java.lang.foreign.MemorySegment;

/**
 * A record's header.
 *
 * @param salt the slot's when it was written
 * @param lsn its own position
 * @param commit the commit's number; in a mark, that of the last commit
 * @param generation the slot's when it was written
 * @param durableLsn everything below it had been forced when the record was written
 * @param bodyBytes the body's length
 * @param extentCount the extents in it
 * @param bodyCrc the body's CRC-32C
 * @param kind {@link JournalFormat#KIND_COMMIT} or {@link JournalFormat#KIND_MARK}
 * @param size the committed size after the commit
 * @param smallestSize the smallest size since the commit before
 * @param fileNumber 0: reserved for commits over several files
 */
public record RecordHeader(long salt, long lsn, long commit, long generation, long durableLsn, long bodyBytes,
        long extentCount, int bodyCrc, int kind, long size, long smallestSize, int fileNumber) {

    /** Writes the header over a segment's first bytes, with this checksum of the body and 0 for its own. */
    void encode(MemorySegment target, int crcOfBody) {
        target.set(INT, JournalFormat.MAGIC_AT, JournalFormat.RECORD_MAGIC);
        target.set(INT, JournalFormat.HEADER_CRC_AT, 0);
        target.set(LONG, JournalFormat.SALT_AT, salt);
        target.set(LONG, JournalFormat.LSN_AT, lsn);
        target.set(LONG, JournalFormat.COMMIT_AT, commit);
        target.set(LONG, JournalFormat.GENERATION_AT, generation);
        target.set(LONG, JournalFormat.DURABLE_LSN_AT, durableLsn);
        target.set(LONG, JournalFormat.BODY_BYTES_AT, bodyBytes);
        target.set(LONG, JournalFormat.EXTENT_COUNT_AT, extentCount);
        target.set(INT, JournalFormat.BODY_CRC_AT, crcOfBody);
        target.set(INT, JournalFormat.KIND_AT, kind);
        target.set(LONG, JournalFormat.SIZE_AT, size);
        target.set(LONG, JournalFormat.SMALLEST_SIZE_AT, smallestSize);
        target.set(INT, JournalFormat.FILE_NUMBER_AT, fileNumber);
        target.set(INT, JournalFormat.RESERVED_AT, 0);
    }

    /** Reads the header at a position, or null where its magic or its checksum is wrong. */
    static RecordHeader decode(MemorySegment source, long at) {
        if (source.get(INT, at + JournalFormat.MAGIC_AT) != JournalFormat.RECORD_MAGIC
                || source.get(INT, at + JournalFormat.HEADER_CRC_AT) != checksum(source, at)
                && !SeededFault.HEADER_CHECKSUM_UNCHECKED.isSeeded()) {
            return null;
        }
        return read(source, at);
    }

    /** Reads the header of a record that was accepted. */
    static RecordHeader read(MemorySegment source, long at) {
        return new RecordHeader(source.get(LONG, at + JournalFormat.SALT_AT),
                source.get(LONG, at + JournalFormat.LSN_AT),
                source.get(LONG, at + JournalFormat.COMMIT_AT),
                source.get(LONG, at + JournalFormat.GENERATION_AT),
                source.get(LONG, at + JournalFormat.DURABLE_LSN_AT),
                source.get(LONG, at + JournalFormat.BODY_BYTES_AT),
                source.get(LONG, at + JournalFormat.EXTENT_COUNT_AT),
                source.get(INT, at + JournalFormat.BODY_CRC_AT),
                source.get(INT, at + JournalFormat.KIND_AT),
                source.get(LONG, at + JournalFormat.SIZE_AT),
                source.get(LONG, at + JournalFormat.SMALLEST_SIZE_AT),
                source.get(INT, at + JournalFormat.FILE_NUMBER_AT));
    }

    private static int checksum(MemorySegment source, long at) {
        return JournalFormat.crc32cWithout(source, at, checksummedBytes(), JournalFormat.HEADER_CRC_AT);
    }

    /** How many bytes its own checksum covers, counted as if that were 0. */
    static int checksummedBytes() {
        return SeededFault.HEADER_CHECKSUM_WITHOUT_LENGTH.isSeeded() ? JournalFormat.BODY_BYTES_AT
                : JournalFormat.HEADER_BYTES;
    }

    /** Whether the record commits. */
    boolean isCommit() {
        return kind == JournalFormat.KIND_COMMIT;
    }
}
