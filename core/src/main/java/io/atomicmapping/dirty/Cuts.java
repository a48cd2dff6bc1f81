package io.atomicmapping.dirty;

import java.util.HashSet;
import java.util.Set;

/**
 * Where the mapping was made shorter, and what follows from that until home has caught up.
 *
 * <ul>
 *   <li>From a cut on, the committed bytes count as zero once the cut is committed, whatever home still holds.
 *   <li>From {@link #apartFrom} on the working image is zeros of its own, not home: the pages there are told apart from
 *       clean ones until home has been zeroed, too, and they are mapped to it again.
 *   <li>A page that was cut off with committed or uncommitted bytes not yet home has images of all its lines; any other
 *       page past an uncommitted cut has no committed bytes in memory, and home has them.
 * </ul>
 *
 * <p>Offsets are bytes, {@link Long#MAX_VALUE} for none. Safe for use by several threads.
 */
public final class Cuts {

    /** No cut. */
    public static final long NONE = Long.MAX_VALUE;

    /**
     * An uncommitted cut that a seal takes with it.
     *
     * @param from the smallest size since the seal before
     * @param imaged the pages past it that have images of all their lines
     */
    public record Cut(long from, Set<Long> imaged) { }

    private final long pageMask;
    private long open = NONE;
    private Set<Long> imaged = new HashSet<>();
    private int sealed;
    private long sealedFrom = NONE;
    private long durableFrom = NONE;

    /**
     * Starts without a cut.
     *
     * @param pageBytes the page size
     */
    public Cuts(long pageBytes) {
        pageMask = -pageBytes;
    }

    private long pageUp(long offset) {
        return offset == NONE ? NONE : offset - pageMask - 1 & pageMask;
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
     * From where on the working image is not home.
     *
     * @return a multiple of the page size, or {@link #NONE}
     */
    public synchronized long apartFrom() {
        return Math.min(pageUp(open), settledApartFrom());
    }

    /**
     * As {@link #apartFrom}, of the uncommitted cut alone.
     *
     * @return a multiple of the page size, or {@link #NONE}
     */
    public synchronized long openApartFrom() {
        return pageUp(open);
    }

    /**
     * As {@link #apartFrom}, without the uncommitted cut.
     *
     * @return a multiple of the page size, or {@link #NONE}
     */
    public synchronized long settledApartFrom() {
        return pageUp(Math.min(sealedFrom, durableFrom));
    }

    /**
     * The mapping is made shorter.
     *
     * @param size the new size
     * @param pages the pages past it that have images of all their lines now, before earlier cuts
     */
    public synchronized void cut(long size, Set<Long> pages) {
        imaged.addAll(pages);
        open = Math.min(open, size);
    }

    /**
     * Whether a page's images are what a rollback must restore.
     *
     * @param pageOffset where the page begins
     * @param page its number
     * @return whether they are; if not, home has its committed bytes
     */
    public synchronized boolean hasImages(long pageOffset, long page) {
        return pageOffset < pageUp(open) || imaged.contains(page);
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
        Cut cut = new Cut(open, imaged);
        sealedFrom = Math.min(sealedFrom, open);
        sealed++;
        open = NONE;
        imaged = new HashSet<>();
        return cut;
    }

    /**
     * The commit of a cut failed.
     *
     * @param cut the cut
     */
    public synchronized void mergeBack(Cut cut) {
        open = Math.min(open, cut.from());
        imaged.addAll(cut.imaged());
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
     * @param cut the cut
     */
    public synchronized void durable(Cut cut) {
        durableFrom = Math.min(durableFrom, cut.from());
        unseal();
    }

    /** The uncommitted cut is taken back. */
    public synchronized void rollback() {
        open = NONE;
        imaged = new HashSet<>();
    }

    /**
     * Whether all cuts are durable, so that once home is zeroed the image can be mapped to it again.
     *
     * @return whether they are
     */
    public synchronized boolean isSettled() {
        return open == NONE && sealed == 0;
    }

    /** The image is home again, everywhere. */
    public synchronized void rejoined() {
        durableFrom = NONE;
    }
}
