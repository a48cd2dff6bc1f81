package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.dirty.Range;
import io.atomicmapping.dirty.Stripe;
import io.atomicmapping.recovery.OpenRequest;
import io.atomicmapping.recovery.Recovery;
import io.atomicmapping.storage.MemoryStorage;
import io.atomicmapping.storage.PosixStorage;
import io.atomicmapping.storage.linux.Linux;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a close once left behind, and what it took away too early. */
@Timeout(60)
class CloseRegressionTest {

    private static final int SIZE = 1 << 20;

    /**
     * To tell how much is not committed, a close gathered it all into a buffer, as large as that, which it
     * never freed.
     */
    @Test
    void closeFreesTheBufferInWhichItMeasuresWhatIsNotCommitted() throws IOException {
        int bytes = 8 << 20;
        try (TestFile file = TestFile.onDisk()) {
            fillAndClose(file, bytes);
            long before = residentKilobytes();
            for (int i = 0; i < 12; i++) {
                fillAndClose(file, bytes);
            }
            long grown = residentKilobytes() - before;
            assertTrue(grown < 6L * bytes >> 10, "grown=" + grown + " KiB");
        }
    }

    private static void fillAndClose(TestFile file, int bytes) throws IOException {
        try (AtomicMapping mapping = file.open(options -> options.size(bytes).maxSize(bytes)
                .journalCapacity(1))) {
            mapping.fill(0, bytes, (byte) 1);
        }
    }

    private static long residentKilobytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("RssAnon")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new AssertionError("no RssAnon");
    }

    /**
     * A sync that waits for memory makes a checkpoint itself, which a close did not wait for: the checkpoint
     * went on over tables that were unmapped beneath it, and so did one that came later still. The JVM died.
     */
    @Test
    void closeWaitsForACheckpointAndALaterOneDoesNothing() throws Exception {
        try (TestFile file = TestFile.onDisk()) {
            ChildJvm.Ended ended = ChildJvm.run(List.of(), Checkpoints.class, file.path.toString());
            assertEquals(0, ended.status(), ended.output());
            assertTrue(ended.output().contains("alive"), ended.output());
        }
    }

    /** What is sealed, and nobody has begun to commit, is committed by the close. */
    @Test
    void closeCommitsWhatAnAsynchronousSyncHasSealed() throws Exception {
        try (TestFile file = TestFile.inMemory(new MemoryStorage())) {
            AtomicMapping mapping = file.open(SIZE);
            CompletableFuture<Long> sealed = Inside.engine(mapping).commits.whileSealsWait(() -> {
                mapping.putLong(0, 1);
                CompletableFuture<Long> future = mapping.syncAsync(); // its thread waits until this is over
                mapping.close();
                return future;
            });
            assertEquals(1, sealed.get(20, TimeUnit.SECONDS));
            assertEquals(1, file.homeBytes()[0]);
        }
    }

    /** It has waited for its turn beside a close: nobody would commit what it seals now. */
    @Test
    void anAsynchronousSyncThatWaitedForACloseIsRefused() throws Exception {
        try (TestFile file = TestFile.inMemory(new MemoryStorage())) {
            AtomicMapping mapping = file.open(SIZE);
            CompletableFuture<Throwable> refusal = new CompletableFuture<>();
            Inside.engine(mapping).commits.whileSealsWait(() -> {
                Thread sync = Thread.ofPlatform().daemon().start(() -> {
                    try {
                        mapping.syncAsync().join();
                        refusal.complete(null);
                    } catch (RuntimeException | Error e) {
                        refusal.complete(e);
                    }
                });
                while (sync.getState() != Thread.State.WAITING) {
                    Thread.onSpinWait();
                }
                mapping.close();
                return null;
            });
            Throwable refused = refusal.get(20, TimeUnit.SECONDS);
            assertInstanceOf(IllegalStateException.class, refused);
            assertTrue(refused.getMessage().contains("closed"), refused::getMessage);
        }
    }

    /** Runs in the child. */
    static final class Checkpoints {
        public static void main(String[] arguments) throws Exception {
            Path path = Path.of(arguments[0]);
            afterAClose(path);
            besideAClose(path);
            System.out.println("alive");
        }

        private static Engine open(HookedStorage hooks, Path path, long budgetBytes) throws IOException {
            int pageBytes = Linux.pageBytes();
            OpenRequest request = new OpenRequest(hooks.storage(), path, null, SIZE, 0, pageBytes, false);
            return new Engine(Recovery.open(request), path, Integer.numberOfTrailingZeros(pageBytes), SIZE,
                    budgetBytes);
        }

        private static HookedStorage disk() {
            return new HookedStorage(PosixStorage.instance());
        }

        private static void afterAClose(Path path) throws IOException {
            Engine engine = open(disk(), path, 0);
            // a private page, which a checkpoint will look at
            engine.tracking.mark(0, Long.BYTES, new Stripe());
            engine.close();
            engine.checkpointer.checkpoint();
        }

        /**
         * After a failure a close makes no checkpoint of its own, and so meets the other one only where it
         * frees the tables.
         */
        private static void besideAClose(Path path) throws Exception {
            HookedStorage hooks = disk();
            Engine engine = open(hooks, path, Long.MAX_VALUE / 2);
            engine.tracking.mark(0, Long.BYTES, new Stripe());
            engine.image.segment().set(Layouts.LONG, 0, 42);
            engine.commits.sync(Range.EVERYTHING);
            CountDownLatch writing = new CountDownLatch(1);
            CountDownLatch closing = new CountDownLatch(1);
            hooks.hook((call, file) -> {
                if (file.equals(path) && call.equals("write")) {
                    writing.countDown();
                    closing.await();
                }
            });
            Thread checkpoint = Thread.ofPlatform().start(() -> endsSomehow(engine.checkpointer::checkpoint));
            writing.await();
            engine.failed(new IOException("injected"));
            Thread close = Thread.ofPlatform().start(() -> endsSomehow(engine::close));
            while (close.getState() != Thread.State.WAITING && close.getState() != Thread.State.TERMINATED) {
                Thread.onSpinWait();
            }
            closing.countDown();
            checkpoint.join();
            close.join();
        }

        private static void endsSomehow(Action<Exception> action) {
            try {
                action.run();
            } catch (Exception e) {
                System.out.println(e.getMessage()); // a file closed beneath the checkpoint may be an error
            }
        }
    }
}
