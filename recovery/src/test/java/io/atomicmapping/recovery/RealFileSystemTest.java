package io.atomicmapping.recovery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.journal.RedoRecord;
import io.atomicmapping.storage.PosixStorage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a real file system has: links, special files, permissions, locks of other openings. */
class RealFileSystemTest {

    @TempDir
    private Path directory;

    private static OpenRequest request(Path file, long size) {
        return new OpenRequest(PosixStorage.instance(), file, null, size, 1 << 16, 4096, false);
    }

    private static void commit(OpenedFiles files, long offset, byte... bytes) throws IOException {
        try (RedoRecord record = new RedoRecord(0)) {
            record.add(offset, MemorySegment.ofArray(bytes), 0, bytes.length);
            record.sizes(files.size(), files.size());
            files.journal().append(record, files.journal().lastCommit() + 1);
            files.journal().force();
        }
    }

    @Test
    void committedBytesAreThereAfterReopening() throws IOException {
        Path file = directory.resolve("f");
        try (OpenedFiles files = Recovery.open(request(file, 100_000))) {
            commit(files, 5, (byte) 1, (byte) 2);
            commit(files, 99_999, (byte) 3);
        }
        assertEquals(0, Files.readAllBytes(file)[5], "the commit is in the journal only");
        try (OpenedFiles files = Recovery.open(request(file, -1))) {
            assertEquals(2, files.lastCommit());
            byte[] bytes = Files.readAllBytes(file);
            assertEquals(2, bytes[6]);
            assertEquals(3, bytes[99_999]);
            files.closeClean(files.size(), files.lastCommit());
        }
        Files.delete(directory.resolve("f.journal"));
        try (OpenedFiles files = Recovery.open(request(file, -1))) {
            assertEquals(attributesAreKept(file) ? 2 : 0, files.lastCommit());
        }
    }

    private static boolean attributesAreKept(Path file) {
        try {
            return ((byte[]) Files.getAttribute(file, "user:atomicmapping")).length > 0;
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return false;
        }
    }

    @Test
    void realLinkIsFollowed() throws IOException {
        Path target = Files.createDirectory(directory.resolve("there")).resolve("f");
        Files.write(target, new byte[10]);
        Path link = Files.createSymbolicLink(directory.resolve("link"), target);
        try (OpenedFiles files = Recovery.open(request(link, -1))) {
            commit(files, 1, (byte) 7);
        }
        assertTrue(Files.exists(target.resolveSibling("f.journal")), "the journal lies beside the target");
        assertFalse(Files.exists(directory.resolve("link.journal")));
        try (OpenedFiles files = Recovery.open(request(target, -1))) {
            assertEquals(1, files.lastCommit());
        }
    }

    @Test
    void danglingLinkIsRefused() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("nothing"));
        IOException e = assertThrows(NoSuchFileException.class, () -> Recovery.open(request(link, 10)));
        assertTrue(e.getMessage().contains("symbolic link to nothing"), e.getMessage());
        assertFalse(Files.exists(directory.resolve("nothing")));
    }

    @Test
    void directoryAndSpecialFileAreRefused() {
        assertThrows(FileSystemException.class, () -> Recovery.open(request(directory, 10)));
        IOException e = assertThrows(FileSystemException.class,
                () -> Recovery.open(request(Path.of("/dev/null"), 10)));
        assertTrue(e.getMessage().contains("a device, pipe or socket"), e.getMessage());
    }

    @Test
    void sameFileUnderAnotherNameIsRefusedWhileOpen() throws IOException {
        Path file = Files.write(directory.resolve("f"), new byte[10]);
        Path hardLink = Files.createLink(directory.resolve("hard"), file);
        try (OpenedFiles files = Recovery.open(request(file, -1))) {
            Files.readAllBytes(file); // closing another opening of the file does not release the lock
            IOException e = assertThrows(IOException.class, () -> Recovery.open(request(hardLink, -1)));
            assertTrue(e.getMessage().startsWith("data file is already open"), e.getMessage());
            assertThrows(IOException.class, () -> Recovery.read(request(file, -1)));
            assertEquals(10, files.size());
        }
    }

    @Test
    void journalGetsThePermissionsOfTheDataFile() throws IOException {
        Path file = Files.write(directory.resolve("f"), new byte[10]);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        Recovery.open(request(file, -1)).close();
        assertEquals("rw-r-----", PosixFilePermissions.toString(
                Files.getPosixFilePermissions(directory.resolve("f.journal"))));
    }

    @Test
    void readerWritesNothing() throws IOException {
        Path file = directory.resolve("f");
        try (OpenedFiles files = Recovery.open(request(file, 5_000))) {
            commit(files, 5, (byte) 1);
        }
        byte[] home = Files.readAllBytes(file);
        byte[] journal = Files.readAllBytes(directory.resolve("f.journal"));
        assertEquals(1, Fixture.read(request(file, -1)).bytes()[5]);
        assertArrayEquals(home, Files.readAllBytes(file));
        assertArrayEquals(journal, Files.readAllBytes(directory.resolve("f.journal")));
    }

    @Test
    void sparseFileStaysSparse() throws IOException {
        Path file = directory.resolve("f");
        try (OpenedFiles files = Recovery.open(request(file, 1L << 36))) {
            for (long offset = 0; offset < 1L << 36; offset += 1L << 32) {
                commit(files, offset + 5, (byte) 1);
                commit(files, offset + 5 * 4096, (byte) 1); // near enough to be read together
            }
        }
        try (OpenedFiles files = Recovery.open(request(file, -1))) {
            assertEquals(32, files.lastCommit());
            assertTrue(files.home().allocatedBytes() <= 32 * 4096 + 65_536, "holes between were not filled: "
                    + files.home().allocatedBytes());
        }
    }
}
