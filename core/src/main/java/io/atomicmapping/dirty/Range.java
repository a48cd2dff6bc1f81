package io.atomicmapping.dirty;

import io.atomicmapping.journal.fault.SeededFault;

/**
 * A range of bytes to seal.
 *
 * @param from its first byte
 * @param to the byte after its last; {@link Long#MAX_VALUE} for everything
 */
public record Range(long from, long to) {

    /** Every byte. */
    public static final Range EVERYTHING = new Range(0, Long.MAX_VALUE);

    /** No byte. */
    public static final Range NOTHING = new Range(0, 0);

    /**
     * Whether nothing can lie outside.
     *
     * @return whether it is {@link #EVERYTHING}
     */
    public boolean isEverything() {
        return from == 0 && to == Long.MAX_VALUE;
    }

    /** The page of the last byte; that before the first where there is none. */
    long lastPage(int pageShift) {
        return from == to ? (from >>> pageShift) - 1 : to - 1 >>> pageShift;
    }

    /** The lines of a page that the range touches, as a mask. */
    long linesOf(long page, int pageShift) {
        int lineShift = pageShift - 6;
        if (page < from >>> pageShift || page > lastPage(pageShift)) {
            return 0;
        }
        long mask = -1L;
        if (page == from >>> pageShift) {
            mask &= -1L << (from >>> lineShift);
        }
        if (page == lastPage(pageShift)) {
            mask &= -1L >>> ~(to - 1 >>> lineShift)
                    >>> (SeededFault.RANGE_WITHOUT_ITS_LAST_LINE.isSeeded() ? 1 : 0);
        }
        return mask;
    }
}
