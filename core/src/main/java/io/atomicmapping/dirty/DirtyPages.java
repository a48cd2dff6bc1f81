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

    /** The pages that one slot has marked first. */
    static final class Pages extends SlotPadding {
        private LazyMemory memory;
        private long begin;
        private long capacityBytes;
        /** all that others look at beside {@link #add} */
        private long usedBytes;

        private void add(long page) {
            long at = usedBytes;
            if (at == capacityBytes) {
                grow(2 * at);
            }
            Memory.set(begin + at, page);
            usedBytes = at + Long.BYTES;
        }

        private long size() {
            return usedBytes / Long.BYTES;
        }

        private void reserve(long more) {
            long bytes = usedBytes + more * Long.BYTES;
            if (bytes > capacityBytes) {
                grow(bytes);
            }
        }

        private void grow(long bytes) {
            LazyMemory larger = LazyMemory.of(Math.max(BYTES_MIN, bytes), "the list of changed pages");
            Memory.copy(begin, larger.address(), usedBytes);
            release();
            memory = larger;
            begin = memory.address();
            capacityBytes = memory.bytes();
        }

        private void copy(PageList target) {
            for (long at = begin; at < begin + usedBytes; at += Long.BYTES) {
                target.add(Memory.get(at));
            }
        }

        private void reset() {
            usedBytes = 0;
        }

        private void clear() {
            reset();
            if (capacityBytes > BYTES_KEPT) {
                close();
            }
        }

        private void close() {
            release();
            capacityBytes = 0;
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

    /** Gives each slot a list. */
    DirtyPages(Slot[] slots) {
        lists = new Pages[slots.length];
        for (int i = 0; i < slots.length; i++) {
            lists[i] = new Pages();
            slots[i].pages = lists[i];
        }
    }

    /**
     * Adds a page.
     *
     * @param page its number
     * @param slot the caller's, whose put is open
     * @throws OutOfMemoryError if the list cannot grow; the page is not added
     */
    void add(long page, Slot slot) {
        Pages list = slot.pages;
        if (list != null) {
            list.add(page);
        } else {
            add(page);
        }
    }

    /** As {@link #add(long, Slot)}, outside a put. */
    void add(long page) {
        synchronized (shared) {
            shared.add(page);
        }
    }

    boolean isEmpty() {
        for (Pages list : lists) {
            if (list.usedBytes != 0) {
                return false;
            }
        }
        return shared.usedBytes == 0;
    }

    /** How many entries there are. */
    long size() {
        long entries = shared.size();
        for (Pages list : lists) {
            entries += list.size();
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
