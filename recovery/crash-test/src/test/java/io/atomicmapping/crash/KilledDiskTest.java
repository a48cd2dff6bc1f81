package io.atomicmapping.crash;

import static io.atomicmapping.crash.Crash.Kind.POWER_CUT;
import static io.atomicmapping.crash.Crash.Kind.PROCESS_KILL;
import static io.atomicmapping.crash.DiskFixture.path;
import static io.atomicmapping.crash.DiskFixture.sectors;
import static io.atomicmapping.crash.DiskFixture.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.util.BitSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a kill leaves on the simulated disk and in its cache, and what a power cut after it takes. */
class KilledDiskTest {

    private final DiskFixture fixture = new DiskFixture();
    private final SimulatedDisk disk = fixture.disk;

    @Test
    void killKeepsWhatWasCompleteAndAnyPartOfWhatWasNot() throws IOException {
        DurableFile file = fixture.durable("f", 2, 'a');
        write(file, 0, 2, 'b');
        long complete = disk.time();
        write(file, 0, 2, 'c');
        assertEquals(Set.of("bb"), fixture.outcomes(PROCESS_KILL, complete, after -> sectors(after, "f")));
        assertEquals(Set.of("bb", "cb", "bc", "cc"),
                fixture.outcomes(PROCESS_KILL, complete + 1, after -> sectors(after, "f")));
    }

    @Test
    void powerCutAfterAKillLosesWhatTheKillKeptInTheCache() throws IOException {
        DurableFile file = fixture.durable("f", 1, 'a');
        write(file, 0, 1, 'b');
        fixture.durable("g", 1, 'x');
        disk.rename(path("g"), path("h"));
        SimulatedDisk killed = disk.crash(Crash.at(PROCESS_KILL, disk.time()));
        assertEquals("b", sectors(killed, "f"));
        assertEquals("missing", sectors(killed, "g"));
        assertEquals("x", sectors(killed, "h"));
        SimulatedDisk cut = killed.crash(Crash.at(POWER_CUT, killed.time()));
        assertEquals("a", sectors(cut, "f"));
        assertEquals("x", sectors(cut, "g"));
        assertEquals("missing", sectors(cut, "h"));
    }

    @Test
    void forceAfterAKillCoversWhatTheKilledProcessWrote() throws IOException {
        DurableFile file = fixture.durable("f", 1, 'a');
        write(file, 0, 1, 'b');
        SimulatedDisk killed = disk.crash(Crash.at(PROCESS_KILL, disk.time()));
        try (DurableFile again = killed.open(path("f"), Storage.OpenMode.WRITE)) {
            again.force();
        }
        SimulatedDisk cut = killed.crash(Crash.at(POWER_CUT, killed.time()));
        assertEquals("b", sectors(cut, "f"));
    }

    @Test
    void partOfAWriteThatAKillLeftIsLostByThePowerCutAfterIt() throws IOException {
        DurableFile file = fixture.durable("f", 2, 'a');
        write(file, 0, 2, 'b');
        Operation write = disk.operations().getLast();
        BitSet second = new BitSet();
        second.set(1);
        SimulatedDisk killed = disk.crash(Crash.at(PROCESS_KILL, write.begin()).keeping(write, second));
        assertEquals("ab", sectors(killed, "f"));
        Operation inherited = killed.undecided(POWER_CUT, 0).getFirst();
        assertEquals("aa", sectors(killed.crash(Crash.at(POWER_CUT, 0)), "f"));
        assertEquals("ab", sectors(killed.crash(Crash.at(POWER_CUT, 0).keeping(inherited)), "f"));
    }

    @Test
    void whatIsDurableStaysOverWhatOnlyTheCacheHadBefore() throws IOException {
        DurableFile file = fixture.durable("f", 2, 'a');
        FaultyStorage faulty = new FaultyStorage(disk);
        faulty.failForceAfter(0);
        try (DurableFile failing = faulty.open(path("f"), Storage.OpenMode.WRITE)) {
            write(failing, 0, 2, 'b');
            assertThrows(IOException.class, failing::force);
        }
        write(file, 0, 1, 'c');
        file.force();
        SimulatedDisk killed = disk.crash(Crash.at(PROCESS_KILL, disk.time()));
        assertEquals("cb", sectors(killed, "f"));
        Operation stale = killed.undecided(POWER_CUT, 0).getFirst();
        assertEquals("ca", sectors(killed.crash(Crash.at(POWER_CUT, 0)), "f"));
        assertEquals("cb", sectors(killed.crash(Crash.at(POWER_CUT, 0).keeping(stale)), "f"));
    }

    @Test
    void crashReleasesLocks() throws IOException {
        DurableFile file = fixture.durable("f", 1, 'a');
        assertTrue(file.tryLock(false));
        try (DurableFile other = fixture.open("f")) {
            assertFalse(other.tryLock(true));
        }
        SimulatedDisk after = disk.crash(Crash.at(PROCESS_KILL, disk.time()));
        try (DurableFile other = after.open(path("f"), Storage.OpenMode.WRITE)) {
            assertTrue(other.tryLock(false));
        }
    }
}
