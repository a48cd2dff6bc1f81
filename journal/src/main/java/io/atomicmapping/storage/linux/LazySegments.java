package io.atomicmapping.storage.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Zeroed native memory of which only what is touched takes room, and time. Not in huge pages: where a
 * hypervisor takes free memory back, the first touch of one was measured at 4 ms.
 */
public final class LazySegments {

    private static final int SMALL_BYTES = 1 << 18;

    private LazySegments() {}

    /**
     * Reserves memory.
     *
     * @param bytes how much
     * @param arena gives it back when it closes
     * @return the memory, at the begin of a page
     * @throws IOException if it cannot be reserved; the message says what to do
     */
    public static MemorySegment allocate(long bytes, Arena arena) throws IOException {
        if (bytes <= SMALL_BYTES) {
            return arena.allocate(bytes, Linux.pageBytes());
        }
        long address = Linux.mmap(0, bytes, LinuxConstants.PROT_READ | LinuxConstants.PROT_WRITE,
                LinuxConstants.MAP_PRIVATE | LinuxConstants.MAP_ANONYMOUS | LinuxConstants.MAP_NORESERVE,
                -1, 0);
        return Linux.segment(address, bytes, arena, () -> Linux.munmap(address, bytes));
    }
}
