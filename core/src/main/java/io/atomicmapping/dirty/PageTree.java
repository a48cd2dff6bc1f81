package io.atomicmapping.dirty;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * A set of page numbers: a radix tree of 64-bit words, each bit of an upper word telling whether the word below it has
 * any bit set.
 *
 * <ul>
 *   <li>Adding is one atomic OR where the page's neighbourhood is already there, and never allocates.
 *   <li>Iteration is in page order and costs follow the pages present, not the pages possible: a seal merges the sorted
 *       trees of all stripes by descending them together.
 *   <li>{@link #add} may race with itself; everything else needs the caller's exclusion.
 * </ul>
 *
 * <p>Design note: FastMap (ATC'20) keeps a red-black tree per core. A radix tree of bits has the same order and merge, and
 * needs neither nodes nor balancing.
 */
public final class PageTree implements AutoCloseable {

    private static final int MAX_LEVELS = 8;
    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();

    private final LazyMemory memory;
    private final MemorySegment words;
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
        words = memory.segment();
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
            long old = (long) WORD.getAndBitwiseOr(words, offset, bit);
            if (old != 0) {
                return level > 0 || (old & bit) == 0;
            }
            index >>>= 6;
        }
        return true;
    }

    /**
     * Whether a page is in the set.
     *
     * @param page its number
     * @return whether it is
     */
    public boolean contains(long page) {
        return (words.get(ValueLayout.JAVA_LONG, wordOffset(0, page >>> 6)) & 1L << page) != 0;
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
            long old = words.get(ValueLayout.JAVA_LONG, offset);
            if ((old & 1L << index) == 0) {
                return level > 0;
            }
            long left = old & ~(1L << index);
            words.set(ValueLayout.JAVA_LONG, offset, left);
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
        return root() == 0;
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
        words.set(ValueLayout.JAVA_LONG, wordOffset(0, index), 0L);
        for (int level = 1; level < levels; level++) {
            long offset = wordOffset(level, index >>> 6);
            long left = words.get(ValueLayout.JAVA_LONG, offset) & ~(1L << index);
            words.set(ValueLayout.JAVA_LONG, offset, left);
            if (left != 0) {
                return;
            }
            index >>>= 6;
        }
    }

    /**
     * Moves the pages of a range from several trees of the same size into a list, in page order, each once.
     *
     * @param trees the trees
     * @param from the first page of the range
     * @param to the page after its last
     * @param target where they go
     */
    public static void drain(PageTree[] trees, long from, long to, PageList target) {
        if (from >= to) {
            return;
        }
        int filled = 0;
        for (PageTree tree : trees) {
            filled += tree.isEmpty() ? 0 : 1;
        }
        PageTree[] active = new PageTree[filled];
        for (PageTree tree : trees) {
            if (!tree.isEmpty() && filled > 0) {
                active[--filled] = tree;
            }
        }
        drain(active, trees[0].levels - 1, 0, from, to - 1, target);
    }

    /** One word of every tree: collects below it, then clears the bits whose words became empty. */
    private static void drain(PageTree[] trees, int level, long wordIndex, long from, long last, PageList target) {
        long merged = 0;
        for (PageTree tree : trees) {
            merged |= tree.wordAt(level, wordIndex);
        }
        merged &= rangeMask(level, wordIndex, from, last);
        if (level == 0) {
            for (long rest = merged; rest != 0; rest &= rest - 1) {
                target.add(wordIndex << 6 | Long.numberOfTrailingZeros(rest));
            }
            for (PageTree tree : trees) {
                tree.andWord(0, wordIndex, ~merged);
            }
            return;
        }
        for (long rest = merged; rest != 0; rest &= rest - 1) {
            int bit = Long.numberOfTrailingZeros(rest);
            long child = wordIndex << 6 | bit;
            drain(trees, level - 1, child, from, last, target);
            for (PageTree tree : trees) {
                if ((tree.wordAt(level, wordIndex) & 1L << bit) != 0 && tree.wordAt(level - 1, child) == 0) {
                    tree.andWord(level, wordIndex, ~(1L << bit));
                }
            }
        }
    }

    /** The bits of a word whose subtrees meet the pages {@code from..last}. */
    private static long rangeMask(int level, long wordIndex, long from, long last) {
        int shift = 6 * level;
        long lowest = from >>> shift;
        long highest = last >>> shift;
        long first = wordIndex << 6;
        long mask = -1L;
        if (lowest > first) {
            mask = lowest - first > 63 ? 0 : mask & -1L << (lowest - first);
        }
        if (highest < first + 63) {
            mask = highest < first ? 0 : mask & -1L >>> (63 - (highest - first));
        }
        return mask;
    }

    /** The top word: 0 only if the set is empty. */
    long root() {
        return wordAt(levels - 1, 0);
    }

    private long wordOffset(int level, long wordIndex) {
        return levelOffset[level] + (wordIndex << 3);
    }

    private long wordAt(int level, long wordIndex) {
        long offset = wordOffset(level, wordIndex);
        long end = level + 1 < levels ? levelOffset[level + 1] : levelOffset[level] + Long.BYTES;
        return offset < end ? words.get(ValueLayout.JAVA_LONG, offset) : 0;
    }


    private void andWord(int level, long wordIndex, long mask) {
        long offset = wordOffset(level, wordIndex);
        long old = words.get(ValueLayout.JAVA_LONG, offset);
        if ((old & ~mask) != 0) {
            words.set(ValueLayout.JAVA_LONG, offset, old & mask);
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}
