package io.atomicmapping.dirty;

import io.atomicmapping.storage.linux.Linux;
import io.atomicmapping.storage.linux.LinuxConstants;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory for the twins of private pages: what a page held at the last seal (Munin, PPoPP'90; TreadMarks,
 * USENIX'94, where the difference to the twin is what is sent).
 *
 * <ul>
 *   <li>A twin has the size of a page and is aligned to it. It lies in anonymous memory, which system calls
 *       may read.
 *   <li>Twins that come back are used again; only some keep their memory until then.
 * </ul>
 *
 * <p>Safe for use by several threads.
 */
final class Twins implements AutoCloseable {

    /** so much address space is reserved at a time */
    private static final long RESERVED_BYTES = 4 << 20;
    private static final int WARM_BYTES = 8 << 20;

    private final int pageBytes;
    private final int warmMax;
    private final List<LazyMemory> reservations = new ArrayList<>();
    private long position;
    private long end;
    /** those with memory, and those whose memory went back to the kernel */
    private final PageList warm = new PageList();
    private final PageList cold = new PageList();

    Twins(int pageBytes) {
        this.pageBytes = pageBytes;
        this.warmMax = WARM_BYTES / pageBytes;
    }

    /**
     * Takes one. Its bytes are undefined.
     *
     * @throws OutOfMemoryError if there is no memory for more
     */
    synchronized long allocate() {
        if (warm.size() > 0) {
            return warm.removeLast();
        }
        if (cold.size() > 0) {
            return cold.removeLast();
        }
        if (position == end) {
            reserve();
        }
        long twin = position;
        position += pageBytes;
        return twin;
    }

    private void reserve() {
        LazyMemory reserved = LazyMemory.dense(RESERVED_BYTES, "another page's last commit");
        reservations.add(reserved);
        position = reserved.address();
        end = position + RESERVED_BYTES;
    }

    /** Takes one back. */
    synchronized void free(long twin) {
        if (warm.size() < warmMax) {
            warm.add(twin);
        } else {
            Linux.madvise(twin, pageBytes, LinuxConstants.MADV_DONTNEED);
            cold.add(twin);
        }
    }

    @Override
    public synchronized void close() {
        for (LazyMemory reserved : reservations) {
            reserved.close();
        }
        reservations.clear();
        position = 0;
        end = 0;
        warm.clear();
        cold.clear();
    }
}
