package io.atomicmapping.examples.kreon;

import static io.atomicmapping.examples.kreon.SmallStores.bytes;
import static io.atomicmapping.examples.kreon.SmallStores.open;
import static io.atomicmapping.examples.kreon.SmallStores.options;
import static io.atomicmapping.examples.kreon.SmallStores.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Room comes back: a store does not grow for ever. */
class CompactionTest {

    private static final int KEYS = 300;

    private final MemoryStorage storage = new MemoryStorage();
    private final Random random = new Random(7);

    private static byte[] key(int i) {
        return bytes("a key that is longer than a prefix " + i);
    }

    private void update(KeyValueStore store, int times) throws IOException {
        for (int i = 0; i < times; i++) {
            WriteBatch batch = new WriteBatch();
            for (int j = 0; j < 10; j++) {
                batch.put(key(random.nextInt(KEYS)), new byte[random.nextInt(150)]);
            }
            store.write(batch);
        }
    }

    /** As much as 20 times what is live was written between the first look and the last. */
    @Test
    void fileDoesNotGrowUnderUpdates() throws IOException {
        try (KeyValueStore store = open(storage)) {
            update(store, 200);
            long afterSome = store.stats().fileBytes();
            update(store, 800);
            StoreStats stats = store.stats();
            System.out.println(stats);
            assertTrue(stats.movedBytes() > 0, stats::toString);
            assertTrue(stats.fileBytes() <= afterSome + afterSome / 4, () -> stats + ", before=" + afterSome);
            assertTrue(stats.deadLogBytes() <= stats.liveLogBytes() + 4 * 1024, stats::toString);
            store.verify();
        }
    }

    @Test
    void reopenedStoreGoesOnCompacting() throws IOException {
        long afterSome = 0;
        for (int i = 0; i < 10; i++) {
            try (KeyValueStore store = open(storage)) {
                store.verify();
                update(store, 100);
                afterSome = i == 1 ? store.stats().fileBytes() : afterSome;
                long before = afterSome;
                assertTrue(i < 2 || store.stats().fileBytes() <= before + before / 4,
                        store.stats()::toString);
            }
        }
    }

    @Test
    void littleGarbageIsKeptWhereTheOptionsSaySo() throws IOException {
        StoreOptions tight = options(storage).garbagePartMax(0.1).build();
        try (KeyValueStore store = KeyValueStore.open(SmallStores.FILE, tight)) {
            update(store, 500);
            StoreStats stats = store.stats();
            assertTrue(stats.deadLogBytes() <= stats.liveLogBytes() / 5 + 3 * 1024, stats::toString);
            store.verify();
        }
    }

    @Test
    void deletingEverythingFreesTheIndexAndTheLog() throws IOException {
        try (KeyValueStore store = open(storage)) {
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 2000; i += 100) {
                    WriteBatch batch = new WriteBatch();
                    for (int j = i; j < i + 100; j++) {
                        batch.put(key(j), new byte[50]);
                    }
                    store.write(batch);
                }
                for (int i = 0; i < 2000; i++) {
                    assertTrue(store.delete(key(i * 7 % 2000)));
                }
                store.put(key(0), bytes("last")); // a commit later what was given up is free
                assertTrue(store.delete(key(0)));
                store.put(key(1), bytes("last"));
                StoreStats stats = store.stats();
                store.verify();
                long used = stats.fileBytes() - stats.freeBytes();
                assertTrue(used < 32 * 1024, () -> stats + ", used=" + used);
            }
        }
    }

    /**
     * Found in a review: where the work for a commit ended just with the last record of a segment, and the
     * next commit used that segment again, compaction went on in its middle, where a record need not begin.
     */
    @Test
    void segmentUsedAgainIsNotCompactedFromItsMiddle() throws IOException {
        byte[] noRecord = new byte[1000];
        Arrays.fill(noRecord, Byte.MAX_VALUE);
        try (KeyValueStore store = open(storage)) {
            Segments segments = new Segments(store.mapping(), new Geometry(1024, 128));
            NodeSpace nodes = new NodeSpace(segments);
            ValueLog log = new ValueLog(segments, StoreFormat.NO_SEGMENT);
            Tree tree = new Tree(segments, nodes, log, store.committer().current());
            for (int i = 0; i < 6; i++) {
                tree.put(new Key(bytes("k" + i)), new byte[502]); // two fill a segment
            }
            for (int i = 1; i < 6; i += 2) {
                tree.remove(new Key(bytes("k" + i)));
            }
            Compactor compactor = new Compactor(0.1);
            int first = segments.geometry.segmentOf(Nodes.record(segments.data(), 128, tree.root(),
                    new Key(bytes("k0"))));
            compactor.work(-1023, segments, log, tree); // for one record's worth: that of k0
            assertEquals(StoreFormat.KIND_FREE, segments.kind(first));
            segments.release(first);
            for (int i = 0; i < 9 && segments.kind(first) == StoreFormat.KIND_FREE; i++) {
                tree.put(new Key(bytes("new " + i)), noRecord);
            }
            assertEquals(1016, segments.used(first), "used again");
            compactor.work(-1023, segments, log, tree); // failed: the record seemed to have 2 GB
            compactor.work(0, segments, log, tree);
            assertNotEquals(0, Nodes.record(segments.data(), 128, tree.root(), new Key(bytes("k2"))));
        }
    }

    /** Records and nodes that it reads are moved and given up, but not used again. */
    @Test
    void snapshotReadsWhatWasCompactedSince() throws IOException {
        try (KeyValueStore store = open(storage)) {
            for (int i = 0; i < KEYS; i++) {
                store.put(key(i), bytes("first " + i));
            }
            try (Snapshot old = store.snapshot()) {
                update(store, 300);
                for (int i = 0; i < KEYS; i++) {
                    assertEquals("first " + i, text(old.get(key(i))));
                }
                assertTrue(store.stats().movedBytes() > 0);
            }
            long withSnapshot = store.stats().fileBytes();
            update(store, 300);
            assertEquals(withSnapshot, store.stats().fileBytes(), "what the snapshot held is used again");
            store.verify();
        }
    }

    /** Pivots have records of their own where keys agree in more than a prefix: those are moved, too. */
    @Test
    void pivotsAreMovedAndDie() throws IOException {
        try (KeyValueStore store = open(storage)) {
            for (int i = 0; i < KEYS; i++) {
                store.put(key(i), new byte[20]);
            }
            update(store, 300);
            for (int i = 0; i < KEYS; i += 2) {
                store.delete(key(i));
                store.verify();
            }
            for (int i = 0; i < KEYS; i++) {
                if (i % 2 == 0) {
                    assertNull(store.get(key(i)));
                } else {
                    assertTrue(store.containsKey(key(i)), "key " + i);
                }
            }
        }
    }
}
