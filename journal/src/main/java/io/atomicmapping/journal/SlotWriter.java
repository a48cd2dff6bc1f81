package io.atomicmapping.journal;

import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.storage.DurableFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Writes the two slots of a journal. Used by one thread at a time.
 */
final class SlotWriter implements AutoCloseable {

    /** Makes what was written to a file durable. */
    @FunctionalInterface
    interface Force {
        void run(DurableFile file) throws IOException;
    }

    private final DurableFile home;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment area;
    private final MemorySegment page;
    private int first;

    /** The slot that was not chosen, or any where both are the same, is to be written first. */
    SlotWriter(DurableFile home, int pageBytes, int first) {
        this.home = home;
        this.first = first;
        area = arena.allocate(JournalFormat.SLOT_AREA_BYTES, JournalFormat.SLOT_AREA_BYTES);
        page = arena.allocate(pageBytes, Long.BYTES);
    }

    /** The slot with samples of what the data file holds now. */
    Slot sampled(Slot plan) throws IOException {
        return plan.withSamples(Samples.take(home, plan, page));
    }

    /**
     * The order of barriers of a slot update. Only when it returns may be used what the new state frees or
     * allows.
     */
    void write(DurableFile journal, Slot next, Force force) throws IOException {
        next.encode(area);
        // 1. one slot: the other still holds the old state, which stays true until 3
        writeOne(journal, first, force);
        // 2. the other, so that rot in either never brings back the old state after 3
        if (!SeededFault.ONE_SLOT_WRITTEN.isSeeded()) {
            writeOne(journal, 1 - first, force);
        }
        // 3. return: the freed part of the ring, the salt, the generation and the limit are used
    }

    private void writeOne(DurableFile journal, int index, Force force) throws IOException {
        journal.writeDirect((long) index * JournalFormat.SLOT_AREA_BYTES, area);
        force.run(journal);
    }

    @Override
    public void close() {
        arena.close();
    }
}
