package io.atomicmapping.recovery;

import static io.atomicmapping.recovery.Fixture.FILE;
import static io.atomicmapping.recovery.Fixture.JOURNAL;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.atomicmapping.journal.CorruptJournalException;
import io.atomicmapping.journal.IncompatibleJournalException;
import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * Every prefix of a journal and every flipped bit in it gives the last commit or an error, never anything
 * else.
 */
class DamageTest {

    private Fixture fixture = new Fixture();

    /**
     * Four commits and a checkpoint after the first, so that the ring holds records that count and one that
     * does not.
     */
    private void prepare() throws IOException {
        fixture.open(6_000).put(5, 1, 2, 3).commit().checkpoint();
        fixture.put(5, 9).put(4_000, 4).commit().resize(5_000).commit();
        fixture.resize(5_500).fill(5_100, 5_400, 6).commit();
    }

    @Test
    void everyFlippedBitGivesTheLastCommitOrAnError() throws IOException {
        prepare();
        fixture.kill();
        flipEveryBit(fixture.lsns.get(3));
    }

    @Test
    void everyFlippedBitUnderAMarkGivesTheLastCommitOrAnError() throws IOException {
        prepare();
        fixture.mark().kill();
        flipEveryBit(Long.MAX_VALUE);
    }

    @Test
    void everyFlippedBitOfACleanJournalGivesTheLastCommitOrAnError() throws IOException {
        prepare();
        fixture.closeClean();
        flipEveryBit(Long.MAX_VALUE);
    }

    private void flipEveryBit(long lastRecordLsn) throws IOException {
        byte[] journal = fixture.storage.contents(JOURNAL);
        int errors = 0;
        for (int position = 0; position < journal.length; position++) {
            boolean live = position < 512 || position >= 4096 && position < 4608
                    || position >= 8192 && position < 8192 + 6 * 512;
            int step = live ? 1 : 8; // behind the live part, one bit of each byte
            for (int bit = position % step; bit < 8; bit += step) {
                fixture.flipBit(JOURNAL, position, bit);
                boolean inLastRecord = position >= 8192 + lastRecordLsn;
                errors += check(inLastRecord, "byte " + position + ", bit " + bit) ? 0 : 1;
                fixture.flipBit(JOURNAL, position, bit);
            }
        }
        assertTrue(lastRecordLsn == Long.MAX_VALUE || errors > 1_000, "damage was found " + errors
                + " times");
    }

    @Test
    void everyPrefixGivesTheLastCommitOrAnError() throws IOException {
        prepare();
        fixture.kill();
        byte[] journal = fixture.storage.contents(JOURNAL);
        for (int length = 0; length < journal.length; length++) {
            fixture.truncate(JOURNAL, length);
            fixture.overwrite(JOURNAL, 0, Arrays.copyOf(journal, length));
            assertEquals(false, check(false, "length " + length), "a cut journal is refused: length "
                    + length);
        }
    }

    /** Wherever in the ring the records lie: at its beginning, at its end, over its end. */
    @Test
    void everyZeroedSectorGivesTheLastCommitOrAnError() throws IOException {
        for (int place = 0; place < Fixture.RING_BYTES / JournalFormat.SECTOR_BYTES; place++) {
            fixture = new Fixture();
            fixture.open(6_000);
            for (int sector = 0; sector < place; sector++) {
                fixture.put(5, 100 + sector).commit();
            }
            fixture.checkpoint().put(5, 9).put(4_000, 4).commit().resize(5_000).commit().mark().kill();
            byte[] journal = fixture.storage.contents(JOURNAL);
            for (int position = 0; position < journal.length; position += JournalFormat.SECTOR_BYTES) {
                fixture.overwrite(JOURNAL, position, new byte[JournalFormat.SECTOR_BYTES]);
                check(false, "sector at " + position + ", records from sector " + place);
                fixture.overwrite(JOURNAL, position, Arrays.copyOfRange(journal, position,
                        position + JournalFormat.SECTOR_BYTES));
            }
        }
    }

    /**
     * Whether it could be read; then what was read is the last commit, or where that is allowed the one
     * before.
     */
    private boolean check(boolean maybeOneBefore, String damage) throws IOException {
        Fixture.Seen seen;
        try {
            seen = Fixture.read(fixture.request(-1));
        } catch (CorruptJournalException | IncompatibleJournalException e) {
            return false;
        }
        long last = fixture.commits.size() - 1;
        if (seen.lastCommit() != last && !(maybeOneBefore && seen.lastCommit() == last - 1)) {
            fail(damage + " gives commit " + seen.lastCommit() + ", " + seen.tail());
        }
        assertArrayEquals(fixture.committed(seen.lastCommit()), seen.bytes(), damage);
        return true;
    }

    @Test
    void openingForWritingSeesWhatReadingSees() throws IOException {
        prepare();
        fixture.kill();
        MemoryStorage damagedFrom = fixture.storage;
        for (int position = 0; position < 8192 + 6 * 512; position += 31) {
            fixture.storage = damagedFrom.copy();
            fixture.rot(JOURNAL, position);
            byte[] home = fixture.home();
            byte[] journal = fixture.storage.contents(JOURNAL);
            Fixture.Seen seen = null;
            try {
                seen = Fixture.read(fixture.request(-1));
            } catch (CorruptJournalException | IncompatibleJournalException e) {
                assertTrue(e.getMessage().contains("journal="), e.getMessage());
            }
            try (OpenedFiles files = Recovery.open(fixture.request(-1))) {
                assertEquals(seen.lastCommit(), files.lastCommit());
                assertArrayEquals(seen.bytes(), fixture.home());
            } catch (CorruptJournalException | IncompatibleJournalException e) {
                assertEquals(null, seen);
                assertArrayEquals(home, fixture.storage.contents(FILE), "nothing was written");
                assertArrayEquals(journal, fixture.storage.contents(JOURNAL), "nothing was written");
            }
        }
    }
}
