package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rollbacks that once took committed bytes along. */
@Timeout(30)
class RollbackRegressionTest {

    private static final int PAGE = 4096;

    /**
     * A rollback of a grow left zeros of their own past the end. After the next grow a page there was stored
     * to, committed, brought home and handed back to the kernel, for which zeros of their own are just that:
     * 42 read 0, and the next commit wrote the page home so.
     */
    @Test
    void committedBytesInWhatWasGrownAgainAfterARollbackSurviveRecycling() throws IOException {
        try (TestFile file = TestFile.onDisk()) {
            try (AtomicMapping mapping = file.open(options -> options.size(PAGE).memoryBudget(0))) {
                mapping.resize(10 * PAGE);
                mapping.rollback();
                mapping.resize(10 * PAGE);
                mapping.putLong(5 * PAGE, 42);
                mapping.sync();
                mapping.putLong(0, 1);
                mapping.sync(); // over budget: first brings the last commit home, and hands its page back
                assertEquals(42, mapping.getLong(5 * PAGE));
                mapping.putByte(5 * PAGE + 8, (byte) 1);
                mapping.sync();
            }
            try (AtomicMapping reopened = file.open()) {
                assertEquals(42, reopened.getLong(5 * PAGE));
            }
        }
    }

    /**
     * The commit of a cut failed while a second, shorter cut was made. The second had kept images of the
     * zeros that the first had left, and merged under it they counted as what was committed: the rollback
     * restored zeros.
     */
    @Test
    void rollbackOfAFailedCutAndOfAShorterOneAfterItRestoresWhatWasCommitted() throws Exception {
        try (TestFile file = TestFile.onDisk()) {
            try (AtomicMapping first = file.open(8 * PAGE)) {
                first.fill(0, 8 * PAGE, (byte) 7);
                first.sync();
            }
            HookedStorage hooks = new HookedStorage(file.storage);
            try (AtomicMapping mapping = file.through(real -> hooks.storage()).open()) {
                CountDownLatch appending = new CountDownLatch(1);
                CountDownLatch cutAgain = new CountDownLatch(1);
                hooks.hook((call, path) -> {
                    if (call.equals("writeDirect") && path.equals(file.journal())) {
                        appending.countDown();
                        cutAgain.await();
                        throw new IOException("injected: No space left on device");
                    }
                });
                mapping.resize(4 * PAGE);
                CompletableFuture<Long> commit = mapping.syncAsync();
                appending.await();
                mapping.resize(8 * PAGE);
                mapping.putByte(6 * PAGE, (byte) 1);
                mapping.resize(2 * PAGE);
                cutAgain.countDown();
                CompletionException e = assertThrows(CompletionException.class, commit::join);
                assertTrue(e.getCause().getMessage().contains("injected"), e.getCause()::getMessage);
                hooks.hook((call, path) -> { });
                mapping.rollback();
                for (int page = 0; page < 8; page++) {
                    assertEquals(7, mapping.getByte(page * PAGE), "page=" + page);
                }
                mapping.putByte(6 * PAGE + 64, (byte) 2);
                mapping.sync();
            }
            try (AtomicMapping reopened = file.open()) {
                assertEquals(7, reopened.getByte(6 * PAGE));
                assertEquals(2, reopened.getByte(6 * PAGE + 64));
            }
        }
    }

    /** What is sealed, and nobody has begun to commit, is no longer uncommitted. */
    @Test
    void rollbackCommitsWhatAnAsynchronousSyncHasSealed() throws Exception {
        try (TestFile file = TestFile.inMemory(new MemoryStorage());
                AtomicMapping mapping = file.open(4 * PAGE)) {
            CompletableFuture<Long> sealed = Inside.engine(mapping).commits.whileSealsWait(() -> {
                mapping.resize(8 * PAGE);
                mapping.putLong(6 * PAGE, 6);
                CompletableFuture<Long> future = mapping.syncAsync(); // its thread waits until this is over
                mapping.putLong(6 * PAGE, 7);
                mapping.rollback();
                return future;
            });
            assertEquals(1, sealed.join());
            assertEquals(8 * PAGE, mapping.size());
            assertEquals(6, mapping.getLong(6 * PAGE));
        }
    }
}
