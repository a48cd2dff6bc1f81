package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Any sequence of changes, commits, rollbacks and reopenings leaves the end of an {@link ArrayList}. */
class PersistentLogProperties {

    @Property(tries = 150)
    void behavesAsAnArrayList(@ForAll("steps") List<Step<Pair>> steps) throws Exception {
        ModelPair.check(new Pair(), steps);
    }

    @Provide
    Arbitrary<List<Step<Pair>>> steps() {
        Arbitrary<Integer> length = Arbitraries.frequencyOf(
                Tuple.of(6, Arbitraries.integers().between(0, 3000)),
                Tuple.of(2, Arbitraries.integers().between(0, 40_000)),
                Tuple.of(2, Arbitraries.integers().between(16_300, 16_360)));
        Arbitrary<Step<Pair>> append = length.map(
                bytes -> Step.named("append " + bytes, pair -> pair.append(bytes)));
        Arbitrary<Step<Pair>> many = Arbitraries.integers().between(1, 900).map(
                count -> Step.named("append many " + count, pair -> pair.appendMany(count)));
        Arbitrary<Step<Pair>> trim = Arbitraries.integers().between(0, 100).map(
                percent -> Step.named("trim " + percent, pair -> pair.trim(percent)));
        Arbitrary<Step<Pair>> scan = Arbitraries.integers().between(0, 100).map(
                percent -> Step.named("scan " + percent, pair -> pair.scan(percent)));
        return Arbitraries.frequencyOf(Tuple.of(20, append), Tuple.of(5, many), Tuple.of(5, trim),
                Tuple.of(6, scan), Tuple.of(4, Step.just("sync", Pair::sync)),
                Tuple.of(2, Step.just("rollback", Pair::rollback)),
                Tuple.of(1, Step.just("reopen", Pair::reopen)),
                Tuple.of(3, Step.just("check", Pair::check))).list().ofMaxSize(80);
    }

    /** What a log should hold: the records from some position on. */
    private record Model(int first, List<String> records) {

        Model copy() {
            return new Model(first, new ArrayList<>(records));
        }
    }

    private record Pair(Modelled<PersistentLog<String>, Model> stored) implements ModelPair {

        Pair() throws IOException {
            this(new Modelled<>((heap, name) -> PersistentLog.open(heap, name, Codec.STRING),
                    new Model(0, new ArrayList<>()), Model::copy));
        }

        private PersistentLog<String> log() {
            return stored.it();
        }

        private List<String> records() {
            return stored.model().records;
        }

        void append(int length) throws IOException {
            String record = records().size() + "x".repeat(length);
            assertEquals(records().size(), log().append(record));
            records().add(record);
        }

        void appendMany(int count) throws IOException {
            for (int i = 0; i < count; i++) {
                append(i % 60);
            }
        }

        /** A position some way from the first to the end. */
        private int position(int percent) {
            int first = stored.model().first;
            return first + (records().size() - first) * percent / 100;
        }

        void trim(int percent) {
            int position = position(percent);
            log().trim(position);
            stored.setModel(new Model(position, records()));
        }

        void scan(int percent) {
            int position = position(percent);
            List<String> records = new ArrayList<>();
            log().scan(position).forEachRemaining(records::add);
            assertEquals(records().subList(position, records().size()), records);
            if (position < records().size()) {
                assertEquals(records().get(position), log().get(position));
            }
        }

        @Override
        public void check() {
            assertEquals(stored.model().first, log().first());
            assertEquals(records().size(), log().end());
            scan(0);
            HeapCheck.of(stored.heap(), log());
        }
    }
}
