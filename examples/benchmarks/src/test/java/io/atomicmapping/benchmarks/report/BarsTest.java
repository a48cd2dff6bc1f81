package io.atomicmapping.benchmarks.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.benchmarks.measure.Csv;
import io.atomicmapping.benchmarks.measure.Result;
import io.atomicmapping.benchmarks.measure.Slice;
import io.atomicmapping.benchmarks.run.RaceCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every line of the bar is in the table, and says whether it was measured as it is meant. */
class BarsTest {

    private static final String SMALL = "pages in large folios: 0%";

    @TempDir
    private Path folder;
    private final List<Result> results = new ArrayList<>();

    private BarsTest run(String cell, String store, int round, double rate, double ringFills, String note) {
        return run(cell, store, round, rate, ringFills, note, 10, 90, 100);
    }

    private BarsTest run(String cell, String store, int round, double rate, double ringFills, String note,
            double seconds, long least, long most) {
        results.add(new Result("race", "", cell, store, round, seconds, (long) (rate * seconds), 90, 200, 300,
                400, 80, 190, 390, 5, 8, 1000, 100, 100, ringFills, 7, least, most, note));
        return this;
    }

    private Bar bar(String what) throws IOException {
        return RaceBars.of(new Results(results, "race"), folder).stream().filter(bar -> bar.what()
                .equals(what))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aRingThatWasNotFilledInOneRoundIsSaid() throws IOException {
        run("random-1", "ours", 1, 9500, 5.1, "").run("random-1", "ours", 2, 9500, 0.4, "");
        run("random-1", "floor-delta", 1, 9000, 5, "").run("random-1", "floor-delta", 2, 9000, 5, "");
        Bar bar = bar("random-1: ours / floor");
        assertTrue(bar.isMet());
        assertEquals("**not as asked**: ring filled 0.400 times", bar.conditionText());
    }

    @Test
    void aRingThatWasFilledIsSaidToo() throws IOException {
        run("random-1", "ours", 1, 9500, 5.1, "").run("random-1", "floor-delta", 1, 9000, 5, "");
        assertEquals("ring filled 5.10 times", bar("random-1: ours / floor").conditionText());
    }

    @Test
    void theRatioToMsyncWantsBothFormsOfIt() throws IOException {
        run("random-16", "ours", 1, 9500, 6, "").run("random-16", "msync-4k", 1, 2000, 0, SMALL);
        assertEquals("**not as asked**: ring filled 6.00 times; msync in one form only",
                bar("random-16: ours / msync, 4 KiB folios").conditionText());
        run("random-16", "msync", 1, 300, 0, "pages in large folios: 100%");
        assertEquals("ring filled 6.00 times; msync in both folios",
                bar("random-16: ours / msync, 4 KiB folios").conditionText());
    }

    @Test
    void msyncWithLargeFoliosIsNotTheHonestOne() throws IOException {
        run("random-16", "ours", 1, 9500, 6, "").run("random-16", "msync-4k", 1, 2000, 0,
                "pages in large folios: 30%");
        run("random-16", "msync", 1, 300, 0, "pages in large folios: 100%");
        assertTrue(bar("random-16: ours / msync, 4 KiB folios").conditionText()
                .startsWith("**not as asked**"));
    }

    @Test
    void thePeersThatWereNotRacedAreNamed() throws IOException {
        run("zipfian-16", "ours", 1, 9500, 6, "").run("zipfian-16", "rocksdb", 1, 2000, 0, "");
        Bar bar = bar("zipfian-16: ours / best durable and atomic peer");
        assertTrue(bar.isMet());
        assertEquals("**not as asked**: ring filled 6.00 times; without lmdb, sqlite, mvstore, mapdb",
                bar.conditionText());
        for (String peer : List.of("lmdb", "sqlite", "mvstore", "mapdb")) {
            run("zipfian-16", peer, 1, 10_000, 0, "");
        }
        assertEquals("ring filled 6.00 times; every peer",
                bar("zipfian-16: ours / best durable and atomic peer")
                .conditionText());
        assertFalse(bar("zipfian-16: ours / best durable and atomic peer").isMet());
    }

    @Test
    void wholePagesHavePeersOfTheirOwn() throws IOException {
        run("random-16-page", "ours", 1, 9500, 6, "").run("random-16-page", "rocksdb-page", 1, 2000, 0, "");
        assertTrue(bar("random-16-page: ours / best durable and atomic peer").conditionText()
                .contains("without lmdb-page, sqlite-page, mvstore-page, mapdb-page"));
    }

    @Test
    void oursIsAlsoAheadOfWhatIsDurableInPlace() throws IOException {
        run("sequential-1", "ours", 1, 9500, 6, "").run("sequential-1", "pwrite", 1, 10_000, 0, "");
        run("sequential-1", "msync-4k", 1, 9000, 0, SMALL).run("sequential-1", "msync", 1, 9000, 0, "");
        assertEquals("**missed**", bar("sequential-1: ours / best of msync and pwrite in place").verdict());
    }

    @Test
    void everyCellOfTheBarIsInTheTableAndIsRaced() throws IOException {
        for (String cell : RaceBars.AHEAD) {
            assertEquals("not measured", bar(cell + ": ours / best durable and atomic peer").verdict());
            assertTrue(RaceCommand.CELLS.contains(cell), cell);
        }
    }

    @Test
    void aThreadThatStarvesIsSeen() throws IOException {
        run("random-1-64v", "ours", 1, 150_000, 6, "", 10, 3, 100).run("random-1", "ours", 1, 10_000, 6, "");
        assertEquals("met", bar("64 committing virtual threads / one").verdict());
        assertEquals("**missed**", bar("64 committing virtual threads: fewest / most syncs of a thread")
                .verdict());
        assertEquals("not measured", bar("64 committing platform threads / one").verdict());
    }

    /** 1,000 bytes of the device, 900 of them home's, in one commit; a floor of 1,000 bytes in ten. */
    @Test
    void whatTheJournalAloneWroteIsSaidBeside() throws IOException {
        run("random-16", "ours", 1, 0.1, 6, "").run("random-16", "floor-delta", 1, 1, 6, "");
        Csv.append(folder.resolve("timelines/race__random-16_ours_1.csv"),
                List.of(new Slice(100, 1, 90, 200, 300, 0, 100, 400), new Slice(200, 1, 90, 200, 300, 1, 900,
                1000)));
        Bar bar = bar("random-16: device bytes per commit, ours / floor");
        assertEquals(10, bar.seen().orElseThrow(), 1e-9);
        assertEquals("ring filled 6.00 times; without what went home: 1.00", bar.conditionText());
    }

    @Test
    void theTailIsComparedWithAFloorThatRanAsLong() throws IOException {
        run("random-256", "ours", 1, 9500, 6, "", 60, 1, 1).run("random-256", "floor-delta", 1, 9500, 6, "",
                10, 1, 1);
        Bar bar = bar("random-256: worst sync / the floor's worst");
        assertTrue(bar.isMet());
        assertEquals("**not as asked**: ring filled 6.00 times; 7 checkpoints;"
                + " as long as the floor's run: 6.00", bar.conditionText());
    }

    @Test
    void sizesOtherThanTheBarsAreSaid() throws IOException {
        Files.writeString(folder.resolve("size.csv"), """
                size,opens,openMicrosP50,openMicrosMax,syncMicrosP50,syncMicrosP99
                1M,20,900,1000,100,110
                16G,20,950,1000,150,160
                """);
        List<Bar> bars = MoreBars.of(folder);
        assertEquals("met", bars.get(0).verdict());
        assertEquals("**not as asked**: 16G / 1M", bars.get(0).conditionText());
        assertEquals("**missed**", bars.get(1).verdict());
    }

    @Test
    void memoryOfOnePageIsNotThatOfTheFile() throws IOException {
        Files.writeString(folder.resolve("memory.csv"), """
                places,pages,state,copyBytes,imageBytes,trackingBytes,bytesAPage
                neighbours,1,stored,4096,4096,16777216,16777216
                neighbours,65536,stored,268435456,268435456,786432,12
                """);
        List<Bar> bars = MoreBars.of(folder);
        assertEquals(List.of("met", "not measured", "**missed**"), bars.subList(2, 5).stream()
                .map(Bar::verdict).toList());
    }

    @Test
    void whatTwoThreadsDoWithRawStoresIsSaidBeside() throws IOException {
        String head = "\"Benchmark\",\"Score\",\"Score Error (99.9%)\"\n";
        Files.writeString(folder.resolve("micro-two-threads-1.csv"), head
                + "x.TwoThreads.differentPages,100,1\nx.TwoThreads.differentPagesRaw,200,1\n");
        Files.writeString(folder.resolve("micro-two-threads-2.csv"), head
                + "x.TwoThreads.differentPages,170,1\nx.TwoThreads.differentPagesRaw,320,1\n");
        Bar bar = MicroBars.of(folder).stream().filter(each -> each.what()
                .equals("two threads / one, differentPages"))
                .findFirst().orElseThrow();
        assertEquals("**missed**", bar.verdict());
        assertEquals("raw stores: 1.60", bar.conditionText());
    }

    @Test
    void aPatchIsComparedWithTheDefaultOfItsOwnRounds() throws IOException {
        for (int round = 1; round <= 3; round++) {
            patchRun("default", round, 1000 * round);
            patchRun("one-list", round, 500 * round);
        }
        jmh("default-1", 10);
        jmh("one-list-1", 30);
        String text = new PatchTables(folder, Csv.read(folder.resolve("results.csv"), Result.class))
                .render("none");
        assertTrue(text.contains("| one-list | random-16 | 2,000 | 1,000 | 0.500 |"), text);
        assertTrue(text.contains("| one-list | putLongRandom | 10.0 | 30.0 | 3.00 | 1 |"), text);
    }

    private void patchRun(String variant, int round, long commits) throws IOException {
        Csv.append(folder.resolve("results.csv"), new Result("patch-one-list", variant, "random-16", "ours",
                round, 1,
                commits, 90, 200, 300, 400, 80, 190, 390, 5, 8, 1000, 100, 100, 6, 7, 1, 1, ""));
    }

    private void jmh(String run, int nanos) throws IOException {
        Path runs = Files.createDirectories(folder.resolve("patch-one-list").resolve(run));
        Files.writeString(runs.resolve("micro-single.csv"),
                "\"Benchmark\",\"Score\",\"Score Error (99.9%)\"\n"
                + "x.SingleThread.putLongRandom," + nanos + ",1\n");
    }

    @Test
    void withoutPatchesTheSectionSaysSo() throws IOException {
        assertEquals("none", new PatchTables(folder, List.of()).render("none"));
    }
}
