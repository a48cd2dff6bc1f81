package io.atomicmapping.journal;

/**
 * Where a journal ends: what a writer needs to go on with it. Only a {@link JournalReader} makes one, from
 * a clean slot or from a finished scan, so that nobody appends to a journal that was not read to its end.
 */
public final class JournalTail {

    private final Slot slot;
    private final int slotIndex;
    private final long endLsn;
    private final CommittedState state;

    JournalTail(Slot slot, int slotIndex, long endLsn, CommittedState state) {
        this.slot = slot;
        this.slotIndex = slotIndex;
        this.endLsn = endLsn;
        this.state = state;
    }

    Slot slot() {
        return slot;
    }

    /** Which of the two slots was chosen: the other one is to be written first. */
    int slotIndex() {
        return slotIndex;
    }

    /**
     * Where the last accepted record ends.
     *
     * @return the LSN
     */
    public long endLsn() {
        return endLsn;
    }

    /**
     * What the last accepted record, or without one the slot, committed.
     *
     * @return commit and size
     */
    public CommittedState state() {
        return state;
    }
}
