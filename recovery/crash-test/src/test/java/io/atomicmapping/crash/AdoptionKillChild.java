package io.atomicmapping.crash;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The program that {@link AdoptionKillTest} kills: a library with a file of its own, mapped in several pieces
 * and made longer all the time, that was adopted. Tells each step that it has committed.
 */
final class AdoptionKillChild implements AdoptionSteps.Target {

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int MAPPINGS_MAX = 64;

    private record Mapped(long offset, MemorySegment segment) {
        private boolean has(long at) {
            return at >= offset && at < offset + segment.byteSize();
        }
    }

    private final FileChannel channel;
    private final List<Mapped> mapped = new ArrayList<>();
    private final AtomicMapping mapping;
    private final PrintStream out;

    private AdoptionKillChild(Path file, PrintStream out) throws IOException {
        this.out = out;
        channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        long third = channel.size() / 3;
        map(0, third);
        map(third, third);
        map(2 * third, channel.size() - 2 * third);
        mapping = AtomicMapping.adopt(file,
                MappingOptions.builder().journalCapacity(KillChild.JOURNAL_BYTES).build());
    }

    /** Arguments: the file, the seed. */
    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true);
        Path file = Path.of(arguments[0]);
        long seed = Long.parseLong(arguments[1]);
        out.println("opening");
        AtomicMapping.recover(file);
        AdoptionKillChild library = new AdoptionKillChild(file, out);
        long step = library.mapped.get(0).segment().get(LONG, 0);
        out.println("opened " + step);
        while (library.mapped.size() < MAPPINGS_MAX) {
            step++;
            AdoptionSteps.step(library, seed, step);
        }
        library.mapping.close();
        library.channel.close();
        out.println("closed " + step);
    }

    private void map(long offset, long length) throws IOException {
        mapped.add(new Mapped(offset, channel.map(MapMode.READ_WRITE, offset, length, Arena.global())));
    }

    @Override
    public long size() throws IOException {
        return channel.size();
    }

    /** Byte by byte, since mappings end anywhere; through any that has the byte, or by writing. */
    @Override
    public void putLong(long offset, long value) throws IOException {
        for (int i = 0; i < Long.BYTES; i++) {
            putByte(offset + i, (byte) (value >>> i * Byte.SIZE));
        }
    }

    private void putByte(long offset, byte value) throws IOException {
        for (int i = mapped.size() - 1; i >= 0; i--) {
            if (mapped.get(i).has(offset)) {
                mapped.get(i).segment().set(BYTE, offset - mapped.get(i).offset(), value);
                return;
            }
        }
        if (offset < mapping.size()) {
            mapping.putByte(offset, value); // appended, and not mapped: by the library's own offset
        } else {
            channel.write(ByteBuffer.wrap(new byte[] {value}), offset);
        }
    }

    @Override
    public void mapMore(long length) throws IOException {
        map(channel.size(), length);
    }

    @Override
    public void append(byte[] bytes) throws IOException {
        channel.write(ByteBuffer.wrap(bytes), channel.size());
    }

    @Override
    public void rollback() {
        mapping.rollback();
    }

    @Override
    public void commit(long step) throws IOException {
        mapping.sync();
        out.println("committed " + step);
    }
}
