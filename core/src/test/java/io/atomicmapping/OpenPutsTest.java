package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.atomicmapping.dirty.Sections;
import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What must wait for the puts that are under way, though it excludes nobody: they act on a limit, and on
 * tables, from before it. And what no put waits for.
 */
@Timeout(30)
class OpenPutsTest {

    private static final int PAGE = 4096;
    private static final int SIZE = 128 * PAGE;

    private final TestFile file = TestFile.inMemory(new MemoryStorage());
    private AtomicMapping mapping;

    @BeforeEach
    void open() throws IOException {
        mapping = file.open(SIZE);
    }

    @AfterEach
    void close() throws IOException {
        mapping.close();
    }

    /** A virtual thread parks where a platform thread only yields, so that it can be seen to wait. */
    private void waitsForAPut(Action<IOException> action) throws Exception {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        Sections sections = Inside.engine(mapping).sections;
        var put = sections.enterPut();
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                action.run();
                ended.complete(null);
            } catch (IOException | RuntimeException | Error e) {
                ended.completeExceptionally(e);
            }
        });
        while (!ended.isDone() && thread.getState() != Thread.State.TIMED_WAITING) {
            LockSupport.parkNanos(1_000);
        }
        boolean early = ended.isDone();
        sections.exitPut(put);
        ended.get();
        assertFalse(early, "it did not wait for the put");
    }

    @Test
    void aCutWaitsForThem() throws Exception {
        waitsForAPut(() -> mapping.resize(PAGE));
    }

    @Test
    void theChangeOfModeWaitsForThem() throws Exception {
        waitsForAPut(mapping::segment);
    }

    /** The only thread that marks does so by plain stores. */
    @Test
    void theFirstMarkOfASecondThreadWaitsForThem() throws Exception {
        mapping.putByte(0, (byte) 1);
        waitsForAPut(() -> mapping.putByte(PAGE / 2, (byte) 1));
    }

    /** Who sees the mapping grown may use it all. */
    @Test
    void everyStoreBelowTheSizeThatWasReadGetsThrough() throws Exception {
        mapping.resize(0);
        mapping.resize(1); // from here on home is long enough, and a growth takes no time
        CompletableFuture<Void> stores = CompletableFuture.runAsync(() -> {
            for (long size = 1; size < SIZE; size = mapping.size()) {
                mapping.putByte(size - 1, (byte) 1);
                mapping.getByte(size - 1);
            }
        });
        for (long size = 2; size <= SIZE && !stores.isDone(); size++) {
            mapping.resize(size);
        }
        stores.get();
    }
}
