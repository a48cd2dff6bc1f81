package io.atomicmapping.recovery;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.journal.JournalScan;
import io.atomicmapping.storage.linux.LazySegments;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The extents of a scan, in the order of the windows of the data file that they lie in, and within a window
 * in the order of their records.
 *
 * <p>The extents of a record ascend, so those in a window lie side by side: one number stands for them, the
 * window above, where the first extent's header lies in the scan's memory below. The numbers are sorted by
 * window with a radix sort, which is stable and linear: a ring may hold millions of tiny extents. They lie
 * in native memory: the heap of the program need not be sized for its recovery.
 */
final class ExtentOrder {

    /** Binary logarithm of a window's bytes: 4 MiB. An extent lies in two of them at most. */
    static final int WINDOW_SHIFT = 22;

    private static final int WINDOW_BIT = 37;
    /** Set in a record's last number: where the next begins does not tell where these extents end. */
    private static final long LAST = 1L << 36;
    private static final long START_MASK = LAST - 1;
    private static final int DIGIT_BITS = 11;
    private static final int DIGITS = 1 << DIGIT_BITS;

    private MemorySegment sorted;
    private MemorySegment spare;
    private long count;
    private long windowMax;

    static {
        assert JournalFormat.RING_BYTES_MAX <= START_MASK + 1;
        assert JournalFormat.SIZE_MAX >>> WINDOW_SHIFT <= 1L << Long.SIZE - 1 - WINDOW_BIT;
        assert JournalFormat.EXTENT_BYTES_MAX <= 1 << WINDOW_SHIFT;
    }

    private ExtentOrder(Arena arena, long capacity) throws IOException {
        sorted = LazySegments.allocate(Math.max(capacity, 1) * Long.BYTES, arena);
        spare = LazySegments.allocate(Math.max(capacity, 1) * Long.BYTES, arena);
    }

    /** Sorts the extents of a scan that still count. The memory lives as long as the arena. */
    static ExtentOrder of(JournalScan scan, CommittedBytes bytes, Arena arena) throws IOException {
        long capacity = 0;
        for (int i = 0; i < scan.recordCount(); i++) {
            long windows = (scan.record(i).size() >>> WINDOW_SHIFT) + 1;
            capacity += Math.min(2 * scan.record(i).extentCount(), windows);
        }
        ExtentOrder order = new ExtentOrder(arena, capacity);
        for (int i = 0; i < scan.recordCount(); i++) {
            order.add(scan.ring(), scan.bodyStart(i), scan.bodyEnd(i), bytes.limit(i));
        }
        order.sort();
        return order;
    }

    /** Adds the extents of a record that begin below a limit. */
    private void add(MemorySegment ring, long bodyStart, long bodyEnd, long limit) {
        long before = count;
        long window = -1;
        for (long at = bodyStart; at < bodyEnd;) {
            long extent = ring.get(JournalScan.EXTENT_HEADER, at);
            long offset = JournalFormat.extentOffset(extent);
            if (offset >= limit) {
                break;
            }
            long end = Math.min(offset + JournalFormat.extentLength(extent), limit);
            long lastWindow = end - 1 >>> WINDOW_SHIFT;
            if (lastWindow != window) {
                long firstWindow = offset >>> WINDOW_SHIFT;
                if (firstWindow != window) {
                    add(firstWindow, at);
                }
                if (lastWindow != firstWindow) {
                    add(lastWindow, at);
                }
                window = lastWindow;
            }
            at += JournalFormat.EXTENT_HEADER_BYTES + JournalFormat.extentLength(extent);
        }
        if (count > before) {
            sorted.setAtIndex(JAVA_LONG, count - 1, sorted.getAtIndex(JAVA_LONG, count - 1) | LAST);
            windowMax = Math.max(windowMax, window);
        }
    }

    private void add(long window, long start) {
        sorted.setAtIndex(JAVA_LONG, count++, window << WINDOW_BIT | start);
    }

    private void sort() {
        for (int shift = WINDOW_BIT; windowMax >>> shift - WINDOW_BIT != 0; shift += DIGIT_BITS) {
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

    /** How many numbers there are: for each record, as many as it has windows. */
    long count() {
        return count;
    }

    /** The window of a number. */
    long window(long index) {
        return sorted.getAtIndex(JAVA_LONG, index) >>> WINDOW_BIT;
    }

    /** The number after the last of the same window. */
    long windowEnd(long index) {
        long end = index + 1;
        while (end < count && window(end) == window(index)) {
            end++;
        }
        return end;
    }

    /** Where the header of its first extent lies in the scan's memory. */
    long start(long index) {
        return sorted.getAtIndex(JAVA_LONG, index) & START_MASK;
    }

    /** Whether its extents are the last of their record that count. */
    boolean isLast(long index) {
        return (sorted.getAtIndex(JAVA_LONG, index) & LAST) != 0;
    }
}
