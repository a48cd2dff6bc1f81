package io.atomicmapping.dirty;

import java.util.HashSet;
import java.util.Set;

/**
 * Where the mapping was made shorter, and what follows from that until home has caught up.
 *
 * <ul>
 *   <li>From a cut on, the committed bytes count as zero once the cut is committed, whatever home still
 *       holds: home is <em>stale</em> there until a checkpoint has zeroed it.
 *   <li>From the lowest cut on the working image is zeros of its own, not a mapping of home: it is
 *       <em>anonymous</em> there until it is mapped to home again, some time after home has caught up.
 *   <li>A page that was cut off with bytes that are not home, committed or not, is marked as a whole, and its
 *       twin has the committed bytes; of any other page past an uncommitted cut home has them, or they are
 *       zeros, where home is stale.
 * </ul>
 *
 * <p>Offsets are bytes, {@link #NONE} for none. Safe for use by several threads.
 */
public final class Cuts {

    /** No cut. */
    public static final long NONE = Long.MAX_VALUE;

    /**
     * An uncommitted cut that a seal takes with it.
     *
     * @param number counts the cuts that were sealed
     * @param from the smallest size since the seal before
     * @param twinned the pages past it whose twins have their committed bytes
     */
    public record Cut(long number, long from, Set<Long> twinned) { }

    private final long pageBytes;
    private long open = NONE;
    private Set<Long> twinned = new HashSet<>();
    private int sealed;
    private long sealedFrom = NONE;
    private long staleFrom = NONE;
    private long anonymousFrom = NONE;
    /** the number of the last cut that was sealed, that is durable, that home has */
    private long sealedNumber;
    private long durableNumber;
    private long homeNumber;

    /**
     * Starts without a cut.
     *
     * @param pageBytes the page size
     */
    public Cuts(long pageBytes) {
        this.pageBytes = pageBytes;
    }

    private long pageUp(long offset) {
        return offset == NONE ? NONE : offset + pageBytes - 1 & -pageBytes;
    }

    /**
     * The uncommitted cut.
     *
     * @return the smallest size since the last seal, or {@link #NONE}
     */
    public synchronized long open() {
        return open;
    }

    /**
     * The first page past the uncommitted cut.
     *
     * @return its offset, or {@link #NONE}
     */
    public synchronized long openPageFrom() {
        return pageUp(open);
    }

    /**
     * From where on home is not what is committed, or will not be with a commit that is on its way.
     *
     * @return a page's offset, or {@link #NONE}
     */
    public synchronized long staleFrom() {
        return pageUp(Math.min(sealedFrom, staleFrom));
    }

    /**
     * From where on a page without marks need not be what home holds.
     *
     * @return a page's offset, or {@link #NONE}
     */
    public synchronized long apartFrom() {
        return Math.min(pageUp(open), staleFrom());
    }

    /**
     * From where on the working image need not be mapped from home.
     *
     * @return a page's offset, or {@link #NONE}
     */
    public synchronized long anonymousFrom() {
        return anonymousFrom;
    }

    /**
     * The mapping is made shorter.
     *
     * @param size the new size
     * @param pages the pages past it, and before earlier uncommitted cuts, whose twins have their committed
     *     bytes
     */
    public synchronized void cut(long size, Set<Long> pages) {
        twinned.addAll(pages);
        open = Math.min(open, size);
        anonymousFrom = Math.min(anonymousFrom, pageUp(size));
    }

    /**
     * Whether a page's twin is what a rollback must restore.
     *
     * @param page its number
     * @return whether it is; if not, the image has been mapped to its committed bytes
     */
    public synchronized boolean hasTwin(long page) {
        return page * pageBytes < pageUp(open) || twinned.contains(page);
    }

    /**
     * A seal takes the cut with it.
     *
     * @return the cut, or null if there is none
     */
    public synchronized Cut seal() {
        if (open == NONE) {
            return null;
        }
        sealedNumber++;
        Cut cut = new Cut(sealedNumber, open, twinned);
        sealedFrom = Math.min(sealedFrom, open);
        sealed++;
        open = NONE;
        twinned = new HashSet<>();
        return cut;
    }

    /**
     * The commit of a cut failed. The twins of pages past it that a later cut found have what that commit
     * left there.
     *
     * @param cut the newest cut that is sealed
     */
    public synchronized void mergeBack(Cut cut) {
        twinned.removeIf(page -> page * pageBytes >= pageUp(cut.from()));
        twinned.addAll(cut.twinned());
        open = Math.min(open, cut.from());
        unseal();
    }

    private void unseal() {
        sealed--;
        if (sealed == 0) {
            sealedFrom = NONE;
        }
    }

    /**
     * The commit of a cut is durable.
     *
     * @param cut the oldest cut that is sealed
     */
    public synchronized void durable(Cut cut) {
        durableNumber = cut.number();
        if (durableNumber > homeNumber) {
            staleFrom = Math.min(staleFrom, cut.from());
        }
        unseal();
    }

    /**
     * Home has been zeroed.
     *
     * @param number for all cuts up to this one
     */
    public synchronized void caughtUp(long number) {
        homeNumber = Math.max(homeNumber, number);
        if (durableNumber <= homeNumber) {
            staleFrom = NONE;
        }
    }

    /** The uncommitted cut is taken back. */
    public synchronized void rollback() {
        open = NONE;
        twinned = new HashSet<>();
    }

    /**
     * Whether there are anonymous pages that can be mapped to home again.
     *
     * @return whether there are, and no cut is on its way
     */
    public synchronized boolean canRejoin() {
        return anonymousFrom != NONE && open == NONE && sealed == 0 && staleFrom == NONE;
    }

    /** The image is mapped from home, everywhere. */
    public synchronized void rejoined() {
        anonymousFrom = NONE;
    }
}
