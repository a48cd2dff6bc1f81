package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;

/**
 * Hands out pieces of a mapping, from an offset to the mapping's end, and takes them back.
 *
 * <ul>
 *   <li>A piece has one of {@value #CLASSES} sizes: multiples of 16 bytes up to 256, from there four to each
 *       doubling, so that less than a fifth of it is lost. A freed piece waits in its class's list.
 *   <li>All state is in the mapping, so that a rollback also takes back what was handed out. A header of
 *       zeros is an empty heap.
 *   <li>What can fail comes before the first store: a full disk leaves the heap as it was.
 * </ul>
 *
 * <p>Called inside {@link AtomicMapping#update} only, by one thread at a time.
 */
final class Heap {

    private static final int CLASSES = 116;
    private static final long LARGEST_PIECE = 1L << 33;
    private static final int UNIT = 16;
    private static final int SMALL_CLASSES = 16;
    private static final int SMALL_BITS = 8;
    private static final long LARGEST_GROWTH_STEP = 64L << 20;
    private static final long GROWTH_UNIT = 4096;

    // The header: the end of what was ever handed out, then the first free piece of each class. A free
    // piece begins with the offset of the next one. An offset of 0 means none.
    private static final long END = 0;
    private static final long FREE = 8;
    static final long HEADER_BYTES = FREE + 8L * CLASSES;

    private final AtomicMapping mapping;
    private final long header;
    private final long start;

    /** A heap with its header at one offset and its pieces from another on. */
    Heap(AtomicMapping mapping, long header, long start) {
        this.mapping = mapping;
        this.header = header;
        this.start = start;
    }

    /** The class of the smallest piece that holds so many bytes. */
    static int sizeClass(long bytes) {
        if (bytes <= 0 || bytes > LARGEST_PIECE) {
            throw new IllegalArgumentException("entry too large: bytes=" + bytes + ", max=" + LARGEST_PIECE);
        }
        if (bytes <= SMALL_CLASSES * UNIT) {
            return (int) ((bytes - 1) / UNIT);
        }
        int doubling = 63 - Long.numberOfLeadingZeros(bytes - 1);
        int quarter = (int) ((bytes - 1 - (1L << doubling)) >>> (doubling - 2));
        return SMALL_CLASSES + (doubling - SMALL_BITS) * 4 + quarter;
    }

    /** The bytes in a piece of a class. */
    static long classBytes(int sizeClass) {
        if (sizeClass < SMALL_CLASSES) {
            return (sizeClass + 1L) * UNIT;
        }
        int doubling = SMALL_BITS + (sizeClass - SMALL_CLASSES) / 4;
        int quarters = (sizeClass - SMALL_CLASSES) % 4 + 1;
        return (1L << doubling) + ((long) quarters << (doubling - 2));
    }

    /** A piece of a class, what is in it undefined; the mapping grows where it has to. */
    long allocate(int sizeClass) throws IOException {
        long list = list(sizeClass);
        long piece = mapping.getLong(list);
        if (piece == 0) {
            return allocateForever(classBytes(sizeClass));
        }
        mapping.putLong(list, mapping.getLong(piece));
        return piece;
    }

    /** Takes a piece back. */
    void free(long piece, int sizeClass) {
        long list = list(sizeClass);
        mapping.putLong(piece, mapping.getLong(list));
        mapping.putLong(list, piece);
    }

    /** A piece of a multiple of 16 bytes that will never be freed. */
    long allocateForever(long bytes) throws IOException {
        assert bytes % UNIT == 0 : bytes;
        long piece = end();
        long size = mapping.size();
        if (bytes > size - piece) {
            long generous = Math.max(piece + bytes, size + Math.min(size / 2, LARGEST_GROWTH_STEP));
            mapping.resize((generous + GROWTH_UNIT - 1) / GROWTH_UNIT * GROWTH_UNIT);
        }
        mapping.putLong(header + END, piece + bytes);
        return piece;
    }

    /** The first offset that was never handed out. */
    long end() {
        long end = mapping.getLong(header + END);
        return end == 0 ? start : end;
    }

    private long list(int sizeClass) {
        return header + FREE + 8L * sizeClass;
    }
}
