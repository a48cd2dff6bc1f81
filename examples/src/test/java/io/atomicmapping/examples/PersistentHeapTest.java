package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PersistentHeapTest {

    private static final long BASE = 64;

    @TempDir
    private Path directory;
    private AtomicMapping mapping;
    private PersistentHeap heap;

    @BeforeEach
    void open() throws IOException {
        open(MappingOptions.builder().size(BASE + PersistentHeap.HEADER_BYTES).build());
    }

    private void open(MappingOptions options) throws IOException {
        mapping = AtomicMapping.open(directory.resolve("heap"), options);
        heap = PersistentHeap.open(mapping, BASE);
    }

    @AfterEach
    void close() throws IOException {
        mapping.close();
    }

    /** Names the pieces that a test keeps. */
    private static PieceOwner owner(List<Long> pieces) {
        return action -> pieces.forEach(action::accept);
    }

    @Test
    void sizeClassesHoldWhatTheyPromiseAndLoseLessThanAFifth() {
        for (long bytes = 1; bytes < 100_000; bytes++) {
            int sizeClass = SizeClasses.holding(bytes);
            long held = SizeClasses.bytes(sizeClass);
            assertTrue(held >= bytes, "bytes=" + bytes);
            assertTrue(sizeClass == 0 || SizeClasses.bytes(sizeClass - 1) < bytes, "bytes=" + bytes);
            assertTrue(bytes <= 256 ? held - bytes < 16 : (held - bytes) * 5 < held, "bytes=" + bytes);
        }
        assertEquals(SizeClasses.COUNT - 1, SizeClasses.holding(SizeClasses.LARGEST));
        assertEquals(SizeClasses.LARGEST, SizeClasses.bytes(SizeClasses.COUNT - 1));
    }

    @Test
    void piecesOfAllSizesLieApartAndAreAccountedFor() throws IOException {
        List<Long> pieces = new ArrayList<>();
        for (long bytes = 1; bytes < 70_000; bytes += bytes / 10 + 1) {
            long piece = heap.allocate(bytes);
            assertTrue(heap.capacity(piece) >= bytes);
            mapping.fill(piece, heap.capacity(piece), (byte) bytes);
            pieces.add(piece);
        }
        HeapCheck check = HeapCheck.of(heap, owner(pieces));
        assertEquals(pieces.size(), check.pieces());
        pieces.removeIf(piece -> {
            heap.free(piece);
            return true;
        });
        check = HeapCheck.of(heap);
        assertEquals(0, check.bytes());
        assertTrue(check.freePieces() > 100);
    }

    @Test
    void wholePagesBeginWhereAPageDoes() throws IOException {
        heap.allocate(100);
        for (int i = 1; i < 5; i++) {
            long piece = heap.allocate(i * 4096 - 8);
            assertEquals(8, piece % 4096);
            assertEquals(i * 4096 - 8, heap.capacity(piece));
        }
    }

    @Test
    void freedPiecesAreUsedAgain() throws IOException {
        for (long bytes : new long[] {1, 100, 5000, 1 << 20}) {
            long piece = heap.allocate(bytes);
            heap.free(piece);
            assertEquals(piece, heap.allocate(bytes));
        }
    }

    @Test
    void rollbackTakesPiecesRootsAndGrowthBack() throws IOException {
        heap.setRoot("kept", 42);
        long kept = heap.allocate(1000);
        mapping.sync();
        long size = mapping.size();
        heap.free(kept);
        heap.allocate(1 << 20);
        heap.setRoot("kept", 43);
        heap.setRoot("new", 44);
        assertTrue(mapping.size() > size);
        mapping.rollback();
        assertEquals(size, mapping.size());
        assertEquals(42, heap.root("kept"));
        assertEquals(List.of("kept"), heap.roots());
        HeapCheck.of(heap, owner(List.of(kept)));
    }

    @Test
    void rollbackToBeforeTheFirstPieceLeavesAHeapThatWorks() throws IOException {
        heap.allocate(100);
        mapping.rollback();
        long piece = heap.allocate(100);
        HeapCheck.of(heap, owner(List.of(piece)));
    }

    @Test
    void rootsAreFoundAgainByName() throws IOException {
        for (int i = 0; i < 50; i++) {
            heap.setRoot("root " + i, heap.allocate(i + 1));
        }
        heap.setRoot("root 7", 0);
        heap.setRoot("root 8", 88);
        mapping.sync();
        mapping.close();
        open();
        assertEquals(49, heap.roots().size());
        assertFalse(heap.roots().contains("root 7"));
        assertEquals(0, heap.root("root 7"));
        assertEquals(88, heap.root("root 8"));
        assertEquals(8, heap.capacity(heap.root("root 2")));
    }

    @Test
    void misuseIsRefused() throws IOException {
        long piece = heap.allocate(100);
        long other = heap.allocate(100);
        heap.free(piece);
        assertThrows(IllegalStateException.class, () -> heap.free(piece));
        assertThrows(IllegalStateException.class, () -> heap.capacity(piece));
        for (long wrong : new long[] {0, -8, other + 8, other + 16, other + 1, heap.end() + 8,
                Long.MAX_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> heap.free(wrong), "offset=" + wrong);
        }
        for (long bytes : new long[] {0, -1, PersistentHeap.LARGEST_PIECE + 1, Long.MAX_VALUE,
                Long.MIN_VALUE}) {
            assertThrows(IllegalArgumentException.class, () -> heap.allocate(bytes), "bytes=" + bytes);
        }
        assertThrows(IllegalArgumentException.class, () -> heap.root(""));
        assertThrows(IllegalArgumentException.class, () -> heap.setRoot("x".repeat(256), 1));
        assertThrows(IllegalArgumentException.class, () -> heap.root("\uD800"));
        HeapCheck.of(heap, owner(List.of(other)));
    }

    @Test
    void placesWithoutAHeapAreRefused() throws IOException {
        for (long base : new long[] {-64, 8, 128, Long.MIN_VALUE}) { // 128: too few bytes after it
            assertThrows(IllegalArgumentException.class, () -> PersistentHeap.open(mapping, base),
                    "base=" + base);
        }
        mapping.putLong(BASE + 512, 1); // no magic, and not zeros
        refused("not a heap");
        heap.allocate(1);
        mapping.putLong(BASE, 0x1234567812345678L);
        refused("not a heap");
        mapping.putLong(BASE, HeapFormat.MAGIC + (1L << 56));
        refused("another version");
        mapping.putLong(BASE, HeapFormat.MAGIC);
        mapping.resize(BASE + PersistentHeap.HEADER_BYTES);
        refused("lost its end");
    }

    private void refused(String why) {
        String message = assertThrows(IllegalArgumentException.class,
                () -> PersistentHeap.open(mapping, BASE)).getMessage();
        assertTrue(message.contains(why), message);
    }

    @Test
    void noRoomIsAnIOExceptionAndLeavesTheHeapAsItWas() throws IOException {
        mapping.close();
        open(MappingOptions.builder().size(8192).maxSize(100_000).build());
        List<Long> pieces = new ArrayList<>();
        for (long bytes : new long[] {20_000, 5000, 100, 1}) {
            fill(bytes, pieces);
            HeapCheck.of(heap, owner(pieces));
        }
        assertEquals(100_000 / 4096 * 4096, heap.end(), "all pages that may be are in use");
        long freed = pieces.removeFirst();
        heap.free(freed);
        assertEquals(freed, heap.allocate(20_000));
    }

    private void fill(long bytes, List<Long> pieces) {
        IOException full = assertThrows(IOException.class, () -> {
            while (true) {
                pieces.add(heap.allocate(bytes));
            }
        });
        assertTrue(full.getMessage().contains("no room"), full::getMessage);
    }

    @Test
    void leaksAndPiecesOfTwoOwnersAreFound() throws IOException {
        long one = heap.allocate(10);
        long two = heap.allocate(10);
        assertThrows(IllegalStateException.class, () -> HeapCheck.of(heap, owner(List.of(one))));
        assertThrows(IllegalStateException.class, () -> HeapCheck.of(heap, owner(List.of(one, two, one))));
        assertThrows(IllegalStateException.class, () -> HeapCheck.of(heap, owner(List.of(one, two + 16))));
        HeapCheck.of(heap, owner(List.of(one, two)));
        mapping.putLong(two - 8, 0);
        assertThrows(IllegalStateException.class, () -> HeapCheck.of(heap, owner(List.of(one, two))));
    }

    @Test
    void threadsNeverGetTheSamePiece() throws Exception {
        ConcurrentLinkedQueue<Long> kept = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<Throwable> failed = new ConcurrentLinkedQueue<>();
        List<Thread> threads = new ArrayList<>();
        for (int number = 0; number < 8; number++) {
            Thread.Builder builder = number % 2 == 0 ? Thread.ofVirtual() : Thread.ofPlatform();
            threads.add(builder.start(() -> {
                try {
                    for (int i = 0; i < 1000; i++) {
                        long piece = heap.allocate(i % 300 + 1);
                        if (i % 3 == 0) {
                            heap.free(piece);
                        } else {
                            kept.add(piece);
                        }
                        if (i % 100 == 0) {
                            mapping.sync();
                        }
                    }
                } catch (Throwable e) {
                    failed.add(e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), List.copyOf(failed));
        assertEquals(kept.size(), HeapCheck.of(heap, owner(List.copyOf(kept))).pieces());
    }

    @Test
    void readOnlyMappingShowsTheHeap() throws IOException {
        heap.setRoot("it", heap.allocate(10));
        long it = heap.root("it");
        mapping.sync();
        mapping.close();
        open(MappingOptions.builder().readOnly(true).build());
        assertEquals(it, heap.root("it"));
        assertNotEquals(0, heap.capacity(it));
        assertThrows(IllegalStateException.class, () -> heap.allocate(1));
        HeapCheck.of(heap, owner(List.of(it)));
    }
}
