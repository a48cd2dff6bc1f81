package io.atomicmapping.recovery;

import io.atomicmapping.journal.JournalScan;
import io.atomicmapping.journal.RecordHeader;
import io.atomicmapping.journal.fault.SeededFault;

/**
 * What the accepted records make of the data file's size: which old bytes they zero, and which extents no
 * longer count because a later commit was smaller.
 */
final class CommittedBytes {

    private final JournalScan scan;
    private final long[] limits;
    private final long zeroFrom;
    private final long sizeMin;

    /**
     * Reads the sizes of all records.
     *
     * @param committedSize the size at the checkpoint
     */
    CommittedBytes(JournalScan scan, long committedSize) {
        this.scan = scan;
        int count = scan.recordCount();
        limits = new long[count];
        long limit = Long.MAX_VALUE;
        long zero = committedSize;
        long min = committedSize;
        for (int i = count - 1; i >= 0; i--) {
            RecordHeader header = scan.record(i);
            limits[i] = limit;
            limit = Math.min(limit, SeededFault.CUT_WITHIN_A_COMMIT_NOT_SEEN.isSeeded() ? header.size()
                    : header.smallestSize());
            zero = Math.min(zero, header.smallestSize());
            min = Math.min(min, header.size());
        }
        zeroFrom = zero;
        sizeMin = min;
    }

    /** From here on, what the data file held at the checkpoint no longer counts. */
    long zeroFrom() {
        return zeroFrom;
    }

    /** The smallest size committed since the checkpoint, the checkpoint's own included. */
    long sizeMin() {
        return sizeMin;
    }

    /** Where a record's bytes stop to count: a later commit was cut there. */
    long limit(int recordIndex) {
        return SeededFault.CLIPPING_FORGOTTEN.isSeeded() ? Long.MAX_VALUE : limits[recordIndex];
    }

    /** The record that holds a place in the scan's memory. */
    int recordOf(long ringOffset) {
        int low = 0;
        int high = scan.recordCount() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (scan.bodyStart(middle) <= ringOffset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
