package io.atomicmapping.dirty;

import io.atomicmapping.storage.linux.Errno;
import io.atomicmapping.storage.linux.Linux;
import io.atomicmapping.storage.linux.LinuxConstants;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The kernel's record of stores: async userfaultfd write-protection, read and re-armed by PAGEMAP_SCAN.
 *
 * <ul>
 *   <li>A range is armed without a first write-protection: a page that was never scanned counts as written.
 *   <li>One scan lists the pages written since the last and protects them again, atomically for each page.
 * </ul>
 *
 * <p>Source: ioctl_userfaultfd(2), Documentation/admin-guide/mm/pagemap.rst.
 */
final class WriteProtection implements AutoCloseable {

    // struct uffdio_api { __u64 api; __u64 features; __u64 ioctls; }
    private static final long UFFDIO_API = 0xC018_AA3FL;
    private static final long UFFD_API = 0xAA;
    private static final long FEATURE_WP_PAGEFAULT = 1;
    private static final long FEATURE_SIGBUS = 1 << 7;
    private static final long FEATURE_WP_UNPOPULATED = 1 << 13;
    private static final long FEATURE_WP_ASYNC = 1 << 15;
    // struct uffdio_range { __u64 start; __u64 len; }
    // struct uffdio_register { struct uffdio_range range; __u64 mode; __u64 ioctls; }
    private static final long UFFDIO_REGISTER = 0xC020_AA00L;
    private static final long REGISTER_MODE_WP = 2;
    // struct uffdio_writeprotect { struct uffdio_range range; __u64 mode; }
    private static final long UFFDIO_WRITEPROTECT = 0xC018_AA06L;
    private static final long WRITEPROTECT_MODE_WP = 1;
    // struct pm_scan_arg: size, flags, start, end, walk_end, vec, vec_len, max_pages,
    //                     category_inverted, category_mask, category_anyof_mask, return_mask, all __u64
    private static final long PAGEMAP_SCAN = 0xC060_6610L;
    private static final int SCAN_BYTES = 96;
    private static final long SCAN_WP_MATCHING = 1;
    private static final long SCAN_CHECK_WPASYNC = 2;
    private static final long PAGE_IS_WRITTEN = 1 << 1;
    private static final long PAGE_IS_PRESENT = 1 << 3;
    private static final long PAGE_IS_SWAPPED = 1 << 4;
    // struct page_region { __u64 start; __u64 end; __u64 categories; }
    private static final int REGION_BYTES = 24;
    private static final int REGIONS = 2_048;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment argument = arena.allocate(SCAN_BYTES, 8);
    private final MemorySegment regions = arena.allocate((long) REGIONS * REGION_BYTES, 8);
    private final int pagemap;
    private final int async;
    /** a second one whose faults are SIGBUS, for memory that takes no store; -1 until it is needed */
    private int refusing = -1;

    private WriteProtection(int pagemap, int async) {
        this.pagemap = pagemap;
        this.async = async;
    }

    /**
     * Opens what the kernel offers.
     *
     * @return the tracking, or null if the kernel has or allows none
     */
    static WriteProtection open() {
        int async = openUserfaultfd(FEATURE_WP_PAGEFAULT | FEATURE_WP_UNPOPULATED | FEATURE_WP_ASYNC);
        if (async < 0) {
            return null;
        }
        int pagemap = Linux.open("/proc/self/pagemap", LinuxConstants.O_RDONLY | LinuxConstants.O_CLOEXEC);
        if (pagemap < 0) {
            Linux.close(async);
            return null;
        }
        return new WriteProtection(pagemap, async);
    }

    private static int openUserfaultfd(long features) {
        int descriptor = Linux.userfaultfd(
                LinuxConstants.O_CLOEXEC | LinuxConstants.O_NONBLOCK | LinuxConstants.UFFD_USER_MODE_ONLY);
        if (descriptor < 0) {
            return descriptor;
        }
        try (Arena calls = Arena.ofConfined()) {
            MemorySegment api = calls.allocate(24, 8);
            put(api, 0, UFFD_API);
            put(api, 1, features);
            int error = Linux.ioctl(descriptor, UFFDIO_API, api);
            if (error < 0) {
                Linux.close(descriptor);
                return error;
            }
        }
        return descriptor;
    }

    /**
     * Starts tracking a range that was mapped anew.
     *
     * @param address its first byte
     * @param length its length, whole pages
     * @return 0, or an error as a negative number
     */
    int arm(long address, long length) {
        return register(async, address, length);
    }

    private static int register(int descriptor, long address, long length) {
        try (Arena calls = Arena.ofConfined()) {
            MemorySegment register = calls.allocate(32, 8);
            put(register, 0, address);
            put(register, 1, length);
            put(register, 2, REGISTER_MODE_WP);
            return Linux.ioctl(descriptor, UFFDIO_REGISTER, register);
        }
    }

    /**
     * Makes anonymous memory that was mapped anew refuse stores: they fault with SIGBUS, which Java survives
     * as an {@link InternalError}. Memory without write permission would be SIGSEGV, which ends the process.
     *
     * @return whether the kernel can
     */
    boolean refuseStores(long address, long length) {
        if (refusing < 0) {
            refusing = openUserfaultfd(FEATURE_WP_PAGEFAULT | FEATURE_WP_UNPOPULATED | FEATURE_SIGBUS);
        }
        if (refusing < 0 || register(refusing, address, length) < 0) {
            return false;
        }
        try (Arena calls = Arena.ofConfined()) {
            MemorySegment protect = calls.allocate(24, 8);
            put(protect, 0, address);
            put(protect, 1, length);
            put(protect, 2, WRITEPROTECT_MODE_WP);
            return Linux.ioctl(refusing, UFFDIO_WRITEPROTECT, protect) >= 0;
        }
    }

    /**
     * Lists the pages of a range that were written since they were last listed, and protects them again.
     *
     * @param address the range's first byte
     * @param length its length, whole pages
     * @param image the address of page 0
     * @param pageShift the page size as a power of two
     * @param target where the page numbers go
     * @throws IOException if the scan fails
     */
    void scan(long address, long length, long image, int pageShift, PageList target) throws IOException {
        long at = address;
        long end = address + length;
        while (at < end) {
            put(argument, 0, SCAN_BYTES);
            put(argument, 1, SCAN_WP_MATCHING | SCAN_CHECK_WPASYNC);
            put(argument, 2, at);
            put(argument, 3, end);
            put(argument, 4, 0);
            put(argument, 5, regions.address());
            put(argument, 6, REGIONS);
            put(argument, 7, 0);
            put(argument, 8, 0);
            put(argument, 9, PAGE_IS_WRITTEN);
            put(argument, 10, PAGE_IS_PRESENT | PAGE_IS_SWAPPED);
            put(argument, 11, PAGE_IS_WRITTEN);
            int count = Linux.ioctl(pagemap, PAGEMAP_SCAN, argument);
            if (count < 0) {
                throw new IOException("PAGEMAP_SCAN failed, so stores through segment() cannot be found:"
                        + " reopen the mapping: start=0x" + Long.toHexString(at)
                        + ", end=0x" + Long.toHexString(end)
                        + ", errno=" + Errno.name(-count) + " (" + Errno.text(-count) + ")");
            }
            for (int i = 0; i < count; i++) {
                collect(i, image, pageShift, target);
            }
            at = Math.max(at + 1, argument.getAtIndex(ValueLayout.JAVA_LONG, 4));
        }
    }

    private void collect(int region, long image, int pageShift, PageList target) {
        long first = regions.getAtIndex(ValueLayout.JAVA_LONG, region * 3L) - image >>> pageShift;
        long end = regions.getAtIndex(ValueLayout.JAVA_LONG, region * 3L + 1) - image >>> pageShift;
        for (long page = first; page < end; page++) {
            target.add(page);
        }
    }

    private static void put(MemorySegment struct, int index, long value) {
        struct.setAtIndex(ValueLayout.JAVA_LONG, index, value);
    }

    @Override
    public void close() {
        Linux.close(pagemap);
        Linux.close(async);
        if (refusing >= 0) {
            Linux.close(refusing);
        }
        arena.close();
    }
}
