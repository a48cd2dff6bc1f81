package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PersistentBTreeMapTest {

    private static final String VALUE = "v".repeat(100);

    @TempDir
    private Path directory;
    private AtomicMapping mapping;
    private PersistentHeap heap;
    private PersistentBTreeMap<Long, String> map;

    @BeforeEach
    void open() throws IOException {
        open("map", MappingOptions.builder().size(4096).build());
    }

    private void open(String file, MappingOptions options) throws IOException {
        mapping = AtomicMapping.open(directory.resolve(file), options);
        heap = PersistentHeap.open(mapping);
        map = PersistentBTreeMap.open(heap, "map", Codec.LONG, Codec.STRING);
    }

    @AfterEach
    void close() throws IOException {
        mapping.close();
    }

    @Test
    void emptyMapHasNothing() {
        assertEquals(0, map.size());
        assertNull(map.get(1L));
        assertFalse(map.containsKey(1L));
        assertFalse(map.remove(1L));
        assertNull(map.firstEntry());
        assertNull(map.lastEntry());
        assertNull(map.pollFirstEntry());
        assertNull(map.ceilingEntry(1L));
        assertTrue(map.entries().isEmpty());
        assertEquals(0, map.entries().descendingMap().size());
        assertThrows(NoSuchElementException.class, () -> map.iterator().next());
    }

    @Test
    void numbersAreInTheirOrder() throws IOException {
        for (long key : new long[] {5, -1, Long.MIN_VALUE, 0, Long.MAX_VALUE, -300, 300}) {
            map.put(key, "value " + key);
        }
        List<Long> keys = new ArrayList<>();
        map.forEach(entry -> keys.add(entry.getKey()));
        assertEquals(List.of(Long.MIN_VALUE, -300L, -1L, 0L, 5L, 300L, Long.MAX_VALUE), keys);
        assertEquals(300, map.higherEntry(5L).getKey());
        assertEquals(-1, map.floorEntry(-1L).getKey());
        assertEquals("value -300", map.lowerEntry(-1L).getValue());
    }

    @Test
    void textIsInItsOrder() throws IOException {
        PersistentBTreeMap<String, byte[]> texts =
                PersistentBTreeMap.open(heap, "texts", Codec.STRING, Codec.BYTES);
        List<String> sorted = List.of("", "?", "A", "a", "aa", "ab", "ä", "€", "\uD83D\uDE00");
        for (String text : sorted.reversed()) {
            texts.put(text, text.getBytes());
        }
        List<String> keys = new ArrayList<>();
        texts.forEach(entry -> keys.add(entry.getKey()));
        assertEquals(sorted, keys);
        assertThrows(IllegalArgumentException.class, () -> texts.put("\uD83D", new byte[0]));
        assertThrows(IllegalArgumentException.class, () -> texts.get("?\uDE00"));
        assertEquals(sorted.size(), texts.size());
    }

    @Test
    void codecsRefuseBytesOfOthers() throws IOException {
        map.put(1L, "x");
        PersistentBTreeMap<String, Long> wrong = PersistentBTreeMap.open(heap, "map", Codec.STRING,
                Codec.LONG);
        assertThrows(IllegalArgumentException.class, wrong::firstEntry);
    }

    @Test
    void keysThatOnlyGrowFillTheirNodes() throws IOException {
        for (long i = 0; i < 20_000; i++) {
            map.put(i, VALUE);
        }
        long percent = BTreeCheck.of(heap, "map", 20_000);
        assertTrue(percent > 90, "percent=" + percent);
    }

    @Test
    void randomKeysFillTwoThirdsAndRemovalsMergeNodes() throws IOException {
        Random random = new Random(1);
        List<Long> keys = new ArrayList<>();
        while (keys.size() < 20_000) {
            long key = random.nextLong();
            if (map.put(key, VALUE)) {
                keys.add(key);
            }
        }
        long percent = BTreeCheck.of(heap, "map", keys.size());
        assertTrue(percent > 60, "percent=" + percent);
        long full = HeapCheck.of(heap, map).bytes();
        for (int i = 0; i < keys.size(); i++) {
            if (i % 10 != 0) {
                assertTrue(map.remove(keys.get(i)));
            }
        }
        percent = BTreeCheck.of(heap, "map", keys.size() / 10);
        assertTrue(percent > 33, "percent=" + percent);
        assertTrue(HeapCheck.of(heap, map).bytes() < full / 4);
        for (int i = 0; i < keys.size(); i += 10) {
            assertEquals(VALUE, map.get(keys.get(i)));
            assertTrue(map.remove(keys.get(i)));
        }
        assertEquals(3, HeapCheck.of(heap, map).pieces(), "header, root, and the heap's root");
    }

    @Test
    void largeValuesAndLongestKeys() throws IOException {
        PersistentBTreeMap<byte[], byte[]> bytes = PersistentBTreeMap.open(heap, "bytes", Codec.BYTES,
                Codec.BYTES);
        byte[] longest = new byte[PersistentBTreeMap.LONGEST_KEY];
        byte[] large = new byte[5 << 20];
        new Random(1).nextBytes(large);
        bytes.put(longest, large);
        bytes.put(new byte[1], new byte[0]);
        assertArrayEquals(large, bytes.get(longest));
        bytes.put(longest, new byte[10]);
        assertEquals(10, bytes.get(longest).length);
        bytes.put(longest, large);
        assertTrue(bytes.remove(longest));
        HeapCheck.of(heap, bytes);
        String message = assertThrows(IllegalArgumentException.class,
                () -> bytes.put(new byte[PersistentBTreeMap.LONGEST_KEY + 1], new byte[0])).getMessage();
        assertTrue(message.contains("max=1000"), message);
        assertEquals(1, bytes.size());
    }

    @Test
    void rangesAreViewsBothWays() throws IOException {
        for (long i = 0; i < 1000; i++) {
            map.put(i * 2, "value " + i);
        }
        BTreeRange<Long, String> range = map.entries().subMap(101L, true, 200L, false);
        assertEquals(49, range.size());
        assertEquals(102, range.firstEntry().getKey());
        assertEquals(198, range.descendingMap().iterator().next().getKey());
        map.put(151L, "odd");
        assertEquals(50, range.size());
        assertEquals(50, range.tailMap(10L, true).headMap(200_000L, true).size(), "never wider");
        assertEquals(196, range.descendingMap().headMap(196L, true).lastEntry().getKey());
        assertEquals(198, range.descendingMap().headMap(196L, true).firstEntry().getKey());
        assertThrows(IllegalArgumentException.class, () -> map.entries().subMap(2L, true, 1L, true));
        assertTrue(map.entries().subMap(1L, false, 1L, false).isEmpty());
    }

    @Test
    void iteratorNoticesChangesAndTheirRollback() throws IOException {
        map.put(1L, "1");
        mapping.sync();
        Iterator<Map.Entry<Long, String>> before = map.iterator();
        map.put(2L, "2");
        assertThrows(ConcurrentModificationException.class, before::next);
        Iterator<Map.Entry<Long, String>> between = map.entries().descendingMap().iterator();
        mapping.rollback();
        assertThrows(ConcurrentModificationException.class, between::next);
        Iterator<Map.Entry<Long, String>> after = map.iterator();
        map.put(1L, "replaced: no entry came or went");
        assertEquals("replaced: no entry came or went", after.next().getValue());
    }

    @Test
    void rollbackToBeforeTheFirstEntryLeavesAMapThatWorks() throws IOException {
        for (long i = 0; i < 1000; i++) {
            map.put(i, VALUE);
        }
        mapping.rollback();
        assertNull(map.firstEntry());
        map.put(1L, "again");
        assertEquals("again", map.lastEntry().getValue());
        HeapCheck.of(heap, map);
    }

    @Test
    void clearGivesEverythingBackButTheHeader() throws IOException {
        for (long i = 0; i < 3000; i++) {
            map.put(i * 77 % 3000, "v".repeat((int) i));
        }
        map.clear();
        assertEquals(2, HeapCheck.of(heap, map).pieces(), "header and name");
        assertEquals(0, map.size());
        map.put(1L, "again");
        assertEquals("again", map.firstEntry().getValue());
    }

    @Test
    void mappingThatCannotGrowLeavesTheEntriesAsTheyWere() throws IOException {
        for (long size = 64 << 10; size < 96 << 10; size += 4 << 10) {
            mapping.close();
            open("map" + size, MappingOptions.builder().size(size).maxSize(size).build());
            Random random = new Random(size);
            List<Long> keys = new ArrayList<>();
            for (int refused = 0; refused < 20;) {
                long key = random.nextLong();
                try {
                    map.put(key, "v".repeat(random.nextInt(2000)));
                    keys.add(key);
                } catch (IOException e) {
                    refused++;
                    assertFalse(map.containsKey(key));
                }
                HeapCheck.of(heap, map);
                BTreeCheck.of(heap, "map", keys.size());
            }
            for (long key : keys) {
                assertTrue(map.remove(key));
            }
            map.put(1L, VALUE);
            assertEquals(VALUE, map.get(1L));
        }
    }

    @Test
    void hashMapIsNoTreeMap() throws IOException {
        map.put(1L, "1");
        String message = assertThrows(IllegalArgumentException.class,
                () -> PersistentHashMap.open(heap, "map", Codec.LONG, Codec.STRING)).getMessage();
        assertTrue(message.contains("something else") && message.contains("name=map"), message);
    }

    @Test
    void threadsPutScanSyncAndRollBackAtTheSameTime() throws Exception {
        for (long i = 0; i < 500; i++) {
            map.put(i * 10, "0");
        }
        mapping.sync();
        AtomicInteger round = new AtomicInteger();
        Threads threads = new Threads();
        for (long writer = 1; writer <= 2; writer++) {
            long first = writer;
            threads.start(writer == 1, () -> {
                for (int i = 0; i < 3000; i++) {
                    map.put(i * 7L % 500 * 10 + first, "v".repeat(i % 90));
                    map.remove((i + 13) * 7L % 500 * 10 + first);
                }
            });
            threads.whileOthersRun(writer == 1, () -> {
                long key = round.getAndIncrement() % 500 * 10;
                assertEquals("0", map.get(key));
                assertEquals(key, map.entries().subMap(key - 5, true, key, true).lastEntry().getKey());
                long near = map.floorEntry(key + 9).getKey();
                assertTrue(near >= key, "key=" + key + ", near=" + near);
            });
        }
        threads.whileOthersRun(false, mapping::sync);
        threads.whileOthersRun(false, mapping::rollback);
        threads.join();
        BTreeCheck.of(heap, "map", map.size());
        HeapCheck.of(heap, map);
    }
}
