package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;

/**
 * Where everything is in a {@link PersistentHeap}. All numbers are little-endian. A header of zeros is an
 * empty heap.
 *
 * <pre>
 *   header   magic | end of what was ever handed out | the open span: next piece, end | roots: first, stamp
 *            | first free piece of each size class
 *   piece    size class and state | what its user stores; of a free one: the next free one, or 0
 *   root     a piece: next, or 0 | what it stands for | bytes of the name | name
 * </pre>
 *
 * <p>From the header to the end there is nothing but pieces and what is left of the open span: whoever walks
 * from one piece to the next meets every byte. Pieces of whole pages lie at pages, the others in spans. The
 * first span ends at the first page; of a span that is too short for a piece the rest becomes free pieces.
 */
final class HeapFormat {

    static final long VERSION = 1;
    static final long MAGIC = 0x50_41_45_48_4D_54_41L | VERSION << 56; // its bytes read "ATMHEAP", 1

    static final long END = 8;
    static final long SPAN_AT = 16;
    static final long SPAN_END = 24;
    static final long ROOTS = 32;
    static final long ROOTS_STAMP = 40;
    static final long LISTS = 64;
    static final long HEADER_BYTES = (LISTS + 8L * SizeClasses.COUNT + 63) / 64 * 64;

    static final long SPAN = 16 << 10;

    // In a piece, from its start; what its user sees begins after its header.
    static final long PIECE_HEADER = 8;
    static final long NEXT_FREE = 8;

    private static final int ALLOCATED = 0x434F4C41; // "ALOC"
    private static final int FREE = 0x45455246; // "FREE"

    private HeapFormat() {
    }

    /** Where the heap's first page begins, or its first span ends. */
    static long firstPage(long base) {
        return (base + HEADER_BYTES + SizeClasses.PAGE - 1) / SizeClasses.PAGE * SizeClasses.PAGE;
    }

    /** The header of a piece that is in use. */
    static long allocated(int sizeClass) {
        return (long) sizeClass << 32 | ALLOCATED;
    }

    /** The header of a piece that is not. */
    static long free(int sizeClass) {
        return (long) sizeClass << 32 | FREE;
    }

    static boolean isAllocated(long header) {
        return (int) header == ALLOCATED && isSizeClass(header);
    }

    static boolean isFree(long header) {
        return (int) header == FREE && isSizeClass(header);
    }

    static int sizeClass(long header) {
        return (int) (header >>> 32);
    }

    private static boolean isSizeClass(long header) {
        return header >>> 32 < SizeClasses.COUNT;
    }

    /** The size class of a piece that a user names. */
    static int requireAllocated(AtomicMapping mapping, long piece, long base, long end) {
        long start = piece - PIECE_HEADER;
        long header = start % SizeClasses.UNIT == 0 && start >= base + HEADER_BYTES
                && start <= end - SizeClasses.UNIT ? mapping.getLong(start) : 0;
        if (isFree(header)) {
            throw new IllegalStateException("piece is free already: piece=" + piece);
        }
        if (!isAllocated(header)) {
            throw new IllegalArgumentException("not a piece of this heap, give what allocate returned: piece="
                    + piece + ", base=" + base + ", end=" + end);
        }
        return sizeClass(header);
    }

    /** Refuses a place where there is, and can be, no heap. */
    static void requireHeap(AtomicMapping mapping, long base) {
        if (base < 0 || base % 64 != 0 || base > mapping.size() - HEADER_BYTES) {
            throw new IllegalArgumentException("no place for a heap, give a multiple of 64 and enough bytes"
                    + " after it: base=" + base + ", headerBytes=" + HEADER_BYTES + ", size="
                    + mapping.size());
        }
        long magic = mapping.getLong(base);
        if (magic == 0) {
            for (long at = base; at < base + HEADER_BYTES; at += Long.BYTES) {
                requireMagic(mapping.getLong(at) == 0, base, magic);
            }
            return;
        }
        if (magic << 8 == MAGIC << 8 && magic != MAGIC) {
            throw new IllegalArgumentException("heap of another version, use the program that made it: base="
                    + base + ", expected=" + VERSION + ", actual=" + (magic >>> 56));
        }
        requireMagic(magic == MAGIC, base, magic);
        long end = mapping.getLong(base + END);
        if (end > mapping.size() || end < firstPage(base)) {
            throw new IllegalArgumentException("heap has lost its end, take the file from a backup: base="
                    + base + ", end=" + end + ", size=" + mapping.size());
        }
    }

    private static void requireMagic(boolean heap, long base, long magic) {
        if (!heap) {
            throw new IllegalArgumentException("not a heap, give the offset where it was opened first: base="
                    + base + ", expected=0x" + Long.toHexString(MAGIC)
                    + ", actual=0x" + Long.toHexString(magic));
        }
    }
}
