package io.atomicmapping.journal;

import static io.atomicmapping.journal.JournalFormat.INT;
import static io.atomicmapping.journal.JournalFormat.LONG;

import io.atomicmapping.journal.fault.SeededFault;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The state of a journal as its two slots hold it.
 *
 * @param journalId binds journal, data file and stub
 * @param generation goes up with each update
 * @param salt which records of the ring count; new at each opening
 * @param ringBytes the ring's length
 * @param checkpointLsn below it everything is home and forced
 * @param checkpointCommit the commit that home held then
 * @param committedSize the data file's committed size at the checkpoint
 * @param growthLimit the largest length the data file may legally have
 * @param inUse false after a clean close
 * @param pageBytes the system's page size
 * @param recordAlignment records begin at multiples of it
 * @param samples pages of the data file
 */
public record Slot(UUID journalId, long generation, long salt, long ringBytes, long checkpointLsn,
        long checkpointCommit, long committedSize, long growthLimit, boolean inUse, int pageBytes,
        int recordAlignment, List<Sample> samples) {

    private static final int PAGE_BYTES_MAX = 1 << 30;
    /** Sums of such numbers do not overflow. */
    private static final long NUMBER_MAX = Long.MAX_VALUE / 2;

    /**
     * Creates it.
     */
    public Slot {
        samples = List.copyOf(samples);
    }

    /** The next state, with the checkpoint elsewhere; samples are to be taken. */
    Slot withCheckpoint(long lsn, CommittedState state) {
        return new Slot(journalId, generation + 1, salt, ringBytes, lsn, state.commit(), state.size(),
                Math.max(growthLimit, state.size()), inUse, pageBytes, recordAlignment, List.of());
    }

    /** The next state, with another limit to the data file's length. */
    Slot withGrowthLimit(long limit) {
        long next = SeededFault.GENERATION_KEPT_AT_GROWTH.isSeeded() ? generation : generation + 1;
        return new Slot(journalId, next, salt, ringBytes, checkpointLsn, checkpointCommit,
                committedSize, limit, inUse, pageBytes, recordAlignment, samples);
    }

    /** The next state, in an empty ring of another file. */
    Slot withRing(long newSalt, long newRingBytes, long lsn) {
        return new Slot(journalId, generation + 1, newSalt, newRingBytes, lsn, checkpointCommit,
                committedSize, growthLimit, inUse, pageBytes, recordAlignment, samples);
    }

    Slot withRecordAlignment(int bytes) {
        return new Slot(journalId, generation, salt, ringBytes, checkpointLsn, checkpointCommit,
                committedSize, growthLimit, inUse, pageBytes, bytes, samples);
    }

    Slot withSamples(List<Sample> taken) {
        return new Slot(journalId, generation, salt, ringBytes, checkpointLsn, checkpointCommit,
                committedSize, growthLimit, inUse, pageBytes, recordAlignment, taken);
    }

    Slot clean() {
        return new Slot(journalId, generation, salt, ringBytes, checkpointLsn, checkpointCommit,
                committedSize, growthLimit, false, pageBytes, recordAlignment, List.of());
    }

    /** Writes the slot, checksum included, over the first bytes of a segment. */
    void encode(MemorySegment target) {
        target.asSlice(0, JournalFormat.SLOT_BYTES).fill((byte) 0);
        target.set(LONG, JournalFormat.SLOT_MAGIC_AT, JournalFormat.SLOT_MAGIC);
        target.set(INT, JournalFormat.SLOT_VERSION_AT, JournalFormat.VERSION);
        encodeId(journalId, target, JournalFormat.SLOT_ID_AT);
        target.set(LONG, JournalFormat.SLOT_GENERATION_AT, generation);
        target.set(LONG, JournalFormat.SLOT_SALT_AT, salt);
        target.set(LONG, JournalFormat.SLOT_RING_BYTES_AT, ringBytes);
        target.set(LONG, JournalFormat.SLOT_CHECKPOINT_LSN_AT, checkpointLsn);
        target.set(LONG, JournalFormat.SLOT_CHECKPOINT_COMMIT_AT, checkpointCommit);
        target.set(LONG, JournalFormat.SLOT_COMMITTED_SIZE_AT, committedSize);
        target.set(LONG, JournalFormat.SLOT_GROWTH_LIMIT_AT, growthLimit);
        target.set(INT, JournalFormat.SLOT_STATE_AT, inUse ? JournalFormat.STATE_IN_USE
                : JournalFormat.STATE_CLEAN);
        target.set(INT, JournalFormat.SLOT_PAGE_BYTES_AT, pageBytes);
        target.set(INT, JournalFormat.SLOT_RECORD_ALIGNMENT_AT, recordAlignment);
        target.set(INT, JournalFormat.SLOT_SAMPLE_COUNT_AT, samples.size());
        long at = JournalFormat.SLOT_SAMPLES_AT;
        for (Sample sample : samples) {
            target.set(LONG, at + JournalFormat.SAMPLE_OFFSET_AT, sample.offset());
            target.set(INT, at + JournalFormat.SAMPLE_CRC_AT, sample.crc());
            target.set(INT, at + JournalFormat.SAMPLE_LENGTH_AT, sample.length());
            at += JournalFormat.SAMPLE_BYTES;
        }
        target.set(INT, JournalFormat.SLOT_CRC_AT, checksum(target));
    }

    /**
     * Reads a slot whose checksum and version are known to be right; null where its fields contradict each
     * other.
     */
    static Slot decode(MemorySegment source) {
        int sampleCount = source.get(INT, JournalFormat.SLOT_SAMPLE_COUNT_AT);
        int state = source.get(INT, JournalFormat.SLOT_STATE_AT);
        if (sampleCount < 0 || sampleCount > JournalFormat.SAMPLES_MAX
                || state != JournalFormat.STATE_CLEAN && state != JournalFormat.STATE_IN_USE) {
            return null;
        }
        List<Sample> samples = new ArrayList<>(sampleCount);
        for (int i = 0; i < sampleCount; i++) {
            long at = JournalFormat.SLOT_SAMPLES_AT + (long) i * JournalFormat.SAMPLE_BYTES;
            samples.add(new Sample(source.get(LONG, at + JournalFormat.SAMPLE_OFFSET_AT),
                    source.get(INT, at + JournalFormat.SAMPLE_CRC_AT),
                    source.get(INT, at + JournalFormat.SAMPLE_LENGTH_AT)));
        }
        Slot slot = new Slot(decodeId(source, JournalFormat.SLOT_ID_AT),
                source.get(LONG, JournalFormat.SLOT_GENERATION_AT),
                source.get(LONG, JournalFormat.SLOT_SALT_AT),
                source.get(LONG, JournalFormat.SLOT_RING_BYTES_AT),
                source.get(LONG, JournalFormat.SLOT_CHECKPOINT_LSN_AT),
                source.get(LONG, JournalFormat.SLOT_CHECKPOINT_COMMIT_AT),
                source.get(LONG, JournalFormat.SLOT_COMMITTED_SIZE_AT),
                source.get(LONG, JournalFormat.SLOT_GROWTH_LIMIT_AT),
                state == JournalFormat.STATE_IN_USE,
                source.get(INT, JournalFormat.SLOT_PAGE_BYTES_AT),
                source.get(INT, JournalFormat.SLOT_RECORD_ALIGNMENT_AT), samples);
        return slot.isConsistent() ? slot : null;
    }

    static int checksum(MemorySegment source) {
        int covered = SeededFault.SLOT_CHECKSUM_WITHOUT_LAST_SAMPLES.isSeeded()
                ? JournalFormat.SLOT_SAMPLES_AT + JournalFormat.SAMPLE_BYTES : JournalFormat.SLOT_BYTES;
        return JournalFormat.crc32cWithout(source, 0, covered, JournalFormat.SLOT_CRC_AT);
    }

    /** Whether the fields fit each other: item 4 of the slot's validity list. */
    boolean isConsistent() {
        return generation > 0
                && ringBytes >= JournalFormat.RING_BYTES_MIN && ringBytes <= JournalFormat.RING_BYTES_MAX
                && ringBytes % JournalFormat.RING_UNIT_BYTES == 0
                && isPowerOfTwo(recordAlignment, JournalFormat.SECTOR_BYTES,
                        JournalFormat.RECORD_ALIGNMENT_MAX)
                && isPowerOfTwo(pageBytes, JournalFormat.SECTOR_BYTES, PAGE_BYTES_MAX)
                && checkpointLsn >= 0 && checkpointLsn <= NUMBER_MAX && checkpointLsn % recordAlignment == 0
                && checkpointCommit >= 0 && checkpointCommit <= NUMBER_MAX
                && committedSize >= 0 && committedSize <= growthLimit && growthLimit <= JournalFormat.SIZE_MAX
                && samples.stream().allMatch(this::isConsistent);
    }

    private boolean isConsistent(Sample sample) {
        return sample.offset() >= 0 && sample.length() > 0 && sample.length() <= pageBytes
                && sample.offset() <= committedSize - sample.length();
    }

    private static boolean isPowerOfTwo(int value, int min, int max) {
        return value >= min && value <= max && Integer.bitCount(value) == 1;
    }

    static void encodeId(UUID id, MemorySegment target, long at) {
        target.set(LONG, at, id.getMostSignificantBits());
        target.set(LONG, at + Long.BYTES, id.getLeastSignificantBits());
    }

    static UUID decodeId(MemorySegment source, long at) {
        return new UUID(source.get(LONG, at), source.get(LONG, at + Long.BYTES));
    }
}
