package io.atomicmapping.dirty;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.linux.Linux;
import io.atomicmapping.storage.linux.LinuxConstants;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The memory that the program loads from and stores to: a private mapping of home in reserved address space.
 *
 * <ul>
 *   <li>The kernel can write none of it back: it is {@code MAP_PRIVATE}. What was never stored to is home's
 *       page cache.
 *   <li>It never moves. What was once readable stays readable until {@link #close}.
 *   <li>A storage whose files cannot be mapped gives anonymous memory, filled from the file.
 *   <li>Of an adopted file some pages lie elsewhere, where another library mapped them: {@link #stretches}
 *       tells where each is. {@link #segment} has what no other library has mapped.
 * </ul>
 */
public final class WorkingImage implements AutoCloseable {

    private static final long LOAD_BYTES = 1 << 20;
    private static final int FIXED = LinuxConstants.MAP_PRIVATE | LinuxConstants.MAP_FIXED
            | LinuxConstants.MAP_NORESERVE;
    private static final int READ_WRITE = LinuxConstants.PROT_READ | LinuxConstants.PROT_WRITE;

    private final DurableFile home;
    private final int descriptor;
    private final long reservedBytes;
    private final long address;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;
    private volatile Stretches stretches;

    /**
     * Reserves address space; nothing is mapped yet.
     *
     * @param home the data file
     * @param reservedBytes how much to reserve, a multiple of the page size
     * @throws IOException if the address space cannot be had
     */
    public WorkingImage(DurableFile home, long reservedBytes) throws IOException {
        this.home = home;
        this.descriptor = home.descriptor().orElse(-1);
        this.reservedBytes = reservedBytes;
        this.address = Linux.mmap(0, reservedBytes, LinuxConstants.PROT_NONE,
                LinuxConstants.MAP_PRIVATE | LinuxConstants.MAP_ANONYMOUS | LinuxConstants.MAP_NORESERVE,
                -1, 0);
        long reservedAddress = address;
        this.segment = Linux.segment(address, reservedBytes, arena,
                () -> Linux.munmap(reservedAddress, reservedBytes));
        this.stretches = Stretches.of(address, Linux.pageBytes());
    }

    /**
     * Where each page lies.
     *
     * @return the stretches now
     */
    public Stretches stretches() {
        return stretches;
    }

    /**
     * Pages lie elsewhere from now on.
     *
     * @param next where all of them lie
     */
    public void place(Stretches next) {
        stretches = next;
    }

    /**
     * Where its own memory begins.
     *
     * @return the address
     */
    public long address() {
        return address;
    }

    /**
     * All of the reserved space, alive until {@link #close}; only what was mapped may be touched.
     *
     * @return the segment
     */
    public MemorySegment segment() {
        return segment;
    }

    /**
     * Whether pages are mapped from the file, so that one given back is read again from there.
     *
     * @return whether they are
     */
    public boolean isMapped() {
        return descriptor >= 0;
    }

    /**
     * Maps a range anew to what home holds; what was stored there is gone.
     *
     * @param from where it begins, a multiple of the page size
     * @param to where it ends, a multiple of the page size
     * @throws IOException if it cannot be mapped or read
     */
    public void mapHome(long from, long to) throws IOException {
        if (from >= to) {
            return;
        }
        if (descriptor >= 0) {
            Linux.mmap(address + from, to - from, READ_WRITE, FIXED, descriptor, from);
        } else {
            mapZeros(from, to);
            load(from, to);
        }
    }

    /**
     * Maps a range anew to zeros of its own.
     *
     * @param from where it begins, a multiple of the page size
     * @param to where it ends, a multiple of the page size
     * @throws IOException if it cannot be mapped
     */
    public void mapZeros(long from, long to) throws IOException {
        if (from >= to) {
            return;
        }
        Linux.mmap(address + from, to - from, READ_WRITE, FIXED | LinuxConstants.MAP_ANONYMOUS, -1, 0);
        Linux.madvise(address + from, to - from, LinuxConstants.MADV_NOHUGEPAGE);
    }

    private void load(long from, long to) throws IOException {
        long end = Math.min(to, home.length());
        try (Arena buffers = Arena.ofConfined()) {
            MemorySegment buffer = buffers.allocate(LOAD_BYTES, 8);
            for (long at = from; at < end; at += LOAD_BYTES) {
                long count = home.read(at, buffer.asSlice(0, Math.min(LOAD_BYTES, end - at)));
                copyPagesWithContent(buffer, at, count);
            }
        }
    }

    /** A page of zeros is left untouched, so that a sparse file takes no memory. */
    private void copyPagesWithContent(MemorySegment buffer, long offset, long count) {
        int pageBytes = Linux.pageBytes();
        for (long at = 0; at < count; at += pageBytes) {
            MemorySegment page = buffer.asSlice(at, Math.min(pageBytes, count - at));
            MemorySegment target = segment.asSlice(offset + at, page.byteSize());
            if (page.mismatch(target) >= 0) {
                target.copyFrom(page);
            }
        }
    }

    /**
     * Hands a run of private pages back: what is loaded next comes from home.
     *
     * @param from where it begins, a multiple of the page size
     * @param to where it ends, a multiple of the page size
     */
    public void discard(long from, long to) {
        Linux.madvise(address + from, to - from, LinuxConstants.MADV_DONTNEED);
    }

    /**
     * Ends the segment and unmaps it. Loads under way end first; later ones throw.
     *
     * @throws IllegalStateException if a native call is using the segment
     */
    @Override
    public void close() {
        arena.close();
    }

    /**
     * As {@link #close}, but does nothing the second time.
     *
     * @throws IllegalStateException if a native call is using the segment
     */
    public void closeOnce() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
