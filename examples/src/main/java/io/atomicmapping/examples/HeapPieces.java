package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;

/**
 * Takes pieces from a {@link PersistentHeap}'s free lists, its open span, and its end. What can fail comes
 * before the first store. Called under the heap's lock, in a section.
 */
final class HeapPieces {

    private static final long LARGEST_GROWTH_STEP = 64L << 20;

    private final AtomicMapping mapping;
    private final long base;

    HeapPieces(AtomicMapping mapping, long base) {
        this.mapping = mapping;
        this.base = base;
    }

    /** The class of a piece for so many bytes. */
    static int sizeClass(long bytes) {
        if (bytes < 1 || bytes > PersistentHeap.LARGEST_PIECE) {
            throw new IllegalArgumentException(
                    "piece size out of range: bytes=" + bytes + ", min=1, max="
                    + PersistentHeap.LARGEST_PIECE);
        }
        return SizeClasses.holding(bytes + HeapFormat.PIECE_HEADER);
    }

    /** The first offset that was never handed out. */
    long end() {
        long end = mapping.getLong(base + HeapFormat.END);
        return end == 0 ? HeapFormat.firstPage(base) : end;
    }

    /** As {@link PersistentHeap#allocate}, under the lock. */
    long take(int sizeClass) throws IOException {
        if (mapping.getLong(base) == 0) {
            begin();
        }
        long list = listOf(sizeClass);
        long start = mapping.getLong(list);
        if (start == 0) {
            start = SizeClasses.isPages(sizeClass)
                    ? takeFromEnd(SizeClasses.bytes(sizeClass)) : takeFromSpan(SizeClasses.bytes(sizeClass));
        } else {
            mapping.putLong(list, mapping.getLong(start + HeapFormat.NEXT_FREE));
        }
        mapping.putLong(start, HeapFormat.allocated(sizeClass));
        return start + HeapFormat.PIECE_HEADER;
    }

    /** As {@link PersistentHeap#free}, under the lock. */
    void giveBack(long piece) {
        list(piece - HeapFormat.PIECE_HEADER, HeapFormat.requireAllocated(mapping, piece, base, end()));
    }

    private void begin() throws IOException {
        long end = end();
        growTo(end);
        mapping.putLong(base + HeapFormat.SPAN_AT, base + HeapFormat.HEADER_BYTES);
        mapping.putLong(base + HeapFormat.SPAN_END, end);
        mapping.putLong(base + HeapFormat.END, end);
        mapping.putLong(base, HeapFormat.MAGIC);
    }

    private long takeFromEnd(long bytes) throws IOException {
        long start = end();
        growTo(start + bytes);
        mapping.putLong(base + HeapFormat.END, start + bytes);
        return start;
    }

    private long takeFromSpan(long bytes) throws IOException {
        long start = mapping.getLong(base + HeapFormat.SPAN_AT);
        long end = mapping.getLong(base + HeapFormat.SPAN_END);
        if (bytes > end - start) {
            long span = HeapFormat.SPAN;
            long next;
            try {
                next = takeFromEnd(span);
            } catch (IOException e) {
                span = (bytes + SizeClasses.PAGE - 1) / SizeClasses.PAGE * SizeClasses.PAGE;
                next = takeFromEnd(span); // the last pages; may fail, too, before the first store
            }
            while (start < end) {
                int rest = SizeClasses.fittingInto(end - start);
                list(start, rest);
                start += SizeClasses.bytes(rest);
            }
            start = next;
            mapping.putLong(base + HeapFormat.SPAN_END, next + span);
        }
        mapping.putLong(base + HeapFormat.SPAN_AT, start + bytes);
        return start;
    }

    private void list(long start, int sizeClass) {
        long list = listOf(sizeClass);
        mapping.putLong(start + HeapFormat.NEXT_FREE, mapping.getLong(list));
        mapping.putLong(start, HeapFormat.free(sizeClass));
        mapping.putLong(list, start);
    }

    private long listOf(int sizeClass) {
        return base + HeapFormat.LISTS + 8L * sizeClass;
    }

    private void growTo(long end) throws IOException {
        long size = mapping.size();
        if (end <= size) {
            return;
        }
        long generous = Math.max(end, size + Math.min(size / 2, LARGEST_GROWTH_STEP));
        try {
            mapping.resize((generous + SizeClasses.PAGE - 1) / SizeClasses.PAGE * SizeClasses.PAGE);
        } catch (IllegalArgumentException | IOException generousFailed) {
            try {
                mapping.resize(end);
            } catch (IllegalArgumentException e) {
                throw new IOException("no room in the mapping, open it with a larger maxSize: needed=" + end
                        + ", size=" + size, e);
            }
        }
    }
}
