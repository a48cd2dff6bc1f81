package io.atomicmapping.recovery;

import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.journal.JournalScan;
import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.storage.DurableFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/**
 * Writes the accepted records to the data file, in the order of its pages. It may be cut anywhere and done
 * again: it reads from the journal alone what it writes, and each byte ends as its last record says.
 *
 * <p>The data file is gone through in windows. Of a window the pages that change are read, in runs, with
 * the few that lie between; the extents are laid over them in the order of their records; each run is
 * written by one call, except that pages in between which read as zeros are left alone: they may be holes,
 * and filling those could need space that nobody reserved.
 */
final class Replay {

    private static final int PAGE_BYTES = 4096;
    private static final int WINDOW_BYTES = 1 << ExtentOrder.WINDOW_SHIFT;
    private static final int WINDOW_PAGES = WINDOW_BYTES / PAGE_BYTES;
    private static final int GAP_PAGES_MAX = 16;

    private final JournalScan scan;
    private final CommittedBytes bytes;
    private final DurableFile home;
    private final long size;
    private final MemorySegment window;
    private final MemorySegment zeros;
    private final BitSet touched = new BitSet(WINDOW_PAGES);
    private final ExtentOrder order;
    private long bytesReplayed;

    private Replay(JournalScan scan, CommittedBytes bytes, DurableFile home, Arena arena) throws IOException {
        this.scan = scan;
        this.bytes = bytes;
        this.home = home;
        this.size = scan.tail().state().size();
        window = arena.allocate(WINDOW_BYTES, PAGE_BYTES);
        zeros = arena.allocate(PAGE_BYTES, PAGE_BYTES);
        order = ExtentOrder.of(scan, bytes, arena);
    }

    /**
     * Brings the data file to the last commit: size and bytes. The caller forces it.
     *
     * @return the changed bytes written
     */
    static long run(JournalScan scan, CommittedBytes bytes, DurableFile home) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Replay replay = new Replay(scan, bytes, home, arena);
            replay.run();
            return replay.bytesReplayed;
        }
    }

    private void run() throws IOException {
        long length = home.length();
        if (bytes.zeroFrom() < Math.min(length, size) && !SeededFault.ZEROING_FORGOTTEN.isSeeded()) {
            home.zero(bytes.zeroFrom(), Math.min(length, size) - bytes.zeroFrom());
        }
        if (length != size) {
            home.setLength(size);
        }
        for (long from = 0; from < order.count();) {
            long to = from + 1;
            while (to < order.count() && order.window(to) == order.window(from)) {
                to++;
            }
            replayWindow(order.window(from), from, to);
            from = to;
        }
    }

    private void replayWindow(long index, long from, long to) throws IOException {
        long windowOffset = index << ExtentOrder.WINDOW_SHIFT;
        touched.clear();
        for (long i = from; i < to; i++) {
            Part part = part(order.start(i), windowOffset);
            touched.set((int) (part.target / PAGE_BYTES), (int) ((part.target + part.length - 1) / PAGE_BYTES)
                    + 1);
        }
        forEachRun((firstPage, endPage) -> read(windowOffset, firstPage, endPage));
        for (long i = from; i < to; i++) {
            long next = SeededFault.REPLAY_IN_WRONG_ORDER.isSeeded() ? from + to - 1 - i : i;
            Part part = part(order.start(next), windowOffset);
            MemorySegment.copy(scan.ring(), part.source, window, part.target, part.length);
            bytesReplayed += part.length;
        }
        forEachRun((firstPage, endPage) -> write(windowOffset, firstPage, endPage));
    }

    /**
     * The part of an extent that lies in a window: where in the scan's memory, where in the window, how
     * long.
     */
    private record Part(long source, long target, long length) {
    }

    private Part part(long start, long windowOffset) {
        long extent = scan.ring().get(JournalScan.EXTENT_HEADER, start);
        long offset = JournalFormat.extentOffset(extent);
        long extentEnd = offset + JournalFormat.extentLength(extent);
        long from = Math.max(offset, windowOffset);
        long to = Math.min(Math.min(extentEnd, bytes.limit(start, extentEnd)), windowOffset + WINDOW_BYTES);
        return new Part(start + JournalFormat.EXTENT_HEADER_BYTES + from - offset, from - windowOffset,
                to - from);
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

    private void read(long windowOffset, int firstPage, int endPage) throws IOException {
        MemorySegment target = window.asSlice((long) firstPage * PAGE_BYTES,
                (long) (endPage - firstPage) * PAGE_BYTES);
        long read = home.read(windowOffset + (long) firstPage * PAGE_BYTES, target);
        target.asSlice(read).fill((byte) 0);
    }

    private void write(long windowOffset, int firstPage, int endPage) throws IOException {
        int from = firstPage;
        for (int page = firstPage; page < endPage; page++) {
            if (!touched.get(page) && isZero(page)) {
                writePages(windowOffset, from, page);
                from = page + 1;
            }
        }
        writePages(windowOffset, from, endPage);
    }

    private boolean isZero(int page) {
        return window.asSlice((long) page * PAGE_BYTES, PAGE_BYTES).mismatch(zeros) < 0;
    }

    private void writePages(long windowOffset, int from, int to) throws IOException {
        long offset = windowOffset + (long) from * PAGE_BYTES;
        long length = Math.min((long) (to - from) * PAGE_BYTES, size - offset);
        if (length > 0) {
            home.write(offset, window.asSlice((long) from * PAGE_BYTES, length));
        }
    }
}
