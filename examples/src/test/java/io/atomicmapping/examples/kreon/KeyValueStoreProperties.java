package io.atomicmapping.examples.kreon;

import static io.atomicmapping.examples.kreon.SmallStores.bytes;
import static io.atomicmapping.examples.kreon.SmallStores.keys;
import static io.atomicmapping.examples.kreon.SmallStores.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;

/** A store, and its snapshots, do what a {@link TreeMap} does, whatever is done to it. */
class KeyValueStoreProperties {

    /** Something done to a store and to its model. */
    private interface Step {
        void apply(Pair pair) throws IOException;
    }

    @Property(tries = 400, shrinking = ShrinkingMode.BOUNDED)
    void storeIsATreeMap(@ForAll("steps") List<Step> steps) throws IOException {
        try (Pair pair = new Pair()) {
            for (Step step : steps) {
                step.apply(pair);
            }
            pair.check();
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        // Few letters, among them 0 and 255, and prefixes: keys that begin with each other and that tie
        Arbitrary<String> key = Combinators.combine(
                Arbitraries.of("", "", "k", "a long prefix that all", "a long pref\0"),
                Arbitraries.strings().withChars('a', 'b', 'c', '\0', '\u00ff').ofMaxLength(4))
                .as((prefix, rest) -> prefix + rest);
        Arbitrary<Integer> length = Arbitraries.frequencyOf(
                Tuple.of(8, Arbitraries.integers().between(0, 60)),
                Tuple.of(1, Arbitraries.integers().between(800, 900)));
        Arbitrary<Step> put = Combinators.combine(key, length).as((k, v) ->
                named("put " + readable(k) + " " + v, pair -> pair.put(k, v)));
        Arbitrary<Step> delete = key.map(k -> named("delete " + readable(k), pair -> pair.delete(k)));
        Arbitrary<Step> many = Combinators.combine(Arbitraries.integers().between(1, 300),
                Arbitraries.integers().between(-1, 1)).as((count, order) ->
                named("put " + count + " in order " + order, pair -> pair.putMany(count, order)));
        Arbitrary<Step> fewer = Arbitraries.integers().between(1, 5).map(
                nth -> named("delete each " + nth, pair -> pair.deleteEach(nth)));
        Arbitrary<Step> scan = Combinators.combine(key, key).as((from, bound) ->
                named("scan " + readable(from) + " to " + readable(bound), pair -> pair.scan(from, bound)));
        Arbitrary<Step> snapshot = Arbitraries.just(named("snapshot", Pair::snapshot));
        Arbitrary<Step> release = Arbitraries.just(named("release", Pair::release));
        Arbitrary<Step> reopen = Arbitraries.just(named("reopen", Pair::reopen));
        Arbitrary<Step> check = Arbitraries.just(named("check", Pair::check));
        return Arbitraries.frequencyOf(Tuple.of(20, put), Tuple.of(10, delete), Tuple.of(3, many),
                Tuple.of(2, fewer), Tuple.of(4, scan), Tuple.of(2, snapshot), Tuple.of(2, release),
                Tuple.of(1, reopen), Tuple.of(1, check)).list().ofMaxSize(60);
    }

    private static String readable(String key) {
        return key.replace("\0", "<0>").replace("\u00ff", "<255>");
    }

    private static Step named(String name, Step step) {
        return new Step() {
            @Override
            public void apply(Pair pair) throws IOException {
                step.apply(pair);
            }

            @Override
            public String toString() {
                return name;
            }
        };
    }

    /** A snapshot and what it should hold. */
    private record Seen(Snapshot snapshot, NavigableMap<String, String> model) {
    }

    /** A store and what it should hold. */
    private static final class Pair implements AutoCloseable {

        private final MemoryStorage storage = new MemoryStorage();
        private final List<Seen> seen = new ArrayList<>();
        private final NavigableMap<String, String> model = new TreeMap<>();
        private KeyValueStore store = SmallStores.open(storage);
        private int values;

        Pair() throws IOException {
        }

        private String value(int length) {
            String value = "v" + values++ + ".";
            return value.repeat(length / value.length() + 1).substring(0, length);
        }

        void put(String key, int length) throws IOException {
            String value = value(length);
            store.put(bytes(key), bytes(value));
            model.put(key, value);
            assertEquals(value, text(store.get(bytes(key))));
        }

        void putMany(int count, int order) throws IOException {
            WriteBatch batch = new WriteBatch();
            for (int i = 0; i < count; i++) {
                int number = order == 0 ? i * 7919 % count : order > 0 ? i : count - i;
                String key = "many times " + String.format("%04d", number);
                String value = value(number % 30);
                batch.put(bytes(key), bytes(value));
                model.put(key, value);
            }
            store.write(batch);
        }

        void delete(String key) throws IOException {
            assertEquals(model.remove(key) != null, store.delete(bytes(key)));
            assertNull(store.get(bytes(key)));
        }

        void deleteEach(int nth) throws IOException {
            WriteBatch batch = new WriteBatch();
            int i = 0;
            for (String key : List.copyOf(model.keySet())) {
                if (i++ % nth == 0) {
                    batch.delete(bytes(key));
                    model.remove(key);
                }
            }
            store.write(batch);
        }

        void scan(String from, String bound) {
            boolean up = from.compareTo(bound) <= 0;
            assertEquals(up ? List.copyOf(model.subMap(from, bound).keySet()) : List.of(),
                    keys(store.ascend(bytes(from), bytes(bound))));
            assertEquals(up ? List.of()
                    : List.copyOf(model.subMap(bound, false, from, true).descendingKeySet()),
                    keys(store.descend(bytes(from), bytes(bound))));
            assertEquals(List.copyOf(model.tailMap(from).keySet()), keys(store.ascend(bytes(from), null)));
            assertEquals(List.copyOf(model.headMap(from, true).descendingKeySet()),
                    keys(store.descend(bytes(from), null)));
        }

        void snapshot() {
            seen.add(new Seen(store.snapshot(), new TreeMap<>(model)));
        }

        void release() {
            if (!seen.isEmpty()) {
                Seen first = seen.removeFirst();
                check(first.snapshot(), first.model());
                first.snapshot().close();
            }
        }

        void reopen() throws IOException {
            seen.clear();
            store.close();
            store = SmallStores.open(storage);
        }

        void check() throws IOException {
            store.verify();
            try (Snapshot now = store.snapshot()) {
                check(now, model);
            }
            seen.forEach(each -> check(each.snapshot(), each.model()));
        }

        private static void check(Snapshot snapshot, NavigableMap<String, String> expected) {
            assertEquals(expected.size(), snapshot.size());
            expected.forEach((key, value) -> assertArrayEquals(bytes(value), snapshot.get(bytes(key)), key));
            assertEquals(List.copyOf(expected.keySet()), keys(snapshot.ascend(null, null)));
            assertEquals(List.copyOf(expected.descendingKeySet()), keys(snapshot.descend(null, null)));
            assertNull(snapshot.get(bytes("never put")));
        }

        @Override
        public void close() throws IOException {
            store.close();
        }
    }
}
