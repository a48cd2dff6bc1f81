package io.atomicmapping.writeback;

import io.atomicmapping.dirty.ExplicitTracking;
import io.atomicmapping.dirty.PageTree;
import io.atomicmapping.dirty.WorkingImage;
import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.linux.Linux;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Consumer;

/**
 * Writes committed pages home in page order, as long vectored runs.
 *
 * <ul>
 *   <li>A run bridges a gap of a few clean pages if they are in memory and on disk: one longer write costs
 *       less than two.
 *   <li>Home is written through the page cache, since it is mapped: open(2) warns of O_DIRECT beside a
 *       mapping of the same file.
 *   <li>Every page goes through a buffer: no system call ever reads the mapping.
 *   <li>After each {@value #PACE_BYTES} bytes the page cache begins to be written back, and the piece before
 *       is waited for: a force of everything at the end would keep a sync beside it waiting for as long.
 * </ul>
 *
 * <p>Used by one thread at a time.
 */
final class HomeWriter implements AutoCloseable {

    static final int RUN_BYTES = 128 << 10;
    private static final int PACE_BYTES = 256 << 10;
    private static final int BRIDGED_PAGES_MAX = 8;

    private final DurableFile home;
    private final WorkingImage image;
    private final ExplicitTracking tracking;
    private final Allocation allocation;
    private final int pageShift;
    private final Consumer<IOException> failed;
    private final int runPages;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer;
    private final MemorySegment residency = arena.allocate(BRIDGED_PAGES_MAX);
    private long firstPage;
    private int count;
    private long bytesWritten;
    /** what was written and not yet written back: from where on, and how much */
    private long paceFrom;
    private long paceBytes;
    /** what is being written back */
    private long startedFrom;
    private long startedBytes;

    HomeWriter(DurableFile home, WorkingImage image, ExplicitTracking tracking, Allocation allocation,
            int pageShift, Consumer<IOException> failed) {
        this.home = home;
        this.image = image;
        this.tracking = tracking;
        this.allocation = allocation;
        this.pageShift = pageShift;
        this.failed = failed;
        this.runPages = Math.max(1, RUN_BYTES >>> pageShift);
        this.buffer = arena.allocate((long) runPages << pageShift, 1L << pageShift);
    }

    /**
     * Writes the committed bytes of pages, as far as they lie below the committed size.
     *
     * @return the bytes written
     */
    long write(PageTree pages, long size) throws IOException {
        bytesWritten = 0;
        paceBytes = 0;
        startedBytes = 0;
        count = 0;
        for (long page = pages.next(0); page >= 0 && page << pageShift < size; page = pages.next(page + 1)) {
            if (count > 0 && !reaches(page)) {
                writeRun(size);
            }
            if (count == 0) {
                firstPage = page;
            }
            allocation.ensure(page, size);
            tracking.copyCommitted(page, bufferAddress(count));
            count++;
        }
        if (count > 0) {
            writeRun(size);
        }
        return bytesWritten;
    }

    /** Extends the run up to a page, over a gap if it may be bridged. */
    private boolean reaches(long page) {
        long next = firstPage + count;
        long gap = page - next;
        if (gap > BRIDGED_PAGES_MAX || count + gap + 1 > runPages) {
            return false;
        }
        if (gap == 0) {
            return true;
        }
        if (!image.isMapped() || !isResident(next, (int) gap)) {
            return false;
        }
        for (int i = 0; i < gap; i++) {
            if (!allocation.isAllocated(next + i, Long.MAX_VALUE)
                    || !tracking.copyClean(next + i, bufferAddress(count + i))) {
                return false;
            }
        }
        count += (int) gap;
        return true;
    }

    private boolean isResident(long page, int pages) {
        if (Linux.mincore(image.address() + (page << pageShift), (long) pages << pageShift, residency) < 0) {
            return false;
        }
        for (int i = 0; i < pages; i++) {
            if ((residency.get(ValueLayout.JAVA_BYTE, i) & 1) == 0) {
                return false;
            }
        }
        return true;
    }

    private void writeRun(long size) throws IOException {
        long offset = firstPage << pageShift;
        long wanted = (long) count << pageShift;
        long length = SeededFault.CHECKPOINT_NOT_CLIPPED.isSeeded()
                ? wanted : Math.min(wanted, size - offset);
        home.write(offset, buffer.asSlice(0, length));
        bytesWritten += length;
        count = 0;
        if (paceBytes == 0) {
            paceFrom = offset;
        }
        paceBytes += length;
        if (paceBytes >= PACE_BYTES) {
            writeBack(offset + length);
        }
    }

    /** A write-back that fails is as final as a force: the kernel tells of it once. */
    private void writeBack(long end) throws IOException {
        try {
            home.startWriteBack(paceFrom, end - paceFrom);
            if (startedBytes > 0) {
                home.awaitWriteBack(startedFrom, startedBytes);
            }
        } catch (IOException e) {
            failed.accept(e);
            throw e;
        }
        startedFrom = paceFrom;
        startedBytes = end - paceFrom;
        paceBytes = 0;
    }

    private long bufferAddress(int index) {
        return buffer.address() + ((long) index << pageShift);
    }

    @Override
    public void close() {
        arena.close();
    }
}
