package io.atomicmapping.crash;

import static io.atomicmapping.crash.CrashFixture.FILE;
import static io.atomicmapping.crash.CrashFixture.RING_BYTES;
import static io.atomicmapping.crash.CrashFixture.SIZE;
import static io.atomicmapping.crash.CrashFixture.create;
import static io.atomicmapping.crash.CrashFixture.isJournal;
import static io.atomicmapping.crash.CrashFixture.open;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.journal.JournalWriter;
import io.atomicmapping.journal.RedoRecord;
import io.atomicmapping.recovery.OpenRequest;
import io.atomicmapping.recovery.OpenedFiles;
import io.atomicmapping.recovery.Recovery;
import io.atomicmapping.crash.CrashFixture.Gate;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/**
 * Several commits behind one force, torn in every way: the first ones survive or none, and what was dropped
 * never comes back, also when the next session writes its first record where a dropped one was.
 */
class GroupsTest {

    private static final int GROUP = 3;
    private static final int OFFSET_STEP = 5000;
    private static final int RING_SECTORS = RING_BYTES / SimulatedDisk.SECTOR_BYTES;
    private static final int WAITING_MILLIS_MAX = 20_000;
    /** each takes a sector of the 32 that the ring has */
    private static final int COMMITS_OF_SOME_LAPS = 100;

    /** A disk on which a group of commits was appended, and a time at which its force is in flight. */
    private record Torn(SimulatedDisk disk, long time) { }

    private static Torn group() throws IOException, InterruptedException {
        SimulatedDisk disk = new SimulatedDisk();
        Gate gate = new Gate(call -> isJournal(call) && call.name().equals("force"));
        AtomicMapping mapping = create(InterceptedStorage.over(disk, gate));
        gate.arm(); // before any commit that a mark could follow
        mapping.putLong(0, 2);
        // its force waits: those that come meanwhile share the next
        CompletableFuture<Long> first = mapping.syncAsync();
        gate.awaitEntered();
        long waiting = disk.time();
        CompletableFuture<Long> last = first;
        for (int i = 0; i < GROUP; i++) {
            mapping.putLong((i + 1L) * OFFSET_STEP, i + 1);
            last = mapping.syncAsync();
        }
        gate.letGo();
        last.join();
        List<Operation> forces = disk.operations().stream().filter(operation -> operation.begin() >= waiting
                && operation.kind() == Operation.Kind.FORCE).toList();
        Torn torn = new Torn(disk, forces.get(1).begin()); // the group's: a mark's may have followed
        assertEquals(GROUP,
                disk.undecided(Crash.Kind.POWER_CUT, torn.time).stream().filter(Operation::isWrite).count(),
                "the records of a group are not forced before its last one is written");
        mapping.close();
        return torn;
    }

    /** The disk after a power cut that keeps the records whose bits are set. */
    private static SimulatedDisk cut(Torn torn, int kept) {
        Crash crash = Crash.at(Crash.Kind.POWER_CUT, torn.time);
        int index = 0;
        for (Operation operation : torn.disk.undecided(Crash.Kind.POWER_CUT, torn.time)) {
            if (operation.isWrite()) {
                if ((kept >> index & 1) != 0) {
                    crash = crash.keeping(operation);
                }
                index++;
            }
        }
        return torn.disk.crash(crash);
    }

    private static int wholePrefix(int kept) {
        return Integer.numberOfTrailingZeros(~kept);
    }

    @Test
    void tornGroupIsItsFirstWholeCommits() throws IOException, InterruptedException {
        Torn torn = group();
        for (int kept = 0; kept < 1 << GROUP; kept++) {
            try (AtomicMapping mapping = open(cut(torn, kept))) {
                assertState(mapping, wholePrefix(kept), "kept=" + kept);
            }
        }
    }

    @Test
    void droppedRecordsStayDroppedBehindTheNextSessionsFirst() throws IOException, InterruptedException {
        Torn torn = group();
        for (int kept = 0; kept < 1 << GROUP; kept++) {
            SimulatedDisk disk = cut(torn, kept);
            int commits = wholePrefix(kept);
            AtomicMapping mapping = open(disk);
            long number = mapping.lastCommit();
            mapping.putLong((commits + 1L) * OFFSET_STEP, 77);
            mapping.sync();
            SimulatedDisk again = CrashFixture.powerCut(disk);
            mapping.close();
            try (AtomicMapping recovered = open(again)) {
                assertEquals(number + 1, recovered.lastCommit(), "kept=" + kept);
                assertEquals(77, recovered.getLong((commits + 1L) * OFFSET_STEP));
                for (int i = commits + 1; i < GROUP; i++) {
                    assertEquals(0, recovered.getLong((i + 1L) * OFFSET_STEP),
                            "a dropped commit came back, kept=" + kept);
                }
            }
        }
    }

    /**
     * Of the records of a failed force none is on the disk, all are in the cache, and no force brings them
     * there: wherever in the ring they lie, all are written anew before the data file gets their bytes.
     */
    @Test
    void groupWhoseForceFailedIsWrittenAnewByRecovery() throws IOException {
        for (int place = RING_SECTORS - GROUP - 1; place <= RING_SECTORS; place++) {
            SimulatedDisk disk = new SimulatedDisk();
            FaultyStorage faulty = new FaultyStorage(disk);
            OpenedFiles files = Recovery.open(
                    new OpenRequest(faulty, FILE, null, SIZE, RING_BYTES, PageSize.BYTES, false));
            try (RedoRecord record = new RedoRecord(0)) {
                for (int sector = 0; sector < place; sector++) {
                    append(files.journal(), record, -1);
                    files.journal().force();
                }
                files.journal().checkpoint(files.journal().durableLsn(), place, SIZE);
                for (int i = 0; i < GROUP; i++) {
                    append(files.journal(), record, i);
                }
            }
            faulty.fail(EnumSet.of(FaultyStorage.Call.FORCE), ".journal", 0, 1, "Input/output error");
            assertThrows(IOException.class, files.journal()::force);
            SimulatedDisk killed = CrashFixture.kill(disk);
            files.close();
            open(killed).close();
            assertEquals(GROUP, commitsOfGroup(killed, place), "the records are in the cache");
            for (long time = 0; time <= killed.time(); time++) {
                commitsOfGroup(CrashFixture.powerCut(killed, time), place);
            }
        }
    }

    /** A commit of a sector: of nothing, or of a number of the group. */
    private static void append(JournalWriter journal, RedoRecord record, int index) throws IOException {
        record.clear();
        if (index >= 0) {
            record.add((index + 1L) * OFFSET_STEP,
                    MemorySegment.ofArray(new byte[] {(byte) (index + 1)}), 0, 1);
        }
        record.sizes(SIZE, SIZE);
        journal.append(record, journal.lastCommit() + 1);
    }

    private static int commitsOfGroup(SimulatedDisk disk, int before) throws IOException {
        try (AtomicMapping mapping = open(disk)) {
            int commits = (int) mapping.lastCommit() - before;
            for (int i = 0; i < GROUP; i++) {
                assertEquals(i < commits ? i + 1 : 0, mapping.getLong((i + 1L) * OFFSET_STEP),
                        "behind " + before + " commits");
            }
            return commits;
        }
    }

    /** Two threads share a commit whose force fails. */
    @Test
    void failedForceIsToldToAllWhoShareTheCommit() throws Exception {
        FaultyStorage faulty = new FaultyStorage(new SimulatedDisk());
        Gate gate = new Gate(call -> isJournal(call) && call.name().equals("force"));
        AtomicMapping mapping = create(InterceptedStorage.over(faulty, gate));
        gate.arm();
        List<FutureTask<Long>> syncs = new ArrayList<>();
        for (int i = 0; i <= 2; i++) {
            long offset = i * (long) OFFSET_STEP;
            FutureTask<Long> sync = new FutureTask<>(() -> {
                mapping.putLong(offset, 1);
                return mapping.sync();
            });
            syncs.add(sync);
            Thread thread = Thread.ofPlatform().start(sync);
            if (i == 0) {
                gate.awaitEntered(); // the others share the next commit
            } else {
                awaitWaiting(thread);
            }
        }
        faulty.fail(EnumSet.of(FaultyStorage.Call.FORCE), ".journal", 1, 1, "Input/output error");
        gate.letGo();
        assertEquals(1, syncs.get(0).get());
        for (FutureTask<Long> sync : syncs.subList(1, 3)) {
            ExecutionException told = assertThrows(ExecutionException.class, sync::get);
            assertTrue(told.getCause() instanceof IOException, told::toString);
        }
        mapping.close();
    }

    private static void awaitWaiting(Thread thread) throws InterruptedException {
        for (int millis = 0; thread.getState() != Thread.State.WAITING; millis++) {
            assertTrue(millis < WAITING_MILLIS_MAX, "the second commit does not wait for the first");
            Thread.sleep(1);
        }
    }

    /** The ring has gone round: behind the last record lie whole ones of the lap before, of the same salt. */
    @Test
    void recordsOfAnEarlierLapDoNotFollowTheLast() throws IOException {
        SimulatedDisk disk = new SimulatedDisk();
        try (AtomicMapping mapping = create(disk)) {
            for (int commit = 1; commit <= COMMITS_OF_SOME_LAPS; commit++) {
                mapping.putLong(commit % 2 * OFFSET_STEP, commit);
                mapping.sync();
                try (AtomicMapping recovered = open(CrashFixture.powerCut(disk))) {
                    assertEquals(commit, recovered.lastCommit());
                    assertEquals(commit, recovered.getLong(commit % 2 * OFFSET_STEP));
                }
            }
        }
    }

    private static void assertState(AtomicMapping mapping, int commits, String when) {
        assertEquals(2, mapping.getLong(0), when);
        assertEquals(1 + commits, mapping.lastCommit(), when);
        for (int i = 0; i < GROUP; i++) {
            assertEquals(i < commits ? i + 1 : 0, mapping.getLong((i + 1L) * OFFSET_STEP), when);
        }
        assertTrue(mapping.size() == SIZE, when);
    }
}
