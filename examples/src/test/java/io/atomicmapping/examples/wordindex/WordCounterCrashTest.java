package io.atomicmapping.examples.wordindex;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.crash.CrashReport;
import io.atomicmapping.crash.CrashTest;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** After any crash the word index holds exactly the words before its position, and no commit is lost. */
class WordCounterCrashTest {

    private static final String WORDS =
            "the quick brown fox jumps over the lazy dog and the dog jumps over the fox ";

    @TempDir
    Path directory;

    private Path text;

    /** An index and who counts into it. */
    private record Index(AtomicMapping mapping, WordCounter counter) implements AutoCloseable {

        static Index open(Storage storage) throws IOException {
            MappingOptions options = MappingOptions.builder().storage(storage)
                    .size(WordCounter.FIRST_SIZE).maxSize(1 << 20).journalCapacity(65536).build();
            AtomicMapping mapping = AtomicMapping.open(Path.of("/data/index"), options);
            return new Index(mapping, new WordCounter(mapping, System.out, InputStream.nullInputStream()));
        }

        Map<String, Long> counts() {
            Map<String, Long> counts = new TreeMap<>();
            for (Map.Entry<byte[], Long> entry : WordCounter.counts(mapping)) {
                counts.put(new String(entry.getKey(), StandardCharsets.UTF_8), entry.getValue());
            }
            counts.put("(position)", counter.position());
            return counts;
        }

        @Override
        public void close() throws IOException {
            mapping.close();
        }
    }

    @BeforeEach
    void writeText() throws IOException {
        text = directory.resolve("text");
    }

    private CrashTest<Index, Map<String, Long>> counting(String words, int wordsPerCommit)
            throws IOException {
        Files.writeString(text, words);
        return CrashTest.of(Index::open, Index::counts).workload((index, ledger) -> {
            try (WordReader reader = WordReader.open(text, index.counter().position())) {
                while (index.counter().countNext(reader, wordsPerCommit)) {
                    ledger.commit(index.mapping()::sync);
                }
            }
        }).invariant(index -> assertEquals(countedTo(index.counter().position()), index.counts()));
    }

    private Map<String, Long> countedTo(long position) throws IOException {
        Map<String, Long> counts = new TreeMap<>();
        try (WordReader reader = WordReader.open(text, 0)) {
            for (byte[] word = position == 0 ? null : reader.next(); word != null;) {
                counts.merge(new String(word, StandardCharsets.UTF_8), 1L, Long::sum);
                word = reader.position() < position ? reader.next() : null;
            }
        }
        counts.put("(position)", position);
        return counts;
    }

    @Test
    void everyCrashOfAFewCommits() throws IOException {
        CrashReport report = counting("one two one three", 2).exhaustive().nested(1).run();
        System.out.println(report);
        assertTrue(report.states() > 200, report::toString);
    }

    @Test
    void crashesThatFollowEachOtherUntilAllIsCounted() throws IOException {
        CrashReport report = counting(WORDS.repeat(8), 5).random(1, 400L).run();
        System.out.println(report);
        assertEquals(400, report.states());
    }
}
