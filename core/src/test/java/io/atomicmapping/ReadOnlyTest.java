package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.attribute.FileTime;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Read-only mappings: the committed bytes, whatever home lacks, and not one write. */
@ParameterizedClass
@EnumSource(TestFile.Place.class)
class ReadOnlyTest {

    private static final int PAGE = 4096;

    @Parameter
    TestFile.Place place;

    private TestFile file;
    private TestFile killed;
    private byte[] committed;

    /** Commits that only the journal holds: stores, a cut, growth, and an uncommitted rest. */
    @BeforeEach
    void killAWriter() throws IOException {
        file = place.newFile();
        try (AtomicMapping mapping = file.open(5 * PAGE)) {
            byte[] bytes = new byte[5 * PAGE];
            new Random(4).nextBytes(bytes);
            mapping.putBytes(0, bytes);
            mapping.sync();
            mapping.resize(PAGE + 77);
            mapping.sync();
            mapping.resize(9 * PAGE + 5);
            mapping.putLong(3 * PAGE, 42);
            mapping.putByte(9 * PAGE + 4, (byte) 6);
            mapping.sync();
            committed = TestFile.bytesOf(mapping);
            mapping.fill(0, PAGE, (byte) 1);
            mapping.resize(20 * PAGE);
            killed = file.copyAsAfterAKill();
        }
    }

    @AfterEach
    void delete() throws IOException {
        file.close();
        killed.close();
    }

    @Test
    void committedBytesAreShownAndNothingIsWritten() throws IOException {
        byte[] home = killed.homeBytes();
        byte[] journal = killed.journalBytes();
        FileTime homeTime = time(killed);
        try (AtomicMapping mapping = killed.open(options -> options.readOnly(true))) {
            assertArrayEquals(committed, TestFile.bytesOf(mapping));
            assertEquals(3, mapping.lastCommit());
            assertEquals(3, mapping.recovery().commitsReplayed());
            assertEquals("READ_ONLY", mapping.stats().tracking());
            assertEquals(3, mapping.sync());
            assertEquals(3, mapping.syncAsync().join());
            mapping.rollback();
            assertEquals(committed.length, mapping.readSegment().byteSize());
        }
        assertArrayEquals(home, killed.homeBytes());
        assertArrayEquals(journal, killed.journalBytes());
        assertEquals(homeTime, time(killed));
        try (AtomicMapping mapping = killed.open()) {
            assertArrayEquals(committed, TestFile.bytesOf(mapping));
        }
    }

    private FileTime time(TestFile of) throws IOException {
        return place == TestFile.Place.MEMORY ? null : Files.getLastModifiedTime(of.path);
    }

    @Test
    void everyStoreIsRefused() throws IOException {
        try (AtomicMapping mapping = killed.open(options -> options.readOnly(true))) {
            for (Executable store
                    : new Executable[] {() -> mapping.putByte(0, (byte) 1), () -> mapping.putLong(0, 1),
                    () -> mapping.putBytes(0, new byte[3]),
                            () -> mapping.put(0, MemorySegment.ofArray(new byte[3])),
                    () -> mapping.fill(0, 10, (byte) 1), () -> mapping.copy(0, 10, 5), mapping::segment,
                    () -> mapping.compareAndSetLong(0, 0, 1), () -> mapping.getAndAddLong(0, 0),
                    () -> mapping.putLongRelease(0, 1), () -> mapping.resize(5),
                            () -> mapping.update(() -> { }),
                    () -> mapping.putBytes(0, new byte[0])}) {
                IllegalStateException e = assertThrows(IllegalStateException.class, store);
                assertTrue(e.getMessage().contains("read-only"), e::getMessage);
            }
            assertArrayEquals(committed, TestFile.bytesOf(mapping));
        }
    }

    @Test
    void afterCloseEverythingIsRefused() throws IOException {
        AtomicMapping mapping = killed.open(options -> options.readOnly(true));
        mapping.close();
        mapping.close();
        for (Executable use : new Executable[] {mapping::size, () -> mapping.getByte(0),
                () -> mapping.putByte(0, (byte) 1),
                mapping::sync, mapping::syncAsync, mapping::rollback, mapping::readSegment, mapping::segment,
                mapping::stats, () -> mapping.resize(1), () -> mapping.update(() -> { })}) {
            IllegalStateException e = assertThrows(IllegalStateException.class, use);
            assertTrue(e.getMessage().contains("closed"), e::getMessage);
        }
    }

    @Test
    void readersShareTheFileAndKeepAWriterOut() throws IOException {
        try (AtomicMapping one = killed.open(options -> options.readOnly(true));
                AtomicMapping two = killed.open(options -> options.readOnly(true))) {
            assertArrayEquals(TestFile.bytesOf(one), TestFile.bytesOf(two));
            IOException e = assertThrows(IOException.class, () -> killed.open());
            assertTrue(e.getMessage().contains(killed.path.toString()), e::getMessage);
        }
        try (AtomicMapping writer = killed.open()) {
            assertThrows(IOException.class, () -> killed.open(options -> options.readOnly(true)));
            assertThrows(IOException.class, () -> killed.open());
            writer.putByte(0, (byte) 9);
            assertEquals(4, writer.sync());
        }
    }

    @Test
    void aCleanFileWithoutAJournalCanBeReadAndGetsNone() throws IOException {
        if (place == TestFile.Place.MEMORY) {
            return;
        }
        Files.write(file.path, new byte[] {1, 2, 3});
        Files.delete(file.journal());
        try (AtomicMapping mapping = file.open(options -> options.readOnly(true))) {
            assertEquals(3, mapping.size());
            assertEquals(2, mapping.getByte(1));
        }
        assertTrue(Files.notExists(file.journal()));
    }

    @Test
    void aMissingFileIsNotCreated() throws IOException {
        try (TestFile none = place.newFile()) {
            assertThrows(NoSuchFileException.class, () -> none.open(options -> options.readOnly(true)));
            assertThrows(NoSuchFileException.class, () -> none.open());
            assertThrows(IOException.class, () -> none.open(options -> options.readOnly(true).size(10)));
            none.open(options -> options.size(0)).close();
            try (AtomicMapping mapping = none.open(options -> options.readOnly(true))) {
                assertEquals(0, mapping.size());
                assertThrows(IndexOutOfBoundsException.class, () -> mapping.getByte(0));
            }
        }
    }
}
