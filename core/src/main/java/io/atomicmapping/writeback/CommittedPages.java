package io.atomicmapping.writeback;

import io.atomicmapping.dirty.Cuts;
import io.atomicmapping.dirty.ExplicitTracking;
import io.atomicmapping.dirty.PageList;
import io.atomicmapping.dirty.PageTree;
import io.atomicmapping.dirty.SealedGeneration;
import io.atomicmapping.journal.fault.SeededFault;
import java.io.IOException;

/**
 * The pages that are durable in the journal and not yet home, and how far the journal goes with them.
 *
 * <ul>
 *   <li>Two trees: a checkpoint writes the pages of one while commits add to the other. What a checkpoint
 *       could not finish goes back.
 *   <li>Of an adopted file the last record stays in the journal: a checkpoint ends before it, though home has
 *       it by then.
 *   <li>A page is added before its commit's before-images are given up: who looks first for marks and then
 *       here misses none. For a checkpoint that begins, both happen at once.
 * </ul>
 *
 * <p>Safe for use by several threads.
 */
public final class CommittedPages implements AutoCloseable {

    /**
     * A point up to which everything is durable.
     *
     * @param lsn the end of its last record
     * @param commit its last commit
     * @param size the committed size
     * @param zeroFrom from where on home is to be zeros before the pages are written; {@link Cuts#NONE} for
     *     nowhere
     * @param cut the number of the last cut in it, 0 for none
     */
    public record Point(long lsn, long commit, long size, long zeroFrom, long cut) { }

    private final int pageShift;

    private PageTree current;
    private PageTree writing;
    /** Where the journal stands, as a {@link Point} would have it; each commit moves it. */
    private long lsn;
    private long commit;
    private long size;
    private long zeroFrom;
    private long cut;
    private boolean keepsLast;
    /** where it stood before the last commit */
    private Point beforeLast;
    /** where it stood when the last complete checkpoint began */
    private long writtenLsn;

    /**
     * Makes an empty set.
     *
     * @param pages how many pages there can be
     * @param pageShift the page size as a power of two
     * @param start where the journal stands
     * @throws IOException if the address space cannot be reserved
     */
    public CommittedPages(long pages, int pageShift, Point start) throws IOException {
        this.pageShift = pageShift;
        current = new PageTree(pages);
        writing = new PageTree(pages);
        lsn = start.lsn();
        commit = start.commit();
        size = start.size();
        zeroFrom = start.zeroFrom();
        cut = start.cut();
        writtenLsn = lsn;
    }

    /**
     * A commit is durable: its pages are to go home, and its before-images are given up. No checkpoint begins
     * between the two: it would write home what the images hide, and move past the commit.
     *
     * @param generation the commit's generation, whose record is durable
     * @param tracking what has its images
     * @param startLsn where its record begins
     * @param endLsn where it ends
     * @param committedCut the cut that it made durable, or null
     */
    public synchronized void add(SealedGeneration generation, ExplicitTracking tracking, long startLsn,
            long endLsn, Cuts.Cut committedCut) {
        PageList pages = generation.changedPages();
        for (int i = 0; i < pages.size(); i++) {
            current.add(pages.get(i));
        }
        if (committedCut != null) {
            addCut(committedCut);
        }
        if (keepsLast) {
            beforeLast = new Point(startLsn, commit, size, Cuts.NONE, 0);
        }
        lsn = endLsn;
        commit = generation.record().commit();
        size = generation.record().size();
        if (SeededFault.COMPLETION_IN_TWO_STEPS.isSeeded()) {
            letGo();
        }
        tracking.durable(generation);
    }

    private void addCut(Cuts.Cut added) {
        if ((added.from() & (1L << pageShift) - 1) != 0) {
            // its end is not home's until a checkpoint has zeroed that
            current.add(added.from() >>> pageShift);
        }
        zeroFrom = Math.min(zeroFrom, added.from());
        cut = Math.max(cut, added.number());
    }

    /** Lets others in between, for a moment: a seeded fault. */
    private void letGo() {
        try {
            wait(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * The journal has a mark after its last commit.
     *
     * @param endLsn the mark's end
     */
    public synchronized void marked(long endLsn) {
        lsn = endLsn;
    }

    /**
     * From now on the last record stays in the journal.
     *
     * @param adoptedSize the size, which may have changed without a commit
     */
    public synchronized void keepLast(long adoptedSize) {
        keepsLast = true;
        size = adoptedSize;
        beforeLast = new Point(lsn, commit, size, Cuts.NONE, 0);
    }

    /**
     * Begins a checkpoint: what is committed until now is its work.
     *
     * @param full whether the last record, too, is to leave the journal
     * @return the point that it will reach, or null if there is nothing to do
     */
    synchronized Point begin(boolean full) {
        boolean keep = keepsLast && !full && !SeededFault.LAST_RECORD_NOT_KEPT.isSeeded();
        Point target = keep ? beforeLast : new Point(lsn, commit, size, zeroFrom, cut);
        if (target.lsn() <= writtenLsn) {
            return null;
        }
        PageTree swap = writing;
        writing = current;
        current = swap;
        zeroFrom = Cuts.NONE;
        return target;
    }

    /** The pages of the checkpoint that has begun. */
    PageTree writing() {
        return writing;
    }

    /** The checkpoint is complete. */
    synchronized void end(Point target) {
        writtenLsn = target.lsn();
    }

    /** Its pages need not be told from colder ones any more. */
    synchronized void forgetWritten() {
        writing.clear();
    }

    /** The checkpoint failed: its pages are to be written again. */
    synchronized void abort(Point target) {
        for (long page = writing.next(0); page >= 0; page = writing.next(page + 1)) {
            current.add(page);
        }
        writing.clear();
        zeroFrom = Math.min(zeroFrom, target.zeroFrom());
    }

    /** Whether a page waits for the next checkpoint. */
    synchronized boolean contains(long page) {
        return current.contains(page);
    }

    /** Whether a page belongs to the checkpoint that has just been written. */
    synchronized boolean wasWritten(long page) {
        return writing.contains(page);
    }

    /**
     * Lists the pages of a range that are not home yet; some more than once.
     *
     * @param from its first page
     * @param to the page after its last
     * @param target where they go
     */
    public synchronized void list(long from, long to, PageList target) {
        list(current, from, to, target);
        list(writing, from, to, target);
    }

    private static void list(PageTree tree, long from, long to, PageList target) {
        for (long page = tree.next(from); page >= 0 && page < to; page = tree.next(page + 1)) {
            target.add(page);
        }
    }

    @Override
    public synchronized void close() {
        current.close();
        writing.close();
    }
}
