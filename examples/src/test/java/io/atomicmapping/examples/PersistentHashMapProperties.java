package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.atomicmapping.storage.MemoryStorage;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Any sequence of changes, commits, rollbacks and reopenings leaves what it leaves in a {@link HashMap}. */
class PersistentHashMapProperties {

    @Property(tries = 150)
    void behavesAsAHashMap(@ForAll("steps") List<Step<Pair>> steps) throws Exception {
        try (Pair pair = new Pair()) {
            for (Step<Pair> step : steps) {
                step.apply(pair);
            }
            pair.check();
            pair.reopen();
            pair.check();
        }
    }

    @Provide
    Arbitrary<List<Step<Pair>>> steps() {
        Arbitrary<Integer> key = Arbitraries.integers().between(0, 60);
        Arbitrary<Step<Pair>> put = Combinators.combine(key, Arbitraries.integers().between(0, 600)).as(
                (k, length) -> Step.named("put " + k + " " + length, pair -> pair.put("k" + k, length)));
        Arbitrary<Step<Pair>> remove = key.map(k -> Step.named("remove " + k, pair -> pair.remove("k" + k)));
        Arbitrary<Step<Pair>> many = Arbitraries.integers().between(1, 500).map(
                count -> Step.named("put many " + count, pair -> pair.putMany(count)));
        Arbitrary<Step<Pair>> fewer = Arbitraries.integers().between(2, 5).map(
                nth -> Step.named("remove each " + nth, pair -> pair.removeEach(nth)));
        Arbitrary<Step<Pair>> sync = Arbitraries.just(Step.named("sync", Pair::sync));
        Arbitrary<Step<Pair>> rollback = Arbitraries.just(Step.named("rollback", Pair::rollback));
        Arbitrary<Step<Pair>> reopen = Arbitraries.just(Step.named("reopen", Pair::reopen));
        Arbitrary<Step<Pair>> clear = Arbitraries.just(Step.named("clear", Pair::clear));
        Arbitrary<Step<Pair>> check = Arbitraries.just(Step.named("check", Pair::check));
        return Arbitraries.frequencyOf(Tuple.of(20, put), Tuple.of(8, remove), Tuple.of(2, many),
                Tuple.of(1, fewer), Tuple.of(4, sync), Tuple.of(2, rollback), Tuple.of(1, reopen),
                Tuple.of(1, clear), Tuple.of(1, check)).list().ofMaxSize(80);
    }

    /** A map and what it should hold, now and at the last commit. */
    private static final class Pair implements AutoCloseable {

        private final Storage storage = new MemoryStorage();
        private final Random contents = new Random(1);
        private Opened<PersistentHashMap<String, byte[]>> opened;
        private Map<String, byte[]> model = new HashMap<>();
        private Map<String, byte[]> committed = new HashMap<>();

        Pair() throws IOException {
            open();
        }

        private void open() throws IOException {
            opened = Opened.open(storage,
                    (heap, name) -> PersistentHashMap.open(heap, name, Codec.STRING, Codec.BYTES));
        }

        void put(String key, int length) throws IOException {
            byte[] value = new byte[length];
            contents.nextBytes(value);
            assertEquals(!model.containsKey(key), opened.it().put(key, value));
            model.put(key, value);
        }

        void putMany(int count) throws IOException {
            for (int i = 0; i < count; i++) {
                put("many " + i, i % 50);
            }
        }

        void remove(String key) {
            assertEquals(model.remove(key) != null, opened.it().remove(key));
        }

        void removeEach(int nth) {
            int i = 0;
            for (String key : List.copyOf(model.keySet())) {
                if (i++ % nth == 0) {
                    remove(key);
                }
            }
        }

        void sync() throws IOException {
            opened.mapping().sync();
            committed = new HashMap<>(model);
        }

        void rollback() {
            opened.mapping().rollback();
            model = new HashMap<>(committed);
        }

        void reopen() throws IOException {
            opened.close();
            open();
            model = new HashMap<>(committed);
        }

        void check() {
            assertEquals(model.size(), opened.it().size());
            model.forEach((key, value) -> assertArrayEquals(value, opened.it().get(key), key));
            int seen = 0;
            for (Map.Entry<String, byte[]> entry : opened.it()) {
                assertArrayEquals(model.get(entry.getKey()), entry.getValue());
                seen++;
            }
            assertEquals(model.size(), seen);
            assertNull(opened.it().get("never put"));
            HeapCheck.of(opened.heap(), opened.it());
        }

        void clear() {
            opened.it().clear();
            model.clear();
        }

        @Override
        public void close() throws IOException {
            opened.close();
        }
    }
}
