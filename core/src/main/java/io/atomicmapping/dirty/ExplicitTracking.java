package io.atomicmapping.dirty;

import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongPredicate;

/**
 * Explicit mode: every put marks its lines before it stores.
 *
 * <ul>
 *   <li>A page has a 64-bit mask, one bit a line, and a chain of before-images, newest first; both lie in a reserved,
 *       lazily touched table of 16 bytes a page.
 *   <li>A marked line costs a load and a bit test. An unmarked one is claimed under the page's lock (bit 0 of its chain):
 *       image first, then the mask, then the caller's store. So a line has one owner in a generation, and whoever finds
 *       the bit set finds the image published.
 *   <li>Lines in the mask and lines in the chain of the open generation are the same lines.
 *   <li>A chain may hold two images of a line after a failed append merged a generation back: the one further down is
 *       older, and the older one is right.
 *   <li>{@code imagesLock} is held while a seal, a rollback or the end of a commit moves chains, and while the
 *       checkpointer copies one page: it never sees a chain that is on the move, and needs no retry.
 * </ul>
 */
public final class ExplicitTracking implements AutoCloseable {

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
    private final Deltas deltas = new Deltas();
    private final long[] oldest = new long[64];
    private final PageList drained = new PageList();
    private final ReentrantLock imagesLock = new ReentrantLock();
    /** sealed and not yet durable, oldest first */
    private final List<SealedGeneration> sealed = new ArrayList<>();
    private long era;
    /** pages from here on, if clean, are not what home holds: a cut that is not home yet */
    private long cleanLimit = Long.MAX_VALUE;

    /**
     * Reserves the tables.
     *
     * @param image the address of the working image
     * @param pages how many pages it can have
     * @param pageShift the page size as a power of two
     * @throws IOException if the address space cannot be reserved
     */
    public ExplicitTracking(long image, long pages, int pageShift) throws IOException {
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

    /**
     * Marks the lines that a store will touch.
     *
     * @param offset where the store begins
     * @param length its length, at least 1
     * @param stripe the caller's stripe
     */
    public void mark(long offset, long length, int stripe) {
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
            Memory.setRelease(entry, mask);
            Memory.setRelease(entry + CHAIN, chain);
            VarHandle.storeStoreFence(); // the caller's store must not be seen before the mask
        }
        if (before == 0) {
            dirty[stripe & stripeMask].add(page);
        }
    }

    private long keepImage(long page, int line, long chain, int stripe) {
        long kept = images.allocate(stripe & stripeMask);
        Memory.set(kept + BeforeImages.LINE, line);
        Memory.set(kept + BeforeImages.NEXT, chain);
        Memory.copyWords(image + (page << pageShift) + ((long) line << lineShift), kept + BeforeImages.BYTES, lineBytes);
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
        while (true) {
            long chain = Memory.getAcquire(entry + CHAIN);
            if ((chain & LOCKED) == 0 && Memory.compareAndSet(entry + CHAIN, chain, chain | LOCKED)) {
                return chain;
            }
            Thread.onSpinWait();
        }
    }

    private long entry(long page) {
        return tableAddress + (page << ENTRY_SHIFT);
    }

    /**
     * How many lines the open generation has claimed.
     *
     * @return the count; stores that happen-before the call are in it
     */
    public long dirtyLines() {
        return images.lines();
    }

    /**
     * How many pages are private copies.
     *
     * @return the count
     */
    public long privatePages() {
        return privatePages.get();
    }

    // ---- sealing and its outcomes, inside an exclusion except where said ----

    /**
     * Ends the generation for the lines of a range and gathers what changed in them.
     *
     * @param target takes the changes and the images
     * @param range the bytes to seal, widened to lines
     * @param size the size of the mapping
     * @param zeroFrom from where on committed bytes count as zero
     */
    public void seal(SealedGeneration target, Range range, long size, long zeroFrom) {
        lockImages();
        try {
            target.era = era;
            target.partial = !range.isEverything();
            drain(range, zeroFrom);
            gather(target, range, size, zeroFrom);
            if (target.partial) {
                images.subtractLines(target.lines);
            } else {
                images.detach(target.slabs);
                era++;
            }
            sealed.add(target);
        } finally {
            imagesLock.unlock();
        }
    }

    private void gather(SealedGeneration target, Range range, long size, long zeroFrom) {
        boolean complete = false;
        try {
            deltas.begin(target.record(), size, zeroFrom);
            for (int i = 0; i < drained.size(); i++) {
                sealPage(target, drained.get(i), range, zeroFrom);
            }
            deltas.end();
            complete = true;
        } finally {
            if (!complete) { // out of memory, or a page that cannot be read: nothing is sealed
                for (int i = 0; i < target.pages.size(); i++) {
                    mergePage(target.pages.get(i), target.head(i));
                }
                for (int i = 0; i < drained.size(); i++) {
                    dirty[0].add(drained.get(i));
                }
            }
        }
    }

    /** The lines of a page that end past an offset. */
    private long linesFrom(long page, long offset) {
        if (offset >>> pageShift > page) {
            return 0;
        }
        return offset >>> pageShift < page ? -1L : -1L << (offset >>> lineShift);
    }

    /**
     * A line outside the range that a cut has changed: its image goes with the cut, and what the commit leaves there,
     * zeros from the cut on, is the image that the open generation needs.
     */
    private void reopen(long page, int line, long zeroFrom) {
        long entry = entry(page);
        long kept = images.allocate(0);
        long offset = (page << pageShift) + ((long) line << lineShift);
        long committed = Math.clamp(zeroFrom - offset, 0, lineBytes);
        Memory.ALL.asSlice(kept + BeforeImages.BYTES, lineBytes).fill((byte) 0);
        Memory.copy(oldest[line] + BeforeImages.BYTES, kept + BeforeImages.BYTES, committed);
        Memory.set(kept + BeforeImages.LINE, line);
        Memory.set(kept + BeforeImages.NEXT, Memory.get(entry + CHAIN));
        Memory.set(entry + CHAIN, kept);
        Memory.set(entry, Memory.get(entry) | 1L << line);
        dirty[0].add(page);
    }

    /** Takes the pages to look at out of the trees: those of the range, and all that a cut has changed. */
    private void drain(Range range, long zeroFrom) {
        drained.clear();
        long end = range.lastPage(pageShift) + 1;
        long cut = zeroFrom >>> pageShift;
        PageTree.drain(dirty, range.from() >>> pageShift, end, drained);
        if (!range.isEverything() && zeroFrom != Long.MAX_VALUE) {
            PageTree.drain(dirty, Math.max(cut, end), Long.MAX_VALUE, drained);
            int inOrder = drained.size();
            PageTree.drain(dirty, cut, Math.min(end, range.from() >>> pageShift), drained);
            if (drained.size() > inOrder) {
                drained.sort();
            }
        }
    }

    private void sealPage(SealedGeneration target, long page, Range range, long zeroFrom) {
        long entry = entry(page);
        long mask = Memory.get(entry);
        long bits = mask & (range.linesOf(page, pageShift) | linesFrom(page, zeroFrom));
        long taken = Memory.get(entry + CHAIN);
        long left = 0;
        if (bits != mask) {
            left = split(taken, ~bits);
            taken = splitOff;
            dirty[0].add(page);
        }
        if (taken != 0) {
            target.addImages(page, taken);
        }
        Memory.set(entry, mask & ~bits);
        Memory.set(entry + CHAIN, left);
        target.lines += collectOldest(taken);
        boolean differs = false;
        long pageOffset = page << pageShift;
        long cut = bits & ~range.linesOf(page, pageShift);
        for (long rest = cut; rest != 0; rest &= rest - 1) {
            reopen(page, Long.numberOfTrailingZeros(rest), zeroFrom);
        }
        bits &= ~cut;
        for (long rest = bits; rest != 0; rest &= rest - 1) {
            int line = Long.numberOfTrailingZeros(rest);
            long offset = pageOffset + ((long) line << lineShift);
            differs |= deltas.compare(offset, image + offset, oldest[line] + BeforeImages.BYTES, lineBytes);
        }
        if (differs) {
            target.changed.add(page);
        }
    }

    /** The second result of {@link #split}. */
    private long splitOff;

    /** Splits a chain into the lines of a mask, returned, and the rest, left in {@code splitOff}; order is kept. */
    private long split(long chain, long lines) {
        long in = 0;
        long inTail = 0;
        long out = 0;
        long outTail = 0;
        for (long at = chain; at != 0;) {
            long next = Memory.get(at + BeforeImages.NEXT);
            Memory.set(at + BeforeImages.NEXT, 0);
            if ((lines & 1L << Memory.get(at + BeforeImages.LINE)) != 0) {
                in = link(in, inTail, at);
                inTail = at;
            } else {
                out = link(out, outTail, at);
                outTail = at;
            }
            at = next;
        }
        splitOff = out;
        return in;
    }

    private static long link(long head, long tail, long at) {
        if (head == 0) {
            return at;
        }
        Memory.set(tail + BeforeImages.NEXT, at);
        return head;
    }

    /** Finds each line's oldest image. Returns the number of images. */
    private long collectOldest(long chain) {
        long count = 0;
        for (long at = chain; at != 0; at = Memory.get(at + BeforeImages.NEXT)) {
            oldest[(int) Memory.get(at + BeforeImages.LINE)] = at;
            count++;
        }
        return count;
    }

    /**
     * The commit is durable: its images are not needed any more. No exclusion needed.
     *
     * @param generation the commit's generation
     */
    public void durable(SealedGeneration generation) {
        lockImages();
        try {
            sealed.remove(generation);
            releaseImages(generation);
        } finally {
            imagesLock.unlock();
        }
    }

    private void releaseImages(SealedGeneration generation) {
        if (!generation.partial) {
            images.release(generation.slabs);
        } else if (generation.era == era) {
            for (int i = 0; i < generation.pages.size(); i++) {
                freeChain(generation.head(i));
            }
        } // else a full seal has taken the slabs, and gives them back
    }

    private void freeChain(long chain) {
        for (long at = chain; at != 0;) {
            long next = Memory.get(at + BeforeImages.NEXT);
            images.free(at);
            at = next;
        }
    }

    /**
     * The append failed: the generation's lines are dirty again, their images below those of stores made since. Sections
     * may be open.
     *
     * @param generation the newest generation that is sealed
     */
    public void mergeBack(SealedGeneration generation) {
        lockImages();
        try {
            sealed.remove(generation);
            for (int i = 0; i < generation.pages.size(); i++) {
                mergePage(generation.pages.get(i), generation.head(i));
            }
            images.attach(generation.slabs, generation.lines);
        } finally {
            imagesLock.unlock();
        }
    }

    private void mergePage(long page, long chain) {
        long entry = entry(page);
        long head = lock(entry);
        long mask = Memory.get(entry);
        for (long at = chain; at != 0; at = Memory.get(at + BeforeImages.NEXT)) {
            mask |= 1L << Memory.get(at + BeforeImages.LINE);
        }
        if (head == 0) {
            head = chain;
        } else {
            long tail = head;
            while (Memory.get(tail + BeforeImages.NEXT) != 0) {
                tail = Memory.get(tail + BeforeImages.NEXT);
            }
            Memory.set(tail + BeforeImages.NEXT, chain);
        }
        Memory.setRelease(entry, mask);
        Memory.setRelease(entry + CHAIN, head);
        dirty[0].add(page);
    }

    /**
     * Puts every line of the open generation back to its image and forgets the marks.
     *
     * @param keep tells of a page whether its images are what was committed; the others are forgotten only
     */
    public void rollback(LongPredicate keep) {
        lockImages();
        try {
            drain(Range.EVERYTHING, Long.MAX_VALUE);
            for (int i = 0; i < drained.size(); i++) {
                long page = drained.get(i);
                long entry = entry(page);
                if (keep.test(page)) {
                    restore(page, Memory.get(entry + CHAIN), image + (page << pageShift));
                }
                Memory.set(entry, 0);
                Memory.set(entry + CHAIN, 0);
            }
            BeforeImages.Slabs slabs = new BeforeImages.Slabs();
            images.detach(slabs);
            images.release(slabs);
            era++;
        } finally {
            imagesLock.unlock();
        }
    }

    /** Forgets every mark and image of the open generation; no put may be marking. */
    public void forget() {
        rollback(page -> false);
    }

    /** Writes a chain's images over a copy of the page; the oldest comes last and wins. */
    private void restore(long page, long chain, long target) {
        for (long at = chain; at != 0; at = Memory.get(at + BeforeImages.NEXT)) {
            long line = Memory.get(at + BeforeImages.LINE);
            Memory.copy(at + BeforeImages.BYTES, target + (line << lineShift), lineBytes);
        }
    }

    // ---- the checkpointer's side: no exclusion ----

    /**
     * Copies what is committed of a page: its bytes now, overlaid with the before-images of every generation that is
     * not durable, the oldest winning.
     *
     * @param page the page
     * @param target the address to copy to
     */
    public void copyCommitted(long page, long target) {
        lockImages();
        try {
            Memory.copy(image + (page << pageShift), target, 1L << pageShift);
            // a store is made only after its image can be seen: what the copy saw, the chain read after it explains
            VarHandle.loadLoadFence();
            restore(page, lockedChain(page), target);
            for (int i = sealed.size() - 1; i >= 0; i--) {
                restore(page, sealed.get(i).headOf(page), target);
            }
        } finally {
            imagesLock.unlock();
        }
        if (imagesLock.hasQueuedThreads()) {
            Thread.yield(); // a seal is waiting, inside its exclusion
        }
    }

    /**
     * As {@link #copyCommitted}, of a page that need not have been committed lately.
     *
     * @param page the page
     * @param target the address to copy to
     * @return false, and nothing copied, if the page may differ from what home holds
     */
    public boolean copyClean(long page, long target) {
        lockImages();
        try {
            if (page >= cleanLimit) {
                return false;
            }
            copyCommitted(page, target);
            return true;
        } finally {
            imagesLock.unlock();
        }
    }

    private long lockedChain(long page) {
        return Memory.getAcquire(entry(page) + CHAIN) & ~LOCKED;
    }

    private void lockImages() {
        for (int spin = 0; spin < 1_000; spin++) {
            if (imagesLock.tryLock()) {
                return;
            }
            Thread.onSpinWait();
        }
        imagesLock.lock();
    }

    /**
     * Picks those pages that have neither mark nor image in any generation that is not durable. Inside an exclusion.
     *
     * @param candidates the pages
     * @param target where the picked ones go
     */
    public void selectCommitted(PageList candidates, PageList target) {
        lockImages();
        try {
            for (int i = 0; i < candidates.size(); i++) {
                long page = candidates.get(i);
                if (Memory.get(entry(page)) == 0 && !isSealed(page)) {
                    target.add(page);
                }
            }
        } finally {
            imagesLock.unlock();
        }
    }

    private boolean isSealed(long page) {
        for (SealedGeneration generation : sealed) {
            if (generation.headOf(page) != 0) {
                return true;
            }
        }
        return false;
    }

    /**
     * The first private page at or after one.
     *
     * @param from where to begin
     * @return its number, or -1
     */
    public long nextPrivate(long from) {
        return privates.next(from);
    }

    /**
     * Whether a page is a private copy.
     *
     * @param page the page
     * @return whether it is
     */
    public boolean isPrivate(long page) {
        return privates.contains(page);
    }

    /**
     * The page's memory was handed back: it is not private any more. Inside an exclusion.
     *
     * @param page the page
     */
    public void recycled(long page) {
        if (privates.remove(page)) {
            privatePages.getAndDecrement();
        }
    }

    /**
     * Lists the pages of a range that have marks or images in any generation that is not durable; some more than once.
     * No put may be claiming in the range.
     *
     * @param from its first page
     * @param to the page after its last
     * @param target where they go
     */
    public void listUncommitted(long from, long to, PageList target) {
        for (PageTree tree : dirty) {
            for (long page = tree.next(from); page >= 0 && page < to; page = tree.next(page + 1)) {
                target.add(page);
            }
        }
        lockImages();
        try {
            for (SealedGeneration generation : sealed) {
                generation.listPages(from, to, target);
            }
        } finally {
            imagesLock.unlock();
        }
    }

    /** What is done while no page is being copied. */
    @FunctionalInterface
    public interface Remapping {
        /**
         * Maps anew.
         *
         * @throws IOException if it fails
         */
        void run() throws IOException;
    }

    /**
     * Maps pages anew that the checkpointer may be about to copy. If that works, pages at or past a limit are from then on
     * not what home holds, unless they have images.
     *
     * @param limit the first such page
     * @param remapping what to do
     * @throws IOException if it fails
     */
    public void remap(long limit, Remapping remapping) throws IOException {
        lockImages();
        try {
            remapping.run();
            cleanLimit = limit;
        } finally {
            imagesLock.unlock();
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
