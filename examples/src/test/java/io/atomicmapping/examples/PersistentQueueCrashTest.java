package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.crash.CrashReport;
import io.atomicmapping.crash.CrashTest;
import io.atomicmapping.crash.Ledger;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * After any crash each element that was put is either in the queue or worked off, once, in the order of
 * putting.
 */
class PersistentQueueCrashTest {

    /** Elements are put with numbers 0, 1, 2 and so on; what is taken goes into a log. */
    private record Shop(PersistentHeap heap, PersistentQueue<String> queue, PersistentLog<String> done)
            implements PieceOwner {

        static Shop open(PersistentHeap heap, String name) {
            return new Shop(heap, PersistentQueue.open(heap, name, Codec.STRING),
                    PersistentLog.open(heap, "done", Codec.STRING));
        }

        void put(int extraBytes) throws IOException {
            mapping().update(() -> {
                long number = heap.root("next");
                queue.offer(number + "x".repeat(extraBytes));
                heap.setRoot("next", number + 1);
            });
        }

        void work() throws IOException {
            queue.poll(done::append);
        }

        /** Deliberately wrong: a sync comes between the taking and the work. */
        void workHastily() throws IOException {
            String element = queue.poll();
            mapping().sync();
            done.append(element);
            mapping().sync();
        }

        AtomicMapping mapping() {
            return heap.mapping();
        }

        List<String> elements() {
            List<String> elements = new ArrayList<>();
            done.scan(done.first()).forEachRemaining(elements::add);
            queue.forEach(elements::add);
            return elements;
        }

        /** How many are worked off, and all elements. */
        List<Object> state() {
            return List.of(done.size(), elements());
        }

        void checkNumbers() {
            List<String> elements = elements();
            assertEquals(heap.root("next"), elements.size(), "each is in one place");
            for (int i = 0; i < elements.size(); i++) {
                assertEquals(Integer.toString(i), elements.get(i).replace("x", ""));
            }
        }

        @Override
        public void forEachPiece(LongConsumer action) {
            queue.forEachPiece(action);
            done.forEachPiece(action);
        }
    }

    private static CrashTest<Opened<Shop>, List<Object>> test() {
        return CrashTest.of((Storage storage) -> Opened.open(storage, Shop::open),
                        (Opened<Shop> opened) -> opened.it().state())
                .invariant(opened -> {
                    HeapCheck.of(opened.heap(), opened.it());
                    opened.it().checkNumbers();
                });
    }

    /** Recoveries are not crashed, too: to open a queue changes nothing. */
    @Test
    void everyCrashOfAFewCommits() {
        CrashReport report = test().workload((opened, ledger) -> {
            opened.it().put(0);
            opened.it().put(300);
            ledger.commit(opened.mapping()::sync);
            opened.it().work();
            ledger.commit(opened.mapping()::sync);
            opened.it().put(0);
            opened.it().work();
            ledger.commit(opened.mapping()::sync);
            opened.it().work();
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
        }).random(7, 400L).run();
        System.out.println(report);
        assertEquals(400, report.states());
    }

    private static void change(Opened<Shop> opened, Ledger<List<Object>> ledger) throws Exception {
        RandomGenerator random = ledger.random();
        switch (random.nextInt(10)) {
            case 0, 1 -> ledger.commit(opened.mapping()::sync);
            case 2 -> opened.mapping().rollback();
            case 3, 4, 5 -> opened.it().work();
            default -> opened.it().put(random.nextInt(30) == 0 ? 20_000 : random.nextInt(1500));
        }
    }

    @Test
    void syncBetweenTakingAndWorkingIsFound() {
        CrashTest<Opened<Shop>, List<Object>> wrong = test().workload((opened, ledger) -> {
            opened.it().put(0);
            ledger.commit(opened.mapping()::sync);
            ledger.commit(opened.it()::workHastily);
        }).exhaustive();
        String story = assertThrows(AssertionError.class, wrong::run).getMessage();
        assertTrue(story.contains("found [0, []]"), story);
    }
}
