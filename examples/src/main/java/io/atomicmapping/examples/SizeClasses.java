package io.atomicmapping.examples;

/**
 * The sizes that pieces of a {@link PersistentHeap} have: multiples of 16 bytes up to 256, from there four to
 * each doubling, so that less than a fifth of a piece is lost.
 */
final class SizeClasses {

    static final int COUNT = 116;
    static final int UNIT = 16;
    static final int PAGE = 4096;
    static final long LARGEST = 1L << 33;

    private static final int SMALL = 16;
    private static final int SMALL_BITS = 8;

    private SizeClasses() {
    }

    /** The class of the smallest piece with so many bytes, 1 to {@link #LARGEST}. */
    static int holding(long bytes) {
        if (bytes <= SMALL * UNIT) {
            return (int) ((bytes - 1) / UNIT);
        }
        int doubling = 63 - Long.numberOfLeadingZeros(bytes - 1);
        int quarter = (int) ((bytes - 1 - (1L << doubling)) >>> (doubling - 2));
        return SMALL + (doubling - SMALL_BITS) * 4 + quarter;
    }

    /** The bytes in a piece of a class. */
    static long bytes(int sizeClass) {
        if (sizeClass < SMALL) {
            return (sizeClass + 1L) * UNIT;
        }
        int doubling = SMALL_BITS + (sizeClass - SMALL) / 4;
        int quarters = (sizeClass - SMALL) % 4 + 1;
        return (1L << doubling) + ((long) quarters << (doubling - 2));
    }

    /** Whether pieces of a class are whole pages, which begin where a page does. */
    static boolean isPages(int sizeClass) {
        return bytes(sizeClass) % PAGE == 0;
    }

    /** The class of the largest piece that is not whole pages and fits into so many bytes, 16 or more. */
    static int fittingInto(long bytes) {
        int sizeClass = holding(bytes);
        while (bytes(sizeClass) > bytes || isPages(sizeClass)) {
            sizeClass--;
        }
        return sizeClass;
    }
}
