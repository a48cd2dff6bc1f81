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

    private final long address;
    private final long bytes;

    LazyMemory(long bytes) throws IOException {
        this.bytes = Math.max(Linux.pageBytes(), (bytes + Linux.pageBytes() - 1) & -Linux.pageBytes());
        this.address = Linux.mmap(0, this.bytes, LinuxConstants.PROT_READ | LinuxConstants.PROT_WRITE,
                LinuxConstants.MAP_PRIVATE | LinuxConstants.MAP_ANONYMOUS | LinuxConstants.MAP_NORESERVE, -1, 0);
        Linux.madvise(address, this.bytes, LinuxConstants.MADV_NOHUGEPAGE); // only what is touched; an old kernel refuses
    }

    /** As the constructor, where an exception could not be passed on: there is no memory for what is said. */
    static LazyMemory of(long bytes, String what) {
        try {
            return new LazyMemory(bytes);
        } catch (IOException e) {
            OutOfMemoryError error = new OutOfMemoryError("no memory for " + what + ", sync more often: " + e.getMessage());
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
        Linux.munmap(address, bytes);
    }
}
