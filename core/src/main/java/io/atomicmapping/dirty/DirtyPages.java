package io.atomicmapping.dirty;

import java.io.IOException;
import java.util.function.LongPredicate;

/**
 * The pages that got their first mark since the last seal: a list for each slot of the sections, so that threads share nothing
 * to add to them, and one for everybody else.
 *
 * <ul>
 *   <li>A page may be listed twice, and one without marks may be listed; none with marks is missing.
 *   <li>{@link #add} may run beside itself; a drain needs the caller's exclusion. What reads the lists beside it sees at least
 *       the pages whose marks happen-before.
 * </ul>
 *
 * <p>Design note: FastMap (ATC'20) keeps a red-black tree of dirty pages per core. A list that is sorted when it is drained costs a
 * store per page, where a tree costs the misses on the way down.
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

        private void add(long page) {
            long at = position;
            if (at == end) {
                grow();
                at = position;
            }
            Memory.set(at, page);
            position = at + Long.BYTES;
        }

        private void grow() {
            long used = position - begin;
            try {
                LazyMemory larger = new LazyMemory(Math.max(BYTES_MIN, used * 2));
                Memory.copy(begin, larger.address(), used);
                release();
                memory = larger;
            } catch (IOException e) {
                OutOfMemoryError error = new OutOfMemoryError("no memory for the list of changed pages: " + e.getMessage());
                error.initCause(e);
                throw error;
            }
            begin = memory.address();
            position = begin + used;
            end = begin + memory.bytes();
        }

        private void clear() {
            position = begin;
            if (end - begin > BYTES_KEPT) {
                close();
            }
        }

        private void close() {
            release();
            begin = 0;
            position = 0;
            end = 0;
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
            if (list.position != list.begin) {
                return false;
            }
        }
        return shared.position == shared.begin;
    }

    /** How many entries there are. */
    long size() {
        long bytes = shared.position - shared.begin;
        for (Pages list : lists) {
            bytes += list.position - list.begin;
        }
        return bytes >>> 3;
    }

    /** Moves all pages to a list; if there is no memory for that, none. */
    void drain(PageList target) {
        target.reserve(Math.toIntExact(size()));
        stale = 0;
        for (Pages list : lists) {
            drain(list, target);
        }
        drain(shared, target);
    }

    /**
     * Some pages are about to lose their marks and are not drained: now and then all such entries are removed.
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
        drain(pages);
        pages.sortDistinct();
        for (int i = 0; i < pages.size(); i++) {
            if (marked.test(pages.get(i))) {
                shared.add(pages.get(i));
            }
        }
        stale = count;
    }

    private static void drain(Pages list, PageList target) {
        for (long at = list.begin; at < list.position; at += Long.BYTES) {
            target.add(Memory.get(at));
        }
        list.clear();
    }

    @Override
    public void close() {
        for (Pages list : lists) {
            list.close();
        }
        shared.close();
    }
}
