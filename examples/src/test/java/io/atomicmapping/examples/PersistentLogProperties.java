package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.atomicmapping.storage.MemoryStorage;
import io.atomicmapping.storage.Storage;
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
        Arbitrary<Step<Pair>> append = length.map(
                bytes -> Step.named("append " + bytes, pair -> pair.append(bytes)));
        Arbitrary<Step<Pair>> many = Arbitraries.integers().between(1, 900).map(
                count -> Step.named("append many " + count, pair -> pair.appendMany(count)));
        Arbitrary<Step<Pair>> trim = Arbitraries.integers().between(0, 100).map(
                percent -> Step.named("trim " + percent, pair -> pair.trim(percent)));
        Arbitrary<Step<Pair>> scan = Arbitraries.integers().between(0, 100).map(
                percent -> Step.named("scan " + percent, pair -> pair.scan(percent)));
        return Arbitraries.frequencyOf(Tuple.of(20, append), Tuple.of(5, many), Tuple.of(5, trim),
                Tuple.of(6, scan), Tuple.of(4, just("sync", Pair::sync)),
                Tuple.of(2, just("rollback", Pair::rollback)), Tuple.of(1, just("reopen", Pair::reopen)),
                Tuple.of(3, just("check", Pair::check))).list().ofMaxSize(80);
    }

    private static Arbitrary<Step<Pair>> just(String name, Step<Pair> step) {
        return Arbitraries.just(Step.named(name, step));
    }

    /** What a log should hold: the records from some position on. */
    private record Model(int first, List<String> records) {

        Model copy() {
            return new Model(first, new ArrayList<>(records));
        }
    }

    /** A log and what it should hold, now and at the last commit. */
    private static final class Pair implements AutoCloseable {

        private final Storage storage = new MemoryStorage();
        private Opened<PersistentLog<String>> opened;
        private Model model = new Model(0, new ArrayList<>());
        private Model committed = model.copy();

        Pair() throws IOException {
            open();
        }

        private void open() throws IOException {
            opened = Opened.open(storage, (heap, name) -> PersistentLog.open(heap, name, Codec.STRING));
        }

        void append(int length) throws IOException {
            String record = model.records.size() + "x".repeat(length);
            assertEquals(model.records.size(), opened.it().append(record));
            model.records.add(record);
        }

        void appendMany(int count) throws IOException {
            for (int i = 0; i < count; i++) {
                append(i % 60);
            }
        }

        /** A position some way from the first to the end. */
        private int position(int percent) {
            return model.first + (model.records.size() - model.first) * percent / 100;
        }

        void trim(int percent) {
            int position = position(percent);
            opened.it().trim(position);
            model = new Model(position, model.records);
        }

        void scan(int percent) {
            int position = position(percent);
            List<String> records = new ArrayList<>();
            opened.it().scan(position).forEachRemaining(records::add);
            assertEquals(model.records.subList(position, model.records.size()), records);
            if (position < model.records.size()) {
                assertEquals(model.records.get(position), opened.it().get(position));
            }
        }

        void sync() throws IOException {
            opened.mapping().sync();
            committed = model.copy();
        }

        void rollback() {
            opened.mapping().rollback();
            model = committed.copy();
        }

        void reopen() throws IOException {
            opened.close();
            open();
            model = committed.copy();
        }

        void check() {
            assertEquals(model.first, opened.it().first());
            assertEquals(model.records.size(), opened.it().end());
            scan(0);
            HeapCheck.of(opened.heap(), opened.it());
        }

        @Override
        public void close() throws IOException {
            opened.close();
        }
    }
}
