package io.atomicmapping.dirty;

import io.atomicmapping.storage.linux.Linux;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Native memory by absolute address, for the tables and copies of the engine.
 *
 * <p>Nothing is checked here: an address must come from a mapping that its user knows to be there. Where the
 * memory is a mapping of a file, only the methods of this class may read it: a page that the file no longer
 * has is then an {@link InternalError}, where a native call or a checksum would end the process.
 */
public final class Memory {

    /** All addresses. */
    public static final MemorySegment ALL = Linux.segment(0, Long.MAX_VALUE);

    /** Little-endian 8 bytes at any alignment. */
    public static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG;
    private static final VarHandle WORDS = WORD.varHandle();

    private Memory() {
    }

    // By the layout of unaligned words, though all of these are aligned, and so are loaded and stored at
    // once: it spares the JIT the check of the alignment, which for a put is a tenth of its instructions.

    static long get(long address) {
        return ALL.get(LONG, address);
    }

    static void set(long address, long value) {
        ALL.set(LONG, address, value);
    }

    static long getAcquire(long address) {
        long value = ALL.get(LONG, address);
        VarHandle.acquireFence();
        return value;
    }

    static void setRelease(long address, long value) {
        VarHandle.releaseFence();
        ALL.set(LONG, address, value);
    }

    static long getAndBitwiseOr(long address, long bits) {
        return (long) WORDS.getAndBitwiseOr(ALL, address, bits);
    }

    static boolean compareAndSet(long address, long expected, long value) {
        return WORDS.compareAndSet(ALL, address, expected, value);
    }

    /** Makes an address's page private without changing it: one fault, where a load first would cost two. */
    static void touchForStore(long address) {
        WORDS.getAndAdd(ALL, address & -8L, 0L);
    }

    /**
     * Loads a little-endian value.
     *
     * @param address its address
     * @param length 1, 2, 4 or 8 bytes
     * @return the value, as the low bytes
     */
    public static long get(long address, int length) {
        return switch (length) {
            case Byte.BYTES -> ALL.get(BYTE, address);
            case Short.BYTES -> ALL.get(SHORT, address);
            case Integer.BYTES -> ALL.get(INT, address);
            default -> ALL.get(LONG, address);
        };
    }

    /**
     * Stores a little-endian value.
     *
     * @param address its address
     * @param length 1, 2, 4 or 8 bytes
     * @param value the value, as the low bytes
     */
    public static void set(long address, int length, long value) {
        switch (length) {
            case Byte.BYTES -> ALL.set(BYTE, address, (byte) value);
            case Short.BYTES -> ALL.set(SHORT, address, (short) value);
            case Integer.BYTES -> ALL.set(INT, address, (int) value);
            default -> ALL.set(LONG, address, value);
        }
    }

    /**
     * Copies bytes.
     *
     * @param source the address to copy from
     * @param target the address to copy to
     * @param length how many
     */
    public static void copy(long source, long target, long length) {
        MemorySegment.copy(ALL, source, ALL, target, length);
    }

    /**
     * Copies words in such a way that each aligned 8-byte word is read at once, so that a store beside the
     * copy is in it whole or not at all.
     *
     * @param source the address to copy from, a multiple of 8
     * @param target the address to copy to, a multiple of 8
     * @param length how many bytes, a multiple of 8
     */
    public static void copyWords(long source, long target, long length) {
        for (long at = 0; at < length; at += Long.BYTES) {
            set(target + at, get(source + at));
        }
    }
}
