package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.MemoryStorage;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Openings that were refused too late, or not at all. */
@Timeout(60)
class OpenRegressionTest {

    /**
     * An opening that was refused for its options left the file marked as in use: without its journal it did
     * not open again.
     */
    @Test
    void refusedOpeningLeavesACleanFileThatNeedsNoJournal() throws IOException {
        MemoryStorage disk = new MemoryStorage();
        TestFile file = TestFile.inMemory(disk);
        try (AtomicMapping mapping = file.open(1 << 20)) {
            mapping.putLong(0, 42);
            mapping.sync();
        }
        assertThrows(IllegalArgumentException.class, () -> file.open(options -> options.maxSize(100)));
        disk.delete(file.journal());
        try (AtomicMapping reopened = file.open()) {
            assertEquals(42, reopened.getLong(0));
            assertEquals(1, reopened.lastCommit());
        }
    }

    /**
     * A sparse file past the largest size was mapped all the same: over whatever lay after the address space
     * reserved for it.
     */
    @Test
    void fileLargerThanTheLimitIsRefusedNotMappedOverOtherMemory() throws Exception {
        ChildJvm.Ended ended = ChildJvm.run(List.of(), TooLarge.class);
        assertEquals(0, ended.status(), ended.output());
        assertTrue(ended.output().contains("refused 3"), ended.output());
    }

    /** Runs in the child. */
    static final class TooLarge {
        public static void main(String[] arguments) throws IOException {
            CompletableFuture.delayedExecutor(30, TimeUnit.SECONDS)
                    .execute(() -> Runtime.getRuntime().halt(2)); // a bug may fill memory without end
            TestFile file = TestFile.inMemory(new MemoryStorage());
            try (DurableFile home = file.storage.open(file.path, Storage.OpenMode.CREATE_NEW)) {
                home.setLength(MappingOptions.SIZE_LIMIT + (1L << 40));
            }
            refuses(() -> file.open(options -> options.journalCapacity(1)));
            refuses(() -> file.open(options -> options.journalCapacity(1)
                    .maxSize(MappingOptions.SIZE_LIMIT)));
            refuses(() -> file.open(options -> options.readOnly(true)));
            System.out.println("refused 3");
        }

        private static void refuses(Task<AtomicMapping, IOException> opening) throws IOException {
            try {
                opening.call().close();
            } catch (IllegalArgumentException e) {
                return;
            }
            throw new AssertionError("opened");
        }
    }
}
