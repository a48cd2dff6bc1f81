package io.atomicmapping.crash;

import static io.atomicmapping.crash.CrashFixture.FILE;
import static io.atomicmapping.crash.CrashFixture.SIZE;
import static io.atomicmapping.crash.CrashFixture.create;
import static io.atomicmapping.crash.CrashFixture.open;
import static io.atomicmapping.crash.CrashFixture.powerCut;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** What a call has promised when it returns, after a power cut that loses all that it may lose. */
class BarriersTest {

    private static final int LINE_BYTES = 64;
    private static final int COMMITS = 60;
    private static final int COMMIT_BYTES = 1500;

    private final SimulatedDisk disk = new SimulatedDisk();

    @Test
    void syncThatReturnedIsOnDisk() throws IOException {
        try (AtomicMapping mapping = create(disk)) {
            mapping.putLong(0, 42);
            mapping.sync();
            try (AtomicMapping recovered = open(powerCut(disk))) {
                assertEquals(42, recovered.getLong(0));
                assertEquals(1, recovered.lastCommit());
            }
        }
    }

    /** A commit holds what differs from what the page held: zeros, too, where it held something else. */
    @Test
    void zerosOverCommittedBytesAreOnDisk() throws IOException {
        try (AtomicMapping mapping = create(disk)) {
            mapping.fill(0, 2 * LINE_BYTES, (byte) 7);
            mapping.sync();
        }
        try (AtomicMapping mapping = open(disk)) {
            mapping.putLong(LINE_BYTES, 0);
            mapping.sync();
            try (AtomicMapping recovered = open(powerCut(disk))) {
                assertEquals(7, recovered.getByte(LINE_BYTES - 1));
                assertEquals(0, recovered.getLong(LINE_BYTES));
                assertEquals(7, recovered.getByte(LINE_BYTES + Long.BYTES));
            }
        }
    }

    /** A commit need not look at a page that got a single store; it must at one that got two. */
    @Test
    void secondStoreToAPageIsOnDisk() throws IOException {
        try (AtomicMapping mapping = create(disk)) {
            mapping.putLong(0, 1);
            mapping.putLong(0, 2);
            mapping.putLong(PageSize.BYTES, 3);
            mapping.putLong(PageSize.BYTES + LINE_BYTES, 4);
            mapping.sync();
            try (AtomicMapping recovered = open(powerCut(disk))) {
                assertEquals(2, recovered.getLong(0));
                assertEquals(3, recovered.getLong(PageSize.BYTES));
                assertEquals(4, recovered.getLong(PageSize.BYTES + LINE_BYTES));
            }
        }
    }

    /** The page is listed twice by then: with what is committed, and with what is not. */
    @Test
    void storeAfterARangeSyncOfItsPageIsOnDiskWithTheOther() throws IOException {
        try (AtomicMapping mapping = create(disk)) {
            mapping.putLong(0, 1);
            mapping.putLong(PageSize.BYTES, 1);
            mapping.sync(0, 1);
            mapping.putLong(LINE_BYTES, 2);
            mapping.sync();
            try (AtomicMapping recovered = open(powerCut(disk))) {
                assertEquals(1, recovered.getLong(0));
                assertEquals(2, recovered.getLong(LINE_BYTES));
            }
        }
    }

    /** What another program wrote to a closed file, and did not force, is what the next commits go by. */
    @Test
    void bytesOfAnotherProgramAreOnDiskWithTheFirstCommit() throws IOException {
        for (boolean attributes : new boolean[] {true, false}) {
            SimulatedDisk edited = new SimulatedDisk(new DiskTraits(SimulatedDisk.SECTOR_BYTES, attributes));
            create(edited).close();
            try (DurableFile other = edited.open(FILE, Storage.OpenMode.WRITE);
                    Arena arena = Arena.ofConfined()) {
                other.write(10_000, arena.allocateFrom(ValueLayout.JAVA_BYTE, (byte) 42));
            }
            try (AtomicMapping mapping = open(edited)) {
                mapping.putLong(0, 1);
                mapping.sync();
                try (AtomicMapping recovered = open(powerCut(edited))) {
                    assertEquals(1, recovered.getLong(0));
                    assertEquals(42, recovered.getByte(10_000));
                }
            }
        }
    }

    @Test
    void rangeSyncThatReturnedIsOnDiskToItsLastLine() throws IOException {
        try (AtomicMapping mapping = create(disk)) {
            for (int line = 0; line < 4; line++) {
                mapping.putLong(line * LINE_BYTES, line + 1);
            }
            mapping.sync(LINE_BYTES, LINE_BYTES + 1);
            try (AtomicMapping recovered = open(powerCut(disk))) {
                assertEquals(0, recovered.getLong(0));
                assertEquals(2, recovered.getLong(LINE_BYTES));
                assertEquals(3, recovered.getLong(2 * LINE_BYTES),
                        "a line of which the range touches one byte");
                assertEquals(0, recovered.getLong(3 * LINE_BYTES));
            }
        }
    }

    /** The ring goes round several times: most commits are only at home. */
    @Test
    void commitsThatWereCheckpointedAreOnDisk() throws IOException {
        try (AtomicMapping mapping = create(disk)) {
            for (int commit = 0; commit < COMMITS; commit++) {
                mapping.fill(commit * COMMIT_BYTES, COMMIT_BYTES, (byte) (commit + 1));
                mapping.sync();
                try (AtomicMapping recovered = open(powerCut(disk))) {
                    for (int done = 0; done <= commit; done++) {
                        assertEquals(done + 1, recovered.getByte((done + 1L) * COMMIT_BYTES - 1),
                                "after commit " + commit);
                    }
                }
            }
        }
    }

    @Test
    void growthByOpeningIsAllOrNothingAndOnDiskWhenItReturns() throws IOException {
        AtomicMapping mapping = create(disk);
        mapping.putLong(0, 42);
        mapping.sync();
        SimulatedDisk killed = CrashFixture.kill(disk); // the data file needs its journal, and says so
        mapping.close();
        create(killed, 2 * SIZE).close();
        boolean grown = false;
        for (long time = 0; time <= killed.time(); time++) {
            try (AtomicMapping recovered = open(killed.crash(Crash.at(Crash.Kind.POWER_CUT, time)))) {
                assertEquals(42, recovered.getLong(0));
                assertEquals(grown || recovered.size() != SIZE ? 2 * SIZE : SIZE, recovered.size(),
                        "cut at " + time);
                grown |= recovered.size() != SIZE;
            }
        }
        assertTrue(grown);
    }

    @Test
    void cutByACommitStaysThroughACloseAndIsOnDiskAfterIt() throws IOException {
        AtomicMapping mapping = create(disk);
        mapping.resize(SIZE / 2 + 1);
        mapping.sync();
        long begin = disk.time();
        mapping.close();
        for (long time = begin; time <= disk.time(); time++) {
            try (AtomicMapping recovered = open(disk.crash(Crash.at(Crash.Kind.POWER_CUT, time)))) {
                assertEquals(SIZE / 2 + 1, recovered.size(), "cut at " + time);
            }
        }
        assertEquals(SIZE / 2 + 1, powerCut(disk).contents(FILE).length,
                "the data file is whole without its journal");
    }

    /** The committed size ends within a page, and so does what is written home. */
    @Test
    void checkpointEndsWhereTheCommittedSizeDoes() throws IOException {
        try (AtomicMapping mapping = create(disk, SIZE + 1)) {
            for (int commit = 1; commit <= COMMITS; commit++) {
                mapping.fill(SIZE + 1 - COMMIT_BYTES, COMMIT_BYTES, (byte) commit);
                mapping.sync();
                try (AtomicMapping recovered = open(powerCut(disk))) {
                    assertEquals(commit, recovered.getByte(SIZE));
                }
            }
        }
        assertEquals(SIZE + 1, disk.contents(FILE).length);
    }
}
