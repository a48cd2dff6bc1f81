package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Structures as users write them, each wrong in a way of its own: it is found, and its story names the line
 * to look at.
 */
class SubtleBugsTest {

    private static final long VALUES = Numbers.VALUES;

    /** How a number is added. */
    private interface Way {
        void add(Numbers numbers, long value) throws Exception;
    }

    private static CrashTest<Numbers, List<Long>> committing(int count, Way way) {
        return CrashTest.of(Numbers::open, Numbers::values).workload((numbers, ledger) -> {
            for (long i = 1; i <= count; i++) {
                long value = i;
                ledger.commit(() -> way.add(numbers, value));
            }
        });
    }

    private static String story(CrashTest<?, ?> wrong) {
        return assertThrows(AssertionError.class, wrong::run).getMessage();
    }

    private static void assertTells(String story, String pattern) {
        assertTrue(Pattern.compile(pattern).matcher(story).find(), story);
    }

    @Test
    void countThatIsDurableBeforeItsValue() {
        String story = story(committing(3, Numbers::countFirst).exhaustive());
        assertTells(story, "found \\[0]\\s+allowed: acknowledged commit 0, from before: \\[]"
                + "\\s+allowed: in flight    commit 1 at .*: \\[1]");
        assertTells(story, "the state of no commit. It was made durable by .* FORCE of numbers.journal at"
                + " Numbers.countFirst\\(");
    }

    @Test
    void rangeThatLacksTheHeader() {
        String story = story(committing(3, Numbers::syncTheValueOnly).exhaustive());
        assertTells(story,
                "It was acknowledged that commit 1 at .* is durable; but the last force .* did not cover all"
                + " of it: .* at Numbers.syncTheValueOnly\\(");
    }

    @Test
    void syncThatIsNotWaitedFor() {
        assertTells(story(committing(3, Numbers::syncWithoutWaiting).exhaustive()),
                "commit 1 at .* is durable; but .* no force returned: was its sync waited for\\?");
    }

    @Test
    void rawStoresThatAreSyncedInTheWrongOrder() {
        assertTells(story(committing(2, Numbers::countFirstRaw).exhaustive()),
                "made durable by .* at Numbers.countFirstRaw\\(");
    }

    /**
     * A commit left out of the story would leave its changes to a later sync, and the story would be about
     * those.
     */
    @Test
    void syncInTheMiddleOfAMoveIsToldWithTheCommitsBeforeIt() {
        String story = story(CrashTest.of(Numbers::open, Numbers::values).workload((numbers, ledger) -> {
            for (long i = 1; i <= 6; i++) {
                numbers.moveEveryFourth(i);
                ledger.commit(numbers::sync);
            }
        }).exhaustive());
        assertTells(story, "replay\\(\"work seed=0 > PROCESS_KILL");
        assertTells(story, "found \\[0, 0, 0, 0]\\s+allowed: acknowledged commit 4 at .*: \\[1, 2, 3, 4]");
        assertTells(story, "made durable by .* at Numbers.moveEveryFourth\\(");
    }

    /** Adds a mapping that must agree with the first. */
    private record Indexed(AtomicMapping index, AtomicMapping data) implements AutoCloseable {

        static Indexed open(Storage storage) throws IOException {
            return new Indexed(Numbers.mapping(storage, "/data/index"), Numbers.mapping(storage,
                    "/data/data"));
        }

        String all() {
            byte[] bytes = new byte[index.getInt(0)];
            data.getBytes(0, bytes);
            return new String(bytes, StandardCharsets.US_ASCII);
        }

        void append(String text, boolean indexFirst) throws IOException {
            data.putBytes(index.getInt(0), text.getBytes(StandardCharsets.US_ASCII));
            index.putInt(0, index.getInt(0) + text.length());
            if (indexFirst) {
                index.sync();
            }
            data.sync();
            index.sync();
        }

        @Override
        public void close() throws IOException {
            try (data) {
                index.close();
            }
        }
    }

    private static CrashTest<Indexed, String> indexed(boolean indexFirst) {
        return CrashTest.of(Indexed::open, Indexed::all).workload((indexed, ledger) -> {
            ledger.commit(() -> indexed.append("one", indexFirst));
            ledger.commit(() -> indexed.append("two", indexFirst));
        });
    }

    @Test
    void indexThatIsDurableBeforeItsData() {
        String story = story(indexed(true).exhaustive());
        assertTells(story, Pattern.quote("found \\u0000\\u0000\\u0000"));
        assertTells(story, "made durable by .* FORCE of index.journal at SubtleBugsTest\\$Indexed.append\\(");
    }

    @Test
    void dataBeforeItsIndexIsRight() {
        CrashReport report = indexed(false).exhaustive().nested(1).run();
        System.out.println(report);
        assertTrue(report.nestedStates() > 500, report::toString);
    }

    /** What is to be added is noted durably first, and added by whoever opens; twice, if that is cut off. */
    private record Intents(AtomicMapping mapping) implements AutoCloseable {

        static Intents open(Storage storage) throws IOException {
            Intents intents = new Intents(Numbers.mapping(storage, "/data/intents"));
            intents.complete();
            return intents;
        }

        private void complete() throws IOException {
            if (mapping.getLong(0) != 0) {
                mapping.putLong(VALUES, mapping.getLong(VALUES) + mapping.getLong(0));
                mapping.sync();
                mapping.putLong(0, 0);
                mapping.sync();
            }
        }

        void add(long amount) throws IOException {
            mapping.putLong(0, amount);
            mapping.sync();
            mapping.update(() -> {
                mapping.putLong(VALUES, mapping.getLong(VALUES) + amount);
                mapping.putLong(0, 0);
            });
            mapping.sync();
        }

        long balance() {
            return mapping.getLong(VALUES);
        }

        @Override
        public void close() throws IOException {
            mapping.close();
        }
    }

    @Test
    void recoveryThatIsNotIdempotentTakesTwoCrashesAndIsToldByItsLine() {
        CrashTest.Workload<Intents, Long> work = (intents, ledger) -> {
            ledger.commit(() -> intents.add(10));
            ledger.commit(() -> intents.add(10));
        };
        assertTrue(CrashTest.of(Intents::open, Intents::balance).workload(work).exhaustive().run()
                .states() > 20);
        String story = story(CrashTest.of(Intents::open, Intents::balance).workload(work).exhaustive()
                .nested(1));
        assertTells(story, "found 20\\s+allowed: .* 0\\s+allowed: in flight    commit 1 at .* 10");
        assertTells(story,
                "made durable by .* at SubtleBugsTest\\$Intents.complete\\(.* < .*Intents.open\\(");
        assertTells(story,
                "(?s)2\\. Recovery, until a process kill .* by left in the cache by the process");
    }

    /** How both are counted up. */
    private interface Counting {
        void count(AtomicMapping mapping);
    }

    /** Two counters that another thread commits while they are counted up. */
    private static CrashTest<Numbers, Long> counting(Counting way) {
        return CrashTest.<Numbers, Long>checking(Numbers::open, (numbers, promises) -> {
            assertEquals(numbers.count(), numbers.mapping().getLong(VALUES), "both counters");
            promises.acknowledged().forEach(count -> assertTrue(numbers.count() >= count, "acknowledged: "
                    + count));
        }).workload((numbers, ledger) -> ledger.repeating(() -> way.count(numbers.mapping()), () -> {
            for (int i = 0; i < 5; i++) {
                ledger.commit(numbers.count(), numbers::sync);
            }
        }));
    }

    private static void countBoth(AtomicMapping mapping) {
        mapping.putLong(VALUES, mapping.getLong(VALUES) + 1);
        mapping.putLong(0, mapping.getLong(0) + 1);
    }

    @Test
    void updateThatWasForgottenWhereAnotherThreadSyncs() {
        assertTells(story(counting(SubtleBugsTest::countBoth).random(1, Duration.ofMinutes(2))),
                "both counters");
    }

    @Test
    void updateIsRightWhereAnotherThreadSyncs() {
        CrashReport report = counting(mapping -> mapping.update(() -> countBoth(mapping))).exhaustive()
                .random(1, 200L).run();
        System.out.println(report);
        assertTrue(report.states() > 200, report::toString);
    }

    /**
     * A count kept in a field is not rolled back. What the structure shows is wrong at once, so the model is
     * named.
     */
    @Test
    void fieldThatIsNotRolledBack() {
        String story = story(CrashTest.of(Numbers::open, Numbers::values).workload((numbers, ledger) -> {
            numbers.addAtOnce(1);
            ledger.commit(List.of(1L), numbers::sync);
            long count = numbers.count() + 1;
            numbers.addAtOnce(2);
            numbers.mapping().rollback();
            numbers.mapping().putLong(numbers.place(count), 3);
            numbers.mapping().putLong(0, count + 1);
            ledger.commit(List.of(1L, 3L), numbers::sync);
        }).exhaustive());
        assertTells(story, "found \\[1, 0, 3]");
    }

    /** Keeps its text in a file of its own, which nobody forces. */
    private record Beside(Numbers numbers, DurableFile text) implements AutoCloseable {

        static Beside open(Storage storage) throws IOException {
            Path path = Path.of("/data/text");
            boolean missing = storage.kind(path) == Storage.FileKind.MISSING;
            DurableFile text = storage.open(path, missing ? Storage.OpenMode.CREATE_NEW
                    : Storage.OpenMode.WRITE);
            storage.forceDirectory(path.getParent());
            return new Beside(Numbers.open(storage), text);
        }

        void add(long value) throws IOException {
            try (Arena arena = Arena.ofConfined()) {
                text.write(numbers.count() * VALUES, arena.allocate(VALUES).fill((byte) value));
            }
            numbers.addAtOnce(value);
            numbers.sync();
        }

        List<String> all() throws IOException {
            List<String> all = new ArrayList<>();
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment bytes = arena.allocate(VALUES);
                for (long i = 0; i < numbers.count(); i++) {
                    text.read(i * VALUES, bytes.fill((byte) 0));
                    all.add(bytes.get(ValueLayout.JAVA_BYTE, 0) + ".." + bytes.get(ValueLayout.JAVA_BYTE,
                            VALUES - 1));
                }
            }
            return all;
        }

        @Override
        public void close() throws IOException {
            try (text) {
                numbers.close();
            }
        }
    }

    @Test
    void fileBesideThatIsNotForced() {
        String story = story(CrashTest.of(Beside::open, Beside::all).workload((beside, ledger) ->
                ledger.commit(() -> beside.add(5))).exhaustive());
        assertTells(story, "A part of what no force had covered was lost");
        assertTells(story,
                "Lost: \\s+#\\d+ WRITE of text  (LOST|TORN: .*) at SubtleBugsTest\\$Beside.add\\(");
    }
}
