package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.crash.CrashReport;
import io.atomicmapping.crash.CrashTest;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.util.Map;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;

/** A thread changes structures of one heap, another one syncs wherever it is: no change is cut in two. */
class StructuresBesideSyncsCrashTest {

    private static final int SYNCS = 8;

    /** One of each. A change goes through all of them, in an update of its own each. */
    private record All(PersistentHashMap<Long, byte[]> hash, PersistentBTreeMap<Long, byte[]> tree,
            PersistentQueue<Long> queue, PersistentLog<byte[]> log, PersistentHeap heap)
            implements PieceOwner {

        static All open(PersistentHeap heap, String name) {
            return new All(PersistentHashMap.open(heap, "hash", Codec.LONG, Codec.BYTES),
                    PersistentBTreeMap.open(heap, name, Codec.LONG, Codec.BYTES),
                    PersistentQueue.open(heap, "queue", Codec.LONG),
                    PersistentLog.open(heap, "log", Codec.BYTES), heap);
        }

        void change() throws IOException {
            long number = log.end() * 7919 % 50;
            byte[] value = new byte[(int) (number * 37 % 900)];
            hash.put(number, value);
            tree.put(number, value);
            queue.offer(number);
            log.append(value);
            if (number % 3 == 0) {
                hash.remove(number - 1);
                tree.remove(number - 1);
            }
            if (queue.size() > 10) {
                queue.poll();
            }
            if (log.size() > 100) {
                log.trim(log.first() + 30);
            }
        }

        /** Deliberately wrong: two changes that belong together, without an update around them. */
        void changeBothHastily() throws IOException {
            hash.put(1L, new byte[hash.containsKey(1L) ? hash.get(1L).length + 1 : 1]);
            tree.put(1L, new byte[tree.containsKey(1L) ? tree.get(1L).length + 1 : 1]);
        }

        void check() {
            HeapCheck.of(heap, this);
            BTreeCheck.of(heap, Opened.ROOT, tree.size());
            long entries = 0;
            for (Map.Entry<Long, byte[]> entry : hash) {
                assertEquals(entry.getValue().length, hash.get(entry.getKey()).length);
                entries++;
            }
            assertEquals(entries, hash.size());
            long[] elements = new long[1];
            queue.forEach(element -> elements[0]++);
            assertEquals(elements[0], queue.size());
            log.scan(log.first()).forEachRemaining(record -> elements[0]--);
            assertEquals(queue.size() - log.size(), elements[0]);
        }

        @Override
        public void forEachPiece(LongConsumer action) {
            hash.forEachPiece(action);
            tree.forEachPiece(action);
            queue.forEachPiece(action);
            log.forEachPiece(action);
        }
    }

    private static CrashTest<Opened<All>, Long> test() {
        return CrashTest.<Opened<All>, Long>checking((Storage storage) -> Opened.open(storage, All::open),
                (opened, promises) -> {
                    opened.it().check();
                    long end = opened.it().log().end();
                    promises.acknowledged().forEach(before -> assertTrue(end >= before, "acknowledged"));
                });
    }

    @Test
    void noSyncCutsAChangeInTwo() {
        CrashReport report = test().workload((opened, ledger) -> {
            AtomicMapping mapping = opened.mapping();
            ledger.repeating(opened.it()::change, () -> {
                for (int i = 0; i < SYNCS; i++) {
                    ledger.commit(opened.it().log().end(), mapping::sync);
                }
            });
        }).random(11, 60L).run();
        System.out.println(report);
        assertEquals(60, report.states());
    }

    @Test
    void changesWithoutAnUpdateAroundThemAreFoundApart() {
        CrashTest<Opened<All>, Long> wrong = test().workload((opened, ledger) -> {
            AtomicMapping mapping = opened.mapping();
            ledger.repeating(opened.it()::changeBothHastily, () -> {
                for (int i = 0; i < SYNCS; i++) {
                    ledger.commit(0L, mapping::sync);
                }
            });
        }).invariant(opened -> {
            byte[] one = opened.it().hash().get(1L);
            byte[] other = opened.it().tree().get(1L);
            assertEquals(one == null ? 0 : one.length, other == null ? 0 : other.length, "apart");
        }).random(12, 5000L);
        String story = assertThrows(AssertionError.class, wrong::run).getMessage();
        assertTrue(story.contains("apart"), story);
    }
}
