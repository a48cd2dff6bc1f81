package io.atomicmapping.examples.wordindex;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.RecoveryReport;
import io.atomicmapping.examples.Codec;
import io.atomicmapping.examples.PersistentHashMap;
import io.atomicmapping.examples.PersistentHeap;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;

/**
 * The child: goes on counting at the last commit's position, and expects to be killed at any moment.
 *
 * <ul>
 *   <li>The counts and the position in the text lie in one mapping, so one sync commits both: a word is in
 *       the counts if and only if it lies before the position.
 *   <li>It says what it did on standard output, see {@link Message}, and reads a byte for each commit made
 *       known; it waits where {@link KillPlan#AHEAD} answers are missing. When its parent is gone it ends.
 * </ul>
 */
final class WordCounter {

    private static final long POSITION = 0;
    private static final long HEAP = 64;
    static final long FIRST_SIZE = HEAP + PersistentHeap.HEADER_BYTES;

    private final AtomicMapping mapping;
    private final PersistentHashMap<byte[], Long> counts;
    private final PrintStream out;
    private final InputStream answers;
    private int unanswered;
    private long storedBytes;

    WordCounter(AtomicMapping mapping, PrintStream out, InputStream answers) {
        this.mapping = mapping;
        this.counts = counts(mapping);
        this.out = out;
        this.answers = answers;
    }

    /** The arguments: index, text, words in a commit. */
    public static void main(String[] args) throws IOException {
        Path index = Path.of(args[0]);
        Path text = Path.of(args[1]);
        int wordsPerCommit = Integer.parseInt(args[2]);
        try (AtomicMapping mapping = AtomicMapping.open(index, FIRST_SIZE)) {
            RecoveryReport recovery = mapping.recovery();
            System.out.println(new Message.Opened(
                    recovery.lastCommit(), recovery.commitsReplayed(), recovery.duration().toNanos()));
            new WordCounter(mapping, System.out, System.in).count(text, wordsPerCommit);
        }
        System.out.println(new Message.Finished());
    }

    /** The counts in an index: of each word, its bytes. */
    static PersistentHashMap<byte[], Long> counts(AtomicMapping index) {
        return PersistentHashMap.open(heap(index), "counts", Codec.BYTES, Codec.LONG);
    }

    /** What the counts are in. */
    static PersistentHeap heap(AtomicMapping index) {
        return PersistentHeap.open(index, HEAP);
    }

    private void count(Path text, int wordsPerCommit) throws IOException {
        try (WordReader words = WordReader.open(text, position())) {
            while (countNext(words, wordsPerCommit)) {
                long commit = mapping.sync();
                out.println(new Message.Committed(commit, storedBytes, mapping.stats().bytesJournaled()));
                awaitAnswer();
            }
        }
    }

    /** The byte of the text up to which all words are counted. */
    long position() {
        return mapping.getLong(POSITION);
    }

    /** Counts a commit's words and says whether there were any; no sync comes in between. */
    boolean countNext(WordReader words, int limit) throws IOException {
        return mapping.compute(() -> countBatch(words, limit));
    }

    private boolean countBatch(WordReader words, int limit) throws IOException {
        int counted = 0;
        while (counted < limit) {
            byte[] word = words.next();
            if (word == null) {
                break;
            }
            long count = counts.merge(word, 1L, Long::sum);
            storedBytes += Long.BYTES + (count == 1 ? word.length : 0);
            counted++;
        }
        if (counted == 0) {
            return false;
        }
        mapping.putLong(POSITION, words.position());
        storedBytes += Long.BYTES;
        return true;
    }

    private void awaitAnswer() throws IOException {
        unanswered++;
        while (unanswered == KillPlan.AHEAD || answers.available() > 0) {
            if (answers.read() < 0) {
                throw new IOException("parent has gone, start the word index again: unanswered="
                        + unanswered);
            }
            unanswered--;
        }
    }
}
