package io.atomicmapping.examples.kreon;

import static io.atomicmapping.examples.kreon.SmallStores.FILE;
import static io.atomicmapping.examples.kreon.SmallStores.bytes;
import static io.atomicmapping.examples.kreon.SmallStores.entries;
import static io.atomicmapping.examples.kreon.SmallStores.keys;
import static io.atomicmapping.examples.kreon.SmallStores.open;
import static io.atomicmapping.examples.kreon.SmallStores.options;
import static io.atomicmapping.examples.kreon.SmallStores.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What a store promises, on one thread. */
class KeyValueStoreTest {

    private final MemoryStorage storage = new MemoryStorage();

    @Test
    void putsAreThereAfterReopeningARealFile(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("store");
        try (KeyValueStore store = KeyValueStore.open(file)) {
            assertEquals(1, store.put(bytes("a"), bytes("1")));
            assertEquals(2, store.put(bytes("b"), new byte[0]));
            assertEquals(3, store.put(new byte[0], bytes("no key")));
            assertTrue(store.delete(bytes("b")));
            assertFalse(store.delete(bytes("b")));
        }
        try (KeyValueStore store = KeyValueStore.open(file)) {
            assertEquals(Map.of("", "no key", "a", "1"), entries(store));
            assertEquals(2, store.size());
            assertTrue(store.containsKey(bytes("a")));
            assertFalse(store.containsKey(bytes("b")));
            assertEquals(4, store.stats().version());
            store.verify();
        }
    }

    @Test
    void keysThatAgreeInTheirPrefixAreToldApartByTheLog() throws IOException {
        List<String> names = List.of("twelve bytes", "twelve bytes\0", "twelve bytes\0\0", "twelve bytes!",
                "twelve bytes!!", "twelve", "twelve\0", "twelve\0\0\0\0\0\0", "");
        try (KeyValueStore store = open(storage)) {
            for (String name : names) {
                store.put(bytes(name), bytes(name + "'s value"));
            }
            for (String name : names) {
                assertEquals(name + "'s value", text(store.get(bytes(name))));
            }
            assertNull(store.get(bytes("twelve bytes\0!")));
            assertEquals(names.stream().sorted().toList(), keys(store.ascend(null, null)));
            store.verify();
        }
    }

    @Test
    void scansGoBothWaysFromAKeyToABound() throws IOException {
        try (KeyValueStore store = open(storage)) {
            WriteBatch batch = new WriteBatch();
            for (int i = 10; i < 100; i++) {
                batch.put(bytes("" + i), bytes("v" + i));
            }
            store.write(batch);
            assertEquals(List.of("41", "42", "43"), keys(store.ascend(bytes("41"), bytes("44"))));
            assertEquals(List.of("41", "40", "39"), keys(store.descend(bytes("41"), bytes("38"))));
            assertEquals(List.of("99"), keys(store.ascend(bytes("98+"), null)));
            assertEquals(List.of("10"), keys(store.descend(bytes("10+"), null)));
            assertEquals(List.of(), keys(store.ascend(bytes("44"), bytes("41"))));
            assertEquals(90, keys(store.descend(null, null)).size());
            try (Scan scan = store.ascend(bytes("98"), null)) {
                assertEquals("v98", text(scan.next().value()));
                assertEquals("99", text(scan.next().key()));
                assertFalse(scan.hasNext());
                assertThrows(NoSuchElementException.class, scan::next);
            }
        }
    }

    @Test
    void snapshotStaysAsItIsAndHoldsItsRoomUntilItIsClosed() throws IOException {
        try (KeyValueStore store = open(storage)) {
            store.put(bytes("a"), bytes("1"));
            Snapshot old = store.snapshot();
            for (int i = 0; i < 50; i++) {
                store.put(bytes("a"), bytes("later " + i));
                store.put(bytes("b" + i), bytes("new"));
            }
            assertEquals("1", text(old.get(bytes("a"))));
            assertNull(old.get(bytes("b7")));
            assertEquals(1, old.size());
            assertEquals(1, old.version());
            assertEquals(1, store.stats().oldestVersionRead());
            long held = store.stats().heldBytes();
            Scan scan = old.ascend(null, null);
            old.close();
            old.close();
            assertEquals("snapshot is closed: version=1",
                    assertThrows(IllegalStateException.class, () -> old.get(bytes("a"))).getMessage());
            assertEquals("1", text(scan.next().value()));
            assertFalse(scan.hasNext());
            store.put(bytes("a"), bytes("last"));
            assertEquals(101 + 1, store.stats().oldestVersionRead());
            assertTrue(store.stats().heldBytes() < held, () -> store.stats() + ", held before=" + held);
        }
    }

    @Test
    void submittedChangesAreVisibleWhenTheyAreDurable() throws IOException {
        try (KeyValueStore store = open(storage)) {
            PendingWrite first = store.submit(new WriteBatch().put(bytes("a"), bytes("1")));
            PendingWrite second = store.submit(
                    new WriteBatch().put(bytes("b"), bytes("2")).delete(bytes("a")));
            assertFalse(first.isDone());
            assertEquals(Map.of(), entries(store));
            assertEquals(1, second.await());
            assertTrue(first.isDone());
            assertEquals(1, first.await());
            assertEquals(Map.of("b", "2"), entries(store));
            store.submit(new WriteBatch().put(bytes("c"), bytes("3")));
        }
        try (KeyValueStore store = open(storage)) {
            assertEquals(Map.of("b", "2", "c", "3"), entries(store), "closing commits what is pending");
        }
    }

    @Test
    void commitsThatChangeNothingWriteNothing() throws IOException {
        try (KeyValueStore store = open(storage)) {
            long before = store.mapping().lastCommit();
            assertEquals(0, store.write(new WriteBatch()));
            assertFalse(store.delete(bytes("a")));
            assertEquals(before, store.mapping().lastCommit());
        }
    }

    @Test
    void readOnlyReadersSeeTheLastCommitAndTakeNoChange() throws IOException {
        StoreOptions readOnly = options(storage).readOnly(true).build();
        assertThrows(NoSuchFileException.class, () -> KeyValueStore.open(FILE, readOnly));
        try (KeyValueStore store = open(storage)) {
            store.put(bytes("a"), bytes("1"));
        }
        try (KeyValueStore one = KeyValueStore.open(FILE, readOnly);
                KeyValueStore other = KeyValueStore.open(FILE, readOnly)) {
            assertEquals(Map.of("a", "1"), entries(one));
            assertEquals(Map.of("a", "1"), entries(other));
            one.verify();
            String message = assertThrows(IllegalStateException.class, () -> one.delete(bytes("a")))
                    .getMessage();
            assertEquals("key-value store was opened read-only: file=/data/store", message);
        }
    }

    @Test
    void foreignFilesAreRefusedAndStayAsTheyAre(@TempDir Path directory) throws IOException {
        Path text = Files.writeString(directory.resolve("text"), "no store");
        Path zeros = Files.write(directory.resolve("zeros"), new byte[8 << 20]);
        for (Path file : List.of(text, zeros)) {
            byte[] before = Files.readAllBytes(file);
            String message = assertThrows(IncompatibleStoreException.class, () -> KeyValueStore.open(file))
                    .getMessage();
            assertTrue(message.startsWith("not a key-value store") 
                    && message.contains("file=" + file), message);
            assertArrayEquals(before, Files.readAllBytes(file));
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(Set.of(text, zeros), files.collect(Collectors.toSet()), "no journal was made");
        }
    }

    @Test
    void otherVersionsAndDamagedHeadersAreRefused() throws IOException {
        try (KeyValueStore store = open(storage)) {
            store.put(bytes("a"), bytes("1"));
        }
        edit(StoreFormat.FORMAT_OFFSET, StoreFormat.FORMAT_VERSION + 1);
        String message = assertThrows(IncompatibleStoreException.class, () -> open(storage)).getMessage();
        assertTrue(message.contains("another format version") && message.contains("actual=2"), message);
        edit(StoreFormat.FORMAT_OFFSET, StoreFormat.FORMAT_VERSION);
        edit(StoreFormat.ROOT_OFFSET, 99);
        message = assertThrows(CorruptStoreException.class, () -> open(storage)).getMessage();
        assertTrue(message.contains("header of the key-value store is damaged"), message);
    }

    /** Rot in a file that was closed is nobody's to find before it is read; verify reads everything. */
    @Test
    void verifyFindsAChangedNode() throws IOException {
        int root;
        try (KeyValueStore store = open(storage)) {
            for (int i = 0; i < 20; i++) {
                store.put(bytes("key " + i), bytes("1"));
            }
            root = store.committer().current().root();
        }
        edit(root * 128 + StoreFormat.NODE_HEADER_BYTES, 0);
        try (KeyValueStore store = open(storage)) {
            String message = assertThrows(CorruptStoreException.class, store::verify).getMessage();
            assertTrue(message.contains("key-value store contradicts itself"), message);
        }
    }

    private void edit(long offset, int value) throws IOException {
        MappingOptions options = MappingOptions.builder().storage(storage).build();
        try (AtomicMapping mapping = AtomicMapping.open(FILE, options)) {
            mapping.putInt(offset, value);
            mapping.sync();
        }
    }

    @Test
    void emptyFileBecomesAStore(@TempDir Path directory) throws IOException {
        Path file = Files.createFile(directory.resolve("empty"));
        try (KeyValueStore store = KeyValueStore.open(file)) {
            store.put(bytes("a"), bytes("1"));
            store.verify();
        }
        try (KeyValueStore store = KeyValueStore.open(file)) {
            assertEquals(Map.of("a", "1"), entries(store));
        }
    }

    @Test
    void sizesOfAnExistingFileStay() throws IOException {
        open(storage).close();
        StoreOptions others = StoreOptions.builder().storage(storage).segmentBytes(4096).nodeBytes(256)
                .build();
        try (KeyValueStore store = KeyValueStore.open(FILE, others)) {
            store.put(bytes("b"), bytes("2"));
            store.verify();
            assertThrows(IllegalArgumentException.class, () -> store.put(bytes("c"), new byte[2000]));
        }
    }

    @Test
    void whatIsTooLargeIsRefusedBeforeAnythingChanges() throws IOException {
        try (KeyValueStore store = open(storage)) {
            WriteBatch batch = new WriteBatch().put(bytes("a"), bytes("1")).put(bytes("b"), new byte[1016]);
            String message = assertThrows(IllegalArgumentException.class, () -> store.write(batch))
                    .getMessage();
            assertTrue(message.contains("bytes=1017, most=1016, segmentBytes=1024"), message);
            assertEquals(Map.of(), entries(store));
            store.put(bytes("b"), new byte[1015]);
            store.put(new byte[1016], new byte[0]);
            store.put(new byte[1015], new byte[1]);
            assertEquals(1015, store.get(bytes("b")).length);
            store.verify();
        }
    }

    @Test
    void optionsOutOfRangeAreRefused() {
        for (StoreOptions.Builder builder : List.of(StoreOptions.builder().segmentBytes(1000),
                StoreOptions.builder().segmentBytes(512), StoreOptions.builder().nodeBytes(64),
                StoreOptions.builder().segmentBytes(1024).nodeBytes(512), StoreOptions.builder().nodeBytes(0),
                StoreOptions.builder().segmentBytes(Integer.MIN_VALUE),
                StoreOptions.builder().garbagePartMax(1), StoreOptions.builder().garbagePartMax(Double.NaN),
                StoreOptions.builder().maxBytes(5000), StoreOptions.builder().journalCapacity(0))) {
            assertThrows(IllegalArgumentException.class, builder::build);
        }
    }

    @Test
    void everythingIsRefusedAfterClose() throws IOException {
        KeyValueStore store = open(storage);
        store.put(bytes("a"), bytes("1"));
        store.put(bytes("b"), bytes("1"));
        Snapshot snapshot = store.snapshot();
        Scan scan = store.ascend(null, null);
        store.close();
        store.close();
        for (Executable use : List.<Executable>of(
                () -> store.get(bytes("a")), () -> store.put(bytes("a"), bytes("2")),
                () -> store.delete(bytes("a")), store::size, store::snapshot, store::verify, store::stats,
                () -> store.descend(null, null), () -> snapshot.get(bytes("a")), scan::next)) {
            String message = assertThrows(IllegalStateException.class, use).getMessage();
            assertEquals("key-value store is closed: file=/data/store", message);
        }
        snapshot.close();
        scan.close();
    }

    @Test
    void fullStoreTakesBackWhatDoesNotFitAndGoesOn() throws IOException {
        StoreOptions small = options(storage).maxBytes(4096 + 40 * 1024).build();
        try (KeyValueStore store = KeyValueStore.open(FILE, small)) {
            store.put(bytes("a"), bytes("1"));
            PendingWrite pending = store.submit(new WriteBatch().put(bytes("pending"), bytes("1")));
            WriteBatch large = new WriteBatch();
            for (int i = 0; i < 100; i++) {
                large.put(bytes("large " + i), new byte[900]);
            }
            String message = assertThrows(IOException.class, () -> store.write(large)).getMessage();
            assertTrue(message.contains("store cannot grow"), message);
            assertThrows(IOException.class, pending::await, "taken back with the other");
            assertEquals(Map.of("a", "1"), entries(store));
            store.verify();
            for (int i = 0; i < 500; i++) {
                store.put(bytes("again " + i % 10), new byte[900]);
            }
            store.verify();
            assertEquals(11, store.size());
        }
    }

    @Test
    void fullDiskTakesBackACommitAndReadersKeepTheirVersion() throws IOException {
        try (KeyValueStore store = open(storage)) {
            store.put(bytes("a"), bytes("1"));
            Snapshot old = store.snapshot();
            store.put(bytes("a"), bytes("2"));
            storage.setQuota(storage.usedBytes());
            WriteBatch large = new WriteBatch();
            for (int i = 0; i < 200; i++) {
                large.put(bytes("key " + i), new byte[900]);
            }
            IOException refused = assertThrows(IOException.class, () -> store.write(large));
            assertTrue(refused.getMessage().startsWith("changes were taken back"), refused.getMessage());
            assertEquals("1", text(old.get(bytes("a"))));
            assertEquals(Map.of("a", "2"), entries(store));
            storage.setQuota(Long.MAX_VALUE);
            store.write(large);
            assertEquals("1", text(old.get(bytes("a"))), "its room was not used again");
            assertEquals(201, store.size());
            old.close();
            store.verify();
        }
        try (KeyValueStore store = open(storage)) {
            assertEquals(201, store.size());
        }
    }

    /** A sync that fails takes back its version and the one that was begun meanwhile; both are told. */
    @Test
    void failedSyncTakesBackTheNextVersionToo() throws IOException {
        try (KeyValueStore store = open(storage)) {
            store.put(bytes("a"), bytes("1"));
            PendingWrite[] next = new PendingWrite[1];
            store.committer().setSync(() -> {
                next[0] = store.submit(new WriteBatch().put(bytes("c"), bytes("3")));
                assertEquals(Map.of("a", "1"), entries(store), "what is not durable is not visible");
                throw new IOException("no sync today");
            });
            IOException told = assertThrows(IOException.class, () -> store.put(bytes("b"), bytes("2")));
            assertEquals("no sync today", told.getCause().getMessage());
            assertThrows(IOException.class, next[0]::await);
            store.committer().setSync(store.mapping()::sync);
            assertEquals(2, store.put(bytes("d"), bytes("4")));
            assertEquals(Map.of("a", "1", "d", "4"), entries(store));
            store.verify();
        }
    }
}
