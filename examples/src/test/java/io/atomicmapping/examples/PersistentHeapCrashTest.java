package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.crash.CrashReport;
import io.atomicmapping.crash.CrashTest;
import io.atomicmapping.crash.Ledger;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** After any crash everything that is allocated is reached, and every byte is accounted for. */
class PersistentHeapCrashTest {

    private static final String ROOT = "stack";

    /** A stack of pieces, each of which holds the offset of the next and its size. */
    private record Stack(AtomicMapping mapping, PersistentHeap heap) implements AutoCloseable, PieceOwner {

        static Stack open(Storage storage) throws IOException {
            MappingOptions options = MappingOptions.builder().storage(storage).size(4096).maxSize(1 << 20)
                    .journalCapacity(65536).build();
            AtomicMapping mapping = AtomicMapping.open(Path.of("/data/heap"), options);
            return new Stack(mapping, PersistentHeap.open(mapping));
        }

        void push(long bytes) throws IOException {
            mapping.update(() -> {
                long piece = heap.allocate(bytes);
                mapping.putLong(piece, heap.root(ROOT));
                mapping.putLong(piece + 8, bytes);
                heap.setRoot(ROOT, piece);
            });
        }

        /** Deliberately wrong: a sync comes between the allocation and the link to it. */
        void pushHastily(long bytes) throws IOException {
            long piece = heap.allocate(bytes);
            mapping.putLong(piece, heap.root(ROOT));
            mapping.putLong(piece + 8, bytes);
            mapping.sync();
            heap.setRoot(ROOT, piece);
            mapping.sync();
        }

        void pop() throws IOException {
            mapping.update(() -> {
                long piece = heap.root(ROOT);
                if (piece != 0) {
                    heap.setRoot(ROOT, mapping.getLong(piece));
                    heap.free(piece);
                }
            });
        }

        @Override
        public void forEachPiece(LongConsumer action) {
            for (long piece = heap.root(ROOT); piece != 0; piece = mapping.getLong(piece)) {
                action.accept(piece);
            }
        }

        List<Long> sizes() {
            List<Long> sizes = new ArrayList<>();
            forEachPiece(piece -> sizes.add(mapping.getLong(piece + 8)));
            return sizes;
        }

        HeapCheck check() {
            return HeapCheck.of(heap, this);
        }

        @Override
        public void close() throws IOException {
            mapping.close();
        }
    }

    private static CrashTest<Stack, List<Long>> test() {
        return CrashTest.of(Stack::open, Stack::sizes)
                .invariant(stack -> assertEquals(stack.heap().roots().size() + stack.sizes().size(),
                        stack.check().pieces()));
    }

    @Test
    void everyCrashOfAFewCommits() {
        CrashReport report = test().workload((stack, ledger) -> {
            stack.push(100);
            ledger.commit(stack.mapping()::sync);
            stack.push(4000);
            stack.pop();
            stack.push(100);
            ledger.commit(stack.mapping()::sync);
            stack.pop();
            stack.pop();
            ledger.commit(stack.mapping()::sync);
        }).exhaustive().nested(1).run();
        System.out.println(report);
        assertTrue(report.states() > 200, report::toString);
    }

    @Test
    void randomChangesAndCrashes() {
        CrashReport report = test().workload((stack, ledger) -> {
            for (int i = 0; i < 40; i++) {
                ledger.step(() -> change(stack, ledger));
            }
        }).random(5, 400L).run();
        System.out.println(report);
        assertEquals(400, report.states());
    }

    private static void change(Stack stack, Ledger<List<Long>> ledger) throws Exception {
        RandomGenerator random = ledger.random();
        switch (random.nextInt(6)) {
            case 0, 1 -> stack.pop();
            case 2 -> ledger.commit(stack.mapping()::sync);
            case 3 -> stack.mapping().rollback();
            default -> stack.push(16 + random.nextInt(200) * random.nextInt(1, 50));
        }
    }

    @Test
    void syncBetweenAllocationAndLinkIsFoundAsALeak() {
        CrashTest<Stack, List<Long>> wrong = test().workload((stack, ledger) -> {
            stack.push(16);
            ledger.commit(stack.mapping()::sync);
            ledger.commit(() -> stack.pushHastily(100));
        }).exhaustive();
        String story = assertThrows(AssertionError.class, wrong::run).getMessage();
        assertTrue(story.contains("allocated and reached from nowhere"), story);
    }
}
