package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

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
        ModelPair.check(new Pair(), steps);
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
        return Arbitraries.frequencyOf(Tuple.of(20, put), Tuple.of(8, remove), Tuple.of(2, many),
                Tuple.of(1, fewer), Tuple.of(4, Step.just("sync", Pair::sync)),
                Tuple.of(2, Step.just("rollback", Pair::rollback)),
                Tuple.of(1, Step.just("reopen", Pair::reopen)),
                Tuple.of(1, Step.just("clear", Pair::clear)),
                Tuple.of(1, Step.just("check", Pair::check))).list().ofMaxSize(80);
    }

    private record Pair(Modelled<PersistentHashMap<String, byte[]>, Map<String, byte[]>> stored,
            Random contents) implements ModelPair {

        Pair() throws IOException {
            this(new Modelled<>((heap, name) -> PersistentHashMap.open(heap, name, Codec.STRING, Codec.BYTES),
                    new HashMap<>(), HashMap::new), new Random(1));
        }

        private PersistentHashMap<String, byte[]> map() {
            return stored.it();
        }

        private Map<String, byte[]> model() {
            return stored.model();
        }

        void put(String key, int length) throws IOException {
            byte[] value = new byte[length];
            contents.nextBytes(value);
            assertEquals(!model().containsKey(key), map().put(key, value));
            model().put(key, value);
        }

        void putMany(int count) throws IOException {
            for (int i = 0; i < count; i++) {
                put("many " + i, i % 50);
            }
        }

        void remove(String key) {
            assertEquals(model().remove(key) != null, map().remove(key));
        }

        void removeEach(int nth) {
            int i = 0;
            for (String key : List.copyOf(model().keySet())) {
                if (i++ % nth == 0) {
                    remove(key);
                }
            }
        }

        @Override
        public void check() {
            assertEquals(model().size(), map().size());
            model().forEach((key, value) -> assertArrayEquals(value, map().get(key), key));
            int seen = 0;
            for (Map.Entry<String, byte[]> entry : map()) {
                assertArrayEquals(model().get(entry.getKey()), entry.getValue());
                seen++;
            }
            assertEquals(model().size(), seen);
            assertNull(map().get("never put"));
            HeapCheck.of(stored.heap(), map());
        }

        void clear() {
            map().clear();
            model().clear();
        }
    }
}
