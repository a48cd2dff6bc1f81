package io.atomicmapping.dirty;

import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.storage.linux.Errno;
import io.atomicmapping.storage.linux.Linux;
import io.atomicmapping.storage.linux.LinuxConstants;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongPredicate;

/**
 * The marks of the open generation: which lines of which pages may have been stored to; and the twins of
 * private pages.
 *
 * <ul>
 *   <li>A page has a 64-bit mask, one bit a line, and the address of its twin; both lie in a reserved, lazily
 *       touched table of 16 bytes a page.
 *   <li>A marked line costs a load and a bit test; an unmarked one a store or, when several threads mark, an
 *       atomic OR, and no look at the page itself: nothing waits for a cache miss there. Only a page that was
 *       not private yet is copied, under its lock (bit 0 of the twin's address): twin first, then the mark,
 *       then the caller's store.
 *   <li>A page is listed with its first store; who stores to it again says so beside the twin's address, so
 *       that a seal knows when the list tells all (bit 1).
 *   <li>A page with marks has a twin, and a page with a twin is among the private ones. A twin holds what was
 *       sealed last; outside the marked lines the page holds the same.
 * </ul>
 *
 * <p>{@link #mark} is called inside the sections of puts; {@link #remark} beside them; everything that takes
 * marks or twins away needs an exclusion.
 */
final class LineTable implements AutoCloseable {

    private static final int ENTRY_SHIFT = 4;
    /** of the 64 lines of a page */
    private static final int LINES_SHIFT = 6;
    private static final int TWIN = 8;
    private static final long LOCKED = 1;
    /** beside the twin's address: more was stored to the page than its entry in the lists says */
    private static final long STORED_AGAIN = 2;
    private static final long FLAGS = LOCKED | STORED_AGAIN;

    private final long image;
    private final int pageShift;
    private final int lineShift;
    private final LazyMemory table;
    private final long tableAddress;
    private final DirtyPages dirty;
    private final PageTree privates;
    private final AtomicLong privatePages = new AtomicLong();
    private final Twins twins;
    private final Bias bias;
    private final LongPredicate marked = page -> mask(page) != 0;

    LineTable(long image, long pages, int pageShift, Sections sections) throws IOException {
        this.image = image;
        this.pageShift = pageShift;
        this.lineShift = pageShift - 6;
        this.table = new LazyMemory(pages << ENTRY_SHIFT);
        this.tableAddress = table.address();
        this.privates = new PageTree(pages);
        this.dirty = new DirtyPages(pageShift, sections.stripes());
        this.bias = new Bias(sections);
        this.twins = new Twins(1 << pageShift);
    }

    // ---- marking, inside a section ----

    /**
     * Marks the line that a store of 1 to 8 bytes will touch, unless that needs more than a few stores: then
     * {@link #mark(long, int, long, Stripe)} is to do it.
     *
     * <p>So that nothing is called here: what is live across a call in a loop of puts the JIT stores to the
     * stack each time round, called or not, and the stores that miss the caches queue with those.
     *
     * @return whether it is marked
     */
    boolean tryMark(long offset, int length, long value, Stripe stripe) {
        long line = offset >>> lineShift;
        long entry = tableAddress + (offset >>> pageShift << ENTRY_SHIFT);
        long mask = Memory.getAcquire(entry);
        long twin = Memory.getAcquire(entry + TWIN);
        if (line != offset + length - 1 >>> lineShift) {
            return false;
        }
        long bit = 1L << line;
        if ((mask & bit) != 0 && (twin & STORED_AGAIN) != 0) {
            return true;
        }
        int markers = bias.markers(stripe.number);
        if (markers == Bias.UNKNOWN || twin <= LOCKED) {
            return false;
        }
        if (mask == 0) {
            if (!stripe.pages.tryAdd(MarkedPages.place(offset, length), value)) {
                return false;
            }
        } else if ((twin & STORED_AGAIN) == 0) {
            return false;
        }
        if (markers == Bias.ONE) {
            Memory.setRelease(entry, mask | bit);
        } else {
            Memory.getAndBitwiseOr(entry, bit);
        }
        return true;
    }

    /** Marks the line or lines that a store of 1 to 8 bytes will touch. */
    void mark(long offset, int length, long value, Stripe stripe) {
        long line = offset >>> lineShift;
        if (line == offset + length - 1 >>> lineShift) {
            markLines(MarkedPages.place(offset, length), value, 1L << line, stripe);
        } else {
            mark(offset, length, stripe);
        }
    }

    /** Marks the lines that stores of at least one byte will touch. */
    void mark(long offset, long length, Stripe stripe) {
        long last = offset + length - 1;
        long page = offset >>> pageShift;
        long lastPage = last >>> pageShift;
        long first = -1L << (offset >>> lineShift);
        for (; page < lastPage; page++) {
            markLines(MarkedPages.placeOf(page << pageShift), 0, first, stripe);
            first = -1;
        }
        markLines(MarkedPages.placeOf(page << pageShift), 0, first & -1L >>> ~(last >>> lineShift), stripe);
    }

    private void markLines(long place, long value, long bits, Stripe stripe) {
        long entry = entry(MarkedPages.offset(place) >>> pageShift);
        long mask = Memory.getAcquire(entry);
        if (mask == 0) {
            claimFirst(entry, place, value, stripe);
        } else {
            storeAgain(entry);
        }
        if ((mask & bits) != bits) {
            claim(entry, mask, bits, stripe);
        }
    }

    /** The list comes before the mask: a page with marks is never missing in it, whatever is thrown here. */
    private void claimFirst(long entry, long place, long value, Stripe stripe) {
        if (Memory.getAcquire(entry + TWIN) <= LOCKED) {
            makePrivate(MarkedPages.offset(place) >>> pageShift, entry);
        }
        dirty.add(place, value, stripe);
    }

    /** The page has marks, and so a twin; whoever stores this beside another stores the same. */
    private void storeAgain(long entry) {
        long twin = Memory.get(entry + TWIN);
        if ((twin & STORED_AGAIN) == 0 && !SeededFault.SECOND_STORE_NOT_TOLD.isSeeded()) {
            Memory.set(entry + TWIN, twin | STORED_AGAIN);
        }
    }

    private void claim(long entry, long mask, long bits, Stripe stripe) {
        if (bias.isOwn(stripe.number)) {
            Memory.setRelease(entry, mask | bits);
        } else {
            Memory.getAndBitwiseOr(entry, bits);
        }
    }

    /** What was to be stored after a mark was perhaps not: the list is not to be believed. */
    void storeFailed(long offset) {
        if (mask(offset >>> pageShift) != 0) {
            storeAgain(entry(offset >>> pageShift));
        }
    }

    /** Copies the page, as whoever comes first; the others wait for that. */
    private void makePrivate(long page, long entry) {
        for (int spin = 1;; spin++) {
            long twin = Memory.getAcquire(entry + TWIN);
            if (twin > LOCKED) {
                return;
            }
            if (twin == 0 && Memory.compareAndSet(entry + TWIN, 0, LOCKED)) {
                break;
            }
            Sections.pause(spin); // a virtual thread that has the lock may be waiting for a carrier
        }
        long twin = 0;
        boolean complete = false;
        try {
            twin = twins.allocate();
            long address = image + (page << pageShift);
            fault(address);
            if (!SeededFault.TWIN_FORGOTTEN.isSeeded()) {
                Memory.copy(address, twin, 1L << pageShift);
            }
            privates.add(page);
            complete = true;
        } finally {
            Memory.setRelease(entry + TWIN, complete ? twin : 0);
            VarHandle.storeStoreFence(); // the caller's own store comes last
            if (complete) {
                privatePages.getAndIncrement();
            } else if (twin != 0) {
                twins.free(twin);
            }
        }
    }

    /**
     * Makes the page private: by a call that says so if it cannot, where a store would have the JVM raise an
     * error some time later, with what could not be read in the twin.
     */
    private void fault(long address) {
        int result = Linux.madvise(address, 1L << pageShift, LinuxConstants.MADV_POPULATE_WRITE);
        if (result == -Errno.EINVAL) { // before Linux 5.14
            Memory.touchForStore(address);
        } else if (result < 0) {
            throw new InternalError("page cannot be read: " + Errno.text(-result));
        }
    }

    private long entry(long page) {
        return tableAddress + (page << ENTRY_SHIFT);
    }

    // ---- what is marked ----

    /** The pages that may have marks. */
    DirtyPages dirty() {
        return dirty;
    }

    PageTree privates() {
        return privates;
    }

    long privatePages() {
        return privatePages.get();
    }

    long mask(long page) {
        return Memory.get(entry(page));
    }

    /** The page's twin, or 0; also while somebody is making it. */
    long twin(long page) {
        return Memory.getAcquire(entry(page) + TWIN) & ~FLAGS;
    }

    /** Whether the page's marks are all of the store with which it is listed, if it is listed once. */
    boolean isStoredOnce(long page) {
        return (Memory.get(entry(page) + TWIN) & STORED_AGAIN) == 0;
    }

    // ---- changing marks ----

    /**
     * Takes the pages to look at from the lists, in order, each once: those that have lines of a range, and
     * all that a cut has changed. Inside an exclusion.
     */
    void drain(Range range, long zeroFrom, MarkedPages target) {
        target.clear();
        bias.sealed();
        long from = range.from() >>> pageShift;
        long last = range.lastPage(pageShift);
        if (last - from < dirty.size() && zeroFrom == Long.MAX_VALUE) {
            for (long page = from; page <= last; page++) {
                if (marked.test(page)) {
                    target.add(page);
                }
            }
            dirty.leave(target.size(), marked);
            return;
        }
        dirty.drain(target);
        target.sortDistinct();
        if (!range.isEverything()) {
            keepOnly(target, from, last, zeroFrom >>> pageShift);
        }
    }

    /** Puts back what lies neither in a range of pages nor past a cut. */
    private void keepOnly(MarkedPages pages, long from, long last, long cut) {
        int kept = 0;
        for (int i = 0; i < pages.size(); i++) {
            long page = pages.page(i);
            if (page >= from && page <= last || page >= cut) {
                pages.move(i, kept++);
            } else if (mask(page) != 0) {
                putBack(page);
            }
        }
        pages.truncate(kept);
    }

    /** A page still has marks. */
    void putBack(long page) {
        dirty.add(page);
    }

    /** Pages may still have marks. */
    void putBack(MarkedPages pages) {
        for (int i = 0; i < pages.size(); i++) {
            putBack(pages.page(i));
        }
    }

    /** Sets what is marked of a page. Inside an exclusion. */
    void setMask(long page, long mask) {
        Memory.set(entry(page), mask);
        if (mask == 0) {
            Memory.set(entry(page) + TWIN, Memory.get(entry(page) + TWIN) & ~STORED_AGAIN);
        }
    }

    /** Marks lines of a private page again. */
    void remark(long page, long mask) {
        bias.isOwn(-1); // a put beside this may be marking by plain stores
        dirty.add(page);
        Memory.getAndBitwiseOr(entry(page), mask);
    }

    /** The page, which has no marks, is not what its twin says any more. No put may be marking it. */
    void dropTwin(long page) {
        long twin = twin(page);
        if (twin != 0) {
            Memory.setRelease(entry(page) + TWIN, 0);
            privatePages.getAndDecrement();
            twins.free(twin);
        }
    }

    /** The page's memory was handed back. It has no marks. Inside an exclusion. */
    void notPrivate(long page) {
        if (privates.remove(page)) {
            dropTwin(page);
        }
    }

    /** Forgets every mark and twin for good. */
    void forget() {
        for (long page = privates.next(0); page >= 0; page = privates.next(page + 1)) {
            Memory.set(entry(page), 0);
            Memory.set(entry(page) + TWIN, 0);
        }
        twins.close();
        dirty.close();
    }

    @Override
    public void close() {
        dirty.close();
        privates.close();
        twins.close();
        table.close();
    }
}
