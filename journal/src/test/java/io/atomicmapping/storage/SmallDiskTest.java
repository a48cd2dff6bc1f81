package io.atomicmapping.storage;

import static io.atomicmapping.storage.Storage.OpenMode.CREATE_NEW;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** File systems of 16 MiB, mounted from a file where this is allowed: full, read-only, without fallocate. */
@Timeout(60)
class SmallDiskTest {

    @TempDir
    Path directory;

    private final Storage storage = PosixStorage.instance();

    private boolean shell(String command) throws Exception {
        Process process = new ProcessBuilder("sh", "-c", "PATH=$PATH:/usr/sbin:/sbin; " + command)
                .directory(directory.toFile()).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
    }

    private DurableFile createOn(String type) throws Exception {
        assumeTrue(shell("mkdir mounted && truncate -s 16M disk && mke2fs -q -t " + type + " disk"
                + " && mount -o loop disk mounted"), "may not mount here");
        return storage.open(directory.resolve("mounted/file"), CREATE_NEW);
    }

    @AfterEach
    void unmount() throws Exception {
        if (Files.exists(directory.resolve("mounted"))) {
            shell("umount mounted");
        }
    }

    @Test
    void fullDiskIsToldByEveryWayOfTakingSpaceAndWorkGoesOnAfterSpaceWasMade() throws Exception {
        try (DurableFile file = createOn("ext4")) {
            MemorySegment large = Bytes.filled(32 << 20, 1);
            assertFull(assertThrows(IOException.class, () -> file.write(0, large)), "pwrite failed");
            file.setLength(0);
            assertFull(assertThrows(IOException.class, () -> file.writeDirect(0, large)), "pwrite failed");
            file.setLength(0);
            file.setLength(32 << 20);
            assertFull(assertThrows(IOException.class, () -> file.allocate(0, 32 << 20)), "fallocate failed");

            file.setLength(0);
            file.writeDirect(0, large.asSlice(0, 1 << 20));
            file.force();
            assertEquals(1, Bytes.read(file, (1 << 20) - 1, 1)[0]);
        }
    }

    private static void assertFull(IOException e, String call) {
        assertTrue(e.getMessage().startsWith(call + ", No space left on device: "), e::getMessage);
        assertTrue(e.getMessage().contains("errno=ENOSPC, remedy=free space"), e::getMessage);
    }

    /** ext2 has neither holes on demand nor allocation ahead. */
    @Test
    void withoutFallocateZerosAreWrittenAndAllocatingDoesNothing() throws Exception {
        try (DurableFile file = createOn("ext2")) {
            file.write(0, Bytes.filled(3 << 20, 1));
            file.zero(100, 2 << 20);
            assertEquals(1, Bytes.read(file, 99, 1)[0]);
            assertTrue(Bytes.isZero(Bytes.read(file, 100, 2 << 20)));
            assertEquals(1, Bytes.read(file, 100 + (2 << 20), 1)[0]);
            file.zero(3 << 20, 100);
            assertEquals(3 << 20, file.length());
            file.setLength(4 << 20);
            file.allocate(3 << 20, 1 << 20);
            assertEquals(4 << 20, file.length());
        }
    }

    @Test
    void readOnlyFileSystemIsToldWithTheRemedy() throws Exception {
        try (DurableFile file = createOn("ext4")) {
            Bytes.write(file, 0, "hello");
        }
        assumeTrue(shell("mount -o remount,ro mounted"), "may not mount here");
        Path path = directory.resolve("mounted/file");
        FileSystemException e = assertThrows(
                FileSystemException.class, () -> storage.open(path, Storage.OpenMode.WRITE));
        assertTrue(e.getMessage().contains("errno=EROFS, remedy=mount the file system read-write"),
                e::getMessage);
        try (DurableFile file = storage.open(path, Storage.OpenMode.READ)) {
            assertTrue(file.tryLock(true));
            assertEquals("hello", Bytes.text(file, 0, 5));
        }
    }
}
