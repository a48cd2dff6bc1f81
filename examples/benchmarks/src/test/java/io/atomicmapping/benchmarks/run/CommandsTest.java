package io.atomicmapping.benchmarks.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.benchmarks.Bytes;
import io.atomicmapping.benchmarks.Main;
import io.atomicmapping.benchmarks.structures.MapRun;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandsTest {

    @ParameterizedTest
    @ValueSource(strings = {"all", "race", "curves", "ablations", "micro", "size", "memory", "recovery",
            "verify", "report", "structures",
        "worker"})
    void everyCommandHasHelp(String command) {
        assertEquals(0, Main.commandLine().execute(command, "--help"));
    }

    @Test
    void bytesAreWrittenAsTheyAreRead() {
        for (String text : List.of("0", "1", "4095", "4K", "256M", "1G", "3T")) {
            assertEquals(text, Bytes.parse(text).toString());
        }
        assertEquals(1L << 30, Bytes.parse("1G").count());
        assertThrows(IllegalArgumentException.class, () -> Bytes.parse("1 GB"));
    }

    @Test
    void straceTablesAreReadWithAndWithoutErrors() {
        assertEquals(Map.of("fdatasync", 605L, "fsync", 3L), VerifyCommand.parse("""
                % time     seconds  usecs/call     calls    errors syscall
                ------ ----------- ----------- --------- --------- ----------------
                 99.50    0.123456         204       605           fdatasync
                  0.50    0.000612         204         3         1 fsync
                ------ ----------- ----------- --------- --------- ----------------
                100.00    0.124068         204       608         1 total
                """));
    }

    @Test
    void aBudgetIsSharedByTheRuns() {
        assertEquals((60 - 8 - 5) / 2.0, Schedule.secondsEach(Duration.ofMinutes(10), 10, 5), 1e-9);
        assertEquals(1, Schedule.secondsEach(Duration.ofSeconds(10), 10, 5), 1e-9);
    }

    @Test
    void mapsAreComparedWithTheBestPeerOfEachCell() {
        List<MapRun.Seen> seen = List.of(new MapRun.Seen("hash-map", 8, "insert", 100, 100, 1, 1),
                new MapRun.Seen("hash-map", 8, "insert", 100, 300, 1, 1),
                new MapRun.Seen("lmdb", 8, "insert", 100, 200, 1, 1),
                new MapRun.Seen("mvstore", 8, "insert", 100, 150, 1, 1));
        String row = "| insert, values of 8, 100 a commit | 300 | - | 200 | - | - | 150 | 1.50 | - |";
        assertTrue(StructuresCommand.table(seen).contains(row), () -> StructuresCommand.table(seen));
    }

    @Test
    void everyCellOfTheRaceHasOursAndTheFloorAndTheHonestMsync() {
        List<Entry> entries = RaceCommand.entries(RaceCommand.CELLS, null);
        for (String cell : RaceCommand.CELLS) {
            List<String> stores = entries.stream().filter(entry -> entry.cell().name().equals(cell))
                    .map(entry -> entry.store().label()).toList();
            assertTrue(stores.containsAll(List.of("ours", "floor-delta", "msync", "msync-4k")), () -> cell
                    + ": " + stores);
        }
    }

    @Test
    void recordsOf8BytesAreNotRacedWithWholePages() {
        assertFalse(RaceCommand.entries(List.of("random-16-page"), null).stream()
                .anyMatch(entry -> entry.store().label().equals("rocksdb")));
    }

    @Test
    void theRaceUsesNoSettingOfOurs() {
        for (Entry entry : RaceCommand.entries(RaceCommand.CELLS, null)) {
            assertEquals(List.of(), entry.overrides());
        }
    }
}
