package io.atomicmapping;

import io.atomicmapping.adoption.OwnersMappings;
import io.atomicmapping.dirty.Memory;
import io.atomicmapping.dirty.Stretches;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Loads and stores by offset in an adopted file, whose bytes lie where another library has mapped them.
 *
 * <ul>
 *   <li>Before memory of that library is touched, the kernel is asked whether it is still the file's. A
 *       library that unmaps between that and the access is not noticed: that ends the process.
 *   <li>What lies in one piece is loaded and stored at once where it is aligned, as anywhere.
 * </ul>
 *
 * <p>The bounds have been checked, and a store is inside a section.
 */
final class Elsewhere {

    private final Engine engine;
    private final OwnersMappings mappings;

    Elsewhere(Engine engine, OwnersMappings mappings) {
        this.engine = engine;
        this.mappings = mappings;
    }

    /** The address of a byte, which is there to be touched. */
    long addressOf(long offset) {
        long page = offset >>> engine.pageShift;
        long address = engine.image.stretches().addressOf(page) + (offset & engine.pageBytes() - 1);
        if (address != engine.image.address() + offset) {
            ensureMapped(address, offset);
        }
        return address;
    }

    private void ensureMapped(long address, long offset) {
        boolean mapped;
        try {
            mapped = mappings.isMapped(address, offset);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!mapped) {
            throw new IllegalStateException("memory of an adopted file was unmapped by the library that"
                    + " mapped it: roll back, or close: offset=" + offset + ", file=" + engine.file);
        }
    }

    /** The end of what follows a byte in memory, too, and is mapped with it. */
    private long endOf(long offset) {
        // page by page where it is another library's memory: each of its pages may be gone by itself
        Stretches stretches = engine.image.stretches();
        long page = offset >>> engine.pageShift;
        boolean own = stretches.addressOf(page) == engine.image.address() + (page << engine.pageShift);
        long endPage = own ? stretches.endOf(page) : page + 1;
        return endPage > Long.MAX_VALUE >>> engine.pageShift ? Long.MAX_VALUE : endPage << engine.pageShift;
    }

    /** Loads 1, 2, 4 or 8 bytes, as the low bits of the result. */
    long load(long offset, int length) {
        if (offset + length <= endOf(offset)) {
            return Memory.get(addressOf(offset), length);
        }
        long bits = 0;
        for (int i = length - 1; i >= 0; i--) {
            bits = bits << Byte.SIZE | load(offset + i, 1) & 0xff;
        }
        return bits;
    }

    /** Stores 1, 2, 4 or 8 bytes, the low bits of a value. */
    void store(long offset, int length, long value) {
        if (offset + length <= endOf(offset)) {
            Memory.set(addressOf(offset), length, value);
            return;
        }
        for (int i = 0; i < length; i++) {
            store(offset + i, 1, value >>> i * Byte.SIZE);
        }
    }

    void load(long offset, MemorySegment target) {
        for (long done = 0; done < target.byteSize();) {
            long length = Math.min(target.byteSize() - done, endOf(offset + done) - offset - done);
            MemorySegment.copy(Memory.ALL, addressOf(offset + done), target, done, length);
            done += length;
        }
    }

    void store(long offset, MemorySegment source) {
        for (long done = 0; done < source.byteSize();) {
            long length = Math.min(source.byteSize() - done, endOf(offset + done) - offset - done);
            MemorySegment.copy(source, done, Memory.ALL, addressOf(offset + done), length);
            done += length;
        }
    }

    void fill(long offset, long length, byte value) {
        for (long at = offset; at < offset + length;) {
            long end = Math.min(offset + length, endOf(at));
            Memory.ALL.asSlice(addressOf(at), end - at).fill(value);
            at = end;
        }
    }

    /** As memmove(3). */
    void copy(long sourceOffset, long targetOffset, long length) {
        int room = (int) Math.min(length, engine.pageBytes() * 16);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Math.max(1, room));
            boolean forward = targetOffset <= sourceOffset;
            for (long done = 0; done < length; done += room) {
                long piece = Math.min(room, length - done);
                long at = forward ? done : length - done - piece;
                MemorySegment part = buffer.asSlice(0, piece);
                load(sourceOffset + at, part);
                store(targetOffset + at, part);
            }
        }
    }
}
