package io.atomicmapping.crash;

import static io.atomicmapping.crash.Crash.Kind.POWER_CUT;
import static io.atomicmapping.crash.Crash.Kind.PROCESS_KILL;
import static io.atomicmapping.crash.DiskFixture.DIRECTORY;
import static io.atomicmapping.crash.DiskFixture.path;
import static io.atomicmapping.crash.DiskFixture.sectors;
import static io.atomicmapping.crash.DiskFixture.write;
import static io.atomicmapping.crash.DiskFixture.writeAt;
import static io.atomicmapping.storage.Storage.OpenMode.CREATE_NEW;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The fault model of the simulated disk: each claim tries everything that a crash can leave. */
class SimulatedDiskTest {

    private final DiskFixture fixture = new DiskFixture();
    private final SimulatedDisk disk = fixture.disk;

    // ---- content ----

    @Test
    void forcedBytesSurviveEveryCrash() throws IOException {
        fixture.durable("f", 2, 'a');
        assertEquals(Set.of("aa"), fixture.powerCut("f"));
        assertEquals(Set.of("aa"), fixture.outcomes(PROCESS_KILL, disk.time(), after -> sectors(after, "f")));
    }

    @Test
    void unforcedWriteIsKeptLostOrTornAtSectors() throws IOException {
        DurableFile file = fixture.durable("f", 3, 'a');
        write(file, 0, 2, 'b');
        assertEquals(Set.of("aaa", "baa", "aba", "bba"), fixture.powerCut("f"));
        assertEquals("bba", sectors(disk, "f"), "programs see the cache");
    }

    @Test
    void laterWriteMayReachTheDiskBeforeAnEarlierOne() throws IOException {
        DurableFile file = fixture.durable("f", 2, 'a');
        write(file, 0, 1, 'b');
        write(file, 1, 1, 'c');
        assertEquals(Set.of("aa", "ba", "ac", "bc"), fixture.powerCut("f"));
    }

    @Test
    void sectorHoldsTheForcedValueOrThatOfAnyLaterWrite() throws IOException {
        DurableFile file = fixture.durable("f", 1, 'a');
        write(file, 0, 1, 'b');
        write(file, 0, 1, 'c');
        file.force();
        write(file, 0, 1, 'd');
        write(file, 0, 1, 'e');
        assertEquals(Set.of("c", "d", "e"), fixture.powerCut("f"));
    }

    @Test
    void writeOfPartOfASectorIsWrittenOutWithTheRestOfIt() throws IOException {
        DurableFile file = fixture.durable("f", 1, 'a');
        writeAt(file, 0, "b".repeat(256));
        writeAt(file, 256, "b".repeat(256));
        assertEquals(Set.of("a", "?", "b"), fixture.powerCut("f"));
        Operation last = disk.operations().getLast();
        SimulatedDisk after = disk.crash(Crash.at(POWER_CUT, disk.time()).keeping(last));
        assertEquals("b", sectors(after, "f"), "the cache held both when it was written out");
    }

    @Test
    void forceOfAnotherFileCoversNothing() throws IOException {
        DurableFile file = fixture.durable("f", 1, 'a');
        DurableFile other = fixture.durable("g", 1, 'a');
        write(file, 0, 1, 'b');
        other.forceAll();
        disk.forceDirectory(DIRECTORY);
        assertEquals(Set.of("a", "b"), fixture.powerCut("f"));
    }

    @Test
    void forceCoversOnlyOnceItHasReturned() throws IOException {
        DurableFile file = fixture.durable("f", 1, 'a');
        write(file, 0, 1, 'b');
        long before = disk.time();
        file.force();
        assertEquals(before + 2, disk.time());
        for (long time = before; time < before + 2; time++) {
            assertEquals(Set.of("a", "b"), fixture.outcomes(POWER_CUT, time, after -> sectors(after, "f")));
        }
        assertEquals(Set.of("b"), fixture.powerCut("f"));
    }

    @Test
    void forceDoesNotCoverWhatBeganDuringIt() throws IOException {
        DurableFile file = fixture.durable("f", 1, 'a');
        Change draft = new Change(Operation.Kind.FORCE, path("f"), disk.operations().getFirst().content());
        Operation force;
        synchronized (disk) {
            force = disk.begin(draft);
        }
        write(file, 0, 1, 'b');
        disk.end(force);
        assertEquals(Set.of("a", "b"), fixture.powerCut("f"));
    }

    @Test
    void zeroedRangeMayKeepItsBytes() throws IOException {
        DurableFile file = fixture.durable("f", 3, 'a');
        file.zero(0, 1024);
        assertEquals(Set.of("aaa", "a.a", ".aa", "..a"), fixture.powerCut("f"));
        file.force();
        assertEquals(Set.of("..a"), fixture.powerCut("f"));
    }

    @Test
    void whatWasDoneAfterTheCrashIsNotSeen() throws IOException {
        DurableFile file = fixture.durable("f", 1, 'a');
        long time = disk.time();
        write(file, 0, 1, 'b');
        file.force();
        assertEquals(Set.of("a"), fixture.outcomes(POWER_CUT, time, after -> sectors(after, "f")));
        assertEquals(Set.of("missing"), fixture.outcomes(POWER_CUT, 0, after -> sectors(after, "f")));
    }

    // ---- length ----

    @Test
    void unforcedLengthIsOldOrNewApartFromTheContent() throws IOException {
        DurableFile file = fixture.durable("f", 1, 'a');
        write(file, 1, 1, 'b');
        assertEquals(Set.of("a", "a.", "ab"), fixture.powerCut("f"));
        file.force();
        assertEquals(Set.of("ab"), fixture.powerCut("f"));
    }

    @Test
    void unforcedExtensionOrCutMayBeLost() throws IOException {
        DurableFile file = fixture.durable("f", 2, 'a');
        file.setLength(2048);
        assertEquals(Set.of("aa", "aa.."), fixture.powerCut("f"));
        file.force();
        file.setLength(512);
        assertTrue(fixture.powerCut("f").containsAll(Set.of("a", "aa..", "a...")));
        file.force();
        assertEquals(Set.of("a"), fixture.powerCut("f"));
    }

    @Test
    void whatLiesPastTheLengthIsGoneForGood() throws IOException {
        DurableFile file = fixture.durable("f", 1, 'a');
        write(file, 1, 1, 'b');
        Operation write = disk.operations().getLast();
        BitSet content = new BitSet();
        content.set(0);
        SimulatedDisk after = disk.crash(Crash.at(POWER_CUT, disk.time()).keeping(write, content));
        try (DurableFile again = after.open(path("f"), Storage.OpenMode.WRITE)) {
            again.setLength(1024);
        }
        assertEquals("a.", sectors(after, "f"));
    }

    // ---- names ----

    @Test
    void createdFileNeedsItsDirectoryForced() throws IOException {
        DurableFile file = disk.open(path("f"), CREATE_NEW);
        write(file, 0, 1, 'a');
        file.forceAll();
        assertEquals(Set.of("missing", "a"), fixture.powerCut("f"));
        disk.forceDirectory(DIRECTORY);
        assertEquals(Set.of("a"), fixture.powerCut("f"));
    }

    @Test
    void durableNameMayLeadToAnEmptyFile() throws IOException {
        DurableFile file = disk.open(path("f"), CREATE_NEW);
        write(file, 0, 1, 'a');
        disk.forceDirectory(DIRECTORY);
        assertEquals(Set.of("", ".", "a"), fixture.powerCut("f"));
    }

    @Test
    void renamedFileIsSeenByItsOldOrItsNewName() throws IOException {
        fixture.durable("new", 1, 'n');
        fixture.durable("f", 1, 'o');
        disk.rename(path("new"), path("f"));
        Set<String> seen = fixture.outcomes(POWER_CUT, disk.time(),
                after -> sectors(after, "f") + sectors(after, "new"));
        assertEquals(Set.of("on", "nmissing"), seen);
        disk.forceDirectory(DIRECTORY);
        seen = fixture.outcomes(POWER_CUT, disk.time(), after -> sectors(after, "f") + sectors(after, "new"));
        assertEquals(Set.of("nmissing"), seen);
    }

    @Test
    void renamingSaysNothingOfTheContent() throws IOException {
        DurableFile fresh = disk.open(path("new"), CREATE_NEW);
        disk.forceDirectory(DIRECTORY);
        write(fresh, 0, 1, 'n');
        disk.rename(path("new"), path("f"));
        disk.forceDirectory(DIRECTORY);
        assertEquals(Set.of("", ".", "n"), fixture.powerCut("f"));
    }

    @Test
    void deletedFileMayBeThereAgain() throws IOException {
        fixture.durable("f", 1, 'a');
        disk.delete(path("f"));
        assertEquals(Set.of("a", "missing"), fixture.powerCut("f"));
        disk.forceDirectory(DIRECTORY);
        assertEquals(Set.of("missing"), fixture.powerCut("f"));
    }

    // ---- attributes ----

    @Test
    void attributeNeedsForceAll() throws IOException {
        DurableFile file = fixture.durable("f", 1, 'a');
        file.setAttribute("x", new byte[] {'1'});
        file.forceAll();
        file.setAttribute("x", new byte[] {'2'});
        file.force();
        assertEquals(Set.of("1", "2"),
                fixture.outcomes(POWER_CUT, disk.time(), SimulatedDiskTest::attribute));
        file.forceAll();
        assertEquals(Set.of("2"), fixture.outcomes(POWER_CUT, disk.time(), SimulatedDiskTest::attribute));
        file.setAttribute("x", null);
        assertEquals(Set.of("2", "none"),
                fixture.outcomes(POWER_CUT, disk.time(), SimulatedDiskTest::attribute));
    }

    private static String attribute(SimulatedDisk disk) {
        try (DurableFile file = disk.open(path("f"), Storage.OpenMode.READ)) {
            byte[] value = file.attribute("x");
            return value == null ? "none" : new String(value, StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    // ---- the record ----

    @Test
    void everyRandomCrashIsOneThatIsPossibleAndAllAreFound() throws IOException {
        DurableFile file = fixture.durable("f", 2, 'a');
        write(file, 1, 2, 'b');
        disk.rename(path("f"), path("g"));
        Set<String> possible =
                fixture.outcomes(POWER_CUT, disk.time(), after -> sectors(after, "f") + sectors(after, "g"));
        Set<String> found = new HashSet<>();
        Random random = new Random(1);
        for (int i = 0; i < 2000; i++) {
            SimulatedDisk after = disk.crash(Crash.random(disk, POWER_CUT, disk.time(), random));
            found.add(sectors(after, "f") + sectors(after, "g"));
        }
        assertEquals(possible, found);
    }

    @Test
    void sameSeedGivesTheSameCrash() throws IOException {
        DurableFile file = fixture.durable("f", 8, 'a');
        for (int i = 0; i < 8; i++) {
            write(file, i, 8 - i, (char) ('b' + i));
        }
        for (int seed = 0; seed < 20; seed++) {
            Crash crash = Crash.random(disk, POWER_CUT, disk.time(), new Random(seed));
            Crash again = Crash.random(disk, POWER_CUT, disk.time(), new Random(seed));
            assertEquals(crash.toString(), again.toString());
            assertEquals(sectors(disk.crash(crash), "f"), sectors(disk.crash(again), "f"));
        }
    }

    @Test
    void recordNamesOperationsInTheirOrder() throws IOException {
        DurableFile file = fixture.durable("f", 1, 'a');
        file.setLength(2048);
        disk.delete(path("f"));
        assertEquals("[#0 CREATE, f (file 0), #1 WRITE position=0, bytes=512 -> length=512, f (file 0),"
                + " #2 FORCE_ALL, f (file 0), #3 FORCE_DIRECTORY, disk,"
                + " #4 SET_LENGTH length=2048 -> length=2048, f (file 0), #5 DELETE, f (file 0)]",
                disk.operations().toString());
        assertArrayEquals("a".repeat(512).getBytes(StandardCharsets.US_ASCII),
                disk.operations().get(1).written());
        assertEquals(12, disk.time());
    }
}
