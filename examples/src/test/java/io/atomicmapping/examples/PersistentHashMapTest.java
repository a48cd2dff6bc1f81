package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PersistentHashMapTest {

    private static final long BASE = 64;
    private static final String VALUE = "v".repeat(100);

    @TempDir
    private Path directory;
    private AtomicMapping mapping;
    private PersistentHeap heap;
    private PersistentHashMap<String, String> map;

    @BeforeEach
    void open() throws IOException {
        open(MappingOptions.builder().size(BASE + PersistentHeap.HEADER_BYTES).build());
    }

    private void open(MappingOptions options) throws IOException {
        mapping = AtomicMapping.open(directory.resolve("map"), options);
        heap = PersistentHeap.open(mapping, BASE);
        map = PersistentHashMap.open(heap, "map", Codec.STRING, Codec.STRING);
    }

    @AfterEach
    void close() throws IOException {
        mapping.close();
    }

    @Test
    void emptyMapHasNothing() {
        assertEquals(0, map.size());
        assertNull(map.get("a"));
        assertFalse(map.containsKey("a"));
        assertFalse(map.remove("a"));
        assertFalse(map.iterator().hasNext());
        assertThrows(NoSuchElementException.class, () -> map.iterator().next());
    }

    @Test
    void emptyKeysAndValuesAreKeysAndValues() throws IOException {
        assertTrue(map.put("", ""));
        assertEquals("", map.get(""));
        assertFalse(map.put("", "not empty any more"));
        assertEquals("not empty any more", map.get(""));
        assertEquals(1, map.size());
    }

    @Test
    void syncCommitsTheMapAndWhatIsBesideIt() throws IOException {
        map.put("a", "1");
        mapping.putLong(0, 7);
        mapping.sync();
        map.put("b", "2");
        mapping.putLong(0, 8);
        reopen();
        assertEquals(7, mapping.getLong(0));
        assertEquals(1, map.size());
        assertEquals("1", map.get("a"));
    }

    @Test
    void rollbackToBeforeTheFirstEntryLeavesAMapThatWorks() throws IOException {
        for (int i = 0; i < 1000; i++) {
            map.put("key " + i, VALUE);
        }
        mapping.rollback();
        assertEquals(0, map.size());
        assertNull(map.get("key 1"));
        map.put("key 1", "again");
        assertEquals("again", map.get("key 1"));
    }

    @Test
    void spaceOfRemovedEntriesIsUsedAgain() throws IOException {
        for (int i = 0; i < 1000; i++) {
            map.put("key " + i, VALUE);
        }
        long used = HeapCheck.of(heap, map).bytes();
        for (int i = 1000; i < 20_000; i++) {
            assertTrue(map.remove("key " + (i - 1000)));
            map.put("key " + i, VALUE);
        }
        assertEquals(1000, map.size());
        HeapCheck after = HeapCheck.of(heap, map);
        assertTrue(after.bytes() + after.freeBytes() < used + used / 4,
                "before=" + used + ", after=" + after);
    }

    @Test
    void valueThatGrowsAndShrinksKeepsOnePieceOfEachSize() throws IOException {
        for (int round = 0; round < 10; round++) {
            for (int length = 0; length < 5000; length = length * 2 + 1) {
                map.put("key", "v".repeat(length));
                assertEquals(length, map.get("key").length());
            }
        }
        assertEquals(1, map.size());
        HeapCheck check = HeapCheck.of(heap, map);
        assertTrue(check.bytes() + check.freeBytes() < 20_000, check::toString);
    }

    @Test
    void iteratorNoticesChangesAndTheirRollback() throws IOException {
        map.put("a", "1");
        mapping.sync();
        Iterator<Map.Entry<String, String>> before = map.iterator();
        map.put("b", "2");
        assertThrows(ConcurrentModificationException.class, before::next);
        Iterator<Map.Entry<String, String>> between = map.iterator();
        mapping.rollback();
        assertThrows(ConcurrentModificationException.class, between::next);
    }

    @Test
    void iteratorGivesEachEntryOnce() throws IOException {
        for (int i = 0; i < 10_000; i++) {
            map.put("key " + i, "value " + i);
        }
        boolean[] seen = new boolean[10_000];
        for (Map.Entry<String, String> entry : map) {
            int i = Integer.parseInt(entry.getKey().substring("key ".length()));
            assertEquals("value " + i, entry.getValue());
            assertFalse(seen[i], "seen twice: key=" + i);
            seen[i] = true;
        }
        for (int i = 0; i < seen.length; i++) {
            assertTrue(seen[i], "not seen: key=" + i);
        }
    }

    @Test
    void iteratorOfARolledBackStateIsFoundAlthoughAsManyChangesFollowed() throws IOException {
        map.put("a", "1");
        mapping.sync();
        map.put("b", "2");
        Iterator<Map.Entry<String, String>> rolledBack = map.iterator();
        mapping.rollback();
        map.put("c", "3");
        assertThrows(ConcurrentModificationException.class, rolledBack::next);
    }

    @Test
    void clearGivesEverythingBackButTheHeader() throws IOException {
        map.put("a", "1");
        for (int i = 0; i < 3000; i++) {
            map.put("key " + i, VALUE);
        }
        map.clear();
        assertEquals(0, map.size());
        assertNull(map.get("a"));
        assertEquals(2, HeapCheck.of(heap, map).pieces(), "header and name");
        map.clear();
        map.put("a", "2");
        assertEquals("2", map.get("a"));
        assertEquals(1, map.size());
    }

    @Test
    void mergeMakesNewValuesOfOldOnes() throws IOException {
        PersistentHashMap<String, Long> counts = PersistentHashMap.open(heap, "counts", Codec.STRING,
                Codec.LONG);
        assertEquals(1, counts.merge("a", 1L, Long::sum));
        assertEquals(2, counts.merge("a", 1L, Long::sum));
        assertEquals(2, counts.get("a"));
        HeapCheck.of(heap, counts);
        assertThrows(IllegalStateException.class, () -> counts.merge("a", 1L, (one, two) -> {
            throw new IllegalStateException("no");
        }));
        assertEquals(2, counts.get("a"));
    }

    @Test
    void mapsOfOneHeapDoNotMeet() throws IOException {
        PersistentHashMap<Long, byte[]> other = PersistentHashMap.open(heap, "other", Codec.LONG,
                Codec.BYTES);
        for (long i = 0; i < 1000; i++) {
            map.put("key " + i, "value " + i);
            other.put(i, new byte[(int) i]);
        }
        mapping.sync();
        reopen();
        PersistentHashMap<Long, byte[]> found = PersistentHashMap.open(heap, "other", Codec.LONG,
                Codec.BYTES);
        assertEquals("value 77", map.get("key 77"));
        assertEquals(77, found.get(77L).length);
        assertEquals(1000, found.size());
        HeapCheck.of(heap, map, found);
        found.clear();
        assertEquals(1000, map.size());
    }

    @Test
    void largeEntriesAreStored() throws IOException {
        String large = "x".repeat(3 << 20);
        map.put(large, large + "y");
        assertEquals(large + "y", map.get(large));
        map.put(large, large + "z");
        assertEquals(large + "z", map.get(large));
        assertNull(map.get(large + "!"));
        map.remove(large);
        HeapCheck.of(heap, map);
    }

    @Test
    void mappingThatCannotGrowLeavesTheEntriesAsTheyWere() throws IOException {
        mapping.close();
        for (long size = 64 << 10; size < 72 << 10; size += 1 << 10) {
            mapping = AtomicMapping.open(directory.resolve("small" + size),
                    MappingOptions.builder().size(size).maxSize(size).build());
            heap = PersistentHeap.open(mapping);
            map = PersistentHashMap.open(heap, "map", Codec.STRING, Codec.STRING);
            int stored = fillUntilRefused();
            assertEquals(stored, map.size());
            HeapCheck.of(heap, map);
            assertThrows(IOException.class, () -> map.put("key 0", "large".repeat(10_000)));
            HeapCheck.of(heap, map);
            assertTrue(map.remove("key 0"));
            assertTrue(map.put("key new", VALUE));
            for (int i = 1; i < stored; i++) {
                assertEquals(100, map.get("key " + i).length());
            }
            mapping.close();
        }
    }

    private int fillUntilRefused() {
        for (int i = 0;; i++) {
            try {
                map.put("key " + i, VALUE);
            } catch (IOException e) {
                assertTrue(e.getMessage().contains("no room"), e::getMessage);
                return i;
            }
        }
    }

    @Test
    void rootThatIsSomethingElseIsRefused() throws IOException {
        heap.setRoot("number", 42);
        assertThrows(IllegalArgumentException.class, () -> openMap("number"));
        heap.setRoot("piece", heap.allocate(1000));
        mapping.putLong(heap.root("piece"), 42);
        assertThrows(IllegalArgumentException.class, () -> openMap("piece"));
        map.put("a", "1");
        mapping.putByte(heap.root("map") + 7, (byte) 2);
        String message = assertThrows(IllegalArgumentException.class, () -> openMap("map")).getMessage();
        assertTrue(message.contains("another version") && message.contains("actual=2"), message);
    }

    private PersistentHashMap<String, String> openMap(String name) {
        return PersistentHashMap.open(heap, name, Codec.STRING, Codec.STRING);
    }

    @Test
    void threadsPutReadSyncAndRollBackAtTheSameTime() throws Exception {
        int keys = 200;
        for (int i = 0; i < keys; i++) {
            map.put("key " + i, "0");
        }
        mapping.sync();
        AtomicInteger round = new AtomicInteger();
        Threads threads = new Threads();
        for (int writer = 0; writer < 2; writer++) {
            int first = writer;
            threads.start(writer == 0, () -> {
                for (int i = 0; i < 3000; i++) {
                    map.put("key " + (i * 2 + first) % keys, "v".repeat(i % 90));
                    map.put("more " + i % 50 + first, VALUE);
                    map.remove("more " + (i + 7) % 50 + first);
                }
            });
            threads.whileOthersRun(writer == 0, () -> {
                int i = round.getAndIncrement() % keys;
                String value = map.get("key " + i);
                assertTrue(value.equals("0") || value.equals("v".repeat(value.length())), value);
            });
        }
        threads.whileOthersRun(false, mapping::sync);
        threads.whileOthersRun(false, mapping::rollback);
        threads.join();
        int seen = 0;
        for (Map.Entry<String, String> entry : map) {
            assertEquals(entry.getValue(), map.get(entry.getKey()));
            seen++;
        }
        assertEquals(seen, map.size());
        HeapCheck.of(heap, map);
    }

    private void reopen() throws IOException {
        mapping.close();
        open();
    }
}
