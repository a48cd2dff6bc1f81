package io.atomicmapping.benchmarks.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.benchmarks.cell.Batch;
import io.atomicmapping.benchmarks.cell.Cell;
import io.atomicmapping.benchmarks.store.Session;
import io.atomicmapping.benchmarks.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeasureTest {

    private static final long MIB = 1 << 20;

    @TempDir
    private Path folder;

    private static Store.Progress progress(long journaled) {
        return new Store.Progress(journaled, MIB, 0, 0, 0);
    }

    @Test
    void aRunEndsWhenTheRingWasFilledOften() {
        Span span = new Span(0, 10, 100, 5, 0);
        assertFalse(span.isOver(9, 1, progress(MIB), progress(20 * MIB)), "too short");
        assertFalse(span.isOver(50, 1, progress(MIB), progress(5 * MIB)), "filled four times");
        assertTrue(span.isOver(50, 1, progress(MIB), progress(6 * MIB)), "filled five times");
        assertTrue(span.isOver(100, 1, progress(MIB), progress(2 * MIB)), "long enough");
    }

    @Test
    void aRunWithoutARingEndsByTimeAndOneOfCommitsByThem() {
        Store.Progress none = new Store.Progress(0, 0, 0, 0, 0);
        assertFalse(new Span(0, 10, 100, 5, 0).isOver(9.9, 1, none, none));
        assertTrue(new Span(0, 10, 100, 5, 0).isOver(10, 1, none, none));
        assertFalse(new Span(0, 10, 100, 5, 50).isOver(1000, 49, none, none));
        assertTrue(new Span(0, 10, 100, 5, 50).isOver(0, 50, none, none));
    }

    @Test
    void theKernelsCountersAreRead() throws IOException {
        String stat = "  446791 32792 25214546 201517 22464881 237664 1131816435 31547227 0 1767840"
                + " 32948296 437035 62"
                + " 277377712 101141 2894633 1098410\n";
        assertEquals(new Device.Counters(22464881, 1131816435L * 512, 2894633), Device.parse(stat));
        assertThrows(IOException.class, () -> Device.parse("1 2 3 4 5 6 7 8 9 10 11"));
    }

    @Test
    void whatTheMachineIsBusyWithIsNeitherIdleNorStolen() {
        assertEquals(1.0 + 0.5 + 2.0 + 0.25 + 0.25,
                Processors.machine("cpu  100 50 200 9999 8888 25 25 7777 66 0\n"));
    }

    @Test
    void memoryOfItsOwnIsWhatAnAreaHasMore() {
        String before = """
                7f0000000000-7f0000100000 rw-p 00000000 00:00 0
                Rss:                 100 kB
                Anonymous:            40 kB
                Swap:                  0 kB
                """;
        String after = """
                7f0000000000-7f0000100000 rw-p 00000000 00:00 0
                Anonymous:            44 kB
                7f0000200000-7f0000300000 rw-p 00000000 fe:00 12 /data/ours
                Anonymous:             8 kB
                Swap:                  4 kB
                """;
        List<MemoryMap.Area> grown = MemoryMap.parse(after).grownSince(MemoryMap.parse(before)).stream()
                .sorted(java.util.Comparator.comparing(MemoryMap.Area::begin)).toList();
        assertEquals(List.of(new MemoryMap.Area(0x7f0000000000L, "", 4096),
                new MemoryMap.Area(0x7f0000200000L, "/data/ours", 12 << 10)), grown);
    }

    /** A store that counts what it is told. */
    private static final class CountingStore implements Store {
        private final AtomicLong stores = new AtomicLong();
        private final AtomicLong syncs = new AtomicLong();

        @Override
        public Session session() {
            return new Session() {
                @Override
                public void store(Batch batch) {
                    stores.addAndGet(batch.count());
                }

                @Override
                public void sync() throws InterruptedException {
                    Thread.sleep(1);
                    syncs.incrementAndGet();
                }
            };
        }

        @Override
        public void close() {
            // nothing to close
        }
    }

    @Test
    void aRunOfCommitsCountsEachOfThem() throws Exception {
        CountingStore store = new CountingStore();
        Run run = new Run(store, Cell.parse("random-16-4t"), MIB, new Span(0, 0, 0, 0, 40), folder, 1);
        Result result = run.measure("race", "", "counting", 1);
        assertEquals(40, result.commits());
        assertEquals(40, store.syncs.get());
        assertEquals(640, store.stores.get());
        assertEquals(10, result.leastOfThread());
        assertEquals(10, result.mostOfThread());
        assertTrue(result.syncMicrosP50() >= 1000 && result.commitMicrosP50() >= result.syncMicrosP50(),
                result::toString);
        assertEquals(40, run.slices().stream().mapToLong(Slice::commits).sum());
    }

    @Test
    void aThreadThatFailsFailsTheRun() {
        Store failing = new Store() {
            @Override
            public Session session() throws IOException {
                throw new IOException("no session");
            }

            @Override
            public void close() {
                // nothing to close
            }
        };
        Exception thrown = assertThrows(Exception.class, () -> new Run(failing, Cell.parse("random-1"), MIB,
                new Span(0, 1, 1, 0, 0), folder, 1).measure("race", "", "failing", 1));
        assertEquals("no session", thrown.getCause().getMessage());
    }

    @Test
    void rowsAreReadAsTheyWereWritten() throws IOException {
        Path csv = folder.resolve("a/slices.csv");
        Slice first = new Slice(100, 7, 1.5, 2.25, 1e9, 3, 4, 5);
        Csv.append(csv, first);
        Csv.append(csv, List.of(first, first));
        assertEquals(List.of(first, first, first), Csv.read(csv, Slice.class));
        assertEquals(List.of(), Csv.read(folder.resolve("missing.csv"), Slice.class));
    }
}
