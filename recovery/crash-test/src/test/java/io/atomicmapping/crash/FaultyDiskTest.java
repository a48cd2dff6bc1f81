package io.atomicmapping.crash;

import static io.atomicmapping.crash.Crash.Kind.POWER_CUT;
import static io.atomicmapping.crash.Crash.Kind.PROCESS_KILL;
import static io.atomicmapping.crash.DiskFixture.path;
import static io.atomicmapping.crash.DiskFixture.sectors;
import static io.atomicmapping.crash.DiskFixture.write;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What failed forces, a full disk and rot leave on the simulated disk. */
class FaultyDiskTest {

    private final DiskFixture fixture = new DiskFixture();
    private final SimulatedDisk disk = fixture.disk;

    @Test
    void whatAFailedForceWouldHaveCoveredIsNeverSureAgain() throws IOException {
        DurableFile file = fixture.durable("f", 2, 'a');
        FaultyStorage faulty = new FaultyStorage(disk);
        faulty.failForceAfter(0);
        try (DurableFile failing = faulty.open(path("f"), Storage.OpenMode.WRITE)) {
            write(failing, 0, 2, 'b');
            IOException e = assertThrows(IOException.class, failing::force);
            assertTrue(e.getMessage().startsWith("FORCE failed, Input/output error: injected=1"),
                    e::getMessage);
            failing.force();
        }
        assertEquals(Set.of("aa", "ab", "ba", "bb"), fixture.powerCut("f"));
        write(file, 0, 1, 'c');
        file.force();
        assertEquals(Set.of("ca", "cb"), fixture.powerCut("f"));
    }

    @Test
    void crashBeforeAForceThatFailsKnowsNothingOfIt() throws IOException {
        DurableFile file = fixture.durable("f", 1, 'a');
        write(file, 0, 1, 'b');
        long time = disk.time();
        FaultyStorage faulty = new FaultyStorage(disk);
        faulty.failForceAfter(0);
        try (DurableFile failing = faulty.open(path("f"), Storage.OpenMode.WRITE)) {
            assertThrows(IOException.class, failing::force);
        }
        SimulatedDisk killed = disk.crash(Crash.at(PROCESS_KILL, time));
        try (DurableFile again = killed.open(path("f"), Storage.OpenMode.WRITE)) {
            again.force();
        }
        assertEquals("b", sectors(killed.crash(Crash.at(POWER_CUT, killed.time())), "f"));
    }

    @Test
    void fullDiskTakesHalfAWriteAndNoMoreUntilRepaired() throws IOException {
        fixture.durable("f", 4, 'a');
        FaultyStorage faulty = new FaultyStorage(disk);
        faulty.fillAfter(1);
        try (DurableFile file = faulty.open(path("f"), Storage.OpenMode.WRITE)) {
            write(file, 0, 1, 'b');
            IOException e = assertThrows(IOException.class, () -> write(file, 0, 4, 'c'));
            assertTrue(e.getMessage().contains("No space left on device"), e::getMessage);
            assertThrows(IOException.class, () -> file.allocate(0, 512));
            assertEquals("ccaa", sectors(disk, "f"));
            faulty.repair();
            write(file, 0, 4, 'd');
            assertEquals("dddd", sectors(disk, "f"));
            assertEquals(2, faulty.injected());
        }
    }

    @Test
    void rotIsOnTheDiskAtOnceWhateverIsForced() throws IOException {
        fixture.durable("f", 1, 'a');
        disk.corrupt(path("f"), 17, 1);
        byte[] expected = "a".repeat(512).getBytes(StandardCharsets.US_ASCII);
        expected[17] ^= 1;
        assertArrayEquals(expected, disk.contents(path("f")));
        assertArrayEquals(expected, disk.crash(Crash.at(POWER_CUT, disk.time())).contents(path("f")));
    }
}
