package io.atomicmapping.recovery;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.journal.JournalScan;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The extents of a scan, in the order of the windows of the data file that they lie in, and within a window
 * in the order of their records.
 *
 * <p>One number stands for an extent: its window above, where its header lies in the scan's memory below.
 * They are sorted by window with a radix sort, which is stable and linear: a ring may hold millions of tiny
 * extents. The numbers lie in native memory: the heap of the program need not be sized for its recovery.
 */
final class ExtentOrder {

    /** Binary logarithm of a window's bytes: 4 MiB. */
    static final int WINDOW_SHIFT = 22;

    private static final int START_BITS = 37;
    private static final int DIGIT_BITS = 11;
    private static final int DIGITS = 1 << DIGIT_BITS;

    private MemorySegment sorted;
    private MemorySegment spare;
    private long count;
    private long windowMax;

    static {
        assert JournalFormat.RING_BYTES_MAX < 1L << START_BITS;
        assert JournalFormat.SIZE_MAX >>> WINDOW_SHIFT <= 1L << Long.SIZE - 1 - START_BITS;
    }

    private ExtentOrder(Arena arena, long capacity) {
        sorted = arena.allocate(Math.max(capacity, 1) * Long.BYTES, Long.BYTES);
        spare = arena.allocate(Math.max(capacity, 1) * Long.BYTES, Long.BYTES);
    }

    /** Sorts the extents of a scan that still count. The memory lives as long as the arena. */
    static ExtentOrder of(JournalScan scan, CommittedBytes bytes, Arena arena) throws IOException {
        long[] capacity = new long[1];
        for (int i = 0; i < scan.recordCount(); i++) {
            scan.forEachExtent(i, (offset, source, at, length) -> capacity[0] += windows(offset, length));
        }
        ExtentOrder order = new ExtentOrder(arena, capacity[0]);
        for (int i = 0; i < scan.recordCount(); i++) {
            long limit = bytes.limit(i);
            scan.forEachExtent(i, (offset, source, sourceOffset, length) -> {
                if (offset < limit) {
                    order.add(offset, Math.min(length, limit - offset),
                            sourceOffset - JournalFormat.EXTENT_HEADER_BYTES);
                }
            });
        }
        order.sort();
        return order;
    }

    private static long windows(long offset, long length) {
        return (offset + length - 1 >>> WINDOW_SHIFT) - (offset >>> WINDOW_SHIFT) + 1;
    }

    private void add(long offset, long length, long start) {
        long first = offset >>> WINDOW_SHIFT;
        for (long window = first; window < first + windows(offset, length); window++) {
            sorted.setAtIndex(JAVA_LONG, count++, window << START_BITS | start);
            windowMax = Math.max(windowMax, window);
        }
    }

    private void sort() {
        for (int shift = START_BITS; windowMax >>> shift - START_BITS != 0; shift += DIGIT_BITS) {
            long[] next = new long[DIGITS];
            for (long i = 0; i < count; i++) {
                next[digit(sorted.getAtIndex(JAVA_LONG, i), shift)]++;
            }
            long before = 0;
            for (int digit = 0; digit < DIGITS; digit++) {
                long here = next[digit];
                next[digit] = before;
                before += here;
            }
            for (long i = 0; i < count; i++) {
                long entry = sorted.getAtIndex(JAVA_LONG, i);
                spare.setAtIndex(JAVA_LONG, next[digit(entry, shift)]++, entry);
            }
            MemorySegment swap = sorted;
            sorted = spare;
            spare = swap;
        }
    }

    private static int digit(long entry, int shift) {
        return (int) (entry >>> shift) & DIGITS - 1;
    }

    /** How many there are; an extent that lies in two windows counts twice. */
    long count() {
        return count;
    }

    /** The window of an extent. */
    long window(long index) {
        return sorted.getAtIndex(JAVA_LONG, index) >>> START_BITS;
    }

    /** Where the header of an extent lies in the scan's memory. */
    long start(long index) {
        return sorted.getAtIndex(JAVA_LONG, index) & (1L << START_BITS) - 1;
    }
}
