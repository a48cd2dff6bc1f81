package io.atomicmapping.dirty;

import io.atomicmapping.storage.linux.Linux;
import io.atomicmapping.storage.linux.LinuxConstants;
import java.io.IOException;

/**
 * Zeroed native memory that is reserved at once and takes room only where it is touched.
 *
 * <ul>
 *   <li>Nothing checks that an address is still mapped. Whoever closes it first makes sure
 *       that nobody uses it any more.
 * </ul>
 */
final class LazyMemory implements AutoCloseable {

    private static final long HUGE_BYTES = 2 << 20;

    private final long reserved;
    private final long reservedBytes;
    private final long address;
    private final long bytes;

    LazyMemory(long bytes) throws IOException {
        this(bytes, Linux.pageBytes(), LinuxConstants.MADV_NOHUGEPAGE); // only what is touched takes room
    }

    /** Where the kernel does not know the advice it is not needed. */
    private LazyMemory(long bytes, long alignment, int advice) throws IOException {
        this.bytes = Math.max(Linux.pageBytes(), (bytes + Linux.pageBytes() - 1) & -Linux.pageBytes());
        this.reservedBytes = this.bytes + alignment - Linux.pageBytes();
        this.reserved = Linux.mmap(0, reservedBytes, LinuxConstants.PROT_READ | LinuxConstants.PROT_WRITE,
                LinuxConstants.MAP_PRIVATE | LinuxConstants.MAP_ANONYMOUS | LinuxConstants.MAP_NORESERVE,
                -1, 0);
        this.address = reserved + alignment - 1 & -alignment;
        Linux.madvise(address, this.bytes, advice);
    }

    /** As the constructor, where an exception could not be passed on: there is no memory for what is said. */
    static LazyMemory of(long bytes, String what) {
        return orOutOfMemory(what, () -> new LazyMemory(bytes));
    }

    /**
     * Memory that will soon be touched all over, but not in order: in huge pages, where there are any, to
     * spare the TLB.
     */
    static LazyMemory dense(long bytes, String what) {
        return orOutOfMemory(what, () -> new LazyMemory(bytes, HUGE_BYTES, LinuxConstants.MADV_HUGEPAGE));
    }

    private interface Reservation {
        LazyMemory make() throws IOException;
    }

    private static LazyMemory orOutOfMemory(String what, Reservation reservation) {
        try {
            return reservation.make();
        } catch (IOException e) {
            OutOfMemoryError error = new OutOfMemoryError(
                    "no memory for " + what + ", sync more often: " + e.getMessage());
            error.initCause(e);
            throw error;
        }
    }

    long bytes() {
        return bytes;
    }

    long address() {
        return address;
    }

    @Override
    public void close() {
        Linux.munmap(reserved, reservedBytes);
    }
}
