package io.atomicmapping.benchmarks.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;

/** The file that a store works on: without holes, with content, in the page cache. */
public final class DataFile {

    static final int SMALL_WRITES = 4 << 10;
    /** How a file is written that is cached as it comes. */
    public static final int LARGE_WRITES = 1 << 20;

    private DataFile() {}

    /**
     * Writes a file anew. The kernel caches what is written in folios of about the size of the write, if they
     * were not cached yet; a file that is new is not.
     */
    public static void create(Path file, long bytes, int writeBytes) throws IOException {
        byte[] content = new byte[writeBytes];
        new SplittableRandom(bytes).nextBytes(content);
        create(file, bytes, content);
    }

    /** The same of zeros. */
    static void createOfZeros(Path file, long bytes) throws IOException {
        create(file, bytes, new byte[LARGE_WRITES]);
    }

    private static void create(Path file, long bytes, byte[] content) throws IOException {
        Files.deleteIfExists(file);
        int writeBytes = content.length;
        ByteBuffer buffer = ByteBuffer.allocateDirect(writeBytes).put(content);
        try (FileChannel channel = open(file)) {
            for (long at = 0; at < bytes; at += writeBytes) {
                buffer.clear().limit((int) Math.min(writeBytes, bytes - at));
                write(channel, buffer, at);
            }
            channel.force(true);
        }
    }

    /** Uses the file that is there if it has the size; reading it brings it to the page cache. */
    static void createIfMissing(Path file, long bytes) throws IOException {
        if (!Files.exists(file) || Files.size(file) != bytes) {
            create(file, bytes, LARGE_WRITES);
            return;
        }
        ByteBuffer buffer = ByteBuffer.allocateDirect(LARGE_WRITES);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (channel.read(buffer) >= 0) {
                buffer.clear();
            }
        }
    }

    static FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ,
                StandardOpenOption.WRITE);
    }

    /** Writes all that remains of a buffer. */
    static void write(FileChannel channel, ByteBuffer buffer, long position) throws IOException {
        long at = position;
        while (buffer.hasRemaining()) {
            at += channel.write(buffer, at);
        }
    }
}
