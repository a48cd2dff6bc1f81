package io.atomicmapping.crash;

import static io.atomicmapping.crash.CrashFixture.create;
import static io.atomicmapping.crash.CrashFixture.isJournal;
import static io.atomicmapping.crash.CrashFixture.open;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.crash.CrashFixture.Gate;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * Several commits behind one force, torn in every way: the first ones survive or none, and what was dropped never comes back,
 * also when the next session writes its first record where a dropped one was.
 */
class GroupsTest {

    private static final int GROUP = 3;
    private static final int OFFSET_STEP = 5000;
    /** each takes a sector of the 32 that the ring has */
    private static final int COMMITS_OF_SOME_LAPS = 100;

    /** A disk on which a group of commits was appended; its force is in flight at the time that is returned by it. */
    private record Torn(SimulatedDisk disk, long time) { }

    private static Torn group() throws IOException, InterruptedException {
        SimulatedDisk disk = new SimulatedDisk();
        Gate gate = new Gate(call -> isJournal(call) && call.name().equals("force"));
        AtomicMapping mapping = create(InterceptedStorage.over(disk, gate));
        mapping.putLong(0, 1);
        mapping.sync();
        gate.arm();
        mapping.putLong(0, 2);
        CompletableFuture<Long> first = mapping.syncAsync(); // its force waits: those that come meanwhile share the next
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
        assertEquals(GROUP, disk.undecided(Crash.Kind.POWER_CUT, torn.time).stream().filter(Operation::isWrite).count(),
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
                    assertEquals(0, recovered.getLong((i + 1L) * OFFSET_STEP), "a dropped commit came back, kept=" + kept);
                }
            }
        }
    }

    /** The ring has gone round: behind the last record lie whole ones of the lap before, under the same salt. */
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
        assertEquals(2 + commits, mapping.lastCommit(), when);
        for (int i = 0; i < GROUP; i++) {
            assertEquals(i < commits ? i + 1 : 0, mapping.getLong((i + 1L) * OFFSET_STEP), when);
        }
        assertTrue(mapping.size() == CrashFixture.SIZE, when);
    }
}
