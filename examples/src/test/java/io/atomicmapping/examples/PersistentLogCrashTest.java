package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.crash.CrashReport;
import io.atomicmapping.crash.CrashTest;
import io.atomicmapping.crash.Ledger;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** After any crash a log holds the records of one commit, whole, at their positions. */
class PersistentLogCrashTest {

    private static CrashTest<Opened<PersistentLog<String>>, List<String>> test() {
        return Opened.crashTest((heap, name) -> PersistentLog.open(heap, name, Codec.STRING),
                PersistentLogCrashTest::records);
    }

    private static List<String> records(Opened<PersistentLog<String>> opened) {
        List<String> records = new ArrayList<>();
        PersistentLog<String> log = opened.it();
        records.add("first=" + log.first());
        log.scan(log.first()).forEachRemaining(records::add);
        assertEquals(log.size(), records.size() - 1);
        for (long position = log.first(); position < log.end(); position++) {
            assertEquals(records.get((int) (position - log.first()) + 1), log.get(position));
        }
        return records;
    }

    /** Deliberately wrong: what is replaced is trimmed, durably, before it is appended again. */
    private static void rewriteHastily(Opened<PersistentLog<String>> opened) throws IOException {
        PersistentLog<String> log = opened.it();
        String summary = log.get(log.first()) + log.get(log.first() + 1);
        log.trim(log.first() + 2);
        opened.mapping().sync();
        log.append(summary);
        opened.mapping().sync();
    }

    /** Recoveries are not crashed, too: to open a log changes nothing. */
    @Test
    void everyCrashOfAFewCommits() {
        CrashReport report = test().workload((opened, ledger) -> {
            opened.it().append("a");
            opened.it().append("b".repeat(500));
            ledger.commit(opened.mapping()::sync);
            opened.it().trim(1);
            opened.it().append("c");
            ledger.commit(opened.mapping()::sync);
            opened.it().trim(3);
            ledger.commit(opened.mapping()::sync);
            opened.it().append("d");
            ledger.commit(opened.mapping()::sync);
        }).exhaustive().run();
        System.out.println(report);
        assertEquals(0, report.sampledMoments());
        assertTrue(report.states() > 50, report::toString);
    }

    @Test
    void randomChangesAndCrashes() {
        CrashReport report = test().workload((opened, ledger) -> {
            for (int i = 0; i < 60; i++) {
                ledger.step(() -> change(opened, ledger));
            }
        }).random(9, 400L).run();
        System.out.println(report);
        assertEquals(400, report.states());
    }

    private static void change(Opened<PersistentLog<String>> opened, Ledger<List<String>> ledger)
            throws Exception {
        RandomGenerator random = ledger.random();
        PersistentLog<String> log = opened.it();
        switch (random.nextInt(10)) {
            case 0, 1 -> ledger.commit(opened.mapping()::sync);
            case 2 -> opened.mapping().rollback();
            case 3 -> log.trim(log.first() + random.nextLong(log.size() + 1));
            default -> log.append("x".repeat(random.nextInt(30) == 0 ? 20_000 : random.nextInt(1500)));
        }
    }

    @Test
    void rewriteThatSyncsInBetweenIsFound() {
        CrashTest<Opened<PersistentLog<String>>, List<String>> wrong = test().workload((opened, ledger) -> {
            opened.it().append("a");
            opened.it().append("b");
            ledger.commit(opened.mapping()::sync);
            ledger.commit(() -> rewriteHastily(opened));
        }).exhaustive();
        String story = assertThrows(AssertionError.class, wrong::run).getMessage();
        assertTrue(story.contains("found [first=2]"), story);
    }
}
