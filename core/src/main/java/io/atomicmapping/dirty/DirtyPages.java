package io.atomicmapping.dirty;

import java.util.function.LongPredicate;

/**
 * The pages that got their first mark since the last seal: a list for each slot of the sections, so that
 * threads share nothing to add to them, and one for everybody else.
 *
 * <ul>
 *   <li>A page may be listed twice, and one without marks may be listed; none with marks is missing.
 *   <li>{@link #add} may run beside itself; a drain needs the caller's exclusion. What reads the lists beside
 *       it sees at least the pages whose marks happen-before.
 * </ul>
 *
 * <p>Design note: FastMap (ATC'20) keeps a red-black tree of dirty pages per core. A list that is sorted when
 * it is drained costs a store per page, where a tree costs the misses on the way down.
 */
final class DirtyPages implements AutoCloseable {

    private static final long BYTES_MIN = 1 << 14;
    private static final long BYTES_KEPT = 1 << 20;

    /** Keeps what one thread writes from the line of another's. */
    @SuppressWarnings("unused")
    private static class Padding {
        private long a;
        private long b;
        private long c;
        private long d;
        private long e;
        private long f;
        private long g;
        private long h;
    }

    private static final class Pages extends Padding {
        private LazyMemory memory;
        private long begin;
        private long position;
        private long end;
        /** for others, who must not compare addresses that are just changing */
        private long count;

        private void add(long page) {
            long at = position;
            if (at == end) {
                grow(2 * (at - begin));
                at = position;
            }
            Memory.set(at, page);
            position = at + Long.BYTES;
            count++;
        }

        private void reserve(long more) {
            long bytes = position - begin + more * Long.BYTES;
            if (bytes > end - begin) {
                grow(bytes);
            }
        }

        private void grow(long bytes) {
            long used = position - begin;
            LazyMemory larger = LazyMemory.of(Math.max(BYTES_MIN, bytes), "the list of changed pages");
            Memory.copy(begin, larger.address(), used);
            release();
            memory = larger;
            begin = memory.address();
            position = begin + used;
            end = begin + memory.bytes();
        }

        private void copy(PageList target) {
            for (long at = begin; at < position; at += Long.BYTES) {
                target.add(Memory.get(at));
            }
        }

        private void reset() {
            position = begin;
            count = 0;
        }

        private void clear() {
            reset();
            if (end - begin > BYTES_KEPT) {
                close();
            }
        }

        private void close() {
            release();
            begin = 0;
            end = 0;
            reset();
        }

        private void release() {
            if (memory != null) {
                memory.close();
                memory = null;
            }
        }
    }

    /** by slot */
    private final Pages[] lists;
    private final Pages shared = new Pages();
    /** entries of pages that lost their marks without being drained */
    private long stale;

    DirtyPages(int slots) {
        lists = new Pages[slots];
        for (int i = 0; i < slots; i++) {
            lists[i] = new Pages();
        }
    }

    /**
     * Adds a page.
     *
     * @param page its number
     * @param slot the caller's slot, -1 if it has none
     * @throws OutOfMemoryError if the list cannot grow; the page is not added
     */
    void add(long page, int slot) {
        if (slot >= 0) {
            lists[slot].add(page);
            return;
        }
        synchronized (shared) {
            shared.add(page);
        }
    }

    boolean isEmpty() {
        for (Pages list : lists) {
            if (list.count != 0) {
                return false;
            }
        }
        return shared.count == 0;
    }

    /** How many entries there are. */
    long size() {
        long entries = shared.count;
        for (Pages list : lists) {
            entries += list.count;
        }
        return entries;
    }

    /** Moves all pages to a list; if there is no memory for that, none. */
    void drain(PageList target) {
        target.reserve(Math.toIntExact(size()));
        stale = 0;
        copy(target);
        for (Pages list : lists) {
            list.clear();
        }
        shared.clear();
    }

    private void copy(PageList target) {
        for (Pages list : lists) {
            list.copy(target);
        }
        shared.copy(target);
    }

    /**
     * Some pages are about to lose their marks and are not drained: now and then all such entries are
     * removed.
     *
     * @param count how many
     * @param marked tells whether a page has marks
     */
    void leave(long count, LongPredicate marked) {
        stale += count;
        if (2 * stale <= size()) {
            return;
        }
        PageList pages = new PageList();
        pages.reserve(Math.toIntExact(size()));
        copy(pages);
        pages.sortDistinct();
        shared.reserve(pages.size());
        for (Pages list : lists) {
            list.reset();
        }
        shared.reset();
        for (int i = 0; i < pages.size(); i++) {
            if (marked.test(pages.get(i))) {
                shared.add(pages.get(i));
            }
        }
        stale = count;
    }

    @Override
    public void close() {
        for (Pages list : lists) {
            list.close();
        }
        shared.close();
    }
}
