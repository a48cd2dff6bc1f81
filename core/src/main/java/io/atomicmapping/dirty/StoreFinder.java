package io.atomicmapping.dirty;

import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.storage.linux.Linux;
import io.atomicmapping.storage.linux.LinuxConstants;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Finds the pages that were stored to, the best way that the kernel has and allows.
 *
 * <ul>
 *   <li>Memory is armed once, when it was mapped anew; if the kernel refuses that, a worse tier does from
 *       then on, for all memory.
 *   <li>A page once listed is listed again only after another store, in the best tier; in the others as long
 *       as it is private, or always.
 * </ul>
 *
 * <p>{@link #arm} and {@link #refuseStores} are called under the resize lock, {@link #tier} and {@link
 * #privateBytes} at any time, {@link #list} under the commit lock.
 */
final class StoreFinder implements AutoCloseable {

    private static final long PAGEMAP_PRESENT_OR_SWAPPED = 3L << 62;
    private static final long PAGEMAP_FILE_OR_SHARED = 1L << 61;
    private static final int PAGEMAP_ENTRIES = 1 << 13;

    private final int pageShift;
    private final WriteProtection protection;
    private final int pagemap;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment entries = arena.allocate((long) PAGEMAP_ENTRIES * Long.BYTES, 8);
    private volatile KernelTier tier;

    StoreFinder(int pageShift) {
        this.pageShift = pageShift;
        KernelTier wanted = KernelTier.wanted();
        this.protection = wanted == KernelTier.WRITE_PROTECTION ? WriteProtection.open() : null;
        this.pagemap = wanted == KernelTier.COMPARE_ALL ? -1
                : Linux.open("/proc/self/pagemap", LinuxConstants.O_RDONLY | LinuxConstants.O_CLOEXEC);
        this.tier = protection != null ? KernelTier.WRITE_PROTECTION
                : pagemap >= 0 ? KernelTier.PRIVATE_PAGES : KernelTier.COMPARE_ALL;
    }

    KernelTier tier() {
        return tier;
    }

    /** Memory was mapped anew: finds the stores there, too. */
    void arm(long address, long length) {
        if (tier == KernelTier.WRITE_PROTECTION && protection.arm(address, length) < 0) {
            tier = pagemap >= 0 ? KernelTier.PRIVATE_PAGES : KernelTier.COMPARE_ALL;
        }
    }

    /** Makes zeros that were mapped anew refuse stores, where the kernel can. */
    void refuseStores(long address, long length) {
        if (tier == KernelTier.WRITE_PROTECTION) {
            protection.refuseStores(address, length);
        }
    }

    /** Lists the pages of a range that were stored to, in order. */
    void list(Stretches stretches, long from, long to, PageList target) throws IOException {
        for (long page = from; page < to;) {
            long end = Math.min(to, stretches.endOf(page));
            if (page == from || !SeededFault.ONLY_FIRST_MAPPING_SCANNED.isSeeded()) {
                list(stretches.originOf(page), page, end, target);
            }
            page = end;
        }
    }

    /** Lists those of pages that follow each other in memory, too; the origin is where page 0 would lie. */
    private void list(long origin, long from, long to, PageList target) throws IOException {
        switch (tier) {
            case WRITE_PROTECTION -> protection.scan(origin + (from << pageShift),
                    to - from << pageShift, origin, pageShift, target);
            case PRIVATE_PAGES -> listPrivate(pagemap, origin, from, to, entries, target);
            case COMPARE_ALL -> {
                for (long page = from; page < to; page++) {
                    target.add(page);
                }
            }
        }
    }

    private void listPrivate(int descriptor, long origin, long from, long to, MemorySegment buffer,
            PageList target) throws IOException {
        long firstEntry = origin >> pageShift; // the origin of pages mapped low in memory is negative
        for (long page = from; page < to; page += PAGEMAP_ENTRIES) {
            long wanted = Math.min(PAGEMAP_ENTRIES, to - page) * Long.BYTES;
            long count = Linux.read(descriptor, (firstEntry + page) * Long.BYTES, buffer.asSlice(0, wanted));
            if (count < wanted) {
                throw new IOException("cannot read /proc/self/pagemap, so stores through segment() cannot be"
                        + " found: result=" + count + ", wanted=" + wanted);
            }
            for (int i = 0; i < wanted / Long.BYTES; i++) {
                long entry = buffer.getAtIndex(ValueLayout.JAVA_LONG, i);
                if ((entry & PAGEMAP_PRESENT_OR_SWAPPED) != 0 && (entry & PAGEMAP_FILE_OR_SHARED) == 0) {
                    target.add(page + i);
                }
            }
        }
    }

    /** The memory that the private ones of the first pages take; 0 if the kernel does not tell. */
    long privateBytes(Stretches stretches, long pageCount) {
        int own = Linux.open("/proc/self/pagemap", LinuxConstants.O_RDONLY | LinuxConstants.O_CLOEXEC);
        if (own < 0) {
            return 0;
        }
        PageList list = new PageList();
        try (Arena buffers = Arena.ofConfined()) {
            MemorySegment buffer = buffers.allocate(entries.byteSize(), 8);
            for (long page = 0; page < pageCount;) {
                long end = Math.min(pageCount, stretches.endOf(page));
                listPrivate(own, stretches.originOf(page), page, end, buffer, list);
                page = end;
            }
        } catch (IOException e) {
            return 0; // a figure for stats only
        } finally {
            Linux.close(own);
        }
        return (long) list.size() << pageShift;
    }

    @Override
    public void close() {
        if (protection != null) {
            protection.close();
        }
        if (pagemap >= 0) {
            Linux.close(pagemap);
        }
        arena.close();
    }
}
