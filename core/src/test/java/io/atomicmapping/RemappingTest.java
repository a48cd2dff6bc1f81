package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Past a cut the image is zeros of its own: what of it may be handed back, mapped from home again, or written
 * home as clean. Only mapped files show this.
 */
@Timeout(30)
class RemappingTest {

    private static final int PAGE = 4096;
    private static final int SIZE = 8 * PAGE;
    private static final int CUT = 2 * PAGE;

    private TestFile file;
    private HookedStorage hooked;
    private AtomicMapping mapping;

    @BeforeEach
    void fillHomeWithOnes() throws IOException {
        file = TestFile.onDisk();
        try (AtomicMapping first = file.open(SIZE)) {
            first.fill(0, SIZE, (byte) 1);
            first.sync();
        }
        hooked = new HookedStorage(file.storage);
    }

    @AfterEach
    void close() throws IOException {
        mapping.close();
        file.close();
    }

    private void open() throws IOException {
        mapping = file.through(real -> hooked.storage()).open();
    }

    /** Every checkpoint recycles what it may; those in the background wait until they are let go. */
    private CountDownLatch openWithoutBudget() throws IOException {
        CountDownLatch goOn = new CountDownLatch(1);
        hooked.hook((call, path) -> {
            if (call.equals("length") && Thread.currentThread().getName().endsWith("checkpointer")) {
                goOn.await();
            }
        });
        mapping = file.through(real -> hooked.storage()).open(options -> options.memoryBudget(0));
        return goOn;
    }

    private void cutAndGrowAgain(long size) throws IOException {
        mapping.resize(size);
        mapping.resize(SIZE);
    }

    /** A page that is clean, between two that are committed. */
    private void gapIsNotFilledWithZeros(int pageBetween) throws IOException {
        assertEquals(0, mapping.getLong((long) pageBetween * PAGE), "and the page is in memory now");
        Inside.checkpoint(mapping);
        assertEquals(1, file.homeBytes()[pageBetween * PAGE], "home has the zeros of what is no commit");
    }

    /** The second cut is further back, and says nothing about what lies before it. */
    @Test
    void zerosOfAnUncommittedCutAreNotInAGapAfterALaterOne() throws IOException {
        open();
        mapping.fill(3 * PAGE, 1024, (byte) 2);
        mapping.fill(5 * PAGE, 1024, (byte) 2);
        mapping.sync();
        byte[] committed = TestFile.bytesOf(mapping);
        cutAndGrowAgain(CUT);
        cutAndGrowAgain(6 * PAGE);
        gapIsNotFilledWithZeros(4);
        mapping.rollback();
        assertArrayEquals(committed, TestFile.bytesOf(mapping));
    }

    @Test
    void homeIsNotMappedWhileACutIsOnItsWay() throws Exception {
        open();
        CountDownLatch forcing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        hooked.hook((call, path) -> {
            if (call.equals("force") && path.toString().endsWith(".journal")) {
                forcing.countDown();
                goOn.await();
            }
        });
        cutAndGrowAgain(CUT);
        CompletableFuture<Long> commit = mapping.syncAsync();
        forcing.await();
        Inside.checkpoint(mapping);
        long now = mapping.getLong(3 * PAGE);
        goOn.countDown();
        commit.join();
        assertEquals(0, now, "what home has from before the cut");
    }

    /** With another cut open the pages past the first stay zeros of their own, which cannot be read again. */
    @Test
    void pageOfZerosOfItsOwnIsNotHandedBack() throws IOException {
        CountDownLatch goOn = openWithoutBudget();
        cutAndGrowAgain(CUT);
        mapping.putByte(5 * PAGE, (byte) 7);
        mapping.sync();
        cutAndGrowAgain(7 * PAGE);
        goOn.countDown();
        Inside.checkpoint(mapping);
        byte[] expected = onesUpToTheCut();
        expected[5 * PAGE] = 7;
        assertArrayEquals(expected, TestFile.bytesOf(mapping));
    }

    private static byte[] onesUpToTheCut() {
        byte[] bytes = new byte[SIZE];
        Arrays.fill(bytes, 0, CUT, (byte) 1);
        return bytes;
    }

    /** It was left out when the others were mapped from home again, as it was not committed. */
    @Test
    void pageLeftApartIsMappedFromHomeWhenItIsHandedBack() throws IOException {
        CountDownLatch goOn = openWithoutBudget();
        cutAndGrowAgain(CUT);
        mapping.putByte(5 * PAGE, (byte) 7);
        mapping.sync();
        mapping.putByte(6 * PAGE, (byte) 8);
        goOn.countDown();
        Inside.checkpoint(mapping);
        mapping.sync();
        Inside.checkpoint(mapping);
        assertEquals(0, mapping.stats().privateBytes());
        byte[] expected = onesUpToTheCut();
        expected[5 * PAGE] = 7;
        expected[6 * PAGE] = 8;
        assertArrayEquals(expected, TestFile.bytesOf(mapping));
    }

    /** Bytes stored as they were: their commit is none, and must not keep their page. */
    @Test
    void pageOfACommitWithoutChangesIsHandedBack() throws IOException {
        openWithoutBudget().countDown();
        mapping.putByte(0, (byte) 1);
        assertEquals(1, mapping.sync());
        Inside.checkpoint(mapping);
        assertEquals(0, mapping.stats().privateBytes());
    }
}
