package io.atomicmapping.dirty;

import io.atomicmapping.journal.ExtentVisitor;
import io.atomicmapping.journal.RedoRecord;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.linux.Linux;
import io.atomicmapping.storage.linux.LinuxConstants;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Home as kernel mode uses it: in the page cache, where it always is the last durable commit. Nothing here
 * is forced.
 *
 * <ul>
 *   <li>It is read through a mapping of its own where the address space allows for that, else by calls.
 *   <li>What is written passes through a buffer: no system call ever reads the working image.
 * </ul>
 *
 * <p>Used under the commit lock.
 */
final class CachedHome implements AutoCloseable {

    private static final int BUFFERED_PAGES = 64;

    private final DurableFile home;
    private final int pageShift;
    private final int pageBytes;
    private final long mappedBytes;
    /** where it is mapped to be read, or 0 where it must be read by calls */
    private final long base;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer;
    private final MemorySegment readPage;

    /**
     * Maps home.
     *
     * @param pages how many pages it can have
     */
    CachedHome(DurableFile home, long pages, int pageShift) {
        this.home = home;
        this.pageShift = pageShift;
        this.pageBytes = 1 << pageShift;
        this.mappedBytes = pages << pageShift;
        this.buffer = arena.allocate((long) BUFFERED_PAGES << pageShift, pageBytes);
        this.readPage = arena.allocate(pageBytes, pageBytes);
        this.base = map(home, mappedBytes);
    }

    /** The largest mappings leave no address space for a second one: then home is read by calls. */
    private static long map(DurableFile home, long bytes) {
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

    DurableFile file() {
        return home;
    }

    /** Whether an address lies in the mapping by which home is read. */
    boolean isMappedAt(long address) {
        return base != 0 && address >= base && address < base + mappedBytes;
    }

    /** The address of a page's bytes, which stay there until the next call. */
    long addressOf(long page) throws IOException {
        if (base != 0) {
            return base + (page << pageShift);
        }
        long count = home.read(page << pageShift, readPage);
        readPage.asSlice(count).fill((byte) 0);
        return readPage.address();
    }

    /** The address of a page that can be read, whatever it holds: for where all of a page counts as zero. */
    long addressOfAny() {
        return buffer.address();
    }

    /**
     * Brings a commit home.
     *
     * @param record what it changed
     * @param limit what lies from there on goes home another way
     */
    void write(RedoRecord record, long limit) throws IOException {
        Spans target = new Spans(limit);
        record.forEach(target);
        target.write();
    }

    /**
     * Brings a commit home that cuts the file.
     *
     * @param record what it changed
     * @param changed the pages it changed
     * @param zeroFrom from where on home is to be zeros besides
     */
    void writeCut(RedoRecord record, PageList changed, long zeroFrom) throws IOException {
        zeroAround(changed, zeroFrom);
        try (Pages target = new Pages(home.length(), zeroFrom)) {
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
    private final class Spans implements ExtentVisitor {
        /** what comes after it goes home another way */
        private final long limit;
        private long from;
        private long end;

        private Spans(long limit) {
            this.limit = limit;
        }

        @Override
        public void extent(long offset, MemorySegment source, long sourceOffset, int length)
                throws IOException {
            if (offset >= limit) {
                return;
            }
            for (long at = offset; at < offset + length;) {
                if (end == from || at - end >= pageBytes || at - from >= buffer.byteSize()) {
                    write();
                    from = at;
                    end = at;
                }
                fill(at);
                long piece = Math.min(offset + length - at, buffer.byteSize() - (at - from));
                MemorySegment.copy(source, sourceOffset + (at - offset), buffer, at - from, piece);
                at += piece;
                end = at;
            }
        }

        /** Extends the span to an offset by what home holds. */
        private void fill(long to) throws IOException {
            while (end < to) {
                long page = end >>> pageShift;
                long piece = Math.min(to, page + 1 << pageShift) - end;
                Memory.copy(addressOf(page) + (end - (page << pageShift)), buffer.address() + (end - from),
                        piece);
                end += piece;
            }
        }

        private void write() throws IOException {
            if (end > from) {
                home.write(from, buffer.asSlice(0, end - from));
                from = end;
            }
        }
    }

    /**
     * Writes extents to home, whole pages at a time and neighbours together, for a commit that cuts: what is
     * past the cut is zeros in those pages.
     */
    private final class Pages implements ExtentVisitor, AutoCloseable {
        /** what is past the size is written, too: zeros, which a cut may have to put there */
        private final long homeLength;
        private final long zeroFrom;
        private long firstPage = -1;
        private int count;

        private Pages(long homeLength, long zeroFrom) {
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
                MemorySegment.copy(source, sourceOffset + (at - offset), buffer, target, end - at);
                at = end;
            }
        }

        /** The place of a page in the buffer, with home's bytes in it. */
        private int pageIndex(long page) throws IOException {
            if (firstPage >= 0 && page < firstPage + count) {
                return (int) (page - firstPage);
            }
            if (firstPage < 0 || page != firstPage + count || count == BUFFERED_PAGES) {
                write();
                firstPage = page;
                count = 0;
            }
            long kept = Math.clamp(zeroFrom - (page << pageShift), 0, pageBytes);
            MemorySegment target = buffer.asSlice((long) count << pageShift, pageBytes);
            Memory.copy(addressOf(page), target.address(), kept);
            target.asSlice(kept).fill((byte) 0);
            return count++;
        }

        private void write() throws IOException {
            if (count > 0) {
                long offset = firstPage << pageShift;
                home.write(offset,
                        buffer.asSlice(0, Math.min((long) count << pageShift, homeLength - offset)));
            }
        }

        @Override
        public void close() throws IOException {
            write();
        }
    }

    @Override
    public void close() {
        if (base != 0) {
            Linux.munmap(base, mappedBytes);
        }
        arena.close();
    }
}
