package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Pieces never overlap, keep what was stored in them, and are all that is not free, whatever happens. */
class PersistentHeapProperties {

    /** Grows from 16 bytes to some 100 KiB. */
    private static final double GROWTH = 1.1;
    private static final int SIZES = 95;

    /** A heap, and the bytes asked for of each piece in use: now, and at the last commit. */
    private static final class Pair implements AutoCloseable {

        private final AtomicMapping mapping;
        private final PersistentHeap heap;
        private TreeMap<Long, Long> model = new TreeMap<>();
        private TreeMap<Long, Long> committed = new TreeMap<>();

        Pair() throws IOException {
            mapping = AtomicMapping.open(Path.of("/data/heap"), MappingOptions.builder()
                    .storage(new MemoryStorage()).size(4096).maxSize(256 << 20).build());
            heap = PersistentHeap.open(mapping);
        }

        void allocate(long bytes) throws IOException {
            long piece = heap.allocate(bytes);
            mapping.putLong(piece, piece ^ bytes);
            mapping.putByte(piece + bytes - 1, (byte) bytes);
            model.put(piece, bytes);
        }

        void free(int nth) {
            if (!model.isEmpty()) {
                long piece = List.copyOf(model.keySet()).get(nth % model.size());
                heap.free(piece);
                model.remove(piece);
            }
        }

        void sync() throws IOException {
            mapping.sync();
            committed = new TreeMap<>(model);
        }

        void rollback() {
            mapping.rollback();
            model = new TreeMap<>(committed);
        }

        void check() {
            long end = 0;
            for (Map.Entry<Long, Long> piece : model.entrySet()) {
                assertTrue(piece.getKey() >= end + HeapFormat.PIECE_HEADER, "overlap at " + piece);
                end = piece.getKey() + heap.capacity(piece.getKey());
                if (piece.getValue() > Long.BYTES) {
                    assertEquals(piece.getKey() ^ piece.getValue(), mapping.getLong(piece.getKey()));
                }
                assertEquals(piece.getValue().byteValue(),
                        mapping.getByte(piece.getKey() + piece.getValue() - 1));
            }
            assertEquals(model.size(), HeapCheck.of(heap, action -> model.keySet().forEach(action::accept))
                    .pieces());
        }

        @Override
        public void close() throws IOException {
            mapping.close();
        }
    }

    @Property(tries = 100)
    void everyByteIsAccountedFor(@ForAll("steps") List<Step<Pair>> steps) throws Exception {
        try (Pair pair = new Pair()) {
            for (Step<Pair> step : steps) {
                step.apply(pair);
            }
            pair.check();
        }
    }

    @Provide
    Arbitrary<List<Step<Pair>>> steps() {
        Arbitrary<Step<Pair>> allocate = Arbitraries.integers().between(0, SIZES).map(size -> {
            long bytes = (long) (16 * Math.pow(GROWTH, size));
            return Step.named("allocate " + bytes, pair -> pair.allocate(bytes));
        });
        Arbitrary<Step<Pair>> free = Arbitraries.integers().between(0, 1000)
                .map(nth -> Step.named("free " + nth, pair -> pair.free(nth)));
        return Arbitraries.frequencyOf(Tuple.of(20, allocate), Tuple.of(12, free),
                Tuple.of(3, Step.just("sync", Pair::sync)),
                Tuple.of(2, Step.just("rollback", Pair::rollback)),
                Tuple.of(2, Step.just("check", Pair::check))).list().ofMaxSize(120);
    }
}
