package io.atomicmapping.storage;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** Reads and writes files by arrays and text, through native memory as the library does. */
final class Bytes {

    private static final int ALIGNMENT_BYTES = 4096;

    private Bytes() {}

    static MemorySegment filled(int bytes, int value) {
        MemorySegment segment = Arena.ofAuto().allocate(bytes, ALIGNMENT_BYTES);
        return segment.fill((byte) value);
    }

    static void write(DurableFile file, long position, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        MemorySegment source = Arena.ofAuto().allocate(bytes.length, ALIGNMENT_BYTES);
        source.copyFrom(MemorySegment.ofArray(bytes));
        file.write(position, source);
    }

    /** The bytes of a range, fewer where the file ends. */
    static byte[] read(DurableFile file, long position, int bytes) throws IOException {
        MemorySegment target = Arena.ofAuto().allocate(Math.max(1, bytes), ALIGNMENT_BYTES).asSlice(0, bytes);
        long count = file.read(position, target);
        return target.asSlice(0, count).toArray(JAVA_BYTE);
    }

    static String text(DurableFile file, long position, int bytes) throws IOException {
        return new String(read(file, position, bytes), StandardCharsets.UTF_8);
    }

    static boolean isZero(byte[] bytes) {
        for (byte b : bytes) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }
}
