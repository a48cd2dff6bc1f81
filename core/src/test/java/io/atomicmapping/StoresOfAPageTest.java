package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Whatever is stored to a page, by whom and after what: the commit holds it. Of a page with one store a seal
 * takes the value from its list of pages, and does not look at the page.
 */
@Timeout(60)
class StoresOfAPageTest {

    private static final int PAGE = 4096;
    private static final int SIZE = 4 * PAGE;
    private static final long WORD = PAGE + 128;

    private interface Store {
        void to(AtomicMapping mapping, int seed) throws Exception;
    }

    private record Named(String name, Store store) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Named named(String name, Store store) {
        return new Named(name, store);
    }

    private static final List<Named> STORES = List.of(
            named("byte", (mapping, seed) -> mapping.putByte(WORD + 7, (byte) (seed - 200))),
            named("short", (mapping, seed) -> mapping.putShort(WORD + 5, (short) (seed * -251))),
            named("int", (mapping, seed) -> mapping.putInt(WORD + 4, seed * -70_001)),
            named("long", (mapping, seed) -> mapping.putLong(WORD, seed * -7_000_000_001L)),
            named("float", (mapping, seed) -> mapping.putFloat(WORD + 1, -seed)),
            named("double", (mapping, seed) -> mapping.putDouble(WORD, -seed)),
            named("released", (mapping, seed) -> mapping.putLongRelease(WORD, seed * 3L << 40)),
            named("over two words", (mapping, seed) -> mapping.putLong(WORD + 3, ~(long) seed)),
            named("over two lines", (mapping, seed) -> mapping.putLong(WORD - 4, ~(long) seed)),
            named("over two pages", (mapping, seed) -> mapping.putLong(2 * PAGE - 1, ~(long) seed)),
            named("next word", (mapping, seed) -> mapping.putLong(WORD + 8, seed)),
            named("other line", (mapping, seed) -> mapping.putLong(WORD + 640, seed)),
            named("same again", (mapping, seed) -> mapping.putLong(WORD, mapping.getLong(WORD))),
            named("compare and set", (mapping, seed) ->
                    mapping.compareAndSetLong(WORD, mapping.getLong(WORD), seed)),
            named("add", (mapping, seed) -> mapping.getAndAddLong(WORD, seed)),
            named("fill", (mapping, seed) -> mapping.fill(WORD - 30, 100, (byte) seed)),
            named("copy", (mapping, seed) -> mapping.copy(WORD - 8, WORD, 8)),
            named("bytes", (mapping, seed) -> mapping.putBytes(WORD + 2, new byte[] {1, 2, (byte) seed})),
            named("segment", (mapping, seed) ->
                    mapping.put(WORD, MemorySegment.ofArray(new long[] {seed, -seed}))),
            named("virtual thread", (mapping, seed) ->
                    Thread.startVirtualThread(() -> mapping.putLong(WORD, -seed)).join()),
            named("another thread", (mapping, seed) ->
                    Thread.ofPlatform().start(() -> mapping.putLong(WORD, ~seed)).join()),
            named("cut and grown", (mapping, seed) -> {
                mapping.resize(WORD + 4);
                mapping.resize(SIZE);
            }),
            named("range sync", (mapping, seed) -> mapping.sync(WORD, 1)),
            named("range sync of others", (mapping, seed) -> mapping.sync(WORD + 640, 1)),
            named("rollback", (mapping, seed) -> mapping.rollback()));

    private static byte[] bytes(AtomicMapping mapping) {
        byte[] all = new byte[(int) mapping.size()];
        mapping.getBytes(0, all);
        return all;
    }

    /** All pairs, each after commits, so that pages have twins, and with nothing before. */
    @Test
    void areAllInTheCommitWhateverCameFirst() throws Exception {
        int seed = 0;
        for (Named first : STORES) {
            try (TestFile file = TestFile.Place.MEMORY.newFile(); AtomicMapping mapping = file.open(SIZE)) {
                for (Named second : STORES) {
                    first.store.to(mapping, ++seed);
                    second.store.to(mapping, ++seed);
                    mapping.sync();
                    String story = first + ", then " + second;
                    try (TestFile copy = file.copyAsAfterAKill(); AtomicMapping recovered = copy.open()) {
                        assertArrayEquals(bytes(mapping), bytes(recovered), story);
                    }
                    byte[] committed = bytes(mapping);
                    first.store.to(mapping, ++seed);
                    second.store.to(mapping, ++seed);
                    long last = mapping.lastCommit();
                    mapping.rollback();
                    if (mapping.lastCommit() == last && !story.contains("sync")) {
                        assertArrayEquals(committed, bytes(mapping), story + ", then taken back");
                    }
                }
            }
        }
    }

    @Test
    void whoseBytesAreAsBeforeJournalNothing() throws Exception {
        try (TestFile file = TestFile.Place.MEMORY.newFile(); AtomicMapping mapping = file.open(SIZE)) {
            mapping.putLong(WORD, 42);
            long commit = mapping.sync();
            long journaled = mapping.stats().bytesJournaled();
            mapping.putInt(WORD, 42);
            assertEquals(commit, mapping.sync());
            assertEquals(journaled, mapping.stats().bytesJournaled());
        }
    }
}
