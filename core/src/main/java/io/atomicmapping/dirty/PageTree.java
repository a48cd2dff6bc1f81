package io.atomicmapping.dirty;

import java.io.IOException;

/**
 * A set of page numbers: a radix tree of 64-bit words, each bit of an upper word telling whether the word
 * below it has any bit set.
 *
 * <ul>
 *   <li>Adding is one atomic OR where the page's neighbourhood is already there, and never allocates.
 *   <li>Iteration is in page order and costs follow the pages present, not the pages possible.
 *   <li>{@link #add} may race with itself, and a search with both: it may then miss what is just coming, and
 *       find what is just going. Everything else needs the caller's exclusion.
 * </ul>
 *
 * <p>Design note: FastMap (ATC'20) keeps a red-black tree per core. A radix tree of bits has the same order,
 * and needs neither nodes nor balancing.
 */
public final class PageTree implements AutoCloseable {

    private static final int MAX_LEVELS = 8;

    private final LazyMemory memory;
    private final long words;
    /** byte offset of each level's first word, leaves first */
    private final long[] levelOffset = new long[MAX_LEVELS];
    private final int levels;

    /**
     * Makes an empty set.
     *
     * @param pages how many page numbers there are, from 0
     * @throws IOException if the address space cannot be reserved
     */
    public PageTree(long pages) throws IOException {
        long count = Math.max(1, pages);
        long offset = 0;
        int level = 0;
        do {
            count = (count + 63) >>> 6;
            levelOffset[level++] = offset;
            offset += count * Long.BYTES;
        } while (count > 1);
        levels = level;
        memory = new LazyMemory(offset);
        words = memory.address();
    }

    /**
     * Adds a page.
     *
     * @param page its number
     * @return whether it was new
     */
    public boolean add(long page) {
        long index = page;
        for (int level = 0; level < levels; level++) {
            long bit = 1L << index;
            long offset = wordOffset(level, index >>> 6);
            long old = Memory.getAndBitwiseOr(words + offset, bit);
            if (old != 0) {
                return level > 0 || (old & bit) == 0;
            }
            index >>>= 6;
        }
        return true;
    }

    /**
     * As {@link #add}, faster, where nobody else changes the set.
     *
     * @param page its number
     */
    public void addAlone(long page) {
        long index = page;
        for (int level = 0; level < levels; level++) {
            long word = words + wordOffset(level, index >>> 6);
            long old = Memory.get(word);
            Memory.set(word, old | 1L << index);
            if (old != 0) {
                return;
            }
            index >>>= 6;
        }
    }

    /**
     * Whether a page is in the set.
     *
     * @param page its number
     * @return whether it is
     */
    public boolean contains(long page) {
        return (Memory.get(words + wordOffset(0, page >>> 6)) & 1L << page) != 0;
    }

    /**
     * Removes a page.
     *
     * @param page its number
     * @return whether it was there
     */
    public boolean remove(long page) {
        long index = page;
        for (int level = 0; level < levels; level++) {
            long offset = wordOffset(level, index >>> 6);
            long old = Memory.get(words + offset);
            if ((old & 1L << index) == 0) {
                return level > 0;
            }
            long left = old & ~(1L << index);
            Memory.set(words + offset, left);
            if (left != 0) {
                return true;
            }
            index >>>= 6;
        }
        return true;
    }

    /**
     * Whether the set is empty.
     *
     * @return whether it is
     */
    public boolean isEmpty() {
        return wordAt(levels - 1, 0) == 0;
    }

    /**
     * The first page at or after one.
     *
     * @param from where to begin
     * @return its number, or -1 if there is none
     */
    public long next(long from) {
        long index = from;
        int level = 0;
        while (level < levels) {
            long word = wordAt(level, index >>> 6) & -1L << index;
            if (word != 0) {
                index = index & ~63L | Long.numberOfTrailingZeros(word);
                while (level > 0) {
                    level--;
                    index = index << 6 | Long.numberOfTrailingZeros(wordAt(level, index));
                }
                return index;
            }
            index = (index >>> 6) + 1;
            level++;
        }
        return -1;
    }

    /** Removes every page. */
    public void clear() {
        for (long page = next(0); page >= 0; page = next(page + 1)) {
            clearLeaf(page);
        }
    }

    /** Removes all pages that share a leaf with one. */
    private void clearLeaf(long page) {
        long index = page >>> 6;
        Memory.set(words + wordOffset(0, index), 0L);
        for (int level = 1; level < levels; level++) {
            long offset = wordOffset(level, index >>> 6);
            long left = Memory.get(words + offset) & ~(1L << index);
            Memory.set(words + offset, left);
            if (left != 0) {
                return;
            }
            index >>>= 6;
        }
    }

    /**
     * Moves the pages of a range to a list, in order.
     *
     * @param from the first page of the range
     * @param to the page after its last
     * @param target where they go
     */
    public void drain(long from, long to, PageList target) {
        for (long page = next(from); page >= 0 && page < to; page = next(page + 1)) {
            target.add(page);
            remove(page);
        }
    }

    private long wordOffset(int level, long wordIndex) {
        return levelOffset[level] + (wordIndex << 3);
    }

    private long wordAt(int level, long wordIndex) {
        long offset = wordOffset(level, wordIndex);
        long end = level + 1 < levels ? levelOffset[level + 1] : levelOffset[level] + Long.BYTES;
        return offset < end ? Memory.get(words + offset) : 0;
    }


    @Override
    public void close() {
        memory.close();
    }
}
