package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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

    private static final long BASE = 4096;

    /** One thing that is done to the map and to its model. */
    private interface Step {
        void apply(Pair pair) throws IOException;
    }

    @Property(tries = 150)
    void behavesAsAHashMap(@ForAll("steps") List<Step> steps) throws IOException {
        Path directory = Files.createTempDirectory("map-property");
        try (Pair pair = new Pair(directory.resolve("map"))) {
            for (Step step : steps) {
                step.apply(pair);
            }
            pair.check();
            pair.reopen();
            pair.check();
        } finally {
            delete(directory);
        }
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Integer> key = Arbitraries.integers().between(0, 60);
        Arbitrary<Step> put = Combinators.combine(key, Arbitraries.integers().between(0, 600)).as(
                (k, length) -> named("put " + k + " " + length, pair -> pair.put("k" + k, length)));
        Arbitrary<Step> remove = key.map(k -> named("remove " + k, pair -> pair.remove("k" + k)));
        Arbitrary<Step> many = Arbitraries.integers().between(1, 500).map(
                count -> named("put many " + count, pair -> pair.putMany(count)));
        Arbitrary<Step> fewer = Arbitraries.integers().between(2, 5).map(
                nth -> named("remove each " + nth, pair -> pair.removeEach(nth)));
        Arbitrary<Step> sync = Arbitraries.just(named("sync", Pair::sync));
        Arbitrary<Step> rollback = Arbitraries.just(named("rollback", Pair::rollback));
        Arbitrary<Step> reopen = Arbitraries.just(named("reopen", Pair::reopen));
        Arbitrary<Step> check = Arbitraries.just(named("check", Pair::check));
        return Arbitraries.frequencyOf(Tuple.of(20, put), Tuple.of(8, remove), Tuple.of(2, many),
                Tuple.of(1, fewer), Tuple.of(4, sync), Tuple.of(2, rollback), Tuple.of(1, reopen),
                Tuple.of(1, check)).list().ofMaxSize(80);
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

    private static void delete(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            files.forEach(PersistentHashMapProperties::deleteFile);
        }
        Files.delete(directory);
    }

    private static void deleteFile(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A map and what it should hold, now and at the last commit. */
    private static final class Pair implements AutoCloseable {

        private final Path file;
        private final Random contents = new Random(1);
        private AtomicMapping mapping;
        private PersistentHashMap map;
        private Map<String, byte[]> model = new HashMap<>();
        private Map<String, byte[]> committed = new HashMap<>();

        Pair(Path file) throws IOException {
            this.file = file;
            this.mapping = AtomicMapping.open(file, BASE + PersistentHashMap.HEADER_BYTES);
            this.map = PersistentHashMap.open(mapping, BASE);
        }

        void put(String key, int length) throws IOException {
            byte[] value = new byte[length];
            contents.nextBytes(value);
            assertEquals(!model.containsKey(key), map.put(bytes(key), value));
            model.put(key, value);
        }

        void putMany(int count) throws IOException {
            for (int i = 0; i < count; i++) {
                put("many " + i, i % 50);
            }
        }

        void remove(String key) {
            assertEquals(model.remove(key) != null, map.remove(bytes(key)));
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
            mapping.sync();
            committed = new HashMap<>(model);
        }

        void rollback() {
            mapping.rollback();
            model = new HashMap<>(committed);
        }

        void reopen() throws IOException {
            mapping.close();
            mapping = AtomicMapping.open(file);
            map = PersistentHashMap.open(mapping, BASE);
            model = new HashMap<>(committed);
        }

        void check() {
            assertEquals(model.size(), map.size());
            model.forEach((key, value) -> assertArrayEquals(value, map.get(bytes(key)), key));
            int seen = 0;
            for (PersistentHashMap.Entry entry : map) {
                assertArrayEquals(model.get(new String(entry.key(), StandardCharsets.UTF_8)), entry.value());
                seen++;
            }
            assertEquals(model.size(), seen);
            assertNull(map.get(bytes("never put")));
            assertTrue(map.usedBytes() <= mapping.size() - BASE);
        }

        @Override
        public void close() throws IOException {
            mapping.close();
        }

        private static byte[] bytes(String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }
}
