package io.atomicmapping.journal;

import static io.atomicmapping.journal.JournalFormat.LONG;

import io.atomicmapping.journal.fault.SeededFault;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A ring read to its end: the accepted records, in native memory, and what lies where the next record would
 * be.
 *
 * <p>The records here passed every check of {@code FORMAT.md}. Whether they are all there were is for
 * recovery to decide, from {@link #findings}; only then is {@link #tail} of use.
 */
public final class JournalScan implements AutoCloseable {

    /** How the number before an extent's bytes lies in {@link #ring}. */
    public static final ValueLayout.OfLong EXTENT_HEADER = LONG;

    /** What lies where the next record would be. */
    public enum Next {
        /** Nothing: the accepted records fill the ring. */
        NO_ROOM,
        /** No header of this lap and salt. */
        ABSENT,
        /** A valid header with a body that does not match it. */
        TORN_BODY,
        /** A record with all checksums right that cannot follow the one before. */
        CONTRADICTION,
        /** A header that was written under a newer slot than the one chosen. */
        NEWER_GENERATION
    }

    /** What headers the rest of the ring holds. */
    public enum Later {
        /** None of this lap and salt. */
        NONE,
        /** Some, but none written after the bytes in question had been forced. */
        UNPROVEN,
        /** One that was written when the bytes in question had been forced. */
        PROOF,
        /** One that was written under a newer slot than the one chosen. */
        NEWER_GENERATION
    }

    /**
     * The findings at the end of the accepted records.
     *
     * @param next what lies there
     * @param later what lies behind
     * @param detail what exactly, for messages; empty where nothing was found
     * @param laterLsn where the header lies that decided about later, -1 without one
     * @param discardedBytes from the end to the end of the last header found after it
     */
    public record Findings(Next next, Later later, String detail, long laterLsn, long discardedBytes) {
    }

    private final JournalReader reader;
    private final Arena arena;
    private final MemorySegment ring;
    private final long[] starts;
    private final int count;
    private final long provenLsn;
    private final Findings findings;

    /**
     * The ring holds the records from the checkpoint on; starts holds where in it each begins, and the end.
     */
    JournalScan(JournalReader reader, Arena arena, MemorySegment ring, long[] starts, int count,
            long provenLsn, Findings findings) {
        this.reader = reader;
        this.arena = arena;
        this.ring = ring;
        this.starts = starts;
        this.count = count;
        this.provenLsn = provenLsn;
        this.findings = findings;
    }

    /**
     * What lies where the next record would be, and behind.
     *
     * @return the findings
     */
    public Findings findings() {
        return findings;
    }

    /**
     * How many records were accepted, marks included.
     *
     * @return the count
     */
    public int recordCount() {
        return count;
    }

    /**
     * How many of them commit.
     *
     * @return the count
     */
    public long commitCount() {
        return tail().state().commit() - reader.slot().checkpointCommit();
    }

    /**
     * An accepted record.
     *
     * @param index which, from 0
     * @return its header
     */
    public RecordHeader record(int index) {
        return RecordHeader.read(ring, starts[index]);
    }

    /**
     * The accepted records' bytes.
     *
     * @return native memory, valid until close
     */
    public MemorySegment ring() {
        return ring;
    }

    /**
     * Where a record's body begins in {@link #ring}.
     *
     * @param index which record
     * @return the offset
     */
    public long bodyStart(int index) {
        return starts[index] + JournalFormat.HEADER_BYTES;
    }

    /**
     * Where a record's body ends in {@link #ring}.
     *
     * @param index which record
     * @return the offset
     */
    public long bodyEnd(int index) {
        return bodyStart(index) + ring.get(LONG, starts[index] + JournalFormat.BODY_BYTES_AT);
    }

    /**
     * Where the accepted records end in {@link #ring}.
     *
     * @return bytes
     */
    public long ringEnd() {
        return starts[count];
    }

    /**
     * Passes a record's extents.
     *
     * @param index which record
     * @param visitor takes them
     * @throws IOException as thrown by the visitor
     */
    public void forEachExtent(int index, ExtentVisitor visitor) throws IOException {
        long at = bodyStart(index);
        long end = bodyEnd(index);
        while (at < end) {
            long extent = ring.get(LONG, at);
            int length = JournalFormat.extentLength(extent);
            at += JournalFormat.EXTENT_HEADER_BYTES;
            visitor.extent(JournalFormat.extentOffset(extent), ring, at, length);
            at += length;
        }
    }

    /**
     * The LSN up to which a record proves that everything was forced.
     *
     * @return the LSN
     */
    public long provenLsn() {
        return provenLsn;
    }

    /**
     * The end of the accepted records.
     *
     * @return the tail
     */
    public JournalTail tail() {
        Slot slot = reader.slot();
        CommittedState state = new CommittedState(slot.checkpointCommit(), slot.committedSize());
        if (count > 0) {
            RecordHeader last = record(count - 1);
            state = new CommittedState(last.commit(), last.size());
        }
        return reader.tail(slot.checkpointLsn() + ringEnd(), state);
    }

    /**
     * Writes the accepted records that are not proven to have been forced once more: they may be in the
     * page cache only, and a power cut after this recovery would leave the data file without its records.
     * The caller forces.
     *
     * @throws IOException if they cannot be written
     */
    public void rewriteUnproven() throws IOException {
        Slot slot = reader.slot();
        long from = Math.max(provenLsn, slot.checkpointLsn());
        long to = SeededFault.ACCEPTED_RECORDS_NOT_REWRITTEN.isSeeded() ? from
                : slot.checkpointLsn() + ringEnd();
        while (from < to) {
            long piece = Math.min(to - from, slot.ringBytes() - from % slot.ringBytes());
            reader.file().write(JournalFormat.filePosition(from, slot.ringBytes()),
                    ring.asSlice(from - slot.checkpointLsn(), piece));
            from = SeededFault.REWRITTEN_ONLY_TO_THE_RINGS_END.isSeeded() ? to : from + piece;
        }
    }

    /** Gives the memory back. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
