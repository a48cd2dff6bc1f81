package io.atomicmapping.journal;

import io.atomicmapping.storage.DurableFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Puts records into the ring of a journal. Used by one thread at a time. */
final class RingWriter implements AutoCloseable {

    private final Arena arena = Arena.ofShared();
    private final MemorySegment zeros = arena.allocate(JournalFormat.RECORD_ALIGNMENT_MAX,
            JournalFormat.RECORD_ALIGNMENT_MAX);

    /** Writes a whole record, in two pieces where it wraps. After a failure nothing of it counts. */
    void write(DurableFile journal, Slot slot, long lsn, MemorySegment record) throws IOException {
        long position = JournalFormat.filePosition(lsn, slot.ringBytes());
        long room = slot.ringBytes() - lsn % slot.ringBytes();
        try {
            if (record.byteSize() <= room) {
                journal.writeDirect(position, record);
            } else {
                journal.writeDirect(position, record.asSlice(0, room));
                journal.writeDirect(JournalFormat.RING_POSITION, record.asSlice(room));
            }
        } catch (IOException | RuntimeException e) {
            eraseHeader(journal, slot, lsn, e);
            throw e;
        }
    }

    /**
     * All of a failed record may have reached the file: without its header it is none, and a kill brings
     * back nothing.
     */
    private void eraseHeader(DurableFile journal, Slot slot, long lsn, Exception cause) {
        try {
            journal.writeDirect(JournalFormat.filePosition(lsn, slot.ringBytes()), zeros.asSlice(0,
                    slot.recordAlignment()));
        } catch (IOException | RuntimeException e) {
            cause.addSuppressed(e);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
