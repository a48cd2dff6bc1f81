package io.atomicmapping.examples.wordindex;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.examples.PersistentHashMap;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class WordIndexTest {

    @TempDir
    private Path directory;
    private final ByteArrayOutputStream report = new ByteArrayOutputStream();

    @Test
    @Timeout(120)
    void countsEachWordExactlyOnceThroughKills() throws IOException {
        Path text = directory.resolve("text");
        Random random = new Random(11);
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            int rank = (int) Math.abs(random.nextGaussian() * 500);
            words.append("word").append(rank).append(i % 10 == 0 ? ".\n" : " ");
        }
        Files.writeString(text, words);
        int status = run("--kills", "4", "--commit-every", "100", "--seed", "5", text.toString());
        assertEquals(0, status, report::toString);
        assertTrue(report.toString().contains("exactly once"), report::toString);
        assertTrue(report.toString().contains("20,000 words"), report::toString);
        assertTrue(report.toString().contains("4, chosen by seed 5"), report::toString);
    }

    @Test
    @Timeout(120)
    void textTooShortForTheKillsIsRepeated() throws IOException {
        Path text = directory.resolve("text");
        Files.writeString(text, "one two two ünï");
        assertEquals(0, run("--kills", "1", "--commit-every", "3", text.toString()), report::toString);
        assertTrue(report.toString().contains("repeated"), report::toString);
        assertTrue(report.toString().contains("ünï"), report::toString);
    }

    @Test
    void countThatDiffersIsFound() throws IOException {
        Path index = directory.resolve("index");
        try (AtomicMapping mapping = AtomicMapping.open(index, 64 << 10)) {
            PersistentHashMap<byte[], Long> counts = WordCounter.counts(mapping);
            counts.put(bytes("right"), 3L);
            counts.put(bytes("twice"), 2L);
            counts.put(bytes("unexpected"), 1L);
            mapping.sync();
        }
        Map<String, Long> expected = new HashMap<>(Map.of("right", 3L, "twice", 1L, "lost", 1L));
        List<String> differences = WordIndex.compare(index, expected, new Report(0, 1, 0, 1));
        assertEquals(3, differences.size(), differences::toString);
    }

    @Test
    void readingGoesOnAtAnyPositionItGave() throws IOException {
        Path text = directory.resolve("text");
        Files.writeString(text, "  The quick_brown fox;jumps\n" + "x".repeat(600) + " ünï 42 end");
        List<byte[]> words = new ArrayList<>();
        List<Long> positions = new ArrayList<>(List.of(0L));
        try (WordReader reader = WordReader.open(text, 0)) {
            for (byte[] word = reader.next(); word != null; word = reader.next()) {
                words.add(word);
                positions.add(reader.position());
            }
        }
        assertEquals(10, words.size());
        for (int i = 0; i < words.size(); i++) {
            try (WordReader reader = WordReader.open(text, positions.get(i))) {
                assertArrayEquals(words.get(i), reader.next(), "word=" + i);
            }
        }
    }

    @Test
    void killsLieFartherApartThanAChildMayBeAhead() {
        for (long seed = 0; seed < 1000; seed++) {
            long commits = KillPlan.leastCommits(25) + seed;
            long[] plan = KillPlan.draw(25, commits, seed);
            assertTrue(plan[0] >= 1);
            for (int i = 1; i < plan.length; i++) {
                assertTrue(plan[i] - plan[i - 1] >= KillPlan.AHEAD);
            }
            assertTrue(plan[24] <= commits - KillPlan.AHEAD);
        }
    }

    @Test
    void wrongArgumentsAreRefused() {
        assertEquals(2, run("--kills", "-1"));
        assertEquals(2, run("--commit-every", "0"));
        assertEquals(2, run("--unknown"));
        assertEquals(2, run(directory.resolve("missing").toString()));
        assertEquals(0, run("--help"));
    }

    private int run(String... arguments) {
        PrintStream out = new PrintStream(report, true, StandardCharsets.UTF_8);
        return new CommandLine(new WordIndex(out)).execute(arguments);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
