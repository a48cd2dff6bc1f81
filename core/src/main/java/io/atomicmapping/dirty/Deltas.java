package io.atomicmapping.dirty;

import io.atomicmapping.journal.RedoRecord;
import io.atomicmapping.journal.fault.SeededFault;

/**
 * Finds the bytes that differ from what was sealed before and gathers them into a redo record; brings twins
 * up to date, and keeps the words that it replaces there as before-images.
 *
 * <ul>
 *   <li>Runs of changed bytes are exact at both ends; runs at most {@value #GAP_BYTES} bytes apart become one
 *       extent, since a further extent would cost as much. So a line costs at most its bytes and one extent's
 *       head.
 *   <li>Bytes at or past {@code zeroFrom} were cut off since the last seal: what they are compared with is
 *       zero.
 *   <li>Bytes at or past the size are zero, and not journaled.
 * </ul>
 *
 * <p>Used by one thread at a time, in page order: {@link #begin}, any number of {@link #compare}, {@link
 * #end}.
 */
final class Deltas {

    static final int GAP_BYTES = 8;
    static final int GROUP_BYTES = 64;

    private RedoRecord record;
    private BeforeImages images;
    private long size;
    private long zeroFrom;
    /** the run being grown: file offsets, and the address of its first byte; empty if start is negative */
    private long runStart;
    private long runEnd;
    private long runAddress;

    /**
     * Begins a generation.
     *
     * @param target takes the changes
     * @param kept takes the words of twins that are replaced, or is null if what is compared with is no twin,
     *     and stays as it is
     */
    void begin(RedoRecord target, BeforeImages kept, long sizeBytes, long zeroFromOffset) {
        record = target;
        images = kept;
        size = sizeBytes;
        zeroFrom = zeroFromOffset;
        runStart = -1;
        runEnd = -1;
    }

    /**
     * Compares a stretch with its twin, a multiple of {@value #GROUP_BYTES} bytes, for which the
     * before-images have room.
     *
     * @return whether a byte below the size differs
     */
    boolean compare(long offset, long current, long twin, int length) {
        if (offset + length > size || offset + length > zeroFrom) {
            return compareAtBorder(offset, current, twin, length);
        }
        boolean changed = false;
        for (int from = 0; from < length; from += GROUP_BYTES) {
            for (int rest = differing(current + from, twin + from); rest != 0; rest &= rest - 1) {
                int at = from + Integer.numberOfTrailingZeros(rest) * Long.BYTES;
                long now = Memory.get(current + at);
                long old = Memory.get(twin + at);
                changed = true;
                replace(offset + at, twin + at, old, now);
                change(offset + at, current + at, now ^ old);
            }
        }
        return changed;
    }

    /** Whether a word lies below the size, and below what was cut off. */
    boolean isInside(long offset) {
        return offset + Long.BYTES <= Math.min(size, zeroFrom);
    }

    /**
     * Takes a store to an aligned word {@link #isInside}, for which the before-images have room.
     *
     * @return whether it changes a byte of the twin
     */
    boolean store(long offset, long twin, long mask, long word) {
        long old = Memory.get(twin);
        long difference = (old ^ word) & mask;
        if (difference == 0) {
            return false;
        }
        replace(offset, twin, old, old ^ difference);
        change(offset, twin, difference);
        return true;
    }

    /** Which of eight words differ, a bit each: one branch, where one per word would be guessed wrongly. */
    static int differing(long current, long twin) {
        return differs(current, twin, 0) | differs(current, twin, 1) | differs(current, twin, 2)
                | differs(current, twin, 3) | differs(current, twin, 4) | differs(current, twin, 5)
                | differs(current, twin, 6) | differs(current, twin, 7);
    }

    private static int differs(long current, long twin, int word) {
        long at = (long) word * Long.BYTES;
        return Memory.get(current + at) == Memory.get(twin + at) ? 0 : 1 << word;
    }

    private boolean compareAtBorder(long offset, long current, long twin, int length) {
        boolean changed = false;
        for (int at = 0; at < length; at += Long.BYTES) {
            long now = Memory.get(current + at) & lowBytes(size - offset - at);
            long old = Memory.get(twin + at);
            if (now != old) {
                replace(offset + at, twin + at, old, now);
            }
            long difference = now ^ old & lowBytes(Math.min(zeroFrom, size) - offset - at);
            if (difference != 0) {
                changed = true;
                change(offset + at, current + at, difference);
            }
        }
        return changed;
    }

    /**
     * Cuts the bytes from {@code zeroFrom} on off a twin's stretch, where the page is not to be compared with
     * it yet.
     */
    void cut(long offset, long twin, int length) {
        for (int at = 0; at < length; at += Long.BYTES) {
            long old = Memory.get(twin + at);
            long left = old & lowBytes(zeroFrom - offset - at);
            if (left != old) {
                replace(offset + at, twin + at, old, left);
            }
        }
    }

    private void replace(long offset, long twin, long old, long word) {
        if (images != null) {
            if (!SeededFault.BEFORE_IMAGE_FORGOTTEN.isSeeded()) {
                images.add(offset, old);
            }
            Memory.set(twin, word);
        }
    }

    private void change(long offset, long address, long difference) {
        int first = Long.numberOfTrailingZeros(difference) >>> 3;
        int end = Long.BYTES - (Long.numberOfLeadingZeros(difference) >>> 3);
        run(offset + first, offset + end, address + first);
    }

    /** A mask of the given number of low bytes, all of them from 8 on, none from 0 down. */
    private static long lowBytes(long count) {
        if (count >= Long.BYTES) {
            return -1L;
        }
        return count <= 0 ? 0 : (1L << (count << 3)) - 1;
    }

    /** Grows the current run or closes it and begins the next. */
    private void run(long start, long end, long address) {
        if (runStart >= 0 && start - runEnd <= GAP_BYTES && address - runAddress == start - runStart) {
            runEnd = end;
            return;
        }
        close();
        runStart = start;
        runEnd = end;
        runAddress = address;
    }

    private void close() {
        if (runStart >= 0) {
            record.add(runStart, Memory.ALL, runAddress, runEnd - runStart);
        }
    }

    void end() {
        close();
        runStart = -1;
    }
}
