package io.atomicmapping.storage;

import static io.atomicmapping.storage.Storage.OpenMode.CREATE_NEW;
import static io.atomicmapping.storage.Storage.OpenMode.READ;
import static io.atomicmapping.storage.Storage.OpenMode.WRITE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.atomicmapping.storage.Storage.FileKind;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What every storage promises, claimed of the file system, of one in memory, and of tmpfs. */
@ParameterizedClass
@EnumSource
class StorageTest {

    enum Kind { POSIX, TMPFS, MEMORY }

    @TempDir
    Path temporary;

    private final Kind kind;
    private final Storage storage;

    StorageTest(Kind kind) {
        this.kind = kind;
        this.storage = kind == Kind.MEMORY ? new MemoryStorage() : PosixStorage.instance();
    }

    private Path directory;

    @BeforeEach
    void makeDirectory() throws IOException {
        if (kind == Kind.TMPFS) {
            Path shared = Path.of("/dev/shm");
            assumeTrue(Files.isDirectory(shared), "no tmpfs here");
            directory = Files.createTempDirectory(shared, "storage-test");
        } else {
            directory = temporary;
        }
    }

    @AfterEach
    void deleteDirectory() throws IOException {
        if (kind == Kind.TMPFS && directory != null) {
            for (Path file : Files.list(directory).toList()) {
                Files.delete(file);
            }
            Files.delete(directory);
        }
    }

    private Path path(String name) {
        return directory.resolve(name);
    }

    private DurableFile create(String name) throws IOException {
        return storage.open(path(name), CREATE_NEW);
    }

    @Test
    void writtenBytesAreReadBackAndExtendTheFile() throws IOException {
        try (DurableFile file = create("f")) {
            Bytes.write(file, 10, "hello");
            assertEquals(15, file.length());
            assertEquals("hello", Bytes.text(file, 10, 5));
            assertArrayEquals(new byte[10], Bytes.read(file, 0, 10));
        }
    }

    @Test
    void readingStopsAtTheEndOfTheFile() throws IOException {
        try (DurableFile file = create("f")) {
            Bytes.write(file, 0, "hello");
            assertEquals("lo", Bytes.text(file, 3, 100));
            assertEquals("", Bytes.text(file, 5, 100));
            assertEquals("", Bytes.text(file, 1 << 20, 100));
            file.setLength(4);
            assertEquals("l", Bytes.text(file, 3, 100));
        }
    }

    @Test
    void whatWasCutOffReadsZeroWhenTheFileGrowsAgain() throws IOException {
        try (DurableFile file = create("f")) {
            file.write(0, Bytes.filled(3 * 4096, 7));
            file.setLength(100);
            file.setLength(3 * 4096);
            assertEquals(7, Bytes.read(file, 99, 1)[0]);
            assertTrue(Bytes.isZero(Bytes.read(file, 100, 3 * 4096 - 100)));
        }
    }

    @Test
    void hugeFileOfHolesTakesNoSpace() throws IOException {
        try (DurableFile file = create("f")) {
            file.setLength(1L << 40);
            Bytes.write(file, (1L << 40) - 5, "hello");
            assertEquals(1L << 40, file.length());
            assertEquals("hello", Bytes.text(file, (1L << 40) - 5, 100));
            assertTrue(file.allocatedBytes() < 1 << 20);
        }
    }

    @Test
    void zeroedRangeReadsZeroGivesSpaceBackAndKeepsLengthAndNeighbours() throws IOException {
        try (DurableFile file = create("f")) {
            file.write(0, Bytes.filled(1 << 20, 7));
            file.force();
            long before = file.allocatedBytes();
            file.zero(1000, (1 << 20) - 2000);
            assertEquals(1 << 20, file.length());
            assertEquals(7, Bytes.read(file, 999, 1)[0]);
            assertTrue(Bytes.isZero(Bytes.read(file, 1000, (1 << 20) - 2000)));
            assertEquals(7, Bytes.read(file, (1 << 20) - 1000, 1)[0]);
            assertTrue(file.allocatedBytes() <= before - (1 << 19));
        }
    }

    @Test
    void zeroInsideOnePageTouchesNothingElse() throws IOException {
        try (DurableFile file = create("f")) {
            file.write(0, Bytes.filled(4096, 7));
            file.zero(10, 20);
            byte[] expected = new byte[4096];
            Arrays.fill(expected, (byte) 7);
            Arrays.fill(expected, 10, 30, (byte) 0);
            assertArrayEquals(expected, Bytes.read(file, 0, 4096));
            file.zero(0, 0);
            assertArrayEquals(expected, Bytes.read(file, 0, 4096));
        }
    }

    @Test
    void allocatedHoleHasSpaceAndStillReadsZero() throws IOException {
        try (DurableFile file = create("f")) {
            file.setLength(1 << 20);
            Bytes.write(file, 5000, "hello");
            file.allocate(0, 1 << 20);
            assertEquals(1 << 20, file.length());
            assertTrue(file.allocatedBytes() >= 1 << 20);
            assertEquals("hello", Bytes.text(file, 5000, 5));
            assertTrue(Bytes.isZero(Bytes.read(file, 6000, 100_000)));
        }
    }

    @Test
    void directWriteIsSeenByReadsAtOnce() throws IOException {
        try (DurableFile file = create("f")) {
            int alignment = file.directAlignment();
            assertTrue(alignment >= 512 && alignment <= 4096 && Integer.bitCount(alignment) == 1);
            file.write(0, Bytes.filled(3 * alignment, 1));
            file.writeDirect(alignment, Bytes.filled(alignment, 2));
            assertEquals(1, Bytes.read(file, alignment - 1, 1)[0]);
            assertEquals(2, Bytes.read(file, alignment, 1)[0]);
            assertEquals(2, Bytes.read(file, 2 * alignment - 1, 1)[0]);
            assertEquals(1, Bytes.read(file, 2 * alignment, 1)[0]);
            file.writeDirect(8 * alignment, Bytes.filled(alignment, 3));
            assertEquals(9 * alignment, file.length());
            file.force();
        }
    }

    @Test
    void exclusiveLockKeepsOthersOutUntilItsFileIsClosed() throws IOException {
        DurableFile first = create("f");
        try (DurableFile second = storage.open(first.path(), WRITE)) {
            assertTrue(first.tryLock(false));
            assertTrue(first.tryLock(false), "its own lock is no obstacle");
            assertFalse(second.tryLock(false));
            assertFalse(second.tryLock(true));
            first.close();
            assertTrue(second.tryLock(false));
        }
    }

    @Test
    void sharedLocksExcludeOnlyAnExclusiveOne() throws IOException {
        try (DurableFile writer = create("f")) {
            DurableFile reader = storage.open(writer.path(), READ);
            DurableFile other = storage.open(writer.path(), READ);
            assertTrue(reader.tryLock(true));
            assertTrue(other.tryLock(true));
            assertFalse(writer.tryLock(false));
            reader.close();
            other.close();
            assertTrue(writer.tryLock(false));
        }
    }

    @Test
    void lockOutlivesOtherOpeningsOfTheFileInThisProcess() throws IOException {
        try (DurableFile holder = create("f")) {
            assertTrue(holder.tryLock(false));
            storage.open(holder.path(), READ).close();
            if (kind != Kind.MEMORY) {
                // Closing any descriptor of the file would drop a lock of the process, as FileChannel has.
                Files.readAllBytes(holder.path());
            }
            try (DurableFile other = storage.open(holder.path(), WRITE)) {
                assertFalse(other.tryLock(true));
            }
        }
    }

    @Test
    void attributesAreSetReplacedAndRemoved() throws IOException {
        try (DurableFile file = create("f")) {
            assertNull(file.attribute("atomicmapping"));
            assumeTrue(file.setAttribute("atomicmapping", new byte[] {1, 2, 3}), "no attributes here");
            file.forceAll();
            try (DurableFile again = storage.open(file.path(), READ)) {
                assertArrayEquals(new byte[] {1, 2, 3}, again.attribute("atomicmapping"));
            }
            assertTrue(file.setAttribute("atomicmapping", new byte[0]));
            assertArrayEquals(new byte[0], file.attribute("atomicmapping"));
            assertTrue(file.setAttribute("atomicmapping", null));
            assertNull(file.attribute("atomicmapping"));
            assertTrue(file.setAttribute("atomicmapping", null), "removing nothing is no error");
        }
    }

    @Test
    void openFileOutlivesARenameOverItsName() throws IOException {
        Path source = path("new");
        try (DurableFile old = create("old"); DurableFile fresh = storage.open(source, CREATE_NEW)) {
            Bytes.write(old, 0, "old");
            Bytes.write(fresh, 0, "new");
            storage.rename(source, old.path());
            storage.forceDirectory(old.path().getParent());
            assertEquals("old", Bytes.text(old, 0, 3));
            assertEquals(FileKind.MISSING, storage.kind(source));
            try (DurableFile renamed = storage.open(old.path(), READ)) {
                assertEquals("new", Bytes.text(renamed, 0, 3));
            }
        }
    }

    @Test
    void deletedFileStaysReadableWhileOpen() throws IOException {
        try (DurableFile file = create("f")) {
            Bytes.write(file, 0, "hello");
            storage.delete(file.path());
            storage.delete(file.path());
            assertEquals(FileKind.MISSING, storage.kind(file.path()));
            assertEquals("hello", Bytes.text(file, 0, 5));
        }
    }

    @Test
    void openingRefusesWhatIsNotThereOrIsThereAlready() throws IOException {
        Path missing = path("missing");
        assertEquals(FileKind.MISSING, storage.kind(missing));
        NoSuchFileException none =
                assertThrows(NoSuchFileException.class, () -> storage.open(missing, WRITE));
        assertEquals(missing.toString(), none.getFile());
        assertThrows(NoSuchFileException.class, () -> storage.open(missing, READ));
        try (DurableFile file = create("f")) {
            assertThrows(FileAlreadyExistsException.class, () -> storage.open(file.path(), CREATE_NEW));
            assertEquals(FileKind.REGULAR, storage.kind(file.path()));
            Path detour = directory.resolve("..").resolve(directory.getFileName()).resolve("f");
            assertEquals(storage.realPath(file.path()), storage.realPath(detour));
        }
    }

    @Test
    void directoryIsNoFile() throws IOException {
        create("f").close();
        assertEquals(FileKind.DIRECTORY, storage.kind(directory));
        for (Storage.OpenMode mode : new Storage.OpenMode[] {READ, WRITE}) {
            FileSystemException e =
                    assertThrows(FileSystemException.class, () -> storage.open(directory, mode));
            assertTrue(e.getMessage().contains("a directory"), e::getMessage);
        }
        assertThrows(FileSystemException.class, () -> storage.delete(directory));
    }

    @Test
    void fileOpenedForReadingCannotBeChanged() throws IOException {
        create("f").close();
        try (DurableFile file = storage.open(path("f"), READ)) {
            for (Attempt attempt : new Attempt[] {
                    () -> Bytes.write(file, 0, "x"),
                    () -> file.setLength(1),
                    () -> file.zero(0, 1),
                    () -> file.allocate(0, 1),
                    () -> file.setAttribute("x", null),
                    () -> file.tryLock(false)}) {
                IOException e = assertThrows(IOException.class, attempt::run);
                assertTrue(e.getMessage().startsWith("file was opened for reading only: "), e::getMessage);
            }
        }
    }

    private interface Attempt {
        void run() throws IOException;
    }

    @Test
    void closedFileRefusesEverythingAndNamesItself() throws IOException {
        DurableFile file = create("f");
        file.close();
        file.close();
        for (Attempt attempt : new Attempt[] {
                () -> Bytes.read(file, 0, 1), () -> Bytes.write(file, 0, "x"), file::length, file::force,
                file::forceAll, () -> file.attribute("x"), () -> file.tryLock(true), file::allocatedBytes}) {
            IOException e = assertThrows(IOException.class, attempt::run);
            assertEquals("file is closed: file=" + file.path(), e.getMessage());
        }
    }

    @Test
    void interruptedThreadWorksOnAndTheFileStaysOpen() throws IOException {
        try (DurableFile file = create("f")) {
            CompletableFuture<Boolean> stillInterrupted = new CompletableFuture<>();
            Thread thread = new Thread(() -> {
                Thread.currentThread().interrupt();
                try {
                    Bytes.write(file, 0, "hello");
                    file.writeDirect(0, Bytes.filled(4096, 'h'));
                    file.force();
                    file.setLength(5);
                    Bytes.read(file, 0, 5);
                    storage.open(file.path(), READ).close();
                    stillInterrupted.complete(Thread.currentThread().isInterrupted());
                } catch (IOException e) {
                    stillInterrupted.completeExceptionally(e);
                }
            });
            thread.start();
            assertTrue(stillInterrupted.join());
            assertEquals("hhhhh", Bytes.text(file, 0, 10));
        }
    }

    @Test
    void negativePositionIsAnErrorAndChangesNothing() throws IOException {
        try (DurableFile file = create("f")) {
            assertThrows(IOException.class, () -> Bytes.write(file, -1, "x"));
            assertThrows(IOException.class, () -> Bytes.read(file, -1, 1));
            assertThrows(IOException.class, () -> file.setLength(-1));
            assertEquals(0, file.length());
        }
    }
}
