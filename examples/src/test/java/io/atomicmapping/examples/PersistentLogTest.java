package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import java.util.NoSuchElementException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PersistentLogTest {

    @TempDir
    private Path directory;
    private AtomicMapping mapping;
    private PersistentHeap heap;
    private PersistentLog<String> log;

    @BeforeEach
    void open() throws IOException {
        open("log", MappingOptions.builder().size(4096).build());
    }

    private void open(String file, MappingOptions options) throws IOException {
        mapping = AtomicMapping.open(directory.resolve(file), options);
        heap = PersistentHeap.open(mapping);
        log = PersistentLog.open(heap, "log", Codec.STRING);
    }

    @AfterEach
    void close() throws IOException {
        mapping.close();
    }

    private List<String> scan(long from) {
        List<String> records = new ArrayList<>();
        log.scan(from).forEachRemaining(records::add);
        return records;
    }

    @Test
    void emptyLogHasNothing() {
        assertEquals(0, log.first());
        assertEquals(0, log.end());
        assertFalse(log.scan(0).hasNext());
        assertThrows(NoSuchElementException.class, () -> log.scan(0).next());
        log.trim(0);
        assertThrows(IndexOutOfBoundsException.class, () -> log.get(0));
        assertThrows(IndexOutOfBoundsException.class, () -> log.scan(1));
        assertThrows(IndexOutOfBoundsException.class, () -> log.trim(1));
    }

    @Test
    void recordsAreFoundByTheirPositions() throws IOException {
        for (int i = 0; i < 5000; i++) {
            assertEquals(i, log.append("record " + i));
        }
        for (int i = 0; i < 5000; i += 7) {
            assertEquals("record " + i, log.get(i));
            assertEquals("record " + i, log.scan(i).next());
        }
        assertEquals(5000, scan(0).size());
        assertEquals("record 4999", scan(4999).getFirst());
        mapping.sync();
        mapping.close();
        open();
        assertEquals("record 4998", scan(1234).get(4998 - 1234));
        HeapCheck.of(heap, log);
    }

    @Test
    void wrongPositionsAreRefused() throws IOException {
        for (int i = 0; i < 10; i++) {
            log.append("record " + i);
        }
        log.trim(4);
        for (long wrong : new long[] {3, -1, 10, Long.MIN_VALUE, Long.MAX_VALUE}) {
            String message = assertThrows(IndexOutOfBoundsException.class, () -> log.get(wrong)).getMessage();
            assertTrue(message.contains("first=4") && message.contains("end=10"), message);
        }
        assertThrows(IndexOutOfBoundsException.class, () -> log.scan(3));
        assertThrows(IndexOutOfBoundsException.class, () -> log.scan(11));
        assertThrows(IndexOutOfBoundsException.class, () -> log.trim(3));
        assertThrows(IndexOutOfBoundsException.class, () -> log.trim(11));
        assertFalse(log.scan(10).hasNext());
    }

    @Test
    void positionsGoOnAfterATrimAndSpaceIsUsedAgain() throws IOException {
        for (int i = 0; i < 1000; i++) {
            log.append("x".repeat(200) + i);
        }
        long end = heap.end();
        for (int i = 1000; i < 20_000; i++) {
            assertEquals(i, log.append("x".repeat(200) + i));
            log.trim(i - 999);
        }
        assertTrue(heap.end() <= end + (64 << 10), "before=" + end + ", after=" + heap.end());
        assertEquals(1000, log.size());
        assertTrue(log.get(19_001).endsWith("19001"));
        log.trim(log.end());
        assertEquals(3, HeapCheck.of(heap, log).pieces(), "header, name, and an empty index");
        assertEquals(20_000, log.append("next"));
        assertEquals("next", log.get(20_000));
    }

    @Test
    void scanShowsWhatWasThereWhenItBegan() throws IOException {
        for (int i = 0; i < 500; i++) {
            log.append("record " + i);
        }
        Iterator<String> scan = log.scan(100);
        int seen = 100;
        while (scan.hasNext()) {
            assertEquals("record " + seen++, scan.next());
            log.append("later");
            log.trim(Math.min(seen, 450));
        }
        assertEquals(500, seen);
    }

    @Test
    void scanOfWhatIsTrimmedOrRolledBackFails() throws IOException {
        for (int i = 0; i < 500; i++) {
            log.append("record " + i);
        }
        mapping.sync();
        Iterator<String> trimmed = log.scan(0);
        trimmed.next();
        log.trim(2);
        assertThrows(ConcurrentModificationException.class, trimmed::next);
        log.append("not committed");
        Iterator<String> rolledBack = log.scan(400);
        mapping.rollback();
        log.append("another");
        assertThrows(ConcurrentModificationException.class, rolledBack::next);
        assertEquals(501, log.end());
        assertEquals(0, log.first());
        assertEquals("record 0", log.scan(0).next());
    }

    @Test
    void recordsOfAnySize() throws IOException {
        PersistentLog<byte[]> bytes = PersistentLog.open(heap, "bytes", Codec.BYTES);
        int[] lengths = {0, 3 << 20, 1, 0, 16_000, 16_348, 16_352, 16_353, 16_360, 20_000, 7};
        for (int length : lengths) {
            bytes.append(new byte[length]);
        }
        for (int i = 0; i < lengths.length; i++) {
            assertEquals(lengths[i], bytes.get(i).length);
        }
        HeapCheck.of(heap, bytes);
        for (int i = 1; i <= lengths.length; i++) {
            bytes.trim(i);
            HeapCheck.of(heap, bytes);
        }
    }

    @Test
    void mappingThatCannotGrowLeavesTheRecordsAsTheyWere() throws IOException {
        for (long size = 64 << 10; size < 80 << 10; size += 4 << 10) {
            mapping.close();
            open("log" + size, MappingOptions.builder().size(size).maxSize(size).build());
            int appended = 0;
            for (int refused = 0; refused < 20;) {
                String record = "x".repeat(appended * 31 % 3000);
                try {
                    log.append(record);
                    appended++;
                } catch (IOException e) {
                    refused++;
                }
                assertEquals(appended, log.end());
                HeapCheck.of(heap, log);
            }
            assertEquals(appended, scan(0).size());
            log.trim(appended);
            assertEquals(appended, log.append("again"));
        }
    }

    @Test
    void threadsAppendScanTrimSyncAndRollBackAtTheSameTime() throws Exception {
        Threads threads = new Threads();
        for (int writer = 0; writer < 2; writer++) {
            threads.start(writer == 0, () -> {
                for (int i = 0; i < 3000; i++) {
                    log.append("x".repeat(i % 100));
                }
            });
            threads.whileOthersRun(writer == 0, () -> {
                try {
                    log.scan(log.first()).forEachRemaining(record ->
                            assertEquals("x".repeat(record.length()), record));
                } catch (ConcurrentModificationException | IndexOutOfBoundsException e) {
                    assertTrue(e.getMessage().contains("trimmed"), e::getMessage);
                }
            });
        }
        threads.whileOthersRun(false, () -> log.trim(log.first()));
        threads.whileOthersRun(false, mapping::sync);
        threads.whileOthersRun(false, () -> {
            Thread.sleep(3);
            mapping.rollback();
        });
        threads.join();
        assertEquals(log.size(), scan(log.first()).size());
        HeapCheck.of(heap, log);
    }
}
