package io.atomicmapping.examples.kreon;

import static io.atomicmapping.examples.kreon.SmallStores.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.crash.CrashReport;
import io.atomicmapping.crash.CrashTest;
import io.atomicmapping.crash.Ledger;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * After any crash a store holds what it held at one commit, the last that returned or one in flight, and all
 * of its file is accounted for: {@link KeyValueStore#verify} is asked whenever it is opened.
 */
class KeyValueStoreCrashTest {

    private static CrashTest<KeyValueStore, Map<String, String>> test() {
        return CrashTest.of(SmallStores::open, SmallStores::entries).invariant(SmallStores::verify);
    }

    private static WriteBatch puts(int from, int to, String value) {
        WriteBatch batch = new WriteBatch();
        for (int i = from; i < to; i++) {
            batch.put(bytes("key " + i), bytes(value));
        }
        return batch;
    }

    @Test
    void everyCrashOfAFewCommits() {
        CrashReport report = test().workload((store, ledger) -> {
            ledger.commit(() -> store.put(bytes("a"), bytes("1")));
            ledger.commit(() -> store.write(new WriteBatch().put(bytes("b"), bytes("2")).delete(bytes("a"))));
            ledger.commit(() -> store.delete(bytes("b")));
        }).exhaustive().nested(1).run();
        System.out.println(report);
        assertTrue(report.states() > 100, report::toString);
        assertEquals(0, report.sampledMoments() + report.nestedSampledMoments(), report::toString);
    }

    @Test
    void everyCrashOfASplitAndOfAJoin() {
        CrashReport report = test().workload((store, ledger) -> {
            ledger.commit(() -> store.write(puts(0, 5, "")));
            ledger.commit(() -> store.put(bytes("key 3+"), bytes("splits the leaf")));
            ledger.commit(() -> store.write(new WriteBatch().delete(bytes("key 4")).delete(bytes("key 3"))
                    .delete(bytes("key 3+"))));
        }).exhaustive().run();
        System.out.println(report);
        assertTrue(report.states() > 100, report::toString);
        assertEquals(0, report.sampledMoments(), report::toString);
    }

    /** A record is moved, its segment freed, and used again. Values of zeros have few sectors to lose. */
    @Test
    void everyCrashOfACompaction() {
        CrashReport report = test().workload((store, ledger) -> {
            WriteBatch five = new WriteBatch();
            for (int i = 0; i < 5; i++) {
                five.put(bytes("k" + i), new byte[502]); // two fill a segment
            }
            ledger.commit(() -> store.write(five));
            ledger.commit(() -> store.write(new WriteBatch().delete(bytes("k1")).delete(bytes("k3"))
                    .delete(bytes("k4"))));
            assertEquals(512, store.stats().movedBytes());
            ledger.commit(() -> store.put(bytes("k5"), new byte[1000]));
            ledger.commit(() -> store.put(bytes("k6"), new byte[1000]));
            assertEquals(6, (store.stats().fileBytes() - store.stats().freeBytes()) / 1024 - 4,
                    "a table, a segment of nodes, four of the log");
        }).exhaustive().run();
        System.out.println(report);
        assertTrue(report.states() > 100, report::toString);
        assertEquals(0, report.sampledMoments(), report::toString);
    }

    /** What the next version stores while one is being synced may be in the file after the crash. */
    @Test
    void everyCrashBesideTheNextVersion() {
        CrashReport report = test().workload(KeyValueStoreCrashTest::besideTheNext).exhaustive()
                .nested(1).run();
        System.out.println(report);
        assertTrue(report.states() > 100, report::toString);
        assertEquals(0, report.sampledMoments() + report.nestedSampledMoments(), report::toString);
    }

    private static void besideTheNext(KeyValueStore store, Ledger<Map<String, String>> ledger)
            throws Exception {
        ledger.commit(() -> store.put(bytes("a"), bytes("1")));
        store.committer().setSync(() -> {
            store.submit(new WriteBatch().put(bytes("c"), bytes("three, longer")).delete(bytes("a")));
            store.mapping().sync();
        });
        ledger.commit(Map.of("a", "1", "b", "2"), () -> store.put(bytes("b"), bytes("2")));
        store.committer().setSync(store.mapping()::sync);
        ledger.commit(Map.of("b", "2", "c", "three, longer", "d", "4"),
                () -> store.put(bytes("d"), bytes("4")));
    }

    /** The rule that the bits of the nodes change in a seal only, broken: nodes leak. */
    @Test
    void bitsStoredBeforeTheSealAreFound() {
        CrashTest<KeyValueStore, Map<String, String>> wrong = test().workload((store, ledger) -> {
            ledger.commit(() -> store.put(bytes("a"), bytes("1")));
            store.committer().setSync(() -> {
                store.submit(new WriteBatch().put(bytes("b"), bytes("2")));
                store.committer().writer().nodes().seal();
                store.mapping().sync();
            });
            ledger.commit(Map.of("a", "3"), () -> store.put(bytes("a"), bytes("3")));
        }).exhaustive();
        String story = assertThrows(AssertionError.class, wrong::run).getMessage();
        assertTrue(story.contains("nodes of a segment leaked or used though free"), story);
    }

    /** A batch that is none: found, with the line that made half of it durable. */
    @Test
    void batchInTwoCommitsIsFoundAndItsLineIsNamed() {
        CrashTest<KeyValueStore, Map<String, String>> wrong = test().workload((store, ledger) -> {
            ledger.commit(() -> store.put(bytes("old"), bytes("1")));
            ledger.commit(() -> renameHastily(store));
        }).exhaustive();
        String story = assertThrows(AssertionError.class, wrong::run).getMessage();
        assertTrue(story.contains("found {}"), story);
        assertTrue(story.contains("renameHastily(KeyValueStoreCrashTest.java:"), story);
    }

    private static void renameHastily(KeyValueStore store) throws IOException {
        store.delete(bytes("old"));
        store.put(bytes("new"), bytes("1"));
    }

    /** Some hundred changes, so that segments are compacted, freed and used again between the crashes. */
    @Test
    void randomChangesAndCrashes() {
        CrashReport report = test().workload((store, ledger) -> {
            for (int i = 0; i < 60; i++) {
                ledger.step(() -> change(store, ledger));
            }
        }).random(5, 250L).run();
        System.out.println(report);
        assertEquals(250, report.states());
    }

    private static void change(KeyValueStore store, Ledger<Map<String, String>> ledger) throws Exception {
        RandomGenerator random = ledger.random();
        WriteBatch batch = new WriteBatch();
        Map<String, String> next = new TreeMap<>(SmallStores.entries(store));
        for (int i = random.nextInt(8); i >= 0; i--) {
            String key = "key of some length " + random.nextInt(30);
            if (random.nextInt(3) == 0) {
                batch.delete(bytes(key));
                next.remove(key);
            } else {
                String value = "v".repeat(random.nextInt(200));
                batch.put(bytes(key), bytes(value));
                next.put(key, value);
            }
        }
        ledger.commit(next, () -> store.write(batch));
    }

    /** What each of two threads was told to be durable is there, also when they shared a sync. */
    @Test
    void twoThreadsThatShareSyncs() {
        CrashReport report = CrashTest.<KeyValueStore, String>checking(SmallStores::open,
                (store, promises) -> {
            SmallStores.verify(store);
            Map<String, String> found = SmallStores.entries(store);
            promises.acknowledged().forEach(key -> assertEquals("both " + key, found.get(key)));
            found.forEach((key, value) -> assertEquals("both " + key, value));
            assertEquals(0, found.size() % 2, "half a batch: " + found);
        }).workload((store, ledger) -> {
            String run = Long.toHexString(ledger.random().nextLong());
            ledger.together(() -> putPairs(store, ledger, run + " one "),
                    () -> putPairs(store, ledger, run + " two "));
        }).random(9, 120L).run();
        System.out.println(report);
        assertEquals(120, report.states());
    }

    private static void putPairs(KeyValueStore store, Ledger<String> ledger, String prefix) throws Exception {
        for (int i = 0; i < 6; i++) {
            String key = prefix + i;
            ledger.commit(key, () -> store.write(new WriteBatch().put(bytes(key), bytes("both " + key))
                    .put(bytes(key + "'"), bytes("both " + key + "'"))));
        }
    }
}
