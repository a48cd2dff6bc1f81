package io.atomicmapping.recovery;

import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.journal.JournalScan;
import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.linux.LazySegments;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/**
 * A window of the data file while it is replayed. Of its pages those that change are read, in runs, with
 * the few that lie between; the extents are laid over them in the order of their records; each run is
 * written by one call, except that pages in between which read as zeros are left alone: they may be holes,
 * and filling those could need space that nobody reserved.
 *
 * <p>It is used for one window after the other, by one thread at a time.
 */
final class ReplayWindow {

    private static final int PAGE_BYTES = 4096;
    private static final int WINDOW_BYTES = 1 << ExtentOrder.WINDOW_SHIFT;
    private static final int WINDOW_PAGES = WINDOW_BYTES / PAGE_BYTES;
    private static final int GAP_PAGES_MAX = 16;

    private final JournalScan scan;
    private final CommittedBytes bytes;
    private final ExtentOrder order;
    private final DurableFile home;
    private final long size;
    private final MemorySegment window;
    private final MemorySegment zeros;
    private final BitSet touched = new BitSet(WINDOW_PAGES);
    /** Where the window begins in the data file. */
    private long windowOffset;
    private long bytesReplayed;
    private long bytesWritten;

    /** The memory lives as long as the arena. */
    ReplayWindow(JournalScan scan, CommittedBytes bytes, ExtentOrder order, DurableFile home, Arena arena)
            throws IOException {
        this.scan = scan;
        this.bytes = bytes;
        this.order = order;
        this.home = home;
        size = scan.tail().state().size();
        window = LazySegments.allocate(WINDOW_BYTES, arena);
        zeros = arena.allocate(PAGE_BYTES, PAGE_BYTES);
    }

    /** The changed bytes in all windows so far. */
    long bytesReplayed() {
        return bytesReplayed;
    }

    /** Where the window that was prepared last begins in the data file. */
    long offset() {
        return windowOffset;
    }

    /** Where it ends. */
    long end() {
        return windowOffset + WINDOW_BYTES;
    }

    /** What was written of it. */
    long bytesWritten() {
        return bytesWritten;
    }

    /**
     * Makes what a window is to hold.
     *
     * @param from the first of the window's numbers in the order
     * @param to where they end
     */
    void prepare(long from, long to) throws IOException {
        windowOffset = order.window(from) << ExtentOrder.WINDOW_SHIFT;
        touched.clear();
        forEachPart(from, to, (source, target, length) -> {
            int page = (int) (target / PAGE_BYTES);
            int lastPage = (int) ((target + length - 1) / PAGE_BYTES);
            touched.set(page);
            if (lastPage != page) {
                touched.set(page, lastPage + 1);
            }
        });
        forEachRun(this::read);
        forEachPart(from, to, (source, target, length) -> {
            MemorySegment.copy(scan.ring(), source, window, target, length);
            bytesReplayed += length;
        });
    }

    /** Writes it. */
    void write() throws IOException {
        bytesWritten = 0;
        forEachRun(this::write);
    }

    /** Takes what of an extent lies in the window: where in the scan's memory, where in the window. */
    @FunctionalInterface
    private interface PartVisitor {
        void part(long source, long target, long length);
    }

    private void forEachPart(long from, long to, PartVisitor visitor) {
        boolean reversed = SeededFault.REPLAY_IN_WRONG_ORDER.isSeeded();
        for (long i = from; i < to; i++) {
            forEachPart(reversed ? from + to - 1 - i : i, visitor);
        }
    }

    /** Extents that are followed by others of their record end with the window; the last where that ends. */
    private void forEachPart(long number, PartVisitor visitor) {
        long at = order.start(number);
        long sourceEnd = scan.ringEnd();
        long limit = windowOffset + WINDOW_BYTES;
        if (order.isLast(number)) {
            int record = bytes.recordOf(at);
            sourceEnd = scan.bodyEnd(record);
            limit = Math.min(limit, bytes.limit(record));
        }
        while (at < sourceEnd) {
            long extent = scan.ring().get(JournalScan.EXTENT_HEADER, at);
            long offset = JournalFormat.extentOffset(extent);
            if (offset >= limit) {
                return;
            }
            long from = Math.max(offset, windowOffset);
            long to = Math.min(offset + JournalFormat.extentLength(extent), limit);
            visitor.part(at + JournalFormat.EXTENT_HEADER_BYTES + from - offset, from - windowOffset,
                    to - from);
            at += JournalFormat.EXTENT_HEADER_BYTES + JournalFormat.extentLength(extent);
        }
    }

    /** Takes a run of pages of the window. */
    @FunctionalInterface
    private interface RunVisitor {
        void run(int firstPage, int endPage) throws IOException;
    }

    private void forEachRun(RunVisitor visitor) throws IOException {
        int first = touched.nextSetBit(0);
        while (first >= 0) {
            int end = touched.nextClearBit(first);
            int next = touched.nextSetBit(end);
            while (next >= 0 && next - end <= GAP_PAGES_MAX) {
                end = touched.nextClearBit(next);
                next = touched.nextSetBit(end);
            }
            visitor.run(first, end);
            first = next;
        }
    }

    private void read(int firstPage, int endPage) throws IOException {
        MemorySegment target = window.asSlice((long) firstPage * PAGE_BYTES,
                (long) (endPage - firstPage) * PAGE_BYTES);
        long read = home.read(windowOffset + (long) firstPage * PAGE_BYTES, target);
        target.asSlice(read).fill((byte) 0);
    }

    private void write(int firstPage, int endPage) throws IOException {
        int from = firstPage;
        for (int page = firstPage; page < endPage; page++) {
            if (!touched.get(page) && isZero(page)) {
                writePages(from, page);
                from = page + 1;
            }
        }
        writePages(from, endPage);
    }

    private boolean isZero(int page) {
        return window.asSlice((long) page * PAGE_BYTES, PAGE_BYTES).mismatch(zeros) < 0;
    }

    private void writePages(int from, int to) throws IOException {
        long offset = windowOffset + (long) from * PAGE_BYTES;
        long length = Math.min((long) (to - from) * PAGE_BYTES, size - offset);
        if (length > 0) {
            home.write(offset, window.asSlice((long) from * PAGE_BYTES, length));
            bytesWritten += length;
        }
    }
}
