package io.atomicmapping.dirty;

import io.atomicmapping.journal.RedoRecord;
import java.lang.foreign.Arena;

/**
 * Compares pages that may be stored to meanwhile with what is committed of them, and gathers what differs.
 *
 * <p>Used by one thread at a time, in page order: {@link #begin}, then any number of {@link #compare}.
 */
final class PageComparison {

    private final Deltas deltas = new Deltas();
    private final int pageBytes;
    private final long snapshot;

    PageComparison(int pageBytes, Arena arena) {
        this.pageBytes = pageBytes;
        this.snapshot = arena.allocate(Deltas.GROUP_BYTES, Deltas.GROUP_BYTES).address();
    }

    /** Begins a generation of a size, in which bytes from an offset on count as zero. */
    void begin(RedoRecord target, long size, long zeroFrom) {
        deltas.begin(target, null, size, zeroFrom);
    }

    Deltas deltas() {
        return deltas;
    }

    /**
     * Compares a page.
     *
     * @param offset where it begins in the file
     * @param current its address
     * @param committed the address of its committed bytes; any readable page where all count as zero
     * @param certain how many of its bytes lie below the size and whatever was cut off
     * @return whether it differs
     */
    boolean compare(long offset, long current, long committed, long certain) {
        boolean differs = false;
        for (int at = 0; at < pageBytes; at += Deltas.GROUP_BYTES) {
            boolean border = at + Deltas.GROUP_BYTES > certain;
            if (border || Deltas.differing(current + at, committed + at) != 0) {
                // raw stores go on meanwhile: what is compared must be what is gathered
                Memory.copyWords(current + at, snapshot, Deltas.GROUP_BYTES);
                differs |= deltas.compare(offset + at, snapshot, committed + at, Deltas.GROUP_BYTES);
                deltas.end(); // the snapshot is used again
            }
        }
        return differs;
    }
}
