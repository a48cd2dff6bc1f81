package io.atomicmapping.dirty;

import io.atomicmapping.journal.fault.SeededFault;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The marks of the open generation: which lines of which pages were claimed, and the before-images of those.
 *
 * <ul>
 *   <li>A page has a 64-bit mask, one bit a line, and a chain of before-images, newest first; both lie in a reserved,
 *       lazily touched table of 16 bytes a page.
 *   <li>A marked line costs a load and a bit test. An unmarked one is claimed under the page's lock (bit 0 of its chain):
 *       image first, then the mask, then the caller's store. So a line has one owner in a generation, and whoever finds
 *       the bit set finds the image published.
 *   <li>Lines in the mask and lines in the chain are the same lines.
 *   <li>A chain may hold two images of a line after a failed append merged a generation back: the one further down is
 *       older, and the older one is right.
 *   <li>The pages with marks are in one tree a stripe, so that threads share nothing to mark different pages.
 * </ul>
 *
 * <p>{@link #mark} is called inside sections; {@link #merge} beside them; everything that takes marks away needs an exclusion.
 */
final class LineTable implements AutoCloseable {

    private static final int ENTRY_SHIFT = 4;
    private static final int CHAIN = 8;
    private static final long LOCKED = 1;
    private static final int STRIPES_PER_CORE = 2;

    private final long image;
    private final int pageShift;
    private final int lineShift;
    private final int lineBytes;
    private final LazyMemory table;
    private final long tableAddress;
    private final int stripeMask;
    private final PageTree[] dirty;
    private final PageTree privates;
    private final AtomicLong privatePages = new AtomicLong();
    private final BeforeImages images;

    LineTable(long image, long pages, int pageShift) throws IOException {
        int stripes = STRIPES_PER_CORE * Sections.powerOfTwo(Runtime.getRuntime().availableProcessors());
        this.image = image;
        this.pageShift = pageShift;
        this.lineShift = pageShift - 6;
        this.lineBytes = 1 << lineShift;
        this.table = new LazyMemory(pages << ENTRY_SHIFT);
        this.tableAddress = table.address();
        this.privates = new PageTree(pages);
        this.stripeMask = stripes - 1;
        this.dirty = new PageTree[stripes];
        for (int i = 0; i < stripes; i++) {
            dirty[i] = new PageTree(pages);
        }
        this.images = new BeforeImages(stripes, lineBytes);
    }

    // ---- claiming, inside a section ----

    /** Marks the lines that a store of at least one byte will touch. */
    void mark(long offset, long length, int stripe) {
        long page = offset >>> pageShift;
        long last = offset + length - 1;
        if (page == last >>> pageShift) {
            markLines(page, -1L << (offset >>> lineShift) & -1L >>> ~(last >>> lineShift), stripe);
        } else {
            markPages(offset, last, stripe);
        }
    }

    private void markLines(long page, long bits, int stripe) {
        if ((Memory.getAcquire(entry(page)) & bits) != bits) {
            claim(page, bits, stripe);
        }
    }

    private void markPages(long offset, long last, int stripe) {
        long page = offset >>> pageShift;
        long lastPage = last >>> pageShift;
        markLines(page, -1L << (offset >>> lineShift), stripe);
        for (page++; page < lastPage; page++) {
            markLines(page, -1L, stripe);
        }
        markLines(lastPage, -1L >>> ~(last >>> lineShift), stripe);
    }

    /** Keeps the images of those lines that nobody has claimed yet, then publishes their bits. */
    private void claim(long page, long bits, int stripe) {
        long entry = entry(page);
        long chain = lock(entry);
        long mask = Memory.get(entry);
        long before = mask;
        try {
            if (before == 0) {
                becomePrivate(page);
            }
            for (long need = bits & ~mask; need != 0; need &= need - 1) {
                chain = keepImage(page, Long.numberOfTrailingZeros(need), chain, stripe);
                mask |= need & -need;
            }
        } finally {
            publish(entry, mask, chain);
            if (before == 0 && mask != 0) {
                dirty[stripe & stripeMask].add(page);
            }
        }
    }

    /** Images first: whoever sees a line marked may store into it, and whoever sees that store must find the image. */
    private static void publish(long entry, long mask, long chain) {
        Memory.setRelease(entry + CHAIN, chain | LOCKED);
        Memory.setRelease(entry, mask);
        Memory.setRelease(entry + CHAIN, chain);
        VarHandle.storeStoreFence(); // and the caller's own store comes last
    }

    private long keepImage(long page, int line, long chain, int stripe) {
        long kept = images.allocate(stripe & stripeMask);
        Memory.set(kept + BeforeImages.LINE, line);
        Memory.set(kept + BeforeImages.NEXT, chain);
        if (!SeededFault.BEFORE_IMAGE_FORGOTTEN.isSeeded()) {
            Memory.copy(image + (page << pageShift) + ((long) line << lineShift), kept + BeforeImages.BYTES, lineBytes);
        }
        return kept;
    }

    private void becomePrivate(long page) {
        if (!privates.contains(page)) {
            Memory.touchForStore(image + (page << pageShift));
            if (privates.add(page)) {
                privatePages.getAndIncrement();
            }
        }
    }

    private long lock(long entry) {
        for (int spin = 1;; spin++) {
            long chain = Memory.getAcquire(entry + CHAIN);
            if ((chain & LOCKED) == 0 && Memory.compareAndSet(entry + CHAIN, chain, chain | LOCKED)
                    || SeededFault.LINE_WITH_TWO_OWNERS.isSeeded()) {
                return chain & ~LOCKED;
            }
            Sections.pause(spin); // a virtual thread that has the lock may be waiting for a carrier
        }
    }

    private long entry(long page) {
        return tableAddress + (page << ENTRY_SHIFT);
    }

    // ---- what is marked ----

    BeforeImages images() {
        return images;
    }

    /** The pages with marks, a tree for each stripe. */
    PageTree[] dirty() {
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

    /** The page's newest image or 0; also while somebody is claiming there. */
    long chain(long page) {
        return Memory.getAcquire(entry(page) + CHAIN) & ~LOCKED;
    }

    // ---- changing marks ----

    /** Sets what is marked of a page. Inside an exclusion. */
    void set(long page, long mask, long chain) {
        Memory.set(entry(page), mask);
        Memory.set(entry(page) + CHAIN, chain);
    }

    /** Puts a page into the dirty tree again. */
    void addDirty(long page) {
        dirty[0].add(page);
    }

    /** Marks one more line, with an image of the caller's making, which it returns to be filled. Inside an exclusion. */
    long addImage(long page, int line) {
        long kept = images.allocate(0);
        Memory.set(kept + BeforeImages.LINE, line);
        Memory.set(kept + BeforeImages.NEXT, chain(page));
        set(page, mask(page) | 1L << line, kept);
        addDirty(page);
        return kept;
    }

    /** Marks the lines of a chain again, below what was marked since. */
    void merge(long page, long chain) {
        long entry = entry(page);
        long head = lock(entry);
        long mask = Memory.get(entry);
        for (long at = chain; at != 0; at = BeforeImages.next(at)) {
            mask |= 1L << BeforeImages.line(at);
        }
        if (head == 0) {
            head = chain;
        } else {
            long tail = head;
            while (BeforeImages.next(tail) != 0) {
                tail = BeforeImages.next(tail);
            }
            Memory.set(tail + BeforeImages.NEXT, chain);
        }
        publish(entry, mask, head);
        addDirty(page);
    }

    /** The page's memory was handed back. Inside an exclusion. */
    void notPrivate(long page) {
        if (privates.remove(page)) {
            privatePages.getAndDecrement();
        }
    }

    @Override
    public void close() {
        for (PageTree tree : dirty) {
            tree.close();
        }
        privates.close();
        images.close();
        table.close();
    }
}
