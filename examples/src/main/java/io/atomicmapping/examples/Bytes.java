package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Keys as bytes, in an array and in a mapping: eight at a time. */
final class Bytes {

    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private Bytes() {
    }

    /** A copy of bytes of a mapping. */
    static byte[] copy(AtomicMapping mapping, long offset, int length) {
        byte[] bytes = new byte[length];
        mapping.getBytes(offset, bytes);
        return bytes;
    }

    /** Whether as many bytes of a mapping are the same as a key. */
    static boolean equal(byte[] key, AtomicMapping mapping, long offset) {
        int at = 0;
        for (; at <= key.length - Long.BYTES; at += Long.BYTES) {
            if ((long) LONGS.get(key, at) != mapping.getLong(offset + at)) {
                return false;
            }
        }
        for (; at < key.length; at++) {
            if (key[at] != mapping.getByte(offset + at)) {
                return false;
            }
        }
        return true;
    }

    /** A key compared with bytes of a mapping, as unsigned; the shorter comes first. */
    static int compare(byte[] key, AtomicMapping mapping, long offset, int length) {
        int common = Math.min(key.length, length);
        int at = 0;
        for (; at <= common - Long.BYTES; at += Long.BYTES) {
            long left = (long) LONGS.get(key, at);
            long right = mapping.getLong(offset + at);
            if (left != right) {
                return Long.compareUnsigned(Long.reverseBytes(left), Long.reverseBytes(right));
            }
        }
        for (; at < common; at++) {
            int left = key[at] & 0xFF;
            int right = mapping.getByte(offset + at) & 0xFF;
            if (left != right) {
                return left - right;
            }
        }
        return key.length - length;
    }

    /** 64 well mixed bits; the end is that of MurmurHash3 (A. Appleby). */
    static long hash(byte[] key) {
        long hash = key.length * 0x9E3779B97F4A7C15L;
        int at = 0;
        for (; at <= key.length - Long.BYTES; at += Long.BYTES) {
            hash = mix(hash ^ (long) LONGS.get(key, at));
        }
        long rest = 0;
        for (; at < key.length; at++) {
            rest = rest << Byte.SIZE | key[at] & 0xFF;
        }
        return mix(hash ^ rest);
    }

    private static long mix(long bits) {
        long hash = (bits ^ bits >>> 33) * 0xFF51AFD7ED558CCDL;
        hash = (hash ^ hash >>> 33) * 0xC4CEB9FE1A85EC53L;
        return hash ^ hash >>> 33;
    }
}
