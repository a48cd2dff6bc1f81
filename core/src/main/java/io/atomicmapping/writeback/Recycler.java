package io.atomicmapping.writeback;

import io.atomicmapping.dirty.ExplicitTracking;
import io.atomicmapping.dirty.PageList;
import io.atomicmapping.dirty.PageTree;
import io.atomicmapping.dirty.Sections;
import io.atomicmapping.dirty.WorkingImage;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Hands private pages that are home again back to the kernel, to keep private memory within its budget.
 *
 * <ul>
 *   <li>A page goes only if no generation that is not durable has a mark of it and its last commit is home;
 *       this is looked at inside the exclusion in which it goes.
 *   <li>Batches of {@value #BATCH_PAGES} (FastMap, ATC'20), cold pages first: those that the last checkpoint
 *       did not write.
 *   <li>Pages of a zone that was cut off and grown again are zeros of their own, not home's: they are mapped
 *       to home anew.
 * </ul>
 *
 * <p>Explicit mode only. Used by the checkpointer, one thread at a time.
 */
final class Recycler implements AutoCloseable {

    static final int BATCH_PAGES = 512;
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    /** each page mapped for itself may cost the kernel an entry; there are about 65,000 for a process */
    private static final int SINGLE_MAPPINGS_MAX = 8_192;

    private final WorkingImage image;
    private final ExplicitTracking tracking;
    private final Sections sections;
    private final CommittedPages committed;
    private final int pageShift;
    private final long budgetBytes;
    private final PageList candidates = new PageList();
    private final PageList chosen = new PageList();
    /** private pages that are not mapped from home */
    private final PageTree apart;
    private int apartCount;

    Recycler(WorkingImage image, ExplicitTracking tracking, Sections sections, CommittedPages committed,
            PageTree apart, int pageShift, long budgetBytes) {
        this.image = image;
        this.tracking = tracking;
        this.sections = sections;
        this.committed = committed;
        this.apart = apart;
        this.pageShift = pageShift;
        this.budgetBytes = budgetBytes;
    }

    long privateBytes() {
        return tracking.privateBytes();
    }

    boolean isOverBudget() {
        return privateBytes() > budgetBytes;
    }

    /** Recycles until private memory is an eighth below the budget, or nothing more can go. */
    void recycle(long limitPage) throws IOException {
        if (!isOverBudget()) {
            return;
        }
        if (!recycle(limitPage, true)) {
            recycle(limitPage, false);
        }
    }

    /** One pass over the private pages; returns whether the aim was reached. */
    private boolean recycle(long limitPage, boolean coldOnly) throws IOException {
        long page = tracking.nextPrivate(0);
        while (page >= 0 && page < limitPage) {
            candidates.clear();
            for (; page >= 0 && page < limitPage && candidates.size() < BATCH_PAGES;
                    page = tracking.nextPrivate(page + 1)) {
                if (!committed.contains(page) && !(coldOnly && committed.wasWritten(page))) {
                    candidates.add(page);
                }
            }
            if (candidates.size() > 0 && !recycleBatch()) {
                return false;
            }
            if (privateBytes() <= budgetBytes - (budgetBytes >>> 3)) {
                return true;
            }
        }
        return false;
    }

    private boolean recycleBatch() throws IOException {
        if (!sections.tryExclude(PATIENCE_NANOS)) {
            return false; // an update is open; the next checkpoint tries again
        }
        try {
            choose();
            for (int i = 0; i < chosen.size();) {
                int end = i + 1;
                boolean own = apart.contains(chosen.get(i));
                while (end < chosen.size() && chosen.get(end) == chosen.get(end - 1) + 1
                        && apart.contains(chosen.get(end)) == own) {
                    end++;
                }
                handBack(chosen.get(i), chosen.get(end - 1) + 1, own);
                i = end;
            }
            return true;
        } finally {
            sections.endExclusion();
        }
    }

    /** The candidates that are home; looks for marks first, then commits, as commits end in that order. */
    private void choose() {
        chosen.clear();
        tracking.selectCommitted(candidates, chosen);
        candidates.clear();
        for (int i = 0; i < chosen.size(); i++) {
            if (!committed.contains(chosen.get(i))) {
                candidates.add(chosen.get(i));
            }
        }
        chosen.clear();
        for (int i = 0; i < candidates.size(); i++) {
            chosen.add(candidates.get(i));
        }
    }

    private void handBack(long from, long to, boolean own) throws IOException {
        if (own) {
            image.mapHome(from << pageShift, to << pageShift);
        } else {
            image.discard(from << pageShift, to << pageShift);
        }
        for (long page = from; page < to; page++) {
            tracking.recycled(page);
            if (own && apart.remove(page)) {
                apartCount--;
            }
        }
    }

    /**
     * Maps a zone of zeros to home again, which has them by now. Inside an exclusion, with no cut pending.
     *
     * @return whether it was done; if not, it is worth another try later
     */
    boolean rejoin(long from, long to) throws IOException {
        PageList busy = new PageList();
        tracking.listUncommitted(from, to, busy);
        committed.list(from, to, busy);
        if (busy.size() + apartCount > SINGLE_MAPPINGS_MAX) {
            return false;
        }
        busy.sort();
        long next = from;
        for (int i = 0; i < busy.size(); i++) {
            long page = busy.get(i);
            rejoinRun(next, page);
            if (page >= next) {
                next = page + 1;
                apart.add(page);
                apartCount++;
            }
        }
        rejoinRun(next, to);
        return true;
    }

    private void rejoinRun(long from, long to) throws IOException {
        if (from >= to) {
            return;
        }
        image.mapHome(from << pageShift, to << pageShift);
        for (long page = tracking.nextPrivate(from); page >= 0 && page < to;
                page = tracking.nextPrivate(page + 1)) {
            tracking.recycled(page);
            if (apart.remove(page)) {
                apartCount--;
            }
        }
    }

    @Override
    public void close() {
        apart.close();
    }
}
