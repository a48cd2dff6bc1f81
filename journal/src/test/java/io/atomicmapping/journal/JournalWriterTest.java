package io.atomicmapping.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class JournalWriterTest {

    private static final Path FILE = Path.of("/d/file");
    private static final Path JOURNAL = Path.of("/d/file.journal");
    private static final long SIZE = 20_000;

    private final FaultyStorage faulty = new FaultyStorage();
    private final Storage storage = faulty.storage();
    private final MemorySegment source = MemorySegment.ofArray(new byte[20_000]).fill((byte) 5);
    private final RedoRecord record = new RedoRecord(0);
    private DurableFile home;
    private JournalWriter writer;

    @BeforeEach
    void create() throws IOException {
        home = storage.open(FILE, Storage.OpenMode.CREATE_NEW);
        home.setLength(SIZE);
        writer = JournalWriter.create(new JournalSetup(storage, JOURNAL, home, 4096), 0x4000,
                new CommittedState(0, SIZE));
        faulty.changes.clear();
    }

    @AfterEach
    void close() throws IOException {
        writer.close();
        record.close();
    }

    private RedoRecord record(long length) {
        record.clear();
        record.add(0, source, 0, length);
        record.sizes(SIZE, SIZE);
        return record;
    }

    private void commit(long length) throws IOException {
        writer.append(record(length), writer.lastCommit() + 1);
        writer.force();
    }

    private JournalScan scan(DurableFile file) throws IOException {
        return JournalReader.open(file).scan();
    }

    private int recordsOnDisk() throws IOException {
        try (DurableFile file = storage.open(JOURNAL, Storage.OpenMode.READ); JournalScan scan = scan(file)) {
            return scan.recordCount();
        }
    }

    @Test
    void commitIsOneWriteAndOneForce() throws IOException {
        commit(8);
        assertEquals(List.of("writeDirect 8192", "force"), faulty.changes);
        assertEquals(512, writer.appendLsn());
        assertEquals(512, writer.durableLsn());
        assertEquals(1, writer.lastCommit());
    }

    @Test
    void commitThatWrapsIsTwoWrites() throws IOException {
        commit(10_000);
        writer.checkpoint(writer.durableLsn(), 1, SIZE);
        faulty.changes.clear();
        commit(10_000);
        assertEquals(List.of("writeDirect 18432", "writeDirect 8192", "force"), faulty.changes);
        assertEquals(1, recordsOnDisk());
    }

    @Test
    void checkpointForcesOneSlotBeforeTheOther() throws IOException {
        commit(8);
        faulty.changes.clear();
        writer.checkpoint(512, 1, SIZE);
        assertEquals(List.of("writeDirect 0", "force", "writeDirect 4096", "force"), faulty.changes);
        assertEquals(512, writer.checkpointLsn());
        assertEquals(writer.ringBytes(), writer.freeBytes());
    }

    /** What another program changes is found sooner or later; in the first page and the last one at once. */
    @Test
    void samplesAreTheFirstPageTheLastAndOthersInTurn() throws IOException {
        long size = 40 * 4096 + 1;
        writer.recordGrowth(size);
        home.setLength(size);
        writer.adoptSize(size);
        BitSet seen = new BitSet();
        for (int slot = 0; slot < 100; slot++) {
            List<Long> pages = writer.slot().samples().stream()
                    .map(sample -> sample.offset() / 4096).toList();
            assertEquals(8, pages.size());
            assertEquals(0, pages.getFirst());
            assertEquals(40, pages.getLast());
            assertEquals(1, writer.slot().samples().getLast().length());
            pages.forEach(page -> seen.set(Math.toIntExact(page)));
            record.clear();
            record.sizes(size, size);
            writer.append(record, writer.lastCommit() + 1);
            writer.force();
            writer.checkpoint(writer.durableLsn(), writer.lastCommit(), size);
        }
        assertTrue(seen.cardinality() >= 32, () -> "pages sampled: " + seen);
    }

    @Test
    void checkpointThatMovesNothingWritesNothing() throws IOException {
        writer.checkpoint(0, 0, SIZE);
        assertEquals(List.of(), faulty.changes);
    }

    @Test
    void checkpointBeyondTheDurableRecordsIsRefused() throws IOException {
        writer.append(record(8), 1);
        assertThrows(IllegalArgumentException.class, () -> writer.checkpoint(512, 1, SIZE));
        writer.force();
        writer.checkpoint(512, 1, SIZE);
        assertThrows(IllegalArgumentException.class, () -> writer.checkpoint(0, 0, SIZE));
    }

    @Test
    void ringIsNeverOverfilled() throws IOException {
        writer.append(record(16_000), 1);
        assertThrows(IllegalStateException.class, () -> writer.append(record(400), 2));
        assertEquals(0, writer.freeBytes());
    }

    @Test
    void failedAppendLeavesNoRecordAndTheNextOneTakesItsPlace() throws IOException {
        commit(8);
        faulty.failAt("writeDirect 8192");
        commit(7_000);
        writer.checkpoint(writer.durableLsn(), 2, SIZE);
        long lsn = writer.appendLsn();
        assertThrows(IOException.class, () -> writer.append(record(12_000), 3), "the second piece");
        assertEquals(lsn, writer.appendLsn());
        assertEquals(2, writer.lastCommit());
        assertEquals(0, recordsOnDisk());
        faulty.heal();
        commit(20);
        assertEquals(3, writer.lastCommit());
        assertEquals(1, recordsOnDisk());
    }

    @Test
    void appendThatFailsWithoutEraserIsReplacedByTheNext() throws IOException {
        faulty.failAt("writeDirect");
        IOException e = assertThrows(IOException.class, () -> writer.append(record(8), 1));
        assertEquals(1, e.getSuppressed().length, "the header could not be erased either");
        faulty.heal();
        commit(8);
        assertEquals(1, recordsOnDisk());
    }

    /** What failed may have been smaller than what comes. */
    @Test
    void sizesOfAnAppendThatFailsDoNotCount() throws IOException {
        record.clear();
        record.sizes(5, 5);
        faulty.failAt("writeDirect");
        assertThrows(IOException.class, () -> writer.append(record, 1));
        faulty.heal();
        commit(8);
        assertEquals(1, recordsOnDisk());
    }

    @Test
    void failedForceIsFinal() throws IOException {
        writer.append(record(8), 1);
        faulty.failAt("force");
        assertThrows(IOException.class, writer::force);
        faulty.heal();
        assertEquals(0, writer.durableLsn());
        for (Executable call : List.<Executable>of(writer::force, writer::mark,
                () -> writer.append(record(8), 2), () -> writer.checkpoint(0, 0, SIZE + 1),
                () -> writer.recordGrowth(1 << 30), () -> writer.grow(1 << 20), () -> writer.adoptSize(5),
                () -> writer.finish(new CommittedState(1, SIZE)))) {
            IOException e = assertThrows(IOException.class, call);
            assertTrue(e.getMessage().startsWith("journal is unusable after a failed write or force"),
                    e.getMessage());
            assertTrue(e.getCause().getMessage().startsWith("injected fault"), "the first cause stays");
        }
    }

    @Test
    void failedSlotWriteIsFinal() throws IOException {
        commit(8);
        for (String fault : new String[] {"writeDirect 0", "writeDirect 4096", "force"}) {
            writer.close();
            storage.delete(JOURNAL);
            writer = JournalWriter.create(new JournalSetup(storage, JOURNAL, home, 4096), 0,
                    new CommittedState(0, SIZE));
            commit(8);
            faulty.failAt(fault);
            assertThrows(IOException.class, () -> writer.checkpoint(512, 1, SIZE), fault);
            faulty.heal();
            assertEquals(0, writer.checkpointLsn(), "nothing is freed");
            assertThrows(IOException.class, () -> writer.append(record(8), 2), fault);
        }
    }

    @Test
    void markFollowsOnlyARecord() throws IOException {
        writer.mark();
        assertEquals(List.of(), faulty.changes);
        commit(8);
        writer.mark();
        assertEquals(1_024, writer.appendLsn());
        faulty.changes.clear();
        writer.mark();
        assertEquals(List.of(), faulty.changes);
        writer.checkpoint(1_024, 1, SIZE);
        commit(8);
        writer.mark();
        assertEquals(2, recordsOnDisk());
    }

    @Test
    void markProvesRecordsThatWereNotForced() throws IOException {
        writer.append(record(8), 1);
        writer.mark();
        try (DurableFile file = storage.open(JOURNAL, Storage.OpenMode.READ); JournalScan scan = scan(file)) {
            assertEquals(512, scan.provenLsn());
            assertEquals(512, scan.record(1).durableLsn());
        }
        assertEquals(List.of("writeDirect 8192", "force", "writeDirect 8704", "force"), faulty.changes);
    }

    @Test
    void growthIsRecordedOnceForManySmallSteps() throws IOException {
        writer.recordGrowth(SIZE);
        assertEquals(List.of(), faulty.changes);
        writer.recordGrowth(SIZE + 1);
        assertEquals(4, faulty.changes.size());
        writer.recordGrowth(SIZE + (1 << 20));
        assertEquals(4, faulty.changes.size());
        assertEquals(SIZE + 1 + (SIZE + 1) / 4 + (1 << 20), writer.slot().growthLimit());
    }

    @Test
    void recordsOfContradictingSizesAreRefused() {
        record(8).sizes(SIZE + 1, SIZE);
        assertThrows(IllegalArgumentException.class, () -> writer.append(record, 1));
        record(8).sizes(SIZE, SIZE + 1);
        assertThrows(IllegalArgumentException.class, () -> writer.append(record, 1));
        record(8).sizes(7, 7);
        assertThrows(IllegalArgumentException.class, () -> writer.append(record, 1));
        record(8).sizes(8, 8);
        assertThrows(IllegalArgumentException.class, () -> writer.append(record, 2));
    }

    @Test
    void newRingTakesTheNameOnlyWhenWhole() throws IOException {
        long salt = writer.slot().salt();
        long generation = writer.slot().generation();
        writer.grow(100_000);
        assertEquals(102_400, writer.ringBytes());
        assertNotEquals(salt, writer.slot().salt());
        assertEquals(generation + 1, writer.slot().generation());
        int rename = faulty.changes.indexOf("rename");
        assertEquals(List.of("forceAll", "rename", "forceDirectory"), faulty.changes.subList(rename - 1,
                rename + 2));
        assertEquals(8_192 + 102_400, faulty.live.contents(JOURNAL).length);
        commit(8);
        assertEquals(1, recordsOnDisk());
    }

    @Test
    void ringThatIsNotEmptyDoesNotGrow() throws IOException {
        commit(8);
        assertThrows(IllegalStateException.class, () -> writer.grow(100_000));
    }

    @Test
    void failedGrowthKeepsTheOldRing() throws IOException {
        for (String fault : new String[] {"writeDirect 1048576", "forceAll", "rename"}) {
            faulty.failAt(fault);
            assertThrows(IOException.class, () -> writer.grow(2_000_000), fault);
            faulty.heal();
            assertEquals(16_384, writer.ringBytes());
            assertEquals(Storage.FileKind.MISSING, storage.kind(JournalFormat.temporaryPath(JOURNAL)), fault);
        }
        commit(8);
        assertEquals(1, recordsOnDisk());
    }

    @Test
    void growthThatFailsAfterTheRenameIsFinal() {
        faulty.failAt("forceDirectory");
        assertThrows(IOException.class, () -> writer.grow(100_000));
        faulty.heal();
        assertThrows(IOException.class, () -> writer.append(record(8), 1));
    }

    @Test
    void closedWriterRefusesAndClosesAgain() throws IOException {
        writer.close();
        writer.close();
        IOException e = assertThrows(IOException.class, writer::force);
        assertTrue(e.getMessage().startsWith("journal is closed"), e.getMessage());
    }

    @Test
    void ringBytesFollowTheFileSizeWithinBounds() {
        assertEquals(1 << 20, JournalFormat.ringBytes(0, 0));
        assertEquals(256 << 20, JournalFormat.ringBytes(0, 1L << 40));
        assertEquals(4096 * 1025, JournalFormat.ringBytes(0, 4096 * 4097));
        assertEquals(16_384, JournalFormat.ringBytes(1, 1L << 40));
        assertEquals(20_480, JournalFormat.ringBytes(16_385, 0));
    }

    @Test
    void commitOfAHundredMegabytesIsScanned() throws IOException {
        long bytes = 100_000_000;
        writer.recordGrowth(bytes);
        home.setLength(bytes);
        writer.grow(2 * bytes);
        try (Arena arena = Arena.ofConfined(); RedoRecord large = new RedoRecord(0)) {
            MemorySegment source = arena.allocate(bytes).fill((byte) 3);
            large.add(0, source, 0, bytes);
            large.sizes(bytes, SIZE);
            writer.append(large, 1);
            writer.force();
        }
        assertEquals(1, recordsOnDisk());
    }
}
