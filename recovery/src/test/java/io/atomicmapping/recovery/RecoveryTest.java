package io.atomicmapping.recovery;

import static io.atomicmapping.recovery.Fixture.FILE;
import static io.atomicmapping.recovery.Fixture.JOURNAL;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.journal.CorruptJournalException;
import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RecoveryTest {

    private final Fixture fixture = new Fixture();

    @Test
    void marksAreNoCommits() throws IOException {
        fixture.open(10_000).put(5, 1).commit().mark().put(5, 2).commit().mark().reopen().expect(2);
        assertEquals(2, fixture.files.outcome().commitsReplayed());
    }

    @Test
    void committedBytesSurviveAKill() throws IOException {
        fixture.open(10_000).put(5, 1, 2, 3).commit().put(9_990, 9).commit().kill();
        fixture.open().expect(2).expect(TailCase.END);
        assertEquals(2, fixture.files.outcome().commitsReplayed());
        assertEquals(4, fixture.files.outcome().bytesReplayed());
    }

    @Test
    void bytesOfNoCommitNeverReachTheDataFile() throws IOException {
        fixture.open(10_000).put(5, 1).commit().put(6, 2).kill();
        fixture.open().expect(1);
    }

    @Test
    void aNewFileIsZerosAndHasNoCommit() throws IOException {
        fixture.open(10_000).expect(0).expect(TailCase.NO_JOURNAL);
        assertTrue(fixture.files.outcome().created());
        assertArrayEquals(new byte[10_000], fixture.home());
    }

    @Test
    void replayTwiceGivesTheSame() throws IOException {
        fixture.open(10_000).put(5, 1, 2, 3).commit().resize(3_000).commit();
        fixture.resize(9_000).put(8_000, 5).commit().kill();
        MemoryStorage before = fixture.storage.copy();
        byte[] first = fixture.open().expect(3).kill().home();
        // the journal of before, the data file of after: as if the crash had come before the slots were
        // written
        fixture.storage = before;
        fixture.overwrite(FILE, 0, first).truncate(FILE, first.length).open().expect(3);
    }

    /** A sample that ends behind the cut has changed: the recovery before zeroed it, or cut it off. */
    @Test
    void replayTwiceOfACutGivesTheSame() throws IOException {
        fixture.open(10_000).fill(0, 10_000, 1).commitLarge().resize(5_000).commit().kill();
        MemoryStorage before = fixture.storage.copy();
        byte[] zeroed = Arrays.copyOf(fixture.open().expect(2).kill().home(), 10_000);
        for (int length : new int[] {zeroed.length, 5_000}) {
            fixture.storage = before.copy();
            fixture.overwrite(FILE, 0, Arrays.copyOf(zeroed, length)).truncate(FILE, length);
            fixture.open().expect(2).kill();
        }
    }

    @Test
    void recordsThatMayBeInThePageCacheOnlyAreWrittenAndForcedBeforeTheDataFileDependsOnThem()
            throws IOException {
        // after a failed force the page cache may hold bytes as clean that the disk never got: a force
        // alone is not enough
        fixture.open(10_000).put(5, 1).commit().put(6, 2).commit().put(7, 3).append().kill();
        CrashingStorage logging = new CrashingStorage(fixture.storage, true, Integer.MAX_VALUE, FILE,
                JOURNAL);
        fixture.through = logging;
        fixture.open().expect(3);
        assertEquals(List.of("force of directory /data", "write of " + JOURNAL + " at 9216", "force of "
                + JOURNAL, "write of " + FILE + " at 0", "force of " + FILE), logging.log.subList(0, 5),
                "record 3 proves the two before it");
    }

    @Test
    void tornTailAfterCommitIsIgnored() throws IOException {
        fixture.open(10_000).put(5, 1).commit().put(6, 2).append().kill().rotBody(1);
        fixture.open().expect(1).expect(TailCase.TORN_RECORD);
        assertEquals(512, fixture.files.outcome().bytesDiscarded());
    }

    @Test
    void missingHeaderAfterCommitIsIgnored() throws IOException {
        fixture.open(10_000).put(5, 1).commit().put(6, 2).append().kill().rotHeader(1);
        fixture.open().expect(1).expect(TailCase.END);
    }

    @Test
    void laterRecordOfATornGroupIsDropped() throws IOException {
        fixture.open(10_000).put(5, 1).commit().put(6, 2).append().put(7, 3).append().kill().rotHeader(1);
        fixture.open().expect(1).expect(TailCase.TORN_GROUP);
        assertEquals(1_024, fixture.files.outcome().bytesDiscarded());
    }

    @Test
    void tornTailNeverComesBack() throws IOException {
        // the second record of a torn group lies where the next opening's second record will: it must not
        // follow the first
        fixture.open(10_000).put(5, 1).append().put(6, 2).append().kill();
        MemoryStorage whole = fixture.storage.copy();
        fixture.rotHeader(0).open().expect(0).put(7, 3).commit().kill();
        byte[] left = whole.contents(JOURNAL);
        assertEquals(left[8192 + 512], fixture.storage.contents(JOURNAL)[8192 + 512], "the torn record is "
                + "still there");
        fixture.open().expect(1).expect(TailCase.END);
    }

    @Test
    void rotBeforeADurableRecordIsCorruption() throws IOException {
        fixture.open(10_000).put(5, 1).commit().put(6, 2).commit().put(7, 3).commit().kill();
        for (Fixture damaged : new Fixture[] {copy().rotBody(0), copy().rotHeader(0), copy().rotBody(1),
                copy().rotHeader(1)}) {
            refusedWithoutAWrite(damaged, "journal lost a record that had been durable");
        }
    }

    @Test
    void markTurnsRotOfTheLastRecordIntoCorruption() throws IOException {
        fixture.open(10_000).put(5, 1).commit().put(6, 2).commit().mark().kill();
        refusedWithoutAWrite(copy().rotBody(1), "journal lost a record that had been durable");
        refusedWithoutAWrite(copy().rotHeader(1), "journal lost a record that had been durable");
        fixture.rotHeader(2).open().expect(2);
    }

    @Test
    void corruptionSaysWhatAndWhereAndWhatToDo() throws IOException {
        fixture.open(10_000).put(5, 1).commit().put(6, 2).commit().kill().rotBody(0);
        String message = assertThrows(CorruptJournalException.class, fixture::open).getMessage();
        for (String part : new String[] {"lsn=0", "position=8192", "expected=0x", "actual=0x", "laterLsn=512",
                "lastCommit=0",
            "journal=" + JOURNAL, "restore", "discardMissingJournal"}) {
            assertTrue(message.contains(part), () -> part + " is missing in: " + message);
        }
    }

    @Test
    void oneRottenSlotIsRepairedFromTheOther() throws IOException {
        for (int slot = 0; slot < 2; slot++) {
            Fixture each = new Fixture();
            each.open(10_000).put(5, 1).commit().checkpoint().put(6, 2).commit().kill();
            each.rot(JOURNAL, slot * 4096 + 50).open().expect(2).kill();
            each.rot(JOURNAL, (1 - slot) * 4096 + 50).open().expect(2);
        }
    }

    @Test
    void slotThatWasNotChosenIsWrittenFirst() throws IOException {
        fixture.open(10_000).put(5, 1).commit().kill();
        for (int slot = 0; slot < 2; slot++) {
            Fixture each = copy().rot(JOURNAL, slot * 4096);
            CrashingStorage logging = new CrashingStorage(each.storage, true, Integer.MAX_VALUE, FILE,
                    JOURNAL);
            each.through = logging;
            each.open().expect(1);
            List<String> slotWrites = logging.log.stream()
                    .filter(change -> change.matches("write of " + JOURNAL + " at (0|4096)")).toList();
            assertEquals(List.of("write of " + JOURNAL + " at " + slot * 4096, "write of " + JOURNAL + " at "
                    + (1 - slot) * 4096), slotWrites, "the only valid slot is never the first to be "
                    + "overwritten");
        }
    }

    @Test
    void twoRottenSlotsAreCorruption() throws IOException {
        fixture.open(10_000).put(5, 1).commit().kill().rot(JOURNAL, 50).rot(JOURNAL, 4_200);
        refusedWithoutAWrite(fixture, "journal has no valid slot");
    }

    @Test
    void tornSlotUpdateTakesTheNewerSlot() throws IOException {
        fixture.open(10_000).put(5, 1).commit();
        byte[] old = fixture.storage.contents(JOURNAL);
        fixture.checkpoint().kill();
        byte[] oldSlot = java.util.Arrays.copyOfRange(old, 4096, 4096 + 512);
        fixture.overwrite(JOURNAL, 4096, oldSlot).open().expect(1);
        assertEquals(0, fixture.files.outcome().commitsReplayed());
    }

    @Test
    void slotsOlderThanTheRecordsAreCorruption() throws IOException {
        fixture.open(10_000).put(5, 1).commit();
        byte[] old = fixture.storage.contents(JOURNAL);
        fixture.checkpoint().put(6, 2).commit().kill();
        fixture.overwrite(JOURNAL, 0, java.util.Arrays.copyOf(old, 8192));
        refusedWithoutAWrite(fixture, "journal has older slots than its records");
    }

    @Test
    void olderSlotsAreFoundByRecordsAnywhereInTheRing() throws IOException {
        fixture.open(10_000).put(5, 1).commit();
        byte[] old = fixture.storage.contents(JOURNAL);
        fixture.checkpoint().put(6, 2).commit().put(7, 3).commit().kill();
        fixture.overwrite(JOURNAL, 0, java.util.Arrays.copyOf(old, 8192)).rotHeader(1);
        refusedWithoutAWrite(fixture, "journal has older slots than its records");
    }

    @Test
    void recordsWrapAroundTheRing() throws IOException {
        fixture.open(100_000);
        for (int i = 0; i < 200; i++) {
            fixture.fill(i * 400, i * 400 + 3_000, i).commit().writeHome();
            if (i % 3 == 2) {
                fixture.checkpoint();
            }
            if (i % 7 == 6) {
                fixture.reopen().expect(i + 1);
            }
        }
        fixture.reopen().expect(200);
    }

    @Test
    void recordOfAnEarlierLapIsNotTakenForTheNext() throws IOException {
        // all records are one sector, so that an old header lies exactly where the next record would be
        fixture.open(10_000);
        for (int i = 1; i <= 40; i++) {
            fixture.put(i, i).commit();
            if (i % 10 == 0) {
                fixture.checkpoint();
            }
        }
        fixture.put(0, 5).commit().reopen().expect(41).expect(TailCase.END);
    }

    @Test
    void ringFilledToItsLastByteIsRead() throws IOException {
        fixture.open(100_000);
        int body = (int) (fixture.files.journal().freeBytes() - JournalFormat.HEADER_BYTES
                - JournalFormat.EXTENT_HEADER_BYTES);
        fixture.fill(0, body, 7).commit();
        assertEquals(0, fixture.files.journal().freeBytes());
        fixture.mark().reopen().expect(1).expect(TailCase.FULL);
    }

    @Test
    void resizesAreReplayed() throws IOException {
        fixture.open(10_000).fill(0, 10_000, 1).commit();
        fixture.resize(2_000).commit().resize(5_000).commit();
        fixture.resize(100).resize(20_000).put(19_999, 4).commit();
        fixture.reopen().expect(4);
    }

    @Test
    void bytesThatOnlyTheLongerDataFileHeldReadZeroAfterARegrow() throws IOException {
        fixture.open(10_000).fill(0, 10_000, 1).commit().checkpoint();
        // the data file is never cut while it is mapped: stale bytes lie behind the committed size at this
        // checkpoint
        fixture.resize(2_000).commit();
        fixture.files.journal().checkpoint(fixture.files.journal().durableLsn(), 2, 2_000);
        fixture.resize(8_000).put(7_000, 3).commit();
        fixture.reopen().expect(3);
    }

    @Test
    void openingGrowsAndNeverShrinks() throws IOException {
        fixture.open(10_000).put(9_999, 1).commit().kill();
        Fixture grown = copy();
        grown.open(30_000);
        assertEquals(30_000, grown.files.size());
        assertEquals(1, grown.home()[9_999]);
        grown.kill().open();
        assertEquals(30_000, grown.files.size());
        fixture.open(500).expect(1);
    }

    @Test
    void numberingGoesOnAfterACleanClose() throws IOException {
        fixture.open(10_000).put(5, 1).commit().put(5, 2).commit().closeClean();
        fixture.open().expect(2).expect(TailCase.CLEAN).put(5, 3).commit().reopen().expect(3);
    }

    @Test
    void readerSeesTheLastCommitAndWritesNothing() throws IOException {
        fixture.open(10_000).fill(0, 10_000, 1).commit().resize(5_000).commit();
        fixture.resize(9_000).put(8_000, 2).commit().kill();
        Map<String, byte[]> before = contents(fixture);
        Fixture.Seen seen = Fixture.read(fixture.request(-1));
        assertEquals(3, seen.lastCommit());
        assertArrayEquals(fixture.lastCommitted(), seen.bytes());
        contents(fixture).forEach((path, bytes) -> assertArrayEquals(before.get(path), bytes, path));
    }

    @Test
    void largeCommitGrowsTheRing() throws IOException {
        fixture.open(400_000).put(0, 1).commit().checkpoint();
        fixture.files.journal().grow(300_000);
        fixture.fill(10, 250_000, 5).commit();
        fixture.capacityBytes = 0;
        fixture.reopen().expect(2);
        assertEquals(303_104, fixture.files.journal().ringBytes());
    }

    @Test
    void capacityOfAnOpeningIsHonoured() throws IOException {
        fixture.open(10_000).put(5, 1).commit().kill();
        fixture.capacityBytes = 100_000;
        fixture.open().expect(1);
        assertEquals(102_400, fixture.files.journal().ringBytes());
        fixture.capacityBytes = 1;
        fixture.reopen().expect(1).put(6, 1).commit().reopen().expect(2);
        assertEquals(16_384, fixture.files.journal().ringBytes());
    }

    private Fixture copy() {
        Fixture copy = new Fixture();
        copy.storage = fixture.storage.copy();
        copy.commits.addAll(fixture.commits);
        copy.lsns.addAll(fixture.lsns);
        return copy;
    }

    private static Map<String, byte[]> contents(Fixture fixture) throws IOException {
        return new TreeMap<>(Map.of("home", fixture.storage.contents(FILE), "journal",
                fixture.storage.contents(JOURNAL)));
    }

    static void refusedWithoutAWrite(Fixture damaged, String message) throws IOException {
        Map<String, byte[]> before = contents(damaged);
        CorruptJournalException e = assertThrows(CorruptJournalException.class, damaged::open);
        assertTrue(e.getMessage().startsWith(message), e.getMessage());
        contents(damaged).forEach((path, bytes) -> assertArrayEquals(before.get(path), bytes, path));
    }
}
