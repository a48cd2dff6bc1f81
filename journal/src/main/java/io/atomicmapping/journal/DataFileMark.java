package io.atomicmapping.journal;

import static io.atomicmapping.journal.JournalFormat.INT;
import static io.atomicmapping.journal.JournalFormat.LONG;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.UUID;

/**
 * What the data file says of itself in its extended attribute: which journal it belongs to, and whether it
 * needs it.
 *
 * @param journalId the journal's
 * @param commit the last commit when the attribute was set
 * @param generation the journal's slot generation when it was set
 * @param inUse whether the data file is incomplete without the journal
 */
public record DataFileMark(UUID journalId, long commit, long generation, boolean inUse) {

    /** The attribute's name. */
    public static final String ATTRIBUTE = "atomicmapping";

    /**
     * The attribute's value.
     *
     * @return the bytes
     */
    public byte[] encode() {
        byte[] bytes = new byte[JournalFormat.ATTRIBUTE_BYTES];
        MemorySegment target = MemorySegment.ofArray(bytes);
        target.set(INT, JournalFormat.ATTRIBUTE_VERSION_AT, JournalFormat.VERSION);
        Slot.encodeId(journalId, target, JournalFormat.ATTRIBUTE_ID_AT);
        target.set(LONG, JournalFormat.ATTRIBUTE_COMMIT_AT, commit);
        target.set(LONG, JournalFormat.ATTRIBUTE_GENERATION_AT, generation);
        target.set(INT, JournalFormat.ATTRIBUTE_STATE_AT,
                inUse ? JournalFormat.STATE_IN_USE : JournalFormat.STATE_CLEAN);
        target.set(INT, JournalFormat.ATTRIBUTE_CRC_AT, checksum(target));
        return bytes;
    }

    /**
     * Reads an attribute's value.
     *
     * @param bytes the value
     * @param file the data file, for messages
     * @return the mark, or null where the value is damaged
     * @throws IncompatibleJournalException if a newer version of the library wrote it
     */
    public static DataFileMark decode(byte[] bytes, Path file) throws IncompatibleJournalException {
        MemorySegment source = MemorySegment.ofArray(bytes);
        if (bytes.length != JournalFormat.ATTRIBUTE_BYTES
                || source.get(INT, JournalFormat.ATTRIBUTE_CRC_AT) != checksum(source)) {
            return null;
        }
        int version = source.get(INT, JournalFormat.ATTRIBUTE_VERSION_AT);
        if (version > JournalFormat.VERSION) {
            throw new IncompatibleJournalException("data file was last open in a newer format: open it with "
                    + "a newer atomic-mapping: version=" + version + ", supported=" + JournalFormat.VERSION
                    + ", file=" + file);
        }
        return new DataFileMark(Slot.decodeId(source, JournalFormat.ATTRIBUTE_ID_AT),
                source.get(LONG, JournalFormat.ATTRIBUTE_COMMIT_AT),
                source.get(LONG, JournalFormat.ATTRIBUTE_GENERATION_AT),
                source.get(INT, JournalFormat.ATTRIBUTE_STATE_AT) != JournalFormat.STATE_CLEAN);
    }

    private static int checksum(MemorySegment source) {
        return JournalFormat.crc32cWithout(source, 0, JournalFormat.ATTRIBUTE_BYTES,
                JournalFormat.ATTRIBUTE_CRC_AT);
    }
}
