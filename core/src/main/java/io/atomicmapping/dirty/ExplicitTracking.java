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
 *   <li>What is marked is in {@link LineTable}, and with it the twin of every private page: its bytes at the
 *       last seal. A seal compares marked lines with their twins and brings those up to date; the words that
 *       it replaces there are the before-images of the {@link SealedGeneration}, which live until the commit
 *       is durable.
 *   <li>What is committed of a page is its twin, overlaid with the before-images of every sealed generation
 *       that is not durable, the oldest winning; no store, marked or not, can be in it. A page without a twin
 *       is clean.
 *   <li>{@code imagesLock} is held while a seal, a rollback or the end of a commit changes twins or gives up
 *       before-images, and while the checkpointer copies one page: it never sees a page that is being
 *       changed, and needs no retry.
 * </ul>
 */
public final class ExplicitTracking implements AutoCloseable {

    private static final int SPINS = 1_000;
    private static final int WARMED_PAGES = 64;

    private final long image;
    private final int pageShift;
    private final int lineShift;
    private final int lineBytes;
    private final int pageBytes;
    private final LineTable lines;
    private final Deltas deltas = new Deltas();
    private final MarkedPages drained;
    private final long[] imageLines = new long[WARMED_PAGES];
    private final long[] twinLines = new long[WARMED_PAGES];
    private final ReentrantLock imagesLock = new ReentrantLock();
    /** sealed and not yet durable, oldest first */
    private final List<SealedGeneration> sealed = new ArrayList<>();
    /** set while a seal is taken back */
    private volatile boolean broken;
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
     * @param sections those in which marks are made
     * @throws IOException if the address space cannot be reserved
     */
    public ExplicitTracking(long image, long pages, int pageShift, Sections sections) throws IOException {
        this.image = image;
        this.pageShift = pageShift;
        this.lineShift = pageShift - 6;
        this.lineBytes = 1 << lineShift;
        this.pageBytes = 1 << pageShift;
        this.drained = new MarkedPages(pageShift);
        this.lines = new LineTable(image, pages, pageShift, sections);
    }

    /**
     * Marks what a store of one value will touch. Inside the section of a put.
     *
     * @param offset where the store begins
     * @param length its length, 1 to 8
     * @param value what will be stored, in the lower bytes
     * @param stripe the caller's, whose put is open and has passed the gate
     */
    public void mark(long offset, int length, long value, Stripe stripe) {
        lines.mark(offset, length, value, stripe);
    }

    /**
     * As {@link #mark(long, int, long, Stripe)}, unless that needs more than a few stores.
     *
     * @param offset where the store begins
     * @param length its length, 1 to 8
     * @param value what will be stored, in the lower bytes
     * @param stripe the caller's, whose put is open and has passed the gate
     * @return whether it is marked; if not, {@link #mark(long, int, long, Stripe)} is to do it
     */
    public boolean tryMark(long offset, int length, long value, Stripe stripe) {
        return lines.tryMark(offset, length, value, stripe);
    }

    /**
     * A store of one value was marked, and then perhaps not made. Inside the section of its put.
     *
     * @param offset where it would have begun
     */
    public void storeFailed(long offset) {
        lines.storeFailed(offset);
    }

    /**
     * Marks the lines that stores will touch. Inside the section of a put.
     *
     * @param offset where they begin
     * @param length their length, at least 1
     * @param stripe the caller's, whose put is open and has passed the gate
     */
    public void mark(long offset, long length, Stripe stripe) {
        lines.mark(offset, length, stripe);
    }

    /**
     * Whether the open generation may have marks; if not, there was no store that happens-before the call.
     *
     * @return whether it may
     */
    public boolean isDirty() {
        return !lines.dirty().isEmpty();
    }

    /**
     * How much memory private pages and their twins take.
     *
     * @return bytes
     */
    public long privateBytes() {
        return lines.privatePages() << pageShift + 1;
    }

    // ---- sealing and its outcomes, inside an exclusion except where said ----

    /**
     * Ends the generation for the lines of a range and gathers what changed in them.
     *
     * @param target takes the changes and the before-images
     * @param range the bytes to seal, widened to lines
     * @param size the size of the mapping
     * @param zeroFrom from where on committed bytes count as zero
     */
    public void seal(SealedGeneration target, Range range, long size, long zeroFrom) {
        lockImages();
        boolean complete = false;
        try {
            sealed.add(target);
            lines.drain(range, zeroFrom, drained);
            deltas.begin(target.record(), target.images, size, zeroFrom);
            boolean everything = range.isEverything();
            for (int i = 0; i < drained.size(); i++) {
                if (i % WARMED_PAGES == 0) {
                    warm(i, Math.min(i + WARMED_PAGES, drained.size()));
                }
                if (everything && isOneStore(i) && deltas.isInside(drained.wordOffset(i))) {
                    sealStore(target, i);
                } else {
                    sealPage(target, drained.page(i), range, zeroFrom);
                }
            }
            deltas.end();
            complete = true;
        } finally {
            try {
                if (!complete) { // out of memory, or a page that cannot be read: nothing is sealed
                    broken = true;
                    unseal(target);
                    lines.putBack(drained);
                    broken = false;
                }
            } finally {
                imagesLock.unlock();
            }
        }
    }

    /**
     * Loads what sealing the next pages will need: scattered pages are cache misses, and loops as short as
     * these let the processor wait for many at a time, where the work on one page would let it wait for
     * little more than one.
     */
    private void warm(int from, int to) {
        int images = 0;
        int twins = 0;
        for (int i = from; i < to; i++) {
            long page = drained.page(i);
            long mask = lines.mask(page);
            if (mask != 0 && isOneStore(i)) {
                twinLines[twins++] = lines.twin(page) + (drained.wordOffset(i) & pageBytes - 1);
            } else if (mask != 0) {
                long line = (long) Long.numberOfTrailingZeros(mask) << lineShift;
                imageLines[images++] = image + (page << pageShift) + line;
                twinLines[twins++] = lines.twin(page) + line;
            }
        }
        long sum = 0;
        for (int i = 0; i < twins; i++) {
            sum += Memory.get(twinLines[i]);
        }
        for (int i = 0; i < images; i++) {
            sum += Memory.get(imageLines[i]);
        }
        warmed = sum;
    }

    /** Whether the list tells all that was stored to a page, if anything was. */
    private boolean isOneStore(int index) {
        return drained.hasStore(index) && lines.isStoredOnce(drained.page(index));
    }

    /** As {@link #sealPage}, without a look at the page. */
    private void sealStore(SealedGeneration target, int index) {
        long page = drained.page(index);
        long mask = lines.mask(page);
        if (mask != 0) {
            target.beginPage(page, mask, Long.BYTES);
            lines.setMask(page, 0);
            long offset = drained.wordOffset(index);
            long twin = lines.twin(page) + (offset & pageBytes - 1);
            if (deltas.store(offset, twin, drained.wordMask(index), drained.word(index))) {
                target.changed.add(page);
            }
        }
    }

    private void sealPage(SealedGeneration target, long page, Range range, long zeroFrom) {
        long mask = lines.mask(page);
        long asked = mask & range.linesOf(page, pageShift);
        long cut = mask & linesFrom(page, zeroFrom) & ~asked;
        if ((asked | cut) != 0) {
            target.beginPage(page, asked, pageBytes);
            lines.setMask(page, mask & ~asked);
            long twin = lines.twin(page);
            for (long rest = cut; rest != 0; rest &= rest - 1) {
                long line = (long) Long.numberOfTrailingZeros(rest) << lineShift;
                deltas.cut((page << pageShift) + line, twin + line, lineBytes);
            }
            if (gatherLines(page, asked, twin)) {
                target.changed.add(page);
            }
        }
        if (asked != mask) {
            lines.putBack(page);
        }
    }

    /** The lines of a page that end past an offset. */
    private long linesFrom(long page, long offset) {
        if (offset >>> pageShift > page) {
            return 0;
        }
        return offset >>> pageShift < page ? -1L : -1L << (offset >>> lineShift);
    }

    private boolean gatherLines(long page, long mask, long twin) {
        boolean differs = false;
        long start = page << pageShift;
        for (long rest = mask; rest != 0; rest &= rest - 1) {
            long line = (long) Long.numberOfTrailingZeros(rest) << lineShift;
            differs |= deltas.compare(start + line, image + start + line, twin + line, lineBytes);
        }
        return differs;
    }

    /**
     * The commit is durable: its before-images are not needed any more. No exclusion needed.
     *
     * @param generation the commit's generation
     */
    public void durable(SealedGeneration generation) {
        lockImages();
        try {
            sealed.remove(generation);
        } finally {
            imagesLock.unlock();
        }
    }

    /**
     * Whether a generation is sealed and not durable, so that its before-images are needed.
     *
     * @param generation the generation
     * @return whether it is
     */
    public boolean needs(SealedGeneration generation) {
        lockImages();
        try {
            return sealed.contains(generation);
        } finally {
            imagesLock.unlock();
        }
    }

    /**
     * The append failed: the generation's lines are marked again, and compared with what was sealed before
     * it. Sections may be open.
     *
     * @param generation the newest generation that is sealed
     */
    public void mergeBack(SealedGeneration generation) {
        lockImages();
        try {
            broken = true;
            unseal(generation);
            broken = false;
        } finally {
            imagesLock.unlock();
        }
    }

    /**
     * Whether a seal could be taken back only in part, for want of memory: nothing may be committed any more.
     *
     * @return whether marks are lost
     */
    public boolean isBroken() {
        return broken;
    }

    private void unseal(SealedGeneration generation) {
        for (int i = 0; i < generation.pageCount(); i++) {
            long page = generation.page(i);
            generation.restore(i, lines.twin(page), pageBytes - 1);
            lines.remark(page, generation.mask(i));
        }
        sealed.remove(generation);
    }

    /**
     * Puts every marked line back to what was sealed last, and forgets the marks. No generation may be
     * sealed.
     *
     * @param keep tells of a page whether its twin is what was committed; of others the twin is forgotten
     */
    public void rollback(LongPredicate keep) {
        lockImages();
        try {
            lines.drain(Range.EVERYTHING, Long.MAX_VALUE, drained);
            for (int i = 0; i < drained.size(); i++) {
                long page = drained.page(i);
                boolean kept = keep.test(page);
                for (long rest = kept ? lines.mask(page) : 0; rest != 0; rest &= rest - 1) {
                    long line = (long) Long.numberOfTrailingZeros(rest) << lineShift;
                    Memory.copy(lines.twin(page) + line, image + (page << pageShift) + line, lineBytes);
                }
                lines.setMask(page, 0);
                if (!kept) {
                    lines.notPrivate(page);
                }
            }
        } finally {
            imagesLock.unlock();
        }
    }

    /** Forgets every mark and twin for good; no put will mark any more. */
    public void forget() {
        lockImages();
        try {
            lines.forget();
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

    // ---- the checkpointer's side: no exclusion ----

    /**
     * Copies what is committed of a page.
     *
     * @param page the page
     * @param target the address to copy to
     */
    public void copyCommitted(long page, long target) {
        lockImages();
        try {
            copy(page, target);
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
            if (SeededFault.GAPS_FILLED_AS_SEEN.isSeeded()) {
                Memory.copy(image + (page << pageShift), target, pageBytes);
            } else {
                copy(page, target);
            }
            return true;
        } finally {
            imagesLock.unlock();
        }
    }

    private void copy(long page, long target) {
        if (lines.twin(page) == 0 || SeededFault.CHECKPOINT_WITHOUT_TWINS.isSeeded()) {
            Memory.copy(image + (page << pageShift), target, pageBytes);
            // a store is made only after the twin can be seen: without one the copy holds none
            VarHandle.loadLoadFence();
        }
        long twin = lines.twin(page);
        if (twin == 0 || SeededFault.CHECKPOINT_WITHOUT_TWINS.isSeeded()) {
            return;
        }
        Memory.copy(twin, target, pageBytes);
        for (int i = sealed.size() - 1;
                i >= 0 && !SeededFault.CHECKPOINT_WITHOUT_SEALED_IMAGES.isSeeded(); i--) {
            int age = SeededFault.YOUNGER_IMAGE_WINS.isSeeded() ? sealed.size() - 1 - i : i;
            sealed.get(age).restorePage(page, target, pageBytes - 1);
        }
    }

    /**
     * Picks those pages that have no mark in any generation that is not durable. Inside an exclusion.
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
            if (generation.contains(page)) {
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
        if (!SeededFault.RECYCLED_UNCOMMITTED.isSeeded()) { // or a seal would look for the twin
            lines.notPrivate(page);
        }
    }

    /**
     * Lists the pages of a range that have marks in any generation that is not durable; some more than once.
     * No put may be marking in the range.
     *
     * @param from its first page
     * @param to the page after its last
     * @param target where they go
     */
    public void listUncommitted(long from, long to, PageList target) {
        lockImages(); // or a merge could move marks from a sealed generation to pages that were looked at
        try {
            for (long page = lines.privates().next(from); page >= 0 && page < to;
                    page = lines.privates().next(page + 1)) {
                if (lines.mask(page) != 0) {
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

    /**
     * The pages of a range were mapped anew, to zeros, all that had no marks: what is committed of those is
     * home's. No put may be marking in the range, and this is called by a {@link Remapping}.
     *
     * @param from its first page
     * @param to the page after its last
     */
    public void dropTwins(long from, long to) {
        for (long page = lines.privates().next(from); page >= 0 && page < to;
                page = lines.privates().next(page + 1)) {
            if (lines.mask(page) == 0) {
                lines.dropTwin(page);
            }
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
     * Maps pages anew that the checkpointer may be about to copy. If that works, pages at or past a limit are
     * from then on not what home holds, unless they have twins.
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
        for (SealedGeneration generation : sealed) {
            generation.close();
        }
        lines.close();
    }
}
