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
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PersistentHashMapTest {

    private static final long BASE = 64;

    @TempDir
    private Path directory;
    private AtomicMapping mapping;
    private PersistentHashMap map;

    @BeforeEach
    void open() throws IOException {
        mapping = AtomicMapping.open(file(), BASE + PersistentHashMap.HEADER_BYTES);
        map = PersistentHashMap.open(mapping, BASE);
    }

    @AfterEach
    void close() throws IOException {
        mapping.close();
    }

    @Test
    void emptyMapHasNothing() {
        assertEquals(0, map.size());
        assertNull(map.get(bytes("a")));
        assertFalse(map.containsKey(bytes("a")));
        assertFalse(map.remove(bytes("a")));
        assertFalse(map.iterator().hasNext());
        assertThrows(NoSuchElementException.class, () -> map.iterator().next());
    }

    @Test
    void emptyKeysAndValuesAreKeysAndValues() throws IOException {
        assertTrue(map.put(bytes(""), bytes("")));
        assertArrayEquals(bytes(""), map.get(bytes("")));
        assertFalse(map.put(bytes(""), bytes("not empty any more")));
        assertArrayEquals(bytes("not empty any more"), map.get(bytes("")));
        assertEquals(1, map.size());
    }

    @Test
    void syncCommitsTheMapAndWhatIsBesideIt() throws IOException {
        map.put(bytes("a"), bytes("1"));
        mapping.putLong(0, 7);
        mapping.sync();
        map.put(bytes("b"), bytes("2"));
        mapping.putLong(0, 8);
        reopen();
        assertEquals(7, mapping.getLong(0));
        assertEquals(1, map.size());
        assertArrayEquals(bytes("1"), map.get(bytes("a")));
    }

    @Test
    void rollbackToBeforeTheFirstEntryLeavesAMapThatWorks() throws IOException {
        for (int i = 0; i < 1000; i++) {
            map.put(bytes("key " + i), new byte[100]);
        }
        mapping.rollback();
        assertEquals(0, map.size());
        assertNull(map.get(bytes("key 1")));
        map.put(bytes("key 1"), bytes("again"));
        assertArrayEquals(bytes("again"), map.get(bytes("key 1")));
    }

    @Test
    void spaceOfRemovedEntriesIsUsedAgain() throws IOException {
        for (int i = 0; i < 1000; i++) {
            map.put(bytes("key " + i), new byte[100]);
        }
        long used = map.usedBytes();
        for (int i = 1000; i < 20_000; i++) {
            assertTrue(map.remove(bytes("key " + (i - 1000))));
            map.put(bytes("key " + i), new byte[100]);
        }
        assertEquals(1000, map.size());
        assertTrue(map.usedBytes() < used + used / 4, "before=" + used + ", after=" + map.usedBytes());
    }

    @Test
    void valueThatGrowsAndShrinksKeepsOnePieceOfEachSize() throws IOException {
        for (int round = 0; round < 10; round++) {
            for (int length = 0; length < 5000; length = length * 2 + 1) {
                map.put(bytes("key"), new byte[length]);
                assertEquals(length, map.get(bytes("key")).length);
            }
        }
        assertEquals(1, map.size());
        assertTrue(map.usedBytes() < 20_000, "used=" + map.usedBytes());
    }

    @Test
    void iteratorNoticesChangesAndTheirRollback() throws IOException {
        map.put(bytes("a"), bytes("1"));
        mapping.sync();
        Iterator<PersistentHashMap.Entry> before = map.iterator();
        map.put(bytes("b"), bytes("2"));
        assertThrows(ConcurrentModificationException.class, before::next);
        Iterator<PersistentHashMap.Entry> between = map.iterator();
        mapping.rollback();
        assertThrows(ConcurrentModificationException.class, between::next);
    }

    @Test
    void iteratorGivesEachEntryOnce() throws IOException {
        for (int i = 0; i < 10_000; i++) {
            map.put(bytes("key " + i), bytes("value " + i));
        }
        boolean[] seen = new boolean[10_000];
        for (PersistentHashMap.Entry entry : map) {
            int i = Integer.parseInt(text(entry.key()).substring("key ".length()));
            assertEquals("value " + i, text(entry.value()));
            assertFalse(seen[i], "seen twice: key=" + i);
            seen[i] = true;
        }
        for (int i = 0; i < seen.length; i++) {
            assertTrue(seen[i], "not seen: key=" + i);
        }
    }

    @Test
    void mappingThatCannotGrowLeavesTheEntriesAsTheyWere() throws IOException {
        mapping.close();
        long size = 64 << 10;
        mapping = AtomicMapping.open(directory.resolve("small"),
                MappingOptions.builder().size(size).maxSize(size).build());
        map = PersistentHashMap.open(mapping, BASE);
        int stored = fillUntilRefused();
        assertEquals(stored, map.size());
        assertTrue(map.remove(bytes("key 0")));
        assertTrue(map.put(bytes("key new"), new byte[100]));
        for (int i = 1; i < stored; i++) {
            assertEquals(100, map.get(bytes("key " + i)).length);
        }
    }

    @Test
    void placesThatCannotHoldAMapAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> PersistentHashMap.open(mapping, -8));
        assertThrows(IllegalArgumentException.class, () -> PersistentHashMap.open(mapping, 4));
        long tooLate = mapping.size() - 8;
        assertThrows(IllegalArgumentException.class, () -> PersistentHashMap.open(mapping, tooLate));
        mapping.putLong(0, 42);
        assertThrows(IllegalArgumentException.class, () -> PersistentHashMap.open(mapping, 0));
    }

    private int fillUntilRefused() {
        for (int i = 0;; i++) {
            try {
                map.put(bytes("key " + i), new byte[100]);
            } catch (IOException | IllegalArgumentException e) {
                return i;
            }
        }
    }

    private void reopen() throws IOException {
        mapping.close();
        mapping = AtomicMapping.open(file());
        map = PersistentHashMap.open(mapping, BASE);
    }

    private Path file() {
        return directory.resolve("map");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
