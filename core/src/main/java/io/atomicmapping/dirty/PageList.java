package io.atomicmapping.dirty;

import java.util.Arrays;

/** A growing list of page numbers, reused from commit to commit. */
public final class PageList {

    /** for how many pages buffers are kept from commit to commit; what a larger one took is given back */
    static final int RETAINED = 1 << 16;

    private long[] pages = new long[64];
    private int size;

    /** Makes an empty list. */
    public PageList() {
    }

    /**
     * Appends a page.
     *
     * @param page its number
     */
    public void add(long page) {
        reserve();
        pages[size++] = page;
    }

    /** Removes the page that was added last, and returns it. */
    long removeLast() {
        return pages[--size];
    }

    /** Makes sure that the next page needs no memory. */
    void reserve() {
        reserve(1);
    }

    /** Makes sure that so many more pages need no memory. */
    void reserve(int count) {
        if (size + count > pages.length) {
            pages = Arrays.copyOf(pages, Math.max(size * 2, size + count));
        }
    }

    /**
     * How many pages are in the list.
     *
     * @return the count
     */
    public int size() {
        return size;
    }

    /**
     * One page.
     *
     * @param index its place, from 0
     * @return its number
     */
    public long get(int index) {
        return pages[index];
    }

    /**
     * Where a page is in a sorted list.
     *
     * @param page its number
     * @return its place, or a negative number
     */
    public int find(long page) {
        return Arrays.binarySearch(pages, 0, size, page);
    }

    /** Sorts the pages. */
    public void sort() {
        Arrays.sort(pages, 0, size);
    }

    /** Empties the list; a very large one gives its memory back. */
    public void clear() {
        size = 0;
        if (pages.length > RETAINED) {
            pages = new long[64];
        }
    }
}
