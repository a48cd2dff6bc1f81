package io.atomicmapping.dirty;

import java.util.function.LongPredicate;

/**
 * The pages that got their first mark since the last seal: a list for each stripe of the sections, so that
 * threads share nothing to add to them, and one for everybody else.
 *
 * <ul>
 *   <li>A page may be listed twice, and one without marks may be listed; none with marks is missing. A page
 *       gets its first mark, or marks that were taken come back, only after it was listed for that.
 *   <li>An entry says what its store stores.
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
    private static final int VALUE = 8;
    private static final int ENTRY_BYTES = 16;

    /** The pages that one stripe has marked first. */
    static final class Pages extends StripePadding {
        private LazyMemory memory;
        private long begin;
        private long capacityBytes;
        /** all that others look at beside {@link #add} */
        private long usedBytes;

        private void add(long place, long value) {
            if (!tryAdd(place, value)) {
                grow(2 * usedBytes);
                tryAdd(place, value);
            }
        }

        /** Adds an entry unless that needs memory. */
        boolean tryAdd(long place, long value) {
            long at = usedBytes;
            if (at == capacityBytes) {
                return false;
            }
            Memory.set(begin + at, place);
            Memory.set(begin + at + VALUE, value);
            usedBytes = at + ENTRY_BYTES;
            return true;
        }

        private long size() {
            return usedBytes / ENTRY_BYTES;
        }

        private void reserve(long more) {
            long bytes = usedBytes + more * ENTRY_BYTES;
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

        private void copy(MarkedPages target) {
            for (long at = begin; at < begin + usedBytes; at += ENTRY_BYTES) {
                target.add(Memory.get(at), Memory.get(at + VALUE));
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

    /** by stripe */
    private final Pages[] lists;
    private final Pages shared = new Pages();
    /** entries of pages that lost their marks without being drained */
    private long stale;

    private final int pageShift;

    /** Gives each stripe a list. */
    DirtyPages(int pageShift, Stripe[] stripes) {
        this.pageShift = pageShift;
        lists = new Pages[stripes.length];
        for (int i = 0; i < stripes.length; i++) {
            lists[i] = new Pages();
            stripes[i].pages = lists[i];
        }
    }

    /**
     * Adds the page of a store.
     *
     * @param place where the store is, as {@link MarkedPages} has it
     * @param value what it stores
     * @param stripe the caller's, whose put is open
     * @throws OutOfMemoryError if the list cannot grow; the page is not added
     */
    void add(long place, long value, Stripe stripe) {
        Pages list = stripe.pages;
        if (list != null) {
            list.add(place, value);
        } else {
            synchronized (shared) {
                shared.add(place, value);
            }
        }
    }

    /** Adds a page, outside a put. */
    void add(long page) {
        synchronized (shared) {
            shared.add(MarkedPages.placeOf(page << pageShift), 0);
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
    void drain(MarkedPages target) {
        target.reserve(Math.toIntExact(size()));
        stale = 0;
        copy(target);
        for (Pages list : lists) {
            list.clear();
        }
        shared.clear();
    }

    private void copy(MarkedPages target) {
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
        MarkedPages pages = new MarkedPages(pageShift);
        pages.reserve(Math.toIntExact(size()));
        copy(pages);
        pages.sortDistinct();
        shared.reserve(pages.size());
        for (Pages list : lists) {
            list.reset();
        }
        shared.reset();
        for (int i = 0; i < pages.size(); i++) {
            if (marked.test(pages.page(i))) {
                shared.add(MarkedPages.placeOf(pages.page(i) << pageShift), 0);
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
