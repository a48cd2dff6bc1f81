package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.atomicmapping.storage.MemoryStorage;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * Any sequence of changes, commits, rollbacks and reopenings leaves what it leaves in an {@link ArrayDeque}.
 */
class PersistentQueueProperties {

    @Property(tries = 150)
    void behavesAsAnArrayDeque(@ForAll("steps") List<Step<Pair>> steps) throws Exception {
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
        Arbitrary<Integer> length = Arbitraries.frequencyOf(
                Tuple.of(6, Arbitraries.integers().between(0, 3000)),
                Tuple.of(2, Arbitraries.integers().between(0, 40_000)),
                Tuple.of(2, Arbitraries.integers().between(16_300, 16_360)));
        Arbitrary<Step<Pair>> put = length.map(
                bytes -> Step.named("put " + bytes, pair -> pair.put(bytes)));
        Arbitrary<Step<Pair>> many = Arbitraries.integers().between(1, 500).map(
                count -> Step.named("put many " + count, pair -> pair.putMany(count)));
        Arbitrary<Step<Pair>> fewer = Arbitraries.integers().between(1, 500).map(
                count -> Step.named("poll many " + count, pair -> pair.pollMany(count)));
        return Arbitraries.frequencyOf(Tuple.of(20, put), Tuple.of(3, many), Tuple.of(3, fewer),
                Tuple.of(20, just("poll", Pair::poll)), Tuple.of(6, just("handle", Pair::handle)),
                Tuple.of(6, just("fail", Pair::fail)), Tuple.of(4, just("sync", Pair::sync)),
                Tuple.of(2, just("rollback", Pair::rollback)), Tuple.of(1, just("reopen", Pair::reopen)),
                Tuple.of(1, just("clear", Pair::clear)), Tuple.of(3, just("check", Pair::check)))
                .list().ofMaxSize(100);
    }

    private static Arbitrary<Step<Pair>> just(String name, Step<Pair> step) {
        return Arbitraries.just(Step.named(name, step));
    }

    /** A queue and what it should hold, now and at the last commit. */
    private static final class Pair implements AutoCloseable {

        private final Storage storage = new MemoryStorage();
        private Opened<PersistentQueue<String>> opened;
        private ArrayDeque<String> model = new ArrayDeque<>();
        private ArrayDeque<String> committed = new ArrayDeque<>();
        private int number;

        Pair() throws IOException {
            open();
        }

        private void open() throws IOException {
            opened = Opened.open(storage, (heap, name) -> PersistentQueue.open(heap, name, Codec.STRING));
        }

        void put(int length) throws IOException {
            String element = number++ + "x".repeat(length);
            assertEquals(true, opened.it().offer(element));
            model.add(element);
        }

        void putMany(int count) throws IOException {
            for (int i = 0; i < count; i++) {
                put(i % 60);
            }
        }

        void poll() {
            assertEquals(model.peek(), opened.it().peek());
            assertEquals(model.poll(), opened.it().poll());
        }

        void pollMany(int count) {
            for (int i = 0; i < count; i++) {
                poll();
            }
        }

        void handle() throws IOException {
            String first = model.poll();
            assertEquals(first != null, opened.it().poll(element -> assertEquals(first, element)));
        }

        void fail() {
            if (!model.isEmpty()) {
                assertThrows(ArithmeticException.class, () -> opened.it().poll(element -> {
                    assertEquals(model.peek(), element);
                    throw new ArithmeticException();
                }));
            }
        }

        void sync() throws IOException {
            opened.mapping().sync();
            committed = model.clone();
        }

        void rollback() {
            opened.mapping().rollback();
            model = committed.clone();
        }

        void reopen() throws IOException {
            opened.close();
            open();
            model = committed.clone();
        }

        void clear() {
            opened.it().clear();
            model.clear();
        }

        void check() {
            assertEquals(model.size(), opened.it().size());
            List<String> contents = new ArrayList<>();
            opened.it().forEach(contents::add);
            assertEquals(List.copyOf(model), contents);
            HeapCheck.of(opened.heap(), opened.it());
        }

        @Override
        public void close() throws IOException {
            opened.close();
        }
    }
}
