package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Any sequence of changes, commits, rollbacks and reopenings leaves what it leaves in a {@link TreeMap}. */
class PersistentBTreeMapProperties {

    @Property(tries = 120)
    void behavesAsATreeMap(@ForAll("steps") List<Step<Pair>> steps) throws Exception {
        ModelPair.check(new Pair(), steps);
    }

    /** Few keys, many that share long beginnings, and a few that are as long as can be. */
    @Provide
    Arbitrary<byte[]> keys() {
        Arbitrary<byte[]> few = Arbitraries.bytes().array(byte[].class).ofMaxSize(2);
        Arbitrary<byte[]> shared = Arbitraries.integers().between(0, 300).map(
                n -> ("shared beginning " + "x".repeat(n % 7 * 20) + n).getBytes());
        Arbitrary<byte[]> longest = Arbitraries.integers().between(0, 40).map(n -> {
            byte[] key = new byte[BTree.LONGEST_KEY];
            Arrays.fill(key, (byte) 0x80);
            key[BTree.LONGEST_KEY - 1 - n % 3 * 300] = n.byteValue();
            return key;
        });
        return Arbitraries.frequencyOf(Tuple.of(3, few), Tuple.of(5, shared), Tuple.of(2, longest));
    }

    @Provide
    Arbitrary<List<Step<Pair>>> steps() {
        Arbitrary<Integer> length = Arbitraries.frequencyOf(
                Tuple.of(6, Arbitraries.integers().between(0, 300)),
                Tuple.of(2, Arbitraries.integers().between(0, 6000)),
                Tuple.of(2, Arbitraries.just(20)));
        Arbitrary<Step<Pair>> put = Combinators.combine(keys(), length).as(
                (key, bytes) -> Step.named("put " + hex(key) + " " + bytes, pair -> pair.put(key, bytes)));
        Arbitrary<Step<Pair>> remove = keys().map(
                key -> Step.named("remove " + hex(key), pair -> pair.remove(key)));
        Arbitrary<Step<Pair>> many = Combinators.combine(Arbitraries.integers().between(1, 400),
                Arbitraries.integers().between(0, 3)).as((count, order) -> Step.named(
                        "put many " + count + " " + order, pair -> pair.putMany(count, order)));
        Arbitrary<Step<Pair>> fewer = Arbitraries.integers().between(1, 5).map(
                nth -> Step.named("remove all but each " + nth, pair -> pair.removeAllBut(nth)));
        Arbitrary<Integer> anyFlags = Arbitraries.integers().between(0, 7);
        Arbitrary<Step<Pair>> range = Combinators.combine(keys(), keys(), anyFlags).as(
                (from, to, flags) -> Step.named("range " + hex(from) + " " + hex(to) + " " + flags,
                        pair -> pair.range(from, to, flags)));
        Arbitrary<Step<Pair>> near = keys().map(
                key -> Step.named("near " + hex(key), pair -> pair.near(key)));
        return Arbitraries.frequencyOf(Tuple.of(20, put), Tuple.of(8, remove), Tuple.of(4, many),
                Tuple.of(2, fewer), Tuple.of(6, range), Tuple.of(6, near),
                Tuple.of(2, Step.just("poll first", (Pair pair) -> pair.poll(true))),
                Tuple.of(2, Step.just("poll last", (Pair pair) -> pair.poll(false))),
                Tuple.of(4, Step.just("sync", Pair::sync)),
                Tuple.of(2, Step.just("rollback", Pair::rollback)),
                Tuple.of(1, Step.just("reopen", Pair::reopen)), Tuple.of(1, Step.just("clear", Pair::clear)),
                Tuple.of(1, Step.just("check", Pair::check))).list().ofMaxSize(80);
    }

    private static String hex(byte[] key) {
        return key.length > 200 ? "long" + key.length : HexFormat.of().formatHex(key);
    }

    private record Pair(Modelled<PersistentBTreeMap<byte[], byte[]>, TreeMap<byte[], byte[]>> stored,
            Random random) implements ModelPair {

        Pair() throws IOException {
            this(new Modelled<>((heap, name) -> PersistentBTreeMap.open(heap, name, Codec.BYTES, Codec.BYTES),
                    new TreeMap<>(Arrays::compareUnsigned), TreeMap::new), new Random(1));
        }

        private PersistentBTreeMap<byte[], byte[]> map() {
            return stored.it();
        }

        private TreeMap<byte[], byte[]> model() {
            return stored.model();
        }

        void put(byte[] key, int length) throws IOException {
            byte[] value = new byte[length];
            random.nextBytes(value);
            assertEquals(!model().containsKey(key), map().put(key, value));
            model().put(key, value);
        }

        void putMany(int count, int order) throws IOException {
            for (int i = 0; i < count; i++) {
                int number = order == 0 ? i : order == 1 ? count - i : random.nextInt(1000);
                put("many %04d".formatted(number).getBytes(), number % 90);
            }
        }

        void remove(byte[] key) {
            assertEquals(model().remove(key) != null, map().remove(key));
        }

        void removeAllBut(int nth) {
            int i = 0;
            for (byte[] key : List.copyOf(model().keySet())) {
                if (i++ % nth != 0 || nth == 1) {
                    remove(key);
                }
            }
            BTreeCheck.of(stored.heap(), Opened.ROOT, model().size());
        }

        void poll(boolean first) {
            same(first ? model().pollFirstEntry() : model().pollLastEntry(),
                    first ? map().pollFirstEntry() : map().pollLastEntry());
        }

        void near(byte[] key) {
            same(model().lowerEntry(key), map().lowerEntry(key));
            same(model().floorEntry(key), map().floorEntry(key));
            same(model().ceilingEntry(key), map().ceilingEntry(key));
            same(model().higherEntry(key), map().higherEntry(key));
            assertEquals(model().containsKey(key), map().containsKey(key));
            assertArrayEquals(model().get(key), map().get(key));
        }

        void range(byte[] one, byte[] other, int flags) {
            boolean descending = (flags & 1) != 0;
            boolean fromInclusive = (flags & 2) != 0;
            boolean toInclusive = (flags & 4) != 0;
            boolean ordered = Arrays.compareUnsigned(one, other) <= 0 != descending;
            byte[] from = ordered ? one : other;
            byte[] to = ordered ? other : one;
            NavigableMap<byte[], byte[]> expected = descending ? model().descendingMap() : model();
            BTreeRange<byte[], byte[]> range = descending ? map().entries().descendingMap() : map().entries();
            same(expected.headMap(to, toInclusive), range.headMap(to, toInclusive));
            same(expected.tailMap(from, fromInclusive), range.tailMap(from, fromInclusive));
            same(expected.subMap(from, fromInclusive, to, toInclusive),
                    range.subMap(from, fromInclusive, to, toInclusive));
        }

        private static void same(NavigableMap<byte[], byte[]> expected, BTreeRange<byte[], byte[]> actual) {
            Iterator<Map.Entry<byte[], byte[]>> entries = actual.iterator();
            expected.entrySet().forEach(entry -> same(entry, entries.next()));
            assertEquals(false, entries.hasNext());
            assertEquals(expected.size(), actual.size());
            assertEquals(expected.isEmpty(), actual.isEmpty());
            same(expected.firstEntry(), actual.firstEntry());
            same(expected.lastEntry(), actual.lastEntry());
        }

        private static void same(Map.Entry<byte[], byte[]> expected, Map.Entry<byte[], byte[]> actual) {
            assertEquals(expected == null, actual == null);
            if (expected != null) {
                assertArrayEquals(expected.getKey(), actual.getKey());
                assertArrayEquals(expected.getValue(), actual.getValue());
            }
        }

        void clear() {
            map().clear();
            model().clear();
        }

        @Override
        public void check() {
            assertEquals(model().size(), map().size());
            same(model(), map().entries());
            same(model().descendingMap(), map().entries().descendingMap());
            model().forEach((key, value) -> assertArrayEquals(value, map().get(key)));
            BTreeCheck.of(stored.heap(), Opened.ROOT, model().size());
            HeapCheck.of(stored.heap(), map());
        }
    }
}
