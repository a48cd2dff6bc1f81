package io.atomicmapping.dirty;

import io.atomicmapping.journal.RedoRecord;

/**
 * Finds the bytes that differ from what was committed and gathers them into a redo record.
 *
 * <ul>
 *   <li>Runs of changed bytes are exact at both ends; runs at most {@value #GAP_BYTES} bytes apart become one extent,
 *       since a further extent would cost as much. So a line costs at most its bytes and one extent's head.
 *   <li>Bytes at or past {@code zeroFrom} were cut off since the last commit: what they are compared with is zero.
 *   <li>Bytes at or past the size are not looked at.
 * </ul>
 *
 * <p>Used by one thread at a time, in page order: {@link #begin}, any number of {@link #compare}, {@link #end}.
 */
final class Deltas {

    static final int GAP_BYTES = 8;

    private RedoRecord record;
    private long size;
    private long zeroFrom;
    /** the run being grown: file offsets, and the address of its first byte; empty if start is negative */
    private long runStart;
    private long runEnd;
    private long runAddress;

    void begin(RedoRecord target, long sizeBytes, long zeroFromOffset) {
        record = target;
        size = sizeBytes;
        zeroFrom = zeroFromOffset;
        runStart = -1;
        runEnd = -1;
    }

    /**
     * Compares a stretch, a multiple of 8 bytes.
     *
     * @return whether a byte below the size differs
     */
    boolean compare(long offset, long current, long committed, int length) {
        if (offset >= size) {
            return false;
        }
        if (offset + length > size || offset + length > zeroFrom) {
            return compareAtBorder(offset, current, committed, length);
        }
        boolean changed = false;
        for (int at = 0; at < length; at += Long.BYTES) {
            long difference = Memory.ALL.get(Memory.LONG, current + at) ^ Memory.ALL.get(Memory.LONG, committed + at);
            if (difference != 0) {
                changed = true;
                int first = Long.numberOfTrailingZeros(difference) >>> 3;
                int end = Long.BYTES - (Long.numberOfLeadingZeros(difference) >>> 3);
                run(offset + at + first, offset + at + end, current + at + first);
            }
        }
        return changed;
    }

    private boolean compareAtBorder(long offset, long current, long committed, int length) {
        boolean changed = false;
        for (int at = 0; at < length && offset + at < size; at += Long.BYTES) {
            long base = Memory.ALL.get(Memory.LONG, committed + at) & lowBytes(zeroFrom - offset - at);
            long difference = (Memory.ALL.get(Memory.LONG, current + at) ^ base) & lowBytes(size - offset - at);
            if (difference != 0) {
                changed = true;
                int first = Long.numberOfTrailingZeros(difference) >>> 3;
                int end = Long.BYTES - (Long.numberOfLeadingZeros(difference) >>> 3);
                run(offset + at + first, offset + at + end, current + at + first);
            }
        }
        return changed;
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
