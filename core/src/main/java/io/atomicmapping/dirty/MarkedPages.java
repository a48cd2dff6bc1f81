package io.atomicmapping.dirty;

import io.atomicmapping.journal.fault.SeededFault;
import java.util.Arrays;

/**
 * The pages that have marks, as a seal takes them from the lists; and of those that got one single store the
 * bytes stored, so that the seal need not load the page.
 *
 * <ul>
 *   <li>A page that was listed twice has no single store.
 *   <li>A store's place is its offset in the file, shifted by {@value #LENGTH_BITS}, and its length in bytes;
 *       length 0 says that what was stored is to be looked up in the page, which is always right.
 * </ul>
 */
final class MarkedPages {

    private static final int LENGTH_BITS = 4;
    private static final long LENGTH_MASK = (1 << LENGTH_BITS) - 1;
    private static final int INDEX_BITS = 24;
    private static final int INDEX_MASK = (1 << INDEX_BITS) - 1;
    private static final int DIGIT_BITS = 9;
    private static final int DIGIT_MASK = (1 << DIGIT_BITS) - 1;
    /** for fewer the library's sort is as fast; for 4,096 it takes four times as long */
    private static final int DIGITWISE_MIN = 256;

    private final int pageShift;
    /** a page's number and, in the low bits, the index of its store */
    private long[] keys = new long[64];
    private int size;
    /** while sorting, and as long as the keys by then */
    private long[] spare = new long[0];
    private final int[] ends = new int[DIGIT_MASK + 1];
    /** places and values in turn */
    private long[] stores = new long[128];
    private int storeCount = 1; // index 0 is of those that have none

    MarkedPages(int pageShift) {
        this.pageShift = pageShift;
    }

    /** The place of a store of 1 to 8 bytes; without its length if it is not within one word. */
    static long place(long offset, int length) {
        boolean within = (offset & Long.BYTES - 1) + length <= Long.BYTES;
        return offset << LENGTH_BITS | (within ? length : 0);
    }

    /** The place of what is to be looked up in the page. */
    static long placeOf(long offset) {
        return offset << LENGTH_BITS;
    }

    static long offset(long place) {
        return place >>> LENGTH_BITS;
    }

    void clear() {
        if (keys.length > PageList.RETAINED) {
            keys = new long[64];
            spare = new long[0];
            stores = new long[128];
        }
        size = 0;
        storeCount = 1;
    }

    /** Makes sure that so many more pages need no memory. */
    void reserve(int count) {
        if (size + count > keys.length) {
            keys = Arrays.copyOf(keys, Math.max(size * 2, size + count));
        }
        if (size + count >= DIGITWISE_MIN && spare.length < keys.length) {
            spare = new long[keys.length];
        }
        int room = 2 * Math.min(storeCount + count, INDEX_MASK);
        if (room > stores.length) {
            stores = Arrays.copyOf(stores, Math.max(room, Math.min(stores.length * 2, 2 * INDEX_MASK)));
        }
    }

    void add(long page) {
        reserve(1);
        keys[size++] = page << INDEX_BITS;
    }

    /** Adds the page of a store, for which room was reserved. */
    void add(long place, long value) {
        long page = offset(place) >>> pageShift;
        if ((place & LENGTH_MASK) == 0 || storeCount == INDEX_MASK) {
            keys[size++] = page << INDEX_BITS;
            return;
        }
        stores[2 * storeCount] = place;
        stores[2 * storeCount + 1] = value;
        keys[size++] = page << INDEX_BITS | storeCount++;
    }

    /** Sorts the pages and keeps each only once. */
    void sortDistinct() {
        if (size < DIGITWISE_MIN) {
            Arrays.sort(keys, 0, size);
        } else {
            sortByDigits();
        }
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (kept > 0 && keys[i] >>> INDEX_BITS == keys[kept - 1] >>> INDEX_BITS) {
                if (!SeededFault.LATER_ENTRY_OF_A_PAGE_IGNORED.isSeeded()) {
                    keys[kept - 1] &= ~(long) INDEX_MASK;
                }
            } else {
                keys[kept++] = keys[i];
            }
        }
        size = kept;
    }

    /**
     * Digit by digit of the pages' numbers, the least first (LSD radix sort), as far as they differ. Those of
     * one page stay in the order in which they were added.
     */
    private void sortByDigits() {
        long differing = 0;
        for (int i = 1; i < size; i++) {
            differing |= keys[i] ^ keys[0];
        }
        int end = Long.SIZE - Long.numberOfLeadingZeros(differing);
        for (int shift = INDEX_BITS; shift < end; shift += DIGIT_BITS) {
            Arrays.fill(ends, 0);
            for (int i = 0; i < size; i++) {
                ends[(int) (keys[i] >>> shift) & DIGIT_MASK]++;
            }
            for (int i = 1; i <= DIGIT_MASK; i++) {
                ends[i] += ends[i - 1];
            }
            for (int i = size - 1; i >= 0; i--) {
                spare[--ends[(int) (keys[i] >>> shift) & DIGIT_MASK]] = keys[i];
            }
            long[] sorted = spare;
            spare = keys;
            keys = sorted;
        }
    }

    int size() {
        return size;
    }

    long page(int index) {
        return keys[index] >>> INDEX_BITS;
    }

    /** Keeps one as the one at another place, which is not higher. */
    void move(int from, int to) {
        keys[to] = keys[from];
    }

    /** Forgets all from a place on. */
    void truncate(int index) {
        size = index;
    }

    /** Whether it is known what was stored to a page first. */
    boolean hasStore(int index) {
        return (keys[index] & INDEX_MASK) != 0;
    }

    /** Where the word begins that was stored to. */
    long wordOffset(int index) {
        return offset(stores[2 * store(index)]) & -Long.BYTES;
    }

    /** Which bits of that word were stored. */
    long wordMask(int index) {
        long place = stores[2 * store(index)];
        return -1L >>> Long.SIZE - ((place & LENGTH_MASK) << 3) << bitsBefore(place);
    }

    /** What was stored, at its bits of the word. */
    long word(int index) {
        return stores[2 * store(index) + 1] << bitsBefore(stores[2 * store(index)]) & wordMask(index);
    }

    private int store(int index) {
        return (int) keys[index] & INDEX_MASK;
    }

    private static long bitsBefore(long place) {
        return (offset(place) & Long.BYTES - 1) << 3;
    }
}
