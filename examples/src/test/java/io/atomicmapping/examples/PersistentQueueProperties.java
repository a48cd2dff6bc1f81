package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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
        ModelPair.check(new Pair(), steps);
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
                Tuple.of(20, Step.just("poll", Pair::poll)), Tuple.of(6, Step.just("handle", Pair::handle)),
                Tuple.of(6, Step.just("fail", Pair::fail)), Tuple.of(4, Step.just("sync", Pair::sync)),
                Tuple.of(2, Step.just("rollback", Pair::rollback)),
                Tuple.of(1, Step.just("reopen", Pair::reopen)),
                Tuple.of(1, Step.just("clear", Pair::clear)), Tuple.of(3, Step.just("check", Pair::check)))
                .list().ofMaxSize(100);
    }

    private static final class Pair implements ModelPair {

        private final Modelled<PersistentQueue<String>, ArrayDeque<String>> stored;
        private int number;

        Pair() throws IOException {
            stored = new Modelled<>((heap, name) -> PersistentQueue.open(heap, name, Codec.STRING),
                    new ArrayDeque<>(), ArrayDeque::clone);
        }

        @Override
        public Modelled<?, ?> stored() {
            return stored;
        }

        private PersistentQueue<String> queue() {
            return stored.it();
        }

        private ArrayDeque<String> model() {
            return stored.model();
        }

        void put(int length) throws IOException {
            String element = number++ + "x".repeat(length);
            assertEquals(true, queue().offer(element));
            model().add(element);
        }

        void putMany(int count) throws IOException {
            for (int i = 0; i < count; i++) {
                put(i % 60);
            }
        }

        void poll() {
            assertEquals(model().peek(), queue().peek());
            assertEquals(model().poll(), queue().poll());
        }

        void pollMany(int count) {
            for (int i = 0; i < count; i++) {
                poll();
            }
        }

        void handle() throws IOException {
            String first = model().poll();
            assertEquals(first != null, queue().poll(element -> assertEquals(first, element)));
        }

        void fail() {
            if (!model().isEmpty()) {
                assertThrows(ArithmeticException.class, () -> queue().poll(element -> {
                    assertEquals(model().peek(), element);
                    throw new ArithmeticException();
                }));
            }
        }

        void clear() {
            queue().clear();
            model().clear();
        }

        @Override
        public void check() {
            assertEquals(model().size(), queue().size());
            List<String> contents = new ArrayList<>();
            queue().forEach(contents::add);
            assertEquals(List.copyOf(model()), contents);
            HeapCheck.of(stored.heap(), queue());
        }
    }
}
