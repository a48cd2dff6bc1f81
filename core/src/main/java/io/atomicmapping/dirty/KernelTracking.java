package io.atomicmapping.dirty;

import io.atomicmapping.storage.DurableFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * Kernel mode: stores are found by the kernel, or by comparing, whoever made them and how.
 *
 * <ul>
 *   <li>Home, read through the page cache, is always the last durable commit: {@link #durable} brings each
 *       commit there before the next seal. So it is what a seal compares with, and what a rollback restores.
 *   <li>A page once listed by a scan is listed again only after another store: what a failed append or an
 *       exception leaves behind is kept in {@code carried}.
 *   <li>A page is copied before it is compared, each aligned word at once: a raw store beside the seal is in
 *       this commit or in the next, whole.
 *   <li>Private pages are never handed back: a store between the scan and the handing back would be lost.
 * </ul>
 *
 * <p>{@link #mapped} and {@link #refuseStores} are called under the resize lock, {@link #tier} and {@link
 * #privateBytes} at any time, everything else under the commit lock.
 */
public final class KernelTracking implements AutoCloseable {

    private final WorkingImage image;
    private final CachedHome home;
    private final int pageShift;
    private final int pageBytes;
    private final StoreFinder finder;
    private final PageTree carried;
    private final PageList found = new PageList();
    private final Arena arena = Arena.ofShared();
    private final PageComparison comparison;
    /** of an adopted file, else null */
    private TailGuard guard;

    /**
     * Starts tracking. The caller excludes all sections, home holds the last durable commit, and every range
     * mapped until now is passed to {@link #mapped} next.
     *
     * @param image the working image
     * @param home the data file
     * @param pages how many pages the image can have
     * @param pageShift the page size as a power of two
     * @throws IOException if the tables cannot be reserved
     */
    public KernelTracking(WorkingImage image, DurableFile home, long pages, int pageShift)
            throws IOException {
        this.image = image;
        this.pageShift = pageShift;
        this.pageBytes = 1 << pageShift;
        this.carried = new PageTree(pages);
        this.comparison = new PageComparison(pageBytes, arena);
        this.home = new CachedHome(home, pages, pageShift);
        this.finder = new StoreFinder(pageShift);
    }

    /**
     * How stores are found.
     *
     * @return the tier
     */
    public KernelTier tier() {
        return finder.tier();
    }

    /**
     * A range of the image's own memory was mapped anew: tracks it, too.
     *
     * @param from its first byte
     * @param to its end
     */
    public void mapped(long from, long to) {
        if (from < to) {
            finder.arm(image.address() + from, to - from);
        }
    }

    /**
     * The file is adopted: its end is guarded from now on.
     *
     * @return the guard, closed with this
     */
    public TailGuard guardTail() {
        guard = new TailGuard(pageShift);
        return guard;
    }

    /**
     * Pages are from now on where another library has mapped them, privately by now. What was put into them
     * in the image's own memory and is not committed moves along.
     *
     * @param from the first of them
     * @param to the page after the last
     * @param address where the first lies
     * @param mappedEnd the end of what is mapped of the image's own memory
     * @param awaitPuts waits until no put can still go to where they were
     * @throws IOException if what was put cannot be found
     */
    public void adopted(long from, long to, long address, long mappedEnd, Runnable awaitPuts)
            throws IOException {
        Stretches before = image.stretches();
        finder.arm(address, to - from << pageShift);
        image.place(before.with(from, to, address));
        awaitPuts.run();
        PageList stored = new PageList();
        long end = Math.min(to, mappedEnd >>> pageShift);
        finder.list(before, from, end, stored);
        carried.drain(from, end, stored);
        stored.sort();
        for (int i = 0; i < stored.size(); i++) {
            long page = stored.get(i);
            copyDifferingWords(before.addressOf(page), home.addressOf(page),
                    address + (page - from << pageShift));
            carried.add(page);
        }
        if (from < end) {
            image.discard(from << pageShift, end << pageShift);
        }
    }

    private void copyDifferingWords(long source, long committed, long target) {
        for (int at = 0; at < pageBytes; at += Long.BYTES) {
            long word = Memory.get(source + at);
            if (word != Memory.get(committed + at)) {
                Memory.set(target + at, word);
            }
        }
    }

    /**
     * Lists the pages of a range that may differ from home, and forgets that they do: whoever calls this
     * passes them to {@link #lookAt}.
     *
     * @param from the first page
     * @param to the page after the last
     * @param target where they go
     * @throws IOException if stores cannot be found
     */
    public void takeStored(long from, long to, PageTree target) throws IOException {
        PageList stored = new PageList();
        finder.list(image.stretches(), from, to, stored);
        carried.drain(from, to, stored);
        for (int i = 0; i < stored.size(); i++) {
            target.add(stored.get(i));
        }
    }

    /**
     * Pages of the image's own memory were mapped anew to memory that is shared with other mappings; whoever
     * calls this passes them to {@link #lookAt} before each seal.
     *
     * @param from the first of them
     * @param to the page after the last
     */
    public void common(long from, long to) {
        mapped(from << pageShift, to << pageShift);
        released(from, to);
    }

    /**
     * Whether an address lies in the mapping by which home is read.
     *
     * @param address the address
     * @return whether it does
     */
    public boolean isBase(long address) {
        return home.isMappedAt(address);
    }

    /**
     * Pages are no longer where another library had mapped them: they are the image's own again, as they are
     * committed.
     *
     * @param from the first of them
     * @param to the page after the last
     */
    public void released(long from, long to) {
        image.place(image.stretches().with(from, to, image.address() + (from << pageShift)));
    }

    /**
     * Pages are to be looked at by the next seal, whether stored to or not.
     *
     * @param from the first of them
     * @param to the page after the last
     */
    public void lookAt(long from, long to) {
        for (long page = from; page < to; page++) {
            carried.add(page);
        }
    }

    /**
     * A range of zeros past the size was mapped anew: makes it refuse stores where the kernel can.
     *
     * @param from its first byte
     * @param to its end
     */
    public void refuseStores(long from, long to) {
        if (from < to) {
            finder.refuseStores(image.address() + from, to - from);
        }
    }

    // ---- sealing and its outcomes ----

    /**
     * Gathers what was stored into the pages of some ranges since they were last sealed.
     *
     * @param target takes the changes
     * @param ranges the bytes to seal, widened to pages
     * @param size the size of the mapping
     * @param zeroFrom from where on committed bytes count as zero
     * @throws IOException if the stores cannot be found, or home cannot be read
     */
    public void seal(SealedGeneration target, List<Range> ranges, long size, long zeroFrom)
            throws IOException {
        findStores(ranges, size);
        boolean complete = false;
        try {
            comparison.begin(target.record(), size, zeroFrom);
            if (guard != null) {
                guard.begin();
            }
            for (int i = 0; i < found.size(); i++) {
                long page = found.get(i);
                if (guard != null && page << pageShift >= zeroFrom) {
                    guard.gather(page, image.stretches().addressOf(page), home.addressOf(page),
                            comparison.deltas(), target);
                } else if (compare(page, size, zeroFrom)) {
                    target.changed.add(page);
                }
            }
            complete = true;
        } finally {
            if (!complete) {
                carry(found);
            }
        }
    }

    /** Lists the pages to look at, in order and each once: those just found, and those carried. */
    private void findStores(List<Range> ranges, long size) throws IOException {
        found.clear();
        boolean complete = false;
        try {
            for (Range range : ranges) {
                finder.list(image.stretches(), range.from() >>> pageShift, endPage(range, size), found);
            }
            complete = true;
        } finally {
            if (!complete) {
                carry(found);
            }
        }
        if (ranges.size() > 1 || !carried.isEmpty()) {
            carry(found);
            found.clear();
            for (Range range : ranges) {
                carried.drain(range.from() >>> pageShift, endPage(range, size), found);
            }
            found.sort();
        }
    }

    private long endPage(Range range, long size) {
        return Math.min(range.lastPage(pageShift) + 1, size + pageBytes - 1 >>> pageShift);
    }

    private boolean compare(long page, long size, long zeroFrom) throws IOException {
        long offset = page << pageShift;
        return comparison.compare(offset, image.stretches().addressOf(page),
                offset >= zeroFrom ? home.addressOfAny() : home.addressOf(page),
                Math.min(size, zeroFrom) - offset);
    }

    private void carry(PageList list) {
        for (int i = 0; i < list.size(); i++) {
            carried.add(list.get(i));
        }
    }

    /**
     * The commit is durable: brings it to home's page cache, so that the next seal compares with it.
     *
     * @param generation the commit's generation
     * @param zeroFrom from where on home is to be zeros besides
     * @throws IOException if home cannot be written
     */
    public void durable(SealedGeneration generation, long zeroFrom) throws IOException {
        if (zeroFrom != Cuts.NONE) {
            home.writeCut(generation.record(), generation.changed, zeroFrom);
            return;
        }
        home.write(generation.record(), guard == null ? Cuts.NONE : guard.from());
        if (guard != null) {
            guard.durable(home.file());
        }
    }

    /**
     * The append failed: the pages are to be looked at again, also the one in which a cut lies.
     *
     * @param generation the commit's generation
     * @param cutFrom where its cut was, or {@link Cuts#NONE}
     */
    public void mergeBack(SealedGeneration generation, long cutFrom) {
        carry(generation.changed);
        if (cutFrom != Cuts.NONE) {
            carried.add(cutFrom >>> pageShift);
        }
    }

    /**
     * Puts every page below an offset back to what is committed. What lies past it the caller maps anew.
     *
     * @param end the offset, not past the committed size
     * @throws IOException if stores cannot be found, or home cannot be read
     */
    public void rollback(long end) throws IOException {
        findStores(List.of(Range.EVERYTHING), end);
        for (int i = 0; i < found.size(); i++) {
            long page = found.get(i);
            long target = image.stretches().addressOf(page);
            long source = home.addressOf(page);
            for (int at = 0; at < pageBytes; at += Long.BYTES) {
                long committed = Memory.get(source + at);
                if (Memory.get(target + at) != committed) {
                    Memory.set(target + at, committed);
                }
            }
        }
    }

    /**
     * The memory that private pages take.
     *
     * @param size the size of the mapping
     * @return bytes, or 0 if the kernel does not tell
     */
    public long privateBytes(long size) {
        return finder.privateBytes(image.stretches(), size + pageBytes - 1 >>> pageShift);
    }

    @Override
    public void close() {
        finder.close();
        home.close();
        if (guard != null) {
            guard.close();
        }
        carried.close();
        arena.close();
    }
}
