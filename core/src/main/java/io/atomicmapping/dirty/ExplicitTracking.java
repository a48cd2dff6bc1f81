package io.atomicmapping.dirty;

import io.atomicmapping.journal.fault.SeededFault;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongPredicate;

/**
 * Explicit mode: every put marks its lines before it stores; a seal takes the marks and gathers what changed.
 *
 * <ul>
 *   <li>What is marked is in {@link LineTable}. A seal moves its chains of before-images into a {@link SealedGeneration}, where
 *       they live until the commit is durable.
 *   <li>What is committed of a page is its bytes now, overlaid with the images of the open generation and of every sealed one,
 *       the oldest winning.
 *   <li>{@code imagesLock} is held while a seal, a rollback or the end of a commit moves chains, and while the
 *       checkpointer copies one page: it never sees a chain that is on the move, and needs no retry.
 * </ul>
 */
public final class ExplicitTracking implements AutoCloseable {

    private static final int SPINS = 1_000;
    private static final int WARMED_PAGES = 32;

    private final long image;
    private final int pageShift;
    private final int lineShift;
    private final int lineBytes;
    private final LineTable lines;
    private final BeforeImages images;
    private final Deltas deltas = new Deltas();
    private final ChainSplit chains = new ChainSplit();
    private final long[] oldest = new long[Long.SIZE];
    private final PageList drained = new PageList();
    private final ReentrantLock imagesLock = new ReentrantLock();
    /** sealed and not yet durable, oldest first */
    private final List<SealedGeneration> sealed = new ArrayList<>();
    /** how many full seals there were: tells slabs in use from slabs that went with one */
    private long era;
    /** pages from here on, if clean, are not what home holds: a cut that is not home yet */
    private long cleanLimit = Long.MAX_VALUE;
    /** keeps the loads of {@link #warm} from being optimised away */
    private long warmed;

    /**
     * Reserves the tables.
     *
     * @param image the address of the working image
     * @param pages how many pages it can have
     * @param pageShift the page size as a power of two
     * @throws IOException if the address space cannot be reserved
     */
    public ExplicitTracking(long image, long pages, int pageShift) throws IOException {
        this.image = image;
        this.pageShift = pageShift;
        this.lineShift = pageShift - 6;
        this.lineBytes = 1 << lineShift;
        this.lines = new LineTable(image, pages, pageShift);
        this.images = lines.images();
    }

    /**
     * Marks the lines that a store will touch. Inside a section.
     *
     * @param offset where the store begins
     * @param length its length, at least 1
     * @param stripe the caller's stripe
     */
    public void mark(long offset, long length, int stripe) {
        lines.mark(offset, length, stripe);
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
        return lines.privatePages();
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
                if (i % WARMED_PAGES == 0) {
                    warm(i, Math.min(i + WARMED_PAGES, drained.size()));
                }
                sealPage(target, drained.get(i), range, zeroFrom);
            }
            deltas.end();
            complete = true;
        } finally {
            if (!complete) { // out of memory, or a page that cannot be read: nothing is sealed
                for (int i = 0; i < target.pages.size(); i++) {
                    lines.merge(target.pages.get(i), target.head(i));
                }
                for (int i = 0; i < drained.size(); i++) {
                    lines.addDirty(drained.get(i));
                }
            }
        }
    }

    /**
     * Loads what sealing the next pages will need: scattered pages are cache misses, and these loops let the processor wait
     * for many at a time, where the work on one page would let it wait for little more than one.
     */
    private void warm(int from, int to) {
        long sum = 0;
        for (int i = from; i < to; i++) {
            sum += lines.mask(drained.get(i));
        }
        for (int i = from; i < to; i++) {
            long chain = lines.chain(drained.get(i));
            if (chain != 0) {
                long offset = (drained.get(i) << pageShift) + ((long) BeforeImages.line(chain) << lineShift);
                sum += Memory.get(image + offset) + Memory.get(chain + BeforeImages.BYTES);
            }
        }
        warmed = sum;
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
        long kept = lines.addImage(page, line) + BeforeImages.BYTES;
        long offset = (page << pageShift) + ((long) line << lineShift);
        Memory.ALL.asSlice(kept, lineBytes).fill((byte) 0);
        Memory.copy(oldest[line] + BeforeImages.BYTES, kept, Math.clamp(zeroFrom - offset, 0, lineBytes));
    }

    /** Takes the pages to look at out of the trees: those of the range, and all that a cut has changed. */
    private void drain(Range range, long zeroFrom) {
        drained.clear();
        long end = range.lastPage(pageShift) + 1;
        long cut = zeroFrom >>> pageShift;
        PageTree.drain(lines.dirty(), range.from() >>> pageShift, end, drained);
        if (!range.isEverything() && zeroFrom != Long.MAX_VALUE) {
            PageTree.drain(lines.dirty(), Math.max(cut, end), Long.MAX_VALUE, drained);
            int inOrder = drained.size();
            PageTree.drain(lines.dirty(), cut, Math.min(end, range.from() >>> pageShift), drained);
            if (drained.size() > inOrder) {
                drained.sort();
            }
        }
    }

    private void sealPage(SealedGeneration target, long page, Range range, long zeroFrom) {
        long mask = lines.mask(page);
        long asked = mask & range.linesOf(page, pageShift);
        long cut = mask & linesFrom(page, zeroFrom) & ~asked;
        long taken = lines.chain(page);
        target.reserve();
        if ((asked | cut) == mask) {
            lines.set(page, 0, 0);
        } else {
            chains.split(taken, asked | cut);
            taken = chains.taken();
            lines.set(page, mask & ~(asked | cut), chains.left());
            lines.addDirty(page);
        }
        if (taken == 0) {
            return;
        }
        target.addImages(page, taken);
        target.lines += collectOldest(taken);
        for (long rest = cut; rest != 0; rest &= rest - 1) {
            reopen(page, Long.numberOfTrailingZeros(rest), zeroFrom);
        }
        if (gatherLines(page, asked)) {
            target.changed.add(page);
        }
    }

    private boolean gatherLines(long page, long mask) {
        boolean differs = false;
        for (long rest = mask; rest != 0; rest &= rest - 1) {
            int line = Long.numberOfTrailingZeros(rest);
            long offset = (page << pageShift) + ((long) line << lineShift);
            differs |= deltas.compare(offset, image + offset, oldest[line] + BeforeImages.BYTES, lineBytes);
        }
        return differs;
    }

    /** Finds each line's oldest image. Returns the number of images. */
    private long collectOldest(long chain) {
        long count = 0;
        for (long at = chain; at != 0; at = BeforeImages.next(at)) {
            oldest[BeforeImages.line(at)] = at;
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
            long next = BeforeImages.next(at);
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
                lines.merge(generation.pages.get(i), generation.head(i));
            }
            images.attach(generation.slabs, generation.lines);
        } finally {
            imagesLock.unlock();
        }
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
                if (keep.test(page)) {
                    restore(lines.chain(page), image + (page << pageShift));
                }
                lines.set(page, 0, 0);
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
    private void restore(long chain, long target) {
        for (long at = chain; at != 0; at = BeforeImages.next(at)) {
            long line = BeforeImages.line(at);
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
            restore(SeededFault.CHECKPOINT_WITHOUT_OPEN_IMAGES.isSeeded() ? 0 : lines.chain(page), target);
            for (int i = sealed.size() - 1; i >= 0 && !SeededFault.CHECKPOINT_WITHOUT_SEALED_IMAGES.isSeeded(); i--) {
                restore(sealed.get(SeededFault.YOUNGER_IMAGE_WINS.isSeeded() ? sealed.size() - 1 - i : i).headOf(page), target);
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

    private void lockImages() {
        for (int spin = 0; spin < SPINS; spin++) {
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
                if (lines.mask(page) == 0 && !isSealed(page) || SeededFault.RECYCLED_UNCOMMITTED.isSeeded()) {
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
        return lines.privates().next(from);
    }

    /**
     * The page's memory was handed back: it is not private any more. Inside an exclusion.
     *
     * @param page the page
     */
    public void recycled(long page) {
        lines.notPrivate(page);
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
        lockImages(); // or a merge could move a page from a sealed generation to a tree that was looked at
        try {
            for (PageTree tree : lines.dirty()) {
                for (long page = tree.next(from); page >= 0 && page < to; page = tree.next(page + 1)) {
                    target.add(page);
                }
            }
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
        lines.close();
    }
}
