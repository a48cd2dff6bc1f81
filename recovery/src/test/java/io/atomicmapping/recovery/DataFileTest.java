package io.atomicmapping.recovery;

import static io.atomicmapping.recovery.Fixture.FILE;
import static io.atomicmapping.recovery.Fixture.JOURNAL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** When a data file can be opened, whatever its journal: it is not open, it is a file, and there is room. */
class DataFileTest {

    private final Fixture fixture = new Fixture();

    @Test
    void secondWriterIsRefusedAndAReaderBesideAWriterToo() throws IOException {
        fixture.open(10);
        refusedAsOpen(() -> Recovery.open(fixture.request(-1)));
        refusedAsOpen(() -> Recovery.read(fixture.request(-1)));
        fixture.kill();
        try (CommittedImage first = Recovery.read(fixture.request(-1));
                CommittedImage second = Recovery.read(fixture.request(-1))) {
            assertEquals(first.size(), second.size());
            refusedAsOpen(() -> Recovery.open(fixture.request(-1)));
        }
        fixture.open();
    }

    private static void refusedAsOpen(org.junit.jupiter.api.function.Executable opening) {
        IOException e = assertThrows(IOException.class, opening);
        assertTrue(e.getMessage().startsWith("data file is already open"), e.getMessage());
    }

    @Test
    void missingFileIsCreatedOnlyWithASize() throws IOException {
        assertThrows(NoSuchFileException.class, fixture::open);
        assertFalse(fixture.storage.kind(FILE) == Storage.FileKind.REGULAR);
        fixture.open(0).expect(0);
    }

    @Test
    void directoryIsRefused() throws IOException {
        fixture.create(FILE.resolve("below"));
        FileSystemException e = assertThrows(FileSystemException.class, () -> fixture.open(10));
        assertTrue(e.getMessage().contains("a directory"), e.getMessage());
    }

    @Test
    void sizeOverTheLimitIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> fixture.open(JournalFormat.SIZE_MAX + 1));
        assertThrows(IllegalArgumentException.class, () -> fixture.open(-2));
    }

    @Test
    void fullDiskAtOpenLeavesNothingBehind() throws IOException {
        fixture.storage.setQuota(10_000);
        IOException e = assertThrows(IOException.class, () -> fixture.open(10_000));
        assertTrue(e.getMessage().contains("No space left on device"), e.getMessage());
        for (Path path : new Path[] {FILE, JOURNAL, JournalFormat.temporaryPath(JOURNAL)}) {
            assertEquals(Storage.FileKind.MISSING, fixture.storage.kind(path), path.toString());
        }
        fixture.storage.setQuota(1 << 20);
        fixture.open(10_000);
    }

    @Test
    void fullDiskAtRingGrowthKeepsTheOldRing() throws IOException {
        fixture.open(10_000).put(5, 5).commit().checkpoint();
        fixture.storage.setQuota(fixture.storage.usedBytes() + 10_000);
        assertThrows(IOException.class, () -> fixture.files.journal().grow(100_000));
        assertEquals(Storage.FileKind.MISSING, fixture.storage.kind(JournalFormat.temporaryPath(JOURNAL)));
        fixture.put(6, 6).commit().reopen().expect(2);
    }
}
