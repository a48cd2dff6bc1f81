package io.atomicmapping.recovery;

import static io.atomicmapping.recovery.Fixture.ELSEWHERE;
import static io.atomicmapping.recovery.Fixture.FILE;
import static io.atomicmapping.recovery.Fixture.JOURNAL;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.journal.CorruptJournalException;
import io.atomicmapping.journal.DataFileMark;
import io.atomicmapping.journal.IncompatibleJournalException;
import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.MemoryStorage;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Which journal is taken for which data file, and which is refused. */
class BindingTest {

    private static final Path OTHER_FILE = Path.of("/data/other");

    private final Fixture fixture = new Fixture();

    private Fixture interrupted() throws IOException {
        return fixture.open(100_000).fill(0, 100_000, 1).commitLarge().put(5, 5).commit().kill();
    }

    private Fixture clean() throws IOException {
        return fixture.open(10_000).put(5, 5).commit().put(6, 6).commit().closeClean();
    }

    private void refused(Class<? extends IOException> type, String part) throws IOException {
        MemoryStorage before = fixture.storage.copy();
        IOException e = assertThrows(type, fixture::open);
        assertTrue(e.getMessage().contains(part), e.getMessage());
        for (Path path : new Path[] {FILE, JOURNAL, ELSEWHERE}) {
            assertEquals(before.kind(path), fixture.storage.kind(path));
            if (before.kind(path) == Storage.FileKind.REGULAR) {
                assertArrayEquals(before.contents(path), fixture.storage.contents(path));
            }
        }
    }

    // ---- an interrupted session

    @Test
    void pairCopiedTogetherWithoutAttributesOpens() throws IOException {
        interrupted().removeAttribute().open().expect(2);
    }

    @Test
    void missingJournalIsRefused() throws IOException {
        interrupted().delete(JOURNAL);
        refused(IncompatibleJournalException.class, "journal is missing, and the data file is incomplete "
                + "without it");
        assertThrows(IncompatibleJournalException.class, () -> Fixture.read(fixture.request(-1)));
    }

    @Test
    void missingJournalIsDiscardedWhereAskedTo() throws IOException {
        byte[] home = interrupted().delete(JOURNAL).home();
        fixture.discardMissingJournal = true;
        assertArrayEquals(home, Fixture.read(fixture.request(-1)).bytes());
        fixture.open();
        assertArrayEquals(home, fixture.home());
        fixture.discardMissingJournal = false;
        fixture.kill().open();
    }

    @Test
    void journalOfAnotherFileIsRefused() throws IOException {
        Fixture other = new Fixture();
        other.open(100_000).put(7, 7).commit().kill();
        interrupted().overwrite(JOURNAL, 0, other.storage.contents(JOURNAL));
        refused(IncompatibleJournalException.class, "journal belongs to another data file");
    }

    @Test
    void olderJournalOfTheSameFileIsRefused() throws IOException {
        interrupted();
        byte[] old = fixture.storage.contents(JOURNAL);
        fixture.open().put(9, 9).commit().kill().overwrite(JOURNAL, 0, old);
        refused(IncompatibleJournalException.class, "journal is older than the data file");
    }

    @Test
    void olderCleanJournalOfTheSameFileIsRefused() throws IOException {
        clean();
        byte[] old = fixture.storage.contents(JOURNAL);
        fixture.open().put(9, 9).commit().kill().overwrite(JOURNAL, 0, old);
        refused(IncompatibleJournalException.class, "journal is older than the data file");
    }

    @Test
    void changedPageIsRefusedWithoutAttributesToo() throws IOException {
        fixture.open(32_000).fill(0, 32_000, 1).commitLarge().put(5, 5).commit().kill().removeAttribute();
        for (int page = 1; page < 8; page++) { // record 2 touches page 0
            fixture.overwrite(FILE, page * 4096L + 77, (byte) 77);
            refused(IncompatibleJournalException.class, "data file does not hold what its journal saw");
            fixture.overwrite(FILE, page * 4096L + 77, (byte) 1);
        }
        fixture.open().expect(2);
    }

    @Test
    void changedPageThatARecordTouchesIsReplayed() throws IOException {
        interrupted().overwrite(FILE, 5, (byte) 77).open().expect(2);
    }

    @Test
    void lengthThatNoCommitHadIsRefused() throws IOException {
        interrupted().truncate(FILE, 99_999);
        refused(IncompatibleJournalException.class, "length=99999, min=100000");
        fixture.truncate(FILE, 100_001);
        refused(IncompatibleJournalException.class, "length=100001, min=100000, max=100000");
    }

    @Test
    void lengthWithinTheRecordedGrowthIsCut() throws IOException {
        fixture.open(10_000).put(5, 5).commit().resize(50_000).kill().open().expect(1);
        assertEquals(10_000, fixture.home().length);
    }

    @Test
    void growthLostByAPowerCutIsMadeAgain() throws IOException {
        fixture.open(10_000).put(5, 5).commit().resize(50_000).put(49_000, 1).commit().kill();
        fixture.truncate(FILE, 10_000).open().expect(2);
    }

    @Test
    void anotherPageSizeIsRefused() throws IOException {
        interrupted().forgeSlotsInt(JournalFormat.SLOT_PAGE_BYTES_AT, 16_384);
        refused(IncompatibleJournalException.class, "journal was written with another page size");
    }

    @Test
    void dataFileMissingBesideAJournalInUseIsRefused() throws IOException {
        interrupted().delete(FILE);
        assertThrows(NoSuchFileException.class, fixture::open);
        IncompatibleJournalException e = assertThrows(IncompatibleJournalException.class,
                () -> fixture.open(10));
        assertTrue(e.getMessage().contains("data file is missing, but its journal is in use"),
                e.getMessage());
        assertEquals(Storage.FileKind.MISSING, fixture.storage.kind(FILE));
    }

    @Test
    void dataFileRestoredFromACleanBackupBesideAJournalInUseIsRefused() throws IOException {
        clean();
        MemoryStorage backup = fixture.storage.copy();
        fixture.open().put(9, 9).commit().kill();
        byte[] journal = fixture.storage.contents(JOURNAL);
        fixture.storage = backup;
        fixture.overwrite(JOURNAL, 0, journal);
        refused(IncompatibleJournalException.class, "journal holds commits of an interrupted session");
    }

    // ---- a clean close

    @Test
    void editOfAnotherProgramIsAcceptedAfterACleanClose() throws IOException {
        clean().overwrite(FILE, 5, (byte) 99).overwrite(FILE, 20_000, (byte) 98).open();
        assertEquals(20_001, fixture.files.size());
        assertEquals(99, fixture.home()[5]);
        fixture.put(5, 1).commit().reopen();
        assertEquals(3, fixture.files.lastCommit());
        assertEquals(1, fixture.home()[5]);
        assertEquals(98, fixture.home()[20_000]);
    }

    @Test
    void editThatCutsTheFileIsAcceptedAfterACleanClose() throws IOException {
        clean().truncate(FILE, 3).open();
        assertEquals(3, fixture.files.size());
    }

    @Test
    void cleanFileOpensWithoutAttributesToo() throws IOException {
        clean().removeAttribute().overwrite(FILE, 5, (byte) 99).open();
        assertEquals(2, fixture.files.lastCommit());
    }

    @Test
    void numberingGoesOnWithoutTheCleanJournal() throws IOException {
        clean().delete(JOURNAL).open().expect(2).expect(TailCase.NO_JOURNAL);
    }

    @Test
    void cleanJournalOfAMissingFileIsReset() throws IOException {
        clean().delete(FILE).commits.clear();
        fixture.open(10).expect(0);
        assertArrayEquals(new byte[10], fixture.home());
    }

    /** Both limits exactly: the attribute was set when the slots had its generation. */
    @Test
    void journalOneSlotOlderThanTheAttributeIsRefused() throws IOException {
        fixture.open(10_000).closeClean().open();
        long generation = fixture.files.journal().slot().generation();
        fixture.kill().forgeSlotsLong(JournalFormat.SLOT_GENERATION_AT, generation - 1);
        refused(IncompatibleJournalException.class, "journal is older than the data file");
        fixture.forgeSlotsLong(JournalFormat.SLOT_GENERATION_AT, generation).open().expect(0);
    }

    @Test
    void cleanJournalNoNewerThanTheAttributeInUseIsRefused() throws IOException {
        fixture.open(10_000).kill().forgeSlotsInt(JournalFormat.SLOT_STATE_AT, JournalFormat.STATE_CLEAN);
        refused(IncompatibleJournalException.class, "journal is older than the data file");
    }

    /** Or two data files, copied without their attributes, would share it. */
    @Test
    void cleanJournalThatNothingNamesGetsANewId() throws IOException {
        fixture.open(10_000);
        UUID id = fixture.files.journal().slot().journalId();
        fixture.closeClean().open();
        assertEquals(id, fixture.files.journal().slot().journalId());
        fixture.closeClean().removeAttribute().open();
        assertNotEquals(id, fixture.files.journal().slot().journalId());
    }

    @Test
    void cutCleanJournalIsReplaced() throws IOException {
        long whole = clean().storage.contents(JOURNAL).length;
        for (long length : new long[] {9_000, whole - 1}) {
            long commits = fixture.truncate(JOURNAL, length).open().files.lastCommit();
            assertEquals(whole, fixture.storage.contents(JOURNAL).length);
            fixture.put(7, (int) length).commit().reopen().expect(commits + 1).closeClean();
        }
    }

    @Test
    void rottenCleanJournalCanBeDeleted() throws IOException {
        clean().rot(JOURNAL, 0).rot(JOURNAL, 4096);
        refused(CorruptJournalException.class, "the data file was closed cleanly at commit=2 and is "
                + "complete: delete the journal");
        fixture.delete(JOURNAL).open().expect(2);
    }

    @Test
    void somethingElseAtTheJournalsPathIsNeverOverwritten() throws IOException {
        fixture.open(10).closeClean().delete(JOURNAL).create(JOURNAL, "my own".getBytes());
        refused(CorruptJournalException.class, "journal has no valid slot");
    }

    @Test
    void newerAttributeIsRefusedByName() throws IOException {
        clean();
        try (DurableFile file = fixture.storage.open(FILE, Storage.OpenMode.WRITE)) {
            byte[] value = file.attribute(DataFileMark.ATTRIBUTE);
            value[JournalFormat.ATTRIBUTE_VERSION_AT] = 2;
            int crc = JournalFormat.crc32cWithout(MemorySegment.ofArray(value), 0, value.length,
                    JournalFormat.ATTRIBUTE_CRC_AT);
            System.arraycopy(Fixture.little(crc), 0, value, JournalFormat.ATTRIBUTE_CRC_AT, Integer.BYTES);
            file.setAttribute(DataFileMark.ATTRIBUTE, value);
        }
        refused(IncompatibleJournalException.class, "data file was last open in a newer format");
    }

    @Test
    void damagedAttributeDoesNotHideThatTheJournalIsMissing() throws IOException {
        interrupted().delete(JOURNAL);
        try (DurableFile file = fixture.storage.open(FILE, Storage.OpenMode.WRITE)) {
            file.setAttribute(DataFileMark.ATTRIBUTE, new byte[] {1, 2, 3});
        }
        refused(IncompatibleJournalException.class, "journal is missing");
    }

    // ---- leftovers

    @Test
    void halfMadeFilesOfACrashAreRemoved() throws IOException {
        Path left = JournalFormat.temporaryPath(JOURNAL);
        clean().create(left, new byte[5_000]).open().expect(2);
        assertEquals(Storage.FileKind.MISSING, fixture.storage.kind(left));
        fixture.kill().create(left, new byte[5_000]).open().expect(2);
        assertEquals(Storage.FileKind.MISSING, fixture.storage.kind(left));
    }

    // ---- the journal elsewhere

    @Test
    void openingWithoutTheOptionFollowsTheStub() throws IOException {
        fixture.journalOption = ELSEWHERE;
        interrupted();
        assertTrue(fixture.storage.contents(JOURNAL).length < 10_000, "a stub");
        fixture.journalOption = null;
        fixture.open().expect(2);
        assertEquals(ELSEWHERE, fixture.files.outcome().journal());
    }

    @Test
    void journalThatTheStubNamesIsMissed() throws IOException {
        fixture.journalOption = ELSEWHERE;
        interrupted().removeAttribute().delete(ELSEWHERE);
        refused(IncompatibleJournalException.class, "journal is missing");
        fixture.journalOption = null;
        refused(IncompatibleJournalException.class, "journal is missing");
        fixture.discardMissingJournal = true;
        fixture.open();
    }

    @Test
    void journalElsewhereIsRefusedWhileOneInUseLiesBeside() throws IOException {
        interrupted().journalOption = ELSEWHERE;
        refused(IncompatibleJournalException.class, "data file has a journal elsewhere that it needs");
    }

    @Test
    void journalMovesAwayAndBackWhileTheFileIsClean() throws IOException {
        clean().journalOption = ELSEWHERE;
        fixture.open().expect(2).put(8, 8).commit().closeClean();
        fixture.journalOption = JOURNAL;
        fixture.open().expect(3).put(9, 9).commit().kill();
        fixture.journalOption = null;
        fixture.open().expect(4);
        assertEquals(JOURNAL, fixture.files.outcome().journal());
    }

    @Test
    void rottenStubIsRefused() throws IOException {
        fixture.journalOption = ELSEWHERE;
        interrupted().rot(JOURNAL, 20);
        refused(CorruptJournalException.class, "journal stub checksum mismatch");
    }

    @Test
    void journalElsewhereOfAnotherInterruptedFileIsRefused() throws IOException {
        fixture.journalOption = ELSEWHERE;
        interrupted();
        OpenRequest other = new OpenRequest(fixture.storage, OTHER_FILE, ELSEWHERE, 50, 0, Fixture.PAGE_BYTES,
                false);
        IncompatibleJournalException e = assertThrows(IncompatibleJournalException.class,
                () -> Recovery.open(other));
        assertTrue(e.getMessage().contains("its journal is in use"), e.getMessage());
        fixture.open().expect(2);
    }

    @Test
    void journalElsewhereInUseByAnOpenFileIsRefused() throws IOException {
        fixture.journalOption = ELSEWHERE;
        fixture.open(10);
        OpenRequest other = new OpenRequest(fixture.storage, OTHER_FILE, ELSEWHERE, 50, 0, Fixture.PAGE_BYTES,
                false);
        IOException e = assertThrows(IOException.class, () -> Recovery.open(other));
        assertTrue(e.getMessage().contains("journal is in use by another data file"), e.getMessage());
    }

    @Test
    void cleanJournalTakenByAnotherFileIsNotTakenForTheFirstOnes() throws IOException {
        fixture.journalOption = ELSEWHERE;
        clean();
        OpenRequest other = new OpenRequest(fixture.storage, OTHER_FILE, ELSEWHERE, 10_000, 0,
                Fixture.PAGE_BYTES, false);
        Recovery.open(other).close();
        fixture.journalOption = null;
        fixture.open().expect(2);
    }
}
