package io.atomicmapping.benchmarks.micro;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The files that the benchmarks map: 1 GiB, without holes, in the page cache. */
final class Files1G {

    static final long BYTES = 1L << 30;
    private static final int WRITE_BYTES = 1 << 20;

    private Files1G() {}

    /** A new file. */
    static Path create(String name) throws IOException {
        Path file = Path.of(System.getProperty("benchmarks.data"), name);
        Files.deleteIfExists(file);
        Files.deleteIfExists(file.resolveSibling(name + ".journal"));
        ByteBuffer zeros = ByteBuffer.allocateDirect(WRITE_BYTES);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE)) {
            for (long at = 0; at < BYTES; at += channel.write(zeros.clear(), at)) {
                // goes on where the write before ended
            }
            channel.force(true);
        }
        return file;
    }

    /** Copies the pages of a private mapping: a first store is measured nowhere here. */
    interface Toucher {
        void store(long offset);
    }

    static void touchAll(Toucher toucher) {
        for (long offset = 0; offset < BYTES; offset += Long.BYTES * Long.BYTES) {
            toucher.store(offset);
        }
    }
}
