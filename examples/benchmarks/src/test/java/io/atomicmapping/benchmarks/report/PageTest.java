package io.atomicmapping.benchmarks.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.benchmarks.measure.Csv;
import io.atomicmapping.benchmarks.measure.Result;
import io.atomicmapping.benchmarks.measure.Slice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageTest {

    @TempDir
    private Path folder;

    private void add(String cell, String store, int round, long commitsInTenSeconds) throws IOException {
        Csv.append(folder.resolve("results.csv"), new Result("race", "", cell, store, round, 10,
                commitsInTenSeconds, 90, 200,
                300, 400, 80, 190, 390, 5, 8, commitsInTenSeconds * 512, commitsInTenSeconds,
                commitsInTenSeconds, 5, 9,
                commitsInTenSeconds, commitsInTenSeconds, "a note, with a comma | and a bar"));
    }

    private void oneCell() throws IOException {
        for (int round = 1; round <= 3; round++) {
            add("random-256", "ours", round, 90_000L / round);
            add("random-256", "floor-delta", round, 100_000L / round);
            add("random-256", "msync-4k", round, 2_000L / round);
            add("random-256", "rocksdb", round, 30_000L / round);
            add("random-256", "sqlite", round, 10_000L / round);
            add("random-256", "chronicle", round, 9_000_000L / round);
        }
    }

    private Bar bar(String what) throws IOException {
        Results race = new Results(Csv.read(folder.resolve("results.csv"), Result.class), "race");
        return RaceBars.of(race, folder).stream().filter(bar -> bar.what().equals(what)).findFirst()
                .orElseThrow();
    }

    @Test
    void barsCompareOursInEachRound() throws IOException {
        oneCell();
        assertEquals(0.9, bar("random-256: ours / floor").seen().getAsDouble(), 1e-3);
        assertTrue(bar("random-256: ours / floor").isMet());
        assertEquals(45, bar("random-256: ours / msync, 4 KiB folios").seen().getAsDouble(), 0.1);
        assertTrue(bar("random-256: ours / msync, 4 KiB folios").isMet());
    }

    @Test
    void theBestDurablePeerIsNoneWithoutDurability() throws IOException {
        oneCell();
        Bar bar = bar("random-256: ours / best durable peer");
        assertEquals(3, bar.seen().getAsDouble(), 1e-3);
        assertFalse(bar.isMet());
        assertEquals("**missed**", bar.verdict());
    }

    @Test
    void aBarThatWasNotMeasuredIsNotMet() throws IOException {
        oneCell();
        assertFalse(bar("random-1: ours / floor").isMet());
        assertEquals("not measured", bar("random-1: ours / floor").verdict());
    }

    @Test
    void atMostIsMetFromBelow() {
        assertTrue(Bar.atMost("x", 20, java.util.OptionalDouble.of(19), Bar.Condition.NONE).isMet());
        assertFalse(Bar.atMost("x", 20, java.util.OptionalDouble.of(21), Bar.Condition.NONE).isMet());
    }

    @Test
    void thePageHasEveryCellAndSaysWhatIsMissing() throws IOException {
        oneCell();
        String page = new Page(folder).render(folder, "figures of a test");
        assertTrue(page.contains("**figures of a test**"), page);
        assertTrue(page.contains("### random-256"), page);
        String ours = page.lines().filter(line -> line.startsWith("| ours |")).findFirst().orElseThrow();
        assertTrue(ours.startsWith("| ours | 4,500 | 0.900 | 45.0 | 3.00 | 90.0 | 200 | 400 |"), ours);
        assertTrue(ours.contains("a note, with a comma / and a bar"), ours);
        assertTrue(page.contains("## Recovery\n\nNot measured."), page);
        assertTrue(page.contains("## Ablations\n\nNot measured."), page);
        assertTableRowsAreAsWideAsTheirHeads(page);
    }

    private static void assertTableRowsAreAsWideAsTheirHeads(String page) {
        String before = "";
        int rows = 0;
        for (String line : page.lines().toList()) {
            if (line.startsWith("|") && before.startsWith("|")) {
                assertEquals(columns(before), columns(line), line);
                rows++;
            }
            before = line;
        }
        assertTrue(rows > 10, "rows seen: " + rows);
    }

    private static long columns(String line) {
        return line.chars().filter(c -> c == '|').count();
    }

    @Test
    void picturesAreDrawnAsText() throws IOException {
        oneCell();
        add("random-16", "ours", 1, 100_000); // the others have a gap there
        timeline("ours", 1);
        List<Path> pictures = new Pictures(folder, folder.resolve("pictures")).draw();
        assertEquals(3, pictures.size(), pictures::toString);
        for (Path picture : pictures) {
            assertTrue(Files.readString(picture).contains("<svg"), picture::toString);
        }
    }

    /** Letters are drawn as shapes, so a mark is told by there being more of them. */
    @Test
    void aCheckpointIsMarkedInATimeline() throws IOException {
        timeline("floor-delta", 0);
        timeline("ours", 1);
        List<Path> pictures = new Pictures(folder, folder.resolve("pictures")).draw();
        long without = Files.readString(pictures.getFirst()).split("<path").length;
        long with = Files.readString(pictures.getLast()).split("<path").length;
        assertTrue(with > without, () -> "shapes without a checkpoint: " + without + ", with: " + with);
    }

    private void timeline(String store, int checkpoints) throws IOException {
        Csv.append(folder.resolve("timelines/race__random-256_" + store + "_1.csv"), List.of(
                new Slice(100, 900, 90, 200, 400, 0, 0, 1), new Slice(200, 900, 90, 200, 900, checkpoints,
                4096, 2),
                new Slice(300, 900, 90, 200, 400, checkpoints, 4096, 3)));
    }

    @Test
    void numbersHaveThreeDigits() {
        assertEquals("0.123", Table.number(0.12345));
        assertEquals("1.23", Table.number(1.2345));
        assertEquals("12.3", Table.number(12.345));
        assertEquals("123", Table.number(123.45));
        assertEquals("12,345", Table.number(12_345));
        assertEquals("-", Table.number(Double.NaN));
    }

    @Test
    void jmhsResultsAreReadWithWhatWasAllocated() throws IOException {
        Path csv = folder.resolve("micro-single.csv");
        Files.writeString(csv, """
                "Benchmark","Mode","Threads","Samples","Score","Score Error (99.9%)","Unit"
                "io.atomicmapping.benchmarks.micro.SingleThread.putLongRandom","avgt",1,5,11.5,0.5,"ns/op"
                "io.atomicmapping.benchmarks.micro.SingleThread.putLongRandom:gc.alloc.rate.norm",\
                "avgt",1,5,0.25,NaN,"B/op"
                "io.atomicmapping.benchmarks.micro.SingleThread.putLongRandom:gc.count",\
                "avgt",1,5,0,NaN,"counts"
                """);
        Micro micro = Micro.read(csv);
        assertEquals(java.util.Map.of("putLongRandom", 11.5), micro.scores());
        assertEquals(java.util.Map.of("putLongRandom", 0.25), micro.allocated());
    }
}
