package io.atomicmapping.storage;

import static io.atomicmapping.storage.Storage.OpenMode.CREATE_NEW;
import static io.atomicmapping.storage.Storage.OpenMode.READ;
import static io.atomicmapping.storage.Storage.OpenMode.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.atomicmapping.storage.Storage.FileKind;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What only the real file system has: links, kinds, permissions, descriptors. */
@Timeout(60)
class PosixStorageTest {

    @TempDir
    Path directory;

    private final Storage storage = PosixStorage.instance();

    private DurableFile create(String name) throws IOException {
        return storage.open(directory.resolve(name), CREATE_NEW);
    }

    private void shell(String command) throws Exception {
        Process process = new ProcessBuilder("sh", "-c", command).directory(directory.toFile())
                .redirectErrorStream(true).start();
        assumeTrue(process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0, command);
    }

    private static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    @Test
    void linkIsFollowedAndDanglingLinkIsNamed() throws Exception {
        Path target = directory.resolve("target");
        Path link = Files.createSymbolicLink(directory.resolve("link"), target);
        assertEquals(FileKind.DANGLING_LINK, storage.kind(link));
        NoSuchFileException e = assertThrows(NoSuchFileException.class, () -> storage.open(link, WRITE));
        assertTrue(e.getMessage().contains("a link to nothing"), e::getMessage);
        assertEquals(target.toString(), e.getOtherFile());
        FileAlreadyExistsException exists =
                assertThrows(FileAlreadyExistsException.class, () -> storage.open(link, CREATE_NEW));
        assertTrue(exists.getMessage().contains("a link to nothing"), exists::getMessage);

        create("target").close();
        assertEquals(FileKind.REGULAR, storage.kind(link));
        assertEquals(target.toRealPath(), storage.realPath(link));
        storage.open(link, WRITE).close();
    }

    @Test
    void pipeAndDeviceAreRefusedWithoutWaiting() throws Exception {
        shell("mkfifo pipe");
        for (Path path : List.of(directory.resolve("pipe"), Path.of("/dev/null"))) {
            assertEquals(FileKind.SPECIAL, storage.kind(path));
            for (Storage.OpenMode mode : List.of(READ, WRITE)) {
                FileSystemException e =
                        assertThrows(FileSystemException.class, () -> storage.open(path, mode));
                assertTrue(e.getMessage().contains("a device, pipe or socket"), e::getMessage);
            }
        }
    }

    @Test
    void missingDirectoryIsNamedWhenAFileIsCreated() {
        Path path = directory.resolve("none").resolve("f");
        NoSuchFileException e = assertThrows(NoSuchFileException.class, () -> storage.open(path, CREATE_NEW));
        assertTrue(e.getMessage().contains("create its directory"), e::getMessage);
        assertThrows(NoSuchFileException.class, () -> storage.realPath(path));
        assertThrows(NoSuchFileException.class, () -> storage.forceDirectory(path.getParent()));
    }

    @Test
    void wantOfPermissionIsToldWithTheRemedy() throws Exception {
        Path path = directory.resolve("f");
        create("f").close();
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("r--r--r--"));
        // Root may write anything but what the kernel itself offers for reading only.
        Path file = isRoot() ? Path.of("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size") : path;
        assumeTrue(Files.exists(file), "nothing that root may not write");
        AccessDeniedException e = assertThrows(AccessDeniedException.class, () -> storage.open(file, WRITE));
        assertEquals(file.toString(), e.getFile());
        assertTrue(e.getMessage().contains("errno=EACCES, remedy=give this user the permission"),
                e::getMessage);
        storage.open(file, READ).close();
    }

    @Test
    void nameThatIsNotTextIsOpened() throws Exception {
        shell("printf hello > \"$(printf 'x\\377y')\"");
        Path path;
        try (var files = Files.list(directory)) {
            path = files.findFirst().orElseThrow();
        }
        try (DurableFile file = storage.open(path, WRITE)) {
            assertEquals("hello", Bytes.text(file, 0, 5));
        }
    }

    @Test
    void pathOfAnotherFileSystemIsRefused() throws Exception {
        URI zip = URI.create("jar:" + directory.resolve("z.zip").toUri());
        try (FileSystem other = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
            assertThrows(ProviderMismatchException.class,
                    () -> storage.open(other.getPath("/f"), CREATE_NEW));
        }
    }

    @Test
    void newFileHasThePermissionsThatTheUmaskLeaves() throws IOException {
        create("f").close();
        Path usual = Files.createFile(directory.resolve("usual"));
        assertEquals(Files.getPosixFilePermissions(usual),
                Files.getPosixFilePermissions(directory.resolve("f")));
    }

    @Test
    void permissionsOwnerAndGroupAreCopied() throws IOException {
        try (DurableFile model = create("model"); DurableFile file = create("file")) {
            Files.setPosixFilePermissions(model.path(), PosixFilePermissions.fromString("rw-rw---x"));
            if (isRoot()) {
                Files.setAttribute(model.path(), "unix:uid", 12345);
                Files.setAttribute(model.path(), "unix:gid", 23456);
            }
            file.copyPermissions(model);
            for (String attribute : List.of("unix:mode", "unix:uid", "unix:gid")) {
                assertEquals(Files.getAttribute(model.path(), attribute),
                        Files.getAttribute(file.path(), attribute), attribute);
            }
        }
    }

    @Test
    void permissionsOfAFileOfAnotherStorageAreRefused() throws IOException {
        try (DurableFile file = create("file");
                DurableFile other = new MemoryStorage().open(Path.of("f"), CREATE_NEW)) {
            assertThrows(IllegalArgumentException.class, () -> file.copyPermissions(other));
        }
    }

    @Test
    void directWriteTakesTheDirectPathWhereTheFileSystemTellsOfOne() throws IOException {
        try (DurableFile file = create("f")) {
            file.writeDirect(0, Bytes.filled(64 * 1024, 5));
            long direct;
            try (var descriptors = Files.list(Path.of("/proc/self/fdinfo"))) {
                direct = descriptors.filter(PosixStorageTest::isDirect).count();
            }
            assumeTrue(direct > 0, "no direct writes in this file system");
            assertEquals(5, Bytes.read(file, 65_535, 1)[0]);
        }
    }

    private static boolean isDirect(Path descriptor) {
        String flag = System.getProperty("os.arch").equals("aarch64") ? "0200000" : "040000";
        try {
            String flags = Files.readAllLines(descriptor).get(1).split("\\s+")[1];
            return (Integer.parseInt(flags, 8) & Integer.parseInt(flag, 8)) != 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void unalignedDirectWriteIsBuffered() throws IOException {
        try (DurableFile file = create("f")) {
            MemorySegment source = Bytes.filled(4096, 9);
            file.writeDirect(3, source.asSlice(1, 700));
            assertEquals(703, file.length());
            assertEquals(9, Bytes.read(file, 702, 1)[0]);
        }
    }

    @Test
    void tooLargeAFileIsAnErrorThatNamesItself() throws IOException {
        try (DurableFile file = create("f")) {
            IOException e = assertThrows(IOException.class, () -> file.setLength(Long.MAX_VALUE));
            assertTrue(e.getMessage().startsWith("ftruncate failed, File too large:"
                    + " length=9223372036854775807, errno=EFBIG, remedy="), e::getMessage);
            assertTrue(e.getMessage().endsWith("file=" + file.path()), e::getMessage);
        }
    }

    @Test
    void lockIsHeldAgainstAnotherProcess() throws Exception {
        try (DurableFile file = create("f")) {
            assertTrue(file.tryLock(false));
            assertEquals("[false]", lockInChild(file.path()));
        }
        assertEquals("[true]", lockInChild(directory.resolve("f")));
    }

    private static String lockInChild(Path path) throws Exception {
        Process child = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Xshare:auto", "-cp",
                System.getProperty("java.class.path"), Locker.class.getName(), path.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String output = new String(child.getInputStream().readAllBytes()).strip();
        assertEquals(0, child.waitFor());
        return output;
    }

    /** Tries to lock a file and prints whether it could. */
    static final class Locker {
        private Locker() {}

        public static void main(String[] arguments) throws IOException {
            try (DurableFile file = PosixStorage.instance().open(Path.of(arguments[0]), WRITE)) {
                System.out.println("[" + file.tryLock(false) + "]");
            }
        }
    }

    @Test
    void descriptorIsThatOfTheFile() throws IOException {
        try (DurableFile file = create("f")) {
            Path link = Path.of("/proc/self/fd/" + file.descriptor().orElseThrow());
            assertEquals(file.path().toRealPath(), Files.readSymbolicLink(link));
        }
    }

    /**
     * A write that had fetched the descriptor's number, then lost the processor while the file was closed and
     * the number went to the next file opened, would land in that file.
     */
    @Test
    void writeRacingWithCloseNeverHitsTheFileThatGetsTheDescriptorNext() throws Exception {
        MemorySegment source = Bytes.filled(4096, 0xee);
        try (var threads = Executors.newFixedThreadPool(3)) {
            for (int round = 0; round < 200; round++) {
                DurableFile victim = create("victim" + round);
                List<Future<?>> writers = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    writers.add(threads.submit(() -> writeUntilClosed(victim, source)));
                }
                Thread.sleep(1);
                victim.close();
                try (DurableFile next = create("next" + round)) {
                    for (Future<?> writer : writers) {
                        writer.get();
                    }
                    assertEquals(0, next.length());
                }
            }
        }
    }

    private static void writeUntilClosed(DurableFile file, MemorySegment source) {
        try {
            while (true) {
                file.writeDirect(0, source);
                file.write(0, source);
            }
        } catch (IOException e) {
            assertTrue(e.getMessage().startsWith("file is closed"), e::getMessage);
        }
    }

    @Test
    void thousandsOfVirtualThreadsShareAFile() throws Exception {
        try (DurableFile file = create("f"); var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            file.setLength(10_000L * 8);
            List<Future<?>> writes = new ArrayList<>();
            for (int i = 0; i < 10_000; i++) {
                long position = i * 8L;
                writes.add(threads.submit(() -> {
                    Bytes.write(file, position, "abcdefgh");
                    return null;
                }));
            }
            for (Future<?> write : writes) {
                write.get();
            }
            assertFalse(Bytes.text(file, 0, 80_000).contains("\0"));
        }
    }

    @Test
    void heapMemoryIsRefusedBeforeAnyByteIsWritten() throws IOException {
        try (DurableFile file = create("f")) {
            MemorySegment heap = MemorySegment.ofArray(new byte[100]);
            assertThrows(IllegalArgumentException.class, () -> file.write(0, heap));
            assertEquals(0, file.length());
        }
    }

    @Test
    void fullFileSystemIsToldWithTheRemedy() {
        String message = PosixFailure.of("pwrite", "position=0, bytes=1", -28, Path.of("/x")).getMessage();
        assertEquals("pwrite failed, No space left on device: position=0, bytes=1, errno=ENOSPC,"
                + " remedy=free space on the file system and try again, file=/x", message);
    }
}
