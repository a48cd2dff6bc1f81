package io.atomicmapping.writeback;

import io.atomicmapping.dirty.PageList;
import io.atomicmapping.dirty.PageTree;
import io.atomicmapping.storage.DurableFile;
import java.io.IOException;

/**
 * Which parts of home are known to have disk space, so that writing a committed page there cannot fail for
 * want of it.
 *
 * <ul>
 *   <li>Space is asked for in units of 1 MiB, which keeps a file that is filled at random in few pieces;
 *       where that much is not to be had, page by page.
 *   <li>A unit is asked for once. A file without holes is never asked.
 * </ul>
 *
 * <p>Safe for use by several threads.
 */
public final class Allocation implements AutoCloseable {

    private static final int UNIT_SHIFT = 20;

    private final DurableFile home;
    private final int pageShift;
    private final int unitPagesShift;
    private final PageTree allocated;
    /** below this, everything is allocated */
    private long completeBytes;
    /** the unit that the file ends in, and how far it is allocated */
    private long lastUnit = -1;
    private long lastUnitEnd;

    /**
     * Looks at the file.
     *
     * @param home the data file
     * @param reservedBytes how long it can become
     * @param pageShift the page size as a power of two
     * @throws IOException if the file cannot be looked at
     */
    public Allocation(DurableFile home, long reservedBytes, int pageShift) throws IOException {
        this.home = home;
        this.pageShift = pageShift;
        this.unitPagesShift = UNIT_SHIFT - pageShift;
        this.allocated = new PageTree((reservedBytes >>> UNIT_SHIFT) + 1);
        long length = home.length();
        this.completeBytes = home.allocatedBytes() >= length ? length : 0;
    }

    /**
     * Makes sure of the space for pages that a commit changes.
     *
     * @param pages the pages, in order
     * @param size the size of the file
     * @throws IOException if there is none
     */
    public synchronized void ensure(PageList pages, long size) throws IOException {
        if (size <= completeBytes) {
            return;
        }
        for (int i = 0; i < pages.size(); i++) {
            ensure(pages.get(i), size);
        }
    }

    synchronized void ensure(long page, long size) throws IOException {
        long offset = page << pageShift;
        if (offset >= size || isAllocated(page, size)) {
            return;
        }
        long unit = page >>> unitPagesShift;
        long start = unit << UNIT_SHIFT;
        long end = Math.min(start + (1L << UNIT_SHIFT), size);
        try {
            home.allocate(start, end - start);
        } catch (IOException e) {
            // a nearly full disk: just the page
            home.allocate(offset, Math.min(1L << pageShift, size - offset));
            return;
        }
        if (end == size) {
            lastUnit = unit;
            lastUnitEnd = end;
        }
        if (end == start + (1L << UNIT_SHIFT)) {
            allocated.add(unit);
        }
    }

    /** Whether a page, as far as it lies below a size, is known to have its space. */
    synchronized boolean isAllocated(long page, long size) {
        long end = Math.min(page + 1 << pageShift, size);
        long unit = page >>> unitPagesShift;
        return end <= completeBytes || allocated.contains(unit) || unit == lastUnit && end <= lastUnitEnd;
    }

    /**
     * The file gave space back.
     *
     * @param from from which offset on
     */
    public synchronized void forget(long from) {
        completeBytes = Math.min(completeBytes, from);
        lastUnit = -1;
        for (long unit = allocated.next(from >>> UNIT_SHIFT); unit >= 0; unit = allocated.next(unit + 1)) {
            allocated.remove(unit);
        }
    }

    @Override
    public synchronized void close() {
        allocated.close();
    }
}
