package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A checkpoint that lost a commit. */
@Timeout(120)
class CheckpointRegressionTest {

    private static final int PAGE = 4096;
    private static final int PAGES = 1024;
    private static final int THREADS = 4;
    private static final int ROUNDS = 3;

    /**
     * A checkpoint began when a commit had given it its pages, and not yet given up their before-images: it wrote home what the
     * images hid, and moved past the commit. Found by a sweep of full disks, in one run of some thousand. Without a memory
     * budget every sync makes a checkpoint, beside the commits of the others.
     */
    @Test
    void checkpointThatBeginsWhileACommitCompletesWritesItOrLeavesIt() throws Exception {
        byte[] expected = new byte[PAGE * PAGES];
        try (TestFile file = TestFile.onDisk()) {
            for (int round = 1; round <= ROUNDS; round++) {
                byte value = (byte) round;
                try (AtomicMapping mapping = file.open(options -> options.size(expected.length).memoryBudget(0))) {
                    List<CompletableFuture<Void>> threads = IntStream.range(0, THREADS).mapToObj(first ->
                            CompletableFuture.runAsync(() -> commitPagesOneByOne(mapping, first, value), task ->
                                    Thread.ofPlatform().start(task))).toList();
                    for (CompletableFuture<Void> thread : threads) {
                        thread.get();
                    }
                }
                for (int page = 0; page < PAGES; page++) {
                    expected[page * PAGE] = value;
                }
                assertEquals(-1, Arrays.mismatch(expected, file.homeBytes()), "a lost commit, in round " + round);
            }
        }
    }

    private static void commitPagesOneByOne(AtomicMapping mapping, int first, byte value) {
        try {
            for (int page = first; page < PAGES; page += THREADS) {
                mapping.putByte((long) page * PAGE, value);
                mapping.sync();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
