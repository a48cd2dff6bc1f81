package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A checkpoint that lost a commit. */
@Timeout(120)
class CheckpointRegressionTest {

    private static final int PAGE = 4096;
    private static final int PAGES = 2048;

    /**
     * A checkpoint began when a commit had given it its pages, and not yet given up their before-images: it wrote home what the
     * images hid, and moved past the commit. Found by a sweep of full disks, in one run of some thousand. Without a memory
     * budget a checkpoint is always due, and begins beside the commits.
     */
    @Test
    void checkpointThatBeginsWhileACommitCompletesWritesItOrLeavesIt() throws Exception {
        byte[] expected = new byte[PAGE * PAGES];
        try (TestFile file = TestFile.onDisk()) {
            try (AtomicMapping mapping = file.open(options -> options.size(expected.length).memoryBudget(0))) {
                for (int page = 0; page < PAGES; page++) {
                    mapping.putByte((long) page * PAGE, (byte) 1);
                    mapping.syncAsync().join();
                    expected[page * PAGE] = 1;
                }
            }
            assertEquals(-1, Arrays.mismatch(expected, file.homeBytes()), "a lost commit");
        }
    }
}
