package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What checkpoints lost, or could lose. */
@Timeout(120)
class CheckpointRegressionTest {

    private static final int PAGE = 4096;
    private static final int PAGES = 2048;

    /**
     * A checkpoint began when a commit had given it its pages, and not yet given up their before-images: it
     * wrote home what the images hid, and moved past the commit. Found by a sweep of full disks, in one run
     * of some thousand. Without a memory budget a checkpoint is always due, and begins beside the commits.
     */
    @Test
    void checkpointThatBeginsWhileACommitCompletesWritesItOrLeavesIt() throws Exception {
        byte[] expected = new byte[PAGE * PAGES];
        try (TestFile file = TestFile.onDisk()) {
            try (AtomicMapping mapping =
                    file.open(options -> options.size(expected.length).memoryBudget(0))) {
                for (int page = 0; page < PAGES; page++) {
                    mapping.putByte((long) page * PAGE, (byte) 1);
                    mapping.syncAsync().join();
                    expected[page * PAGE] = 1;
                }
            }
            assertEquals(-1, Arrays.mismatch(expected, file.homeBytes()), "a lost commit");
        }
    }

    /** The kernel tells of a failed write-back once: the force after it would succeed. */
    @ParameterizedTest
    @ValueSource(strings = {"startWriteBack", "awaitWriteBack"})
    void writeBackThatFailsEndsTheMapping(String call) throws Exception {
        FaultyStorage faults = new FaultyStorage(new MemoryStorage());
        try (TestFile file = TestFile.inMemory(faults.storage())) {
            AtomicMapping mapping = file.open(options -> options.size(PAGE * PAGES).journalCapacity(1));
            faults.fail(call, "/data");
            assertThrows(Exception.class, () -> {
                for (int number = 1; number < 100; number++) {
                    mapping.fill(0, PAGE * PAGES / 8, (byte) number);
                    mapping.sync();
                }
            }, "the ring must be freed some time");
            faults.failNothing();
            assertThrows(IllegalStateException.class, mapping::sync);
            byte last = (byte) mapping.lastCommit();
            mapping.close();
            try (AtomicMapping reopened = file.open(options -> options)) {
                assertEquals(last, reopened.getByte(0));
            }
        }
    }

    /**
     * A checkpoint under way copies pages that the failed commit was to change, too: it needs the
     * before-images of a commit that nobody else needs any more.
     */
    @Test
    void storesOfACommitWhoseForceFailedDoNotGoHome() throws Exception {
        MemoryStorage disk = new MemoryStorage();
        HookedStorage hooked = new HookedStorage(disk);
        TestFile file = TestFile.inMemory(hooked.storage());
        AtomicMapping mapping = file.open(PAGE);
        mapping.putLong(0, 1);
        mapping.sync();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        FutureTask<IOException> checkpoint = new FutureTask<>(() ->
                assertThrows(IOException.class, () -> Inside.checkpoint(mapping), "the journal has failed"));
        hooked.hook((call, path) -> {
            if (call.equals("length") && begun.getCount() > 0) {
                begun.countDown();
                goOn.await();
            } else if (call.equals("force") && path.equals(file.journal())) {
                throw new IOException("injected: force");
            }
        });
        Thread.ofPlatform().start(checkpoint);
        begun.await();
        mapping.putLong(8, 2);
        assertThrows(IOException.class, mapping::sync);
        goOn.countDown();
        checkpoint.get();
        byte[] expected = new byte[PAGE];
        expected[0] = 1;
        assertArrayEquals(expected, disk.contents(file.path), "home");
        mapping.close();
    }
}
