package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.crash.CrashReport;
import io.atomicmapping.crash.CrashTest;
import io.atomicmapping.crash.Ledger;
import java.io.IOException;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * After any crash a map, hashed or ordered, holds what it held at a sync, the last that returned, or one in
 * flight, and every byte of its heap is accounted for.
 */
class PersistentMapsCrashTest {

    private static CrashTest<Opened<StoredMap>, Map<String, String>> test(StoredMap.Kind kind) {
        return Opened.crashTest(kind::open, stored -> stored.it().entries());
    }

    /** Deliberately wrong: the key is gone, durably, before it is there under its new name. */
    private static void renameHastily(Opened<StoredMap> stored, String from, String to)
            throws IOException {
        String value = stored.it().get(from);
        stored.it().remove(from);
        stored.mapping().sync();
        stored.it().put(to, value);
        stored.mapping().sync();
    }

    @ParameterizedTest
    @EnumSource
    void everyCrashOfAFewCommits(StoredMap.Kind kind) {
        CrashReport report = test(kind).workload((stored, ledger) -> {
            stored.it().put("a", "1");
            ledger.commit(stored.mapping()::sync);
            stored.it().put("b", "2");
            stored.it().remove("a");
            ledger.commit(stored.mapping()::sync);
        }).exhaustive().nested(1).run();
        System.out.println(report);
        assertTrue(report.states() > 200, report::toString);
    }

    /**
     * Recoveries are not crashed, too: to open a map changes nothing. Of its end, where all is brought home,
     * crashes are sampled.
     */
    @Test
    void everyCrashOfASplitAndAMerge() {
        CrashReport report = test(StoredMap.Kind.TREE).workload((stored, ledger) -> {
            for (int i = 10; i < 20; i++) {
                stored.it().put("key " + i, "v".repeat(390));
                ledger.commit(stored.mapping()::sync);
            }
            assertEquals(3, HeapCheck.of(stored.heap(), stored.it()).pieces());
            stored.it().put("key 13+", "v".repeat(50));
            assertEquals(5, HeapCheck.of(stored.heap(), stored.it()).pieces(), "two nodes more");
            ledger.commit(stored.mapping()::sync);
            for (int i = 12; i < 18; i++) {
                stored.it().remove("key " + i);
                ledger.commit(stored.mapping()::sync);
            }
            assertEquals(3, HeapCheck.of(stored.heap(), stored.it()).pieces(), "merged");
        }).exhaustive().run();
        System.out.println(report);
        assertTrue(report.sampledMoments() <= 4, report::toString);
        assertTrue(report.states() > 200, report::toString);
    }

    @ParameterizedTest
    @EnumSource
    void randomChangesAndCrashes(StoredMap.Kind kind) {
        CrashReport report = test(kind).workload((stored, ledger) -> {
            for (int i = 0; i < 100; i++) {
                ledger.step(() -> change(stored, ledger));
            }
        }).random(3, 400L).run();
        System.out.println(report);
        assertEquals(400, report.states());
    }

    private static void change(Opened<StoredMap> stored, Ledger<Map<String, String>> ledger)
            throws Exception {
        RandomGenerator random = ledger.random();
        String key = "key " + random.nextInt(100);
        switch (random.nextInt(5)) {
            case 0 -> stored.it().remove(key);
            case 1 -> ledger.commit(stored.mapping()::sync);
            case 2 -> stored.mapping().rollback();
            default -> stored.it().put(key, "v".repeat(random.nextInt(300)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void renameThatSyncsInBetweenIsFoundAndItsLineIsNamed(StoredMap.Kind kind) {
        var wrong = test(kind).workload((stored, ledger) -> {
            stored.it().put("old", "1");
            ledger.commit(stored.mapping()::sync);
            ledger.commit(() -> renameHastily(stored, "old", "new"));
        }).exhaustive();
        String story = assertThrows(AssertionError.class, wrong::run).getMessage();
        assertTrue(story.contains("found {}"), story);
        assertTrue(story.lines().anyMatch(line -> line.contains("last force that had returned")
                && line.contains("renameHastily(PersistentMapsCrashTest.java:")), story);
    }
}
