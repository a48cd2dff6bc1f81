package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A cut is durable, and home still has the bytes from before it: until a checkpoint has zeroed those, nobody
 * may take them for what is committed; from then on nobody may zero them again.
 */
@ParameterizedClass
@EnumSource(TestFile.Place.class)
@Timeout(30)
class StaleHomeTest {

    private static final int PAGE = 4096;
    private static final int SIZE = 8 * PAGE;
    private static final int CUT = 2 * PAGE;

    @Parameter
    TestFile.Place place;

    private TestFile file;
    private HookedStorage hooked;
    private AtomicMapping mapping;
    private byte[] committed;

    /** Home is full of ones, and only the journal knows that all past the cut are zeros. */
    @BeforeEach
    void commitACutThatHomeLacks() throws IOException {
        file = place.newFile();
        try (AtomicMapping first = file.open(SIZE)) {
            first.fill(0, SIZE, (byte) 1);
            first.sync();
        }
        hooked = new HookedStorage(file.storage);
        mapping = file.through(real -> hooked.storage()).open();
        mapping.resize(CUT);
        mapping.resize(SIZE);
        mapping.putByte(0, (byte) 2);
        mapping.sync();
        committed = new byte[SIZE];
        Arrays.fill(committed, 0, CUT, (byte) 1);
        committed[0] = 2;
        assertEquals(1, file.homeBytes()[CUT], "home has caught up too early for this test");
    }

    @AfterEach
    void close() throws IOException {
        mapping.close();
        file.close();
    }

    private void failACheckpoint() {
        hooked.hook((call, path) -> {
            if (call.equals("zero") && path.equals(file.path)) {
                throw new IOException("injected: cannot zero");
            }
        });
        assertThrows(IOException.class, () -> Inside.checkpoint(mapping));
        hooked.hook((call, path) -> { });
    }

    private void rollBackALaterCut() throws IOException {
        mapping.resize(2 * CUT);
        mapping.resize(SIZE);
        mapping.rollback();
        assertArrayEquals(committed, TestFile.bytesOf(mapping));
    }

    private void homeIsWhatIsCommitted() throws IOException {
        assertArrayEquals(committed, file.homeBytes(), "home");
        try (TestFile copy = file.copyAsAfterAKill(); AtomicMapping recovered = copy.open()) {
            assertArrayEquals(committed, TestFile.bytesOf(recovered), "after a kill");
        }
    }

    @Test
    void rollbackOfALaterCutDoesNotTakeWhatHomeHas() throws IOException {
        rollBackALaterCut();
    }

    @Test
    void norDoesItAfterACheckpointThatFailed() throws IOException {
        failACheckpoint();
        rollBackALaterCut();
    }

    @Test
    void theCheckpointAfterOneThatFailedZeroesHome() throws IOException {
        failACheckpoint();
        Inside.checkpoint(mapping);
        homeIsWhatIsCommitted();
        rollBackALaterCut();
    }

    /** It brought home the first cut only. */
    @Test
    void theEndOfACheckpointBesideALaterCutLeavesThatOne() throws Exception {
        CountDownLatch forcing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        hooked.hook((call, path) -> {
            if (call.equals("force") && path.equals(file.path)) {
                forcing.countDown();
                goOn.await();
            }
        });
        FutureTask<Void> checkpoint = new FutureTask<>(() -> {
            Inside.checkpoint(mapping);
            return null;
        });
        Thread.ofPlatform().start(checkpoint);
        forcing.await();
        mapping.resize(PAGE);
        mapping.resize(SIZE);
        mapping.sync();
        goOn.countDown();
        checkpoint.get();
        Arrays.fill(committed, PAGE, CUT, (byte) 0);
        mapping.resize(PAGE);
        mapping.resize(SIZE);
        mapping.rollback();
        assertArrayEquals(committed, TestFile.bytesOf(mapping));
    }

    @Test
    void whatWasCommittedPastTheCutIsNotZeroedByALaterCheckpoint() throws IOException {
        mapping.putByte(5 * PAGE, (byte) 7);
        mapping.sync();
        Inside.checkpoint(mapping);
        mapping.putByte(0, (byte) 3);
        mapping.sync();
        Inside.checkpoint(mapping);
        committed[5 * PAGE] = 7;
        committed[0] = 3;
        homeIsWhatIsCommitted();
    }
}
