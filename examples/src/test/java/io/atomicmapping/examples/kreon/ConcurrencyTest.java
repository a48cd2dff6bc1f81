package io.atomicmapping.examples.kreon;

import static io.atomicmapping.examples.kreon.SmallStores.bytes;
import static io.atomicmapping.examples.kreon.SmallStores.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Readers beside writers, on a real file. */
class ConcurrencyTest {

    private static final int ACCOUNTS = 200;
    private static final int START = 1000;
    private static final int TRANSFERS = 1000;
    private static final int SCANS = 100;

    @TempDir
    private Path directory;

    private KeyValueStore open() throws IOException {
        return KeyValueStore.open(directory.resolve("store"), StoreOptions.builder().segmentBytes(4096)
                .nodeBytes(128).journalCapacity(1 << 20).build());
    }

    private static byte[] account(int i) {
        return bytes("the account number " + i);
    }

    /** The amount, and a filler whose length and bytes follow from it, so that a torn value is seen. */
    private static byte[] balance(int amount) {
        byte[] value = new byte[Integer.BYTES + (amount & 63)];
        Arrays.fill(value, (byte) amount);
        ByteBuffer.wrap(value).putInt(0, amount);
        return value;
    }

    private static int amount(byte[] value) {
        int amount = ByteBuffer.wrap(value).getInt();
        assertEquals(ByteBuffer.wrap(balance(amount)), ByteBuffer.wrap(value), "torn value");
        return amount;
    }

    private static void run(List<Callable<Void>> tasks) throws Exception {
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Future<Void>> all = new ArrayList<>();
            tasks.forEach(task -> all.add(threads.submit(task)));
            for (Future<Void> each : all) {
                each.get();
            }
        }
    }

    /**
     * Transfers between accounts, with inserts, deletes and compaction: in each version the sum is the same,
     * both in a scan and in gets from a snapshot, and a plain get finds each account.
     */
    @Test
    void readersSeeWholeVersionsBesideAWriter() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        AtomicLong scans = new AtomicLong();
        try (KeyValueStore store = open()) {
            WriteBatch batch = new WriteBatch();
            for (int i = 0; i < ACCOUNTS; i++) {
                batch.put(account(i), balance(START));
            }
            store.write(batch);
            Callable<Void> writer = () -> {
                do {
                    transfer(store);
                } while (scans.get() < SCANS && !done.get());
                return null;
            };
            Callable<Void> scanner = () -> {
                for (boolean up = true; !done.get(); up = !up) {
                    long sum = 0;
                    try (Scan scan = up ? store.ascend(null, null) : store.descend(null, null)) {
                        while (scan.hasNext()) {
                            Entry entry = scan.next();
                            sum += text(entry.key()).startsWith("the") ? amount(entry.value()) : 0;
                        }
                    }
                    assertEquals((long) ACCOUNTS * START, sum);
                    scans.incrementAndGet();
                }
                return null;
            };
            Callable<Void> getter = () -> {
                while (!done.get()) {
                    long sum = 0;
                    try (Snapshot snapshot = store.snapshot()) {
                        for (int i = 0; i < ACCOUNTS; i++) {
                            sum += amount(snapshot.get(account(i)));
                            amount(store.get(account(i)));
                        }
                    }
                    assertEquals((long) ACCOUNTS * START, sum);
                    scans.incrementAndGet();
                }
                return null;
            };
            run(List.of(ending(writer, done), ending(scanner, done), ending(getter, done),
                    ending(scanner, done)));
            StoreStats stats = store.stats();
            System.out.println("versions read as wholes: " + scans + ", " + stats);
            assertTrue(scans.get() >= SCANS, scans::toString);
            assertTrue(stats.movedBytes() > 0, stats::toString);
            transfer(store);
            assertTrue(store.stats().fileBytes() <= Math.max(stats.fileBytes(), 256 << 10),
                    () -> "what readers held is not used again: " + stats + ", now " + store.stats());
            store.verify();
        }
    }

    /** The first that ends, or fails, ends the others. */
    private static Callable<Void> ending(Callable<Void> task, AtomicBoolean done) {
        return () -> {
            try {
                return task.call();
            } finally {
                done.set(true);
            }
        };
    }

    private static void transfer(KeyValueStore store) throws IOException {
        Random random = new Random(3);
        int[] amounts = new int[ACCOUNTS];
        for (int i = 0; i < ACCOUNTS; i++) {
            amounts[i] = amount(store.get(account(i)));
        }
        for (int i = 0; i < TRANSFERS; i++) {
            int from = random.nextInt(ACCOUNTS);
            int to = random.nextInt(ACCOUNTS);
            int difference = random.nextInt(50);
            amounts[from] -= difference;
            amounts[to] += difference;
            store.write(new WriteBatch().put(account(from), balance(amounts[from]))
                    .put(account(to), balance(amounts[to]))
                    .put(bytes("another entry " + random.nextInt(500)), new byte[random.nextInt(100)])
                    .delete(bytes("another entry " + random.nextInt(500))));
        }
    }

    /** Those that come while a version is synced are all in the next, of one sync. */
    @Test
    void writersThatComeDuringASyncShareTheNext() throws Exception {
        int writers = 7;
        CountDownLatch syncing = new CountDownLatch(1);
        CountDownLatch submitted = new CountDownLatch(writers);
        try (KeyValueStore store = open()) {
            store.committer().setSync(() -> {
                syncing.countDown();
                awaitUninterrupted(submitted);
                store.mapping().sync();
            });
            List<Callable<Void>> tasks = new ArrayList<>();
            tasks.add(() -> {
                assertEquals(1, store.put(bytes("first"), bytes("1")));
                return null;
            });
            for (int i = 0; i < writers; i++) {
                byte[] key = bytes("writer " + i);
                tasks.add(() -> {
                    awaitUninterrupted(syncing);
                    PendingWrite write = store.submit(new WriteBatch().put(key, bytes("1")));
                    submitted.countDown();
                    assertEquals(2, write.await());
                    return null;
                });
            }
            run(tasks);
            assertEquals(2, store.stats().version());
            assertEquals(writers + 1, store.size());
        }
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            assertTrue(latch.await(2, TimeUnit.MINUTES));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Each thread reads what it has put as soon as the put returns. */
    @Test
    void manyWritersReadTheirOwn() throws Exception {
        int writers = 8;
        int puts = 300;
        try (KeyValueStore store = open()) {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int w = 0; w < writers; w++) {
                String prefix = "writer " + w + " ";
                tasks.add(() -> {
                    for (int i = 0; i < puts; i++) {
                        store.put(bytes(prefix + i), bytes("" + i));
                        assertEquals("" + i, text(store.get(bytes(prefix + i))));
                        if (i % 3 == 0) {
                            assertTrue(store.delete(bytes(prefix + i)));
                        }
                    }
                    return null;
                });
            }
            run(tasks);
            assertEquals(writers * puts * 2 / 3, store.size());
            long changes = writers * (puts + puts / 3);
            System.out.println("changes=" + changes + ", commits=" + store.mapping().lastCommit());
            store.verify();
        }
        try (KeyValueStore store = open()) {
            assertEquals(writers * puts * 2 / 3, store.size());
            store.verify();
        }
    }

    /** More readers at once than there are slots at first. */
    @Test
    void anyNumberOfSnapshotsCanBeOpen() throws IOException {
        try (KeyValueStore store = open()) {
            List<Snapshot> snapshots = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                store.put(bytes("a"), bytes("" + i));
                snapshots.add(store.snapshot());
            }
            for (int i = 0; i < 200; i++) {
                assertEquals("" + i, text(snapshots.get(i).get(bytes("a"))));
                assertEquals(i + 1, store.stats().oldestVersionRead());
                snapshots.get(i).close();
            }
            assertEquals(200, store.stats().oldestVersionRead());
        }
    }

    /** No reader is left with anything else than a value or the news that the store is closed. */
    @Test
    void closingBesideReadersAndWritersIsSafe() throws Exception {
        for (int round = 0; round < 10; round++) {
            KeyValueStore store = open();
            store.put(bytes("a"), bytes("1"));
            CountDownLatch running = new CountDownLatch(3);
            Callable<Void> reader = () -> {
                running.countDown();
                return untilClosed(() -> assertEquals("1", text(store.get(bytes("a")))));
            };
            Callable<Void> writer = () -> {
                running.countDown();
                return untilClosed(() -> store.put(bytes("b"), bytes("2")));
            };
            Callable<Void> closer = () -> {
                assertTrue(running.await(1, TimeUnit.MINUTES));
                store.close();
                return null;
            };
            run(List.of(reader, reader, writer, closer));
        }
        try (KeyValueStore store = open()) {
            store.verify();
        }
    }

    private interface Use {
        void run() throws IOException;
    }

    private static Void untilClosed(Use use) throws IOException {
        for (;;) {
            try {
                use.run();
            } catch (IllegalStateException e) {
                assertTrue(e.getMessage().startsWith("key-value store is closed"), e.getMessage());
                return null;
            }
        }
    }

    /** Or the tests above would prove nothing: an assertion in a task arrives here. */
    @Test
    void failureOfATaskFailsTheTest() {
        assertThrows(ExecutionException.class, () -> run(List.of(() -> {
            throw new AssertionError("seen");
        })));
    }
}
