package io.atomicmapping.examples.wordindex;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** What happened in a run of the word index, and the table that shows it. */
final class Report {

    private static final int TOP_WORDS = 10;
    private static final double NANOS_PER_MILLI = 1e6;
    private static final double NANOS_PER_SECOND = 1e9;

    private final long seed;
    private final int wordsPerCommit;
    private final long textBytes;
    private final long textCopies;
    private final List<Long> recoveryNanos = new ArrayList<>();
    private int kills;
    private long commitsReplayed;
    private long storedBytes;
    private long journaledBytes;
    private long commits;
    private long indexBytes;
    private long usedBytes;

    Report(long seed, int wordsPerCommit, long textBytes, long textCopies) {
        this.seed = seed;
        this.wordsPerCommit = wordsPerCommit;
        this.textBytes = textBytes;
        this.textCopies = textCopies;
    }

    /** Adds what a child did. Each child but the first one has opened what a killed one left. */
    void add(ChildJvm.Run run, boolean killed) {
        if (kills > 0) {
            recoveryNanos.add(run.opened().nanos());
            commitsReplayed += run.opened().commitsReplayed();
        }
        if (killed) {
            kills++;
        }
        storedBytes += run.last().storedBytes();
        journaledBytes += run.last().journaledBytes();
    }

    void setIndex(long lastCommit, long fileBytes, long mapBytes) {
        commits = lastCommit;
        indexBytes = fileBytes;
        usedBytes = mapBytes;
    }

    int kills() {
        return kills;
    }

    void print(PrintStream out, Map<String, Long> counts, long nanos) {
        long words = counts.values().stream().mapToLong(Long::longValue).sum();
        out.println();
        out.println("top words");
        counts.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(TOP_WORDS)
                .forEach(e -> out.printf("  %-20s %,12d%n", readable(e.getKey()), e.getValue()));
        out.println();
        row(out, "text", "%,d bytes, %,d words, %,d different%s", textBytes, words, counts.size(),
                textCopies == 1 ? "" : ", repeated: %,d copies".formatted(textCopies));
        row(out, "commits", "%,d, one after each %,d words", commits, wordsPerCommit);
        row(out, "kills", "%d, chosen by seed %d", kills, seed);
        row(out, "bytes stored", "%,d (new words, counts, positions)", storedBytes);
        row(out, "bytes journaled", "%,d (%.1f for each byte stored)", journaledBytes,
                journaledBytes / (double) storedBytes);
        row(out, "data file", "%,d bytes, of which the hash map uses %,d", indexBytes, usedBytes);
        if (!recoveryNanos.isEmpty()) {
            List<Long> sorted = recoveryNanos.stream().sorted().toList();
            row(out, "recovery times", "least %.1f, median %.1f, most %.1f ms; %d in all, of %,d commits",
                    sorted.getFirst() / NANOS_PER_MILLI, sorted.get(sorted.size() / 2) / NANOS_PER_MILLI,
                    sorted.getLast() / NANOS_PER_MILLI, sorted.size(), commitsReplayed);
        }
        row(out, "time", "%.1f s", nanos / NANOS_PER_SECOND);
        out.println();
    }

    private static void row(PrintStream out, String name, String format, Object... values) {
        out.printf("%-16s %s%n", name, format.formatted(values));
    }

    private static String readable(String word) {
        return new String(word.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
