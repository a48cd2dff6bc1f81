package io.atomicmapping.benchmarks.store;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * In what folios the page cache holds a mapped file, as {@code /proc/self/pagemap} and {@code
 * /proc/kpageflags} tell root (Documentation/admin-guide/mm/pagemap.rst). A store into a shared mapping makes
 * the whole folio dirty.
 */
final class Folios {

    private static final int PAGE_BYTES = 4096;
    private static final int SAMPLES = 512;
    private static final long FRAME_MASK = (1L << 55) - 1;
    private static final long PRESENT = 1L << 63;
    /** KPF_COMPOUND_HEAD and KPF_COMPOUND_TAIL */
    private static final long COMPOUND = 1 << 15 | 1 << 16;

    private Folios() {}

    /**
     * The part of a mapping's pages that lies in folios of more than one page; negative where the kernel does
     * not tell.
     */
    static double largeShare(MemorySegment mapped) throws IOException {
        int large = 0;
        int seen = 0;
        long pages = mapped.byteSize() / PAGE_BYTES;
        try (FileChannel pagemap = FileChannel.open(Path.of("/proc/self/pagemap"), StandardOpenOption.READ);
                FileChannel flags = FileChannel.open(Path.of("/proc/kpageflags"), StandardOpenOption.READ)) {
            for (int i = 0; i < SAMPLES; i++) {
                long offset = pages * i / SAMPLES * PAGE_BYTES;
                mapped.get(ValueLayout.JAVA_BYTE, offset); // maps it
                long entry = read(pagemap, (mapped.address() + offset) / PAGE_BYTES);
                if ((entry & PRESENT) == 0 || (entry & FRAME_MASK) == 0) {
                    continue;
                }
                seen++;
                large += (read(flags, entry & FRAME_MASK) & COMPOUND) == 0 ? 0 : 1;
            }
        } catch (java.nio.file.AccessDeniedException e) {
            return -1; // only root may know; the note of the figure says that it was not verified
        }
        return seen == 0 ? -1 : (double) large / seen;
    }

    private static long read(FileChannel table, long index) throws IOException {
        ByteBuffer entry = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
        if (table.read(entry, index * Long.BYTES) != Long.BYTES) {
            throw new IOException("a table of the kernel ends early: index=" + index);
        }
        return entry.getLong(0);
    }
}
