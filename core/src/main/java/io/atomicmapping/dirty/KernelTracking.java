package io.atomicmapping.dirty;

import io.atomicmapping.journal.ExtentVisitor;
import io.atomicmapping.journal.RedoRecord;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.linux.Linux;
import io.atomicmapping.storage.linux.LinuxConstants;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

    private static final int APPLY_PAGES = 64;

    private final WorkingImage image;
    private final DurableFile home;
    private final int pageShift;
    private final int pageBytes;
    private final long pages;
    private final StoreFinder finder;
    private final PageTree carried;
    private final PageList found = new PageList();
    private final Arena arena = Arena.ofShared();
    private final PageComparison comparison;
    private final MemorySegment snapshot;
    private final MemorySegment basePage;
    /** home as the page cache has it, mapped to be read, or 0 where it must be read by calls */
    private final long base;
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
        this.home = home;
        this.pages = pages;
        this.pageShift = pageShift;
        this.pageBytes = 1 << pageShift;
        this.comparison = new PageComparison(pageBytes, arena);
        this.snapshot = arena.allocate((long) APPLY_PAGES << pageShift, pageBytes);
        this.basePage = arena.allocate(pageBytes, pageBytes);
        this.carried = new PageTree(pages);
        this.base = mapBase(home, pages << pageShift);
        this.finder = new StoreFinder(pageShift);
    }

    /** The largest mappings leave no address space for a second one: then home is read by calls. */
    private static long mapBase(DurableFile home, long bytes) {
        if (home.descriptor().isEmpty()) {
            return 0;
        }
        try {
            return Linux.mmap(0, bytes, LinuxConstants.PROT_READ,
                    LinuxConstants.MAP_SHARED | LinuxConstants.MAP_NORESERVE,
                    home.descriptor().getAsInt(), 0);
        } catch (IOException e) {
            return 0;
        }
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
            copyDifferingWords(before.addressOf(page), basePage(page), address + (page - from << pageShift));
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
        return base != 0 && address >= base && address < base + (pages << pageShift);
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
                    guard.gather(page, image.stretches().addressOf(page), basePage(page),
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
                offset >= zeroFrom ? zeros() : basePage(page), Math.min(size, zeroFrom) - offset);
    }

    /** Any readable page does where every byte of it counts as zero. */
    private long zeros() {
        return snapshot.address();
    }

    /** The address of a page of home. */
    private long basePage(long page) throws IOException {
        if (base != 0) {
            return base + (page << pageShift);
        }
        long count = home.read(page << pageShift, basePage);
        basePage.asSlice(count).fill((byte) 0);
        return basePage.address();
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
            zeroAround(generation.changed, zeroFrom);
        }
        RedoRecord record = generation.record();
        if (zeroFrom == Cuts.NONE) {
            HomeSpans target = new HomeSpans(guard == null ? Cuts.NONE : guard.from());
            record.forEach(target);
            target.write();
            if (guard != null) {
                guard.durable(home);
            }
            return;
        }
        try (HomePages target = new HomePages(home.length(), zeroFrom)) {
            record.forEach(target);
        }
    }

    /** Zeros home from an offset on, but not the pages that are written next: they keep their disk space. */
    private void zeroAround(PageList written, long zeroFrom) throws IOException {
        long from = zeroFrom;
        for (int i = 0; i < written.size(); i++) {
            long offset = written.get(i) << pageShift;
            if (offset > from) {
                home.zero(from, offset - from);
            }
            from = Math.max(from, offset + pageBytes);
        }
        long length = home.length();
        if (length > from) {
            home.zero(from, length - from);
        }
    }

    /**
     * Writes extents to home, those together that are less than a page apart: a call costs as much as that
     * copy.
     */
    private final class HomeSpans implements ExtentVisitor {
        /** what comes after it goes home another way */
        private final long limit;
        private long from;
        private long end;

        private HomeSpans(long limit) {
            this.limit = limit;
        }

        @Override
        public void extent(long offset, MemorySegment source, long sourceOffset, int length)
                throws IOException {
            if (offset >= limit) {
                return;
            }
            for (long at = offset; at < offset + length;) {
                if (end == from || at - end >= pageBytes || at - from >= snapshot.byteSize()) {
                    write();
                    from = at;
                    end = at;
                }
                fill(at);
                long piece = Math.min(offset + length - at, snapshot.byteSize() - (at - from));
                MemorySegment.copy(source, sourceOffset + (at - offset), snapshot, at - from, piece);
                at += piece;
                end = at;
            }
        }

        /** Extends the span to an offset by what home holds. */
        private void fill(long to) throws IOException {
            while (end < to) {
                long page = end >>> pageShift;
                long piece = Math.min(to, page + 1 << pageShift) - end;
                Memory.copy(basePage(page) + (end - (page << pageShift)), snapshot.address() + (end - from),
                        piece);
                end += piece;
            }
        }

        private void write() throws IOException {
            if (end > from) {
                home.write(from, snapshot.asSlice(0, end - from));
                from = end;
            }
        }
    }

    /**
     * Writes extents to home, whole pages at a time and neighbours together, for a commit that cuts: what is
     * past the cut is zeros in those pages.
     */
    private final class HomePages implements ExtentVisitor, AutoCloseable {
        /** what is past the size is written, too: zeros, which a cut may have to put there */
        private final long homeLength;
        private final long zeroFrom;
        private long firstPage = -1;
        private int count;

        private HomePages(long homeLength, long zeroFrom) {
            this.homeLength = homeLength;
            this.zeroFrom = zeroFrom;
        }

        @Override
        public void extent(long offset, MemorySegment source, long sourceOffset, int length)
                throws IOException {
            for (long at = offset; at < offset + length;) {
                long page = at >>> pageShift;
                long end = Math.min(offset + length, page + 1 << pageShift);
                long target = ((long) pageIndex(page) << pageShift) + (at - (page << pageShift));
                MemorySegment.copy(source, sourceOffset + (at - offset), snapshot, target, end - at);
                at = end;
            }
        }

        /** The place of a page in the buffer, with home's bytes in it. */
        private int pageIndex(long page) throws IOException {
            if (firstPage >= 0 && page < firstPage + count) {
                return (int) (page - firstPage);
            }
            if (firstPage < 0 || page != firstPage + count || count == APPLY_PAGES) {
                write();
                firstPage = page;
                count = 0;
            }
            long kept = Math.clamp(zeroFrom - (page << pageShift), 0, pageBytes);
            MemorySegment target = snapshot.asSlice((long) count << pageShift, pageBytes);
            Memory.copy(basePage(page), target.address(), kept);
            target.asSlice(kept).fill((byte) 0);
            return count++;
        }

        private void write() throws IOException {
            if (count > 0) {
                long offset = firstPage << pageShift;
                home.write(offset,
                        snapshot.asSlice(0, Math.min((long) count << pageShift, homeLength - offset)));
            }
        }

        @Override
        public void close() throws IOException {
            write();
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
            long source = basePage(page);
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
        if (base != 0) {
            Linux.munmap(base, pages << pageShift);
        }
        if (guard != null) {
            guard.close();
        }
        carried.close();
        arena.close();
    }
}
