package io.atomicmapping;

import io.atomicmapping.storage.MemoryStorage;
import io.atomicmapping.storage.PosixStorage;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A data file with its journal, in memory or in a directory of its own on the disk, and what tests do with
 * it.
 */
final class TestFile implements AutoCloseable {

    /** Where the file lies. */
    enum Place {
        MEMORY, DISK;

        TestFile newFile() throws IOException {
            return this == MEMORY ? inMemory(new MemoryStorage()) : onDisk();
        }
    }

    final Storage storage;
    final Path path;
    private final Path directory;

    private TestFile(Storage storage, Path directory, Path path) {
        this.storage = storage;
        this.directory = directory;
        this.path = path;
    }

    static TestFile inMemory(Storage storage) {
        return new TestFile(storage, null, Path.of("/memory/data"));
    }

    static TestFile onDisk() throws IOException {
        Path directory = Files.createTempDirectory("atomic-mapping");
        return new TestFile(PosixStorage.instance(), directory, directory.resolve("data"));
    }

    /** The same file through a storage that changes what the disk does. */
    TestFile through(UnaryOperator<Storage> change) {
        return new TestFile(change.apply(storage), null, path);
    }

    Path journal() {
        return path.resolveSibling(path.getFileName() + ".journal");
    }

    AtomicMapping open() throws IOException {
        return open(options -> options);
    }

    AtomicMapping open(long size) throws IOException {
        return open(options -> options.size(size));
    }

    AtomicMapping open(UnaryOperator<MappingOptions.Builder> options) throws IOException {
        return AtomicMapping.open(path, options.apply(MappingOptions.builder().storage(storage)).build());
    }

    /**
     * What a kill at this moment would leave: a file with the same bytes and the same journal, that nobody
     * has open. On the
     * disk the journal is copied first: what a checkpoint brings home meanwhile, it holds, too.
     */
    TestFile copyAsAfterAKill() throws IOException {
        if (storage instanceof MemoryStorage memory) {
            return new TestFile(memory.copy(), null, path);
        }
        TestFile copy = onDisk();
        run("cp", "--preserve=all", journal().toString(), path.toString(), copy.directory.toString());
        return copy;
    }

    /** The file's bytes as every other program sees them. */
    byte[] homeBytes() throws IOException {
        return bytes(path);
    }

    byte[] journalBytes() throws IOException {
        return bytes(journal());
    }

    private byte[] bytes(Path file) throws IOException {
        return storage instanceof MemoryStorage memory ? memory.contents(file) : Files.readAllBytes(file);
    }

    static byte[] bytesOf(AtomicMapping mapping) {
        byte[] bytes = new byte[Math.toIntExact(mapping.size())];
        mapping.getBytes(0, bytes);
        return bytes;
    }

    /** Runs a command, which must succeed; what it printed. */
    static String run(String... command) throws IOException {
        try {
            ChildJvm.Ended ended = ChildJvm.run(List.of(command));
            if (ended.status() != 0) {
                throw new IOException("command failed: command=" + String.join(" ", command)
                        + ", ended=" + ended);
            }
            return ended.output();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        if (directory == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted((a, b) -> b.compareTo(a)).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
