package io.atomicmapping.dirty;

import java.util.Arrays;

/**
 * Where the pages of a file lie in memory: runs of pages that follow each other there as in the file. An
 * ordinary image is one such run; of an adopted file those that another library has mapped lie where it has.
 *
 * <p>Immutable.
 */
public final class Stretches {

    private final int pageShift;
    /** the first page of each, in order; a stretch ends where the next begins, the last never */
    private final long[] firstPages;
    /** where page 0 would lie if the stretch began there */
    private final long[] origins;

    private Stretches(int pageShift, long[] firstPages, long[] origins) {
        this.pageShift = pageShift;
        this.firstPages = firstPages;
        this.origins = origins;
    }

    /** One stretch for all pages. */
    static Stretches of(long address, int pageBytes) {
        return new Stretches(Integer.numberOfTrailingZeros(pageBytes), new long[] {0}, new long[] {address});
    }

    /**
     * The same but for some pages.
     *
     * @param from the first of them
     * @param to the page after the last
     * @param address where the first lies from now on
     * @return the stretches with these pages there
     */
    public Stretches with(long from, long to, long address) {
        long origin = address - (from << pageShift);
        long[] pages = new long[firstPages.length + 2];
        long[] bases = new long[pages.length];
        int count = 0;
        for (int i = 0; i < firstPages.length && firstPages[i] < from; i++) {
            pages[count] = firstPages[i];
            bases[count++] = origins[i];
        }
        pages[count] = from;
        bases[count++] = origin;
        int last = indexOf(to);
        pages[count] = to;
        bases[count++] = origins[last];
        for (int i = last + 1; i < firstPages.length; i++) {
            pages[count] = firstPages[i];
            bases[count++] = origins[i];
        }
        return merged(pages, bases, count);
    }

    private Stretches merged(long[] pages, long[] bases, int count) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (kept == 0 || bases[kept - 1] != bases[i]) {
                pages[kept] = pages[i];
                bases[kept++] = bases[i];
            }
        }
        return new Stretches(pageShift, Arrays.copyOf(pages, kept), Arrays.copyOf(bases, kept));
    }

    private int indexOf(long page) {
        int low = 0;
        int high = firstPages.length - 1;
        while (low < high) {
            int middle = low + high + 1 >>> 1;
            if (firstPages[middle] <= page) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /**
     * Where a page lies.
     *
     * @param page its number
     * @return its address
     */
    public long addressOf(long page) {
        return originOf(page) + (page << pageShift);
    }

    /** Where page 0 would lie if it were in the stretch of a page. */
    long originOf(long page) {
        return origins.length == 1 ? origins[0] : origins[indexOf(page)];
    }

    /**
     * Where the stretch of a page ends.
     *
     * @param page the page
     * @return the first page after the stretch, {@link Long#MAX_VALUE} for the last
     */
    public long endOf(long page) {
        int next = indexOf(page) + 1;
        return next == firstPages.length ? Long.MAX_VALUE : firstPages[next];
    }
}
