package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.util.HashSet;
import java.util.Set;

/**
 * Accounts for every byte of a {@link PersistentHeap}: each belongs to a piece that is in use, and that
 * exactly one owner names, or to a free piece that is in the list of its size, or to what was never used.
 *
 * @param pieces in use, the roots' names among them
 * @param bytes in them, with their headers
 * @param freePieces in the free lists
 * @param freeBytes in them
 * @param unusedBytes never handed out: what is left of the open span, and of the mapping
 */
public record HeapCheck(long pieces, long bytes, long freePieces, long freeBytes, long unusedBytes) {

    /** The state of a check. */
    private static final class Walk {
        private final PersistentHeap heap;
        private final AtomicMapping mapping;
        private final long base;
        private final Set<Long> used = new HashSet<>();
        private final Set<Long> free = new HashSet<>();
        private long bytes;
        private long freeListed;
        private long freeBytes;
        private long unusedBytes;

        Walk(PersistentHeap heap) {
            this.heap = heap;
            this.mapping = heap.mapping();
            this.base = heap.base();
        }

        HeapCheck run(PieceOwner... owners) {
            boolean begun = mapping.getLong(base) != 0;
            if (begun) {
                walkPieces();
            }
            long pieces = used.size();
            if (begun) {
                walkLists();
                heap.forEachPiece(this::reach);
            }
            for (PieceOwner owner : owners) {
                owner.forEachPiece(this::reach);
            }
            require(used.isEmpty(), "allocated and reached from nowhere", used);
            require(free.isEmpty(), "free and in no list", free);
            unusedBytes += mapping.size() - (begun ? heap.end() : base + HeapFormat.HEADER_BYTES);
            HeapCheck result = new HeapCheck(pieces, bytes, freeListed, freeBytes, unusedBytes);
            long counted = HeapFormat.HEADER_BYTES + bytes + freeBytes + unusedBytes;
            require(base + counted == mapping.size(), "bytes that do not add up", Set.of(counted));
            return result;
        }

        /** From the header to the end there is nothing but pieces, and the rest of the open span. */
        private void walkPieces() {
            long spanAt = mapping.getLong(base + HeapFormat.SPAN_AT);
            long spanEnd = mapping.getLong(base + HeapFormat.SPAN_END);
            long at = base + HeapFormat.HEADER_BYTES;
            while (at < heap.end()) {
                if (at == spanAt && spanAt < spanEnd) {
                    unusedBytes += spanEnd - spanAt;
                    at = spanEnd;
                    continue;
                }
                long header = mapping.getLong(at);
                boolean isFree = HeapFormat.isFree(header);
                require(isFree || HeapFormat.isAllocated(header), "no piece", Set.of(at));
                long pieceBytes = SizeClasses.bytes(HeapFormat.sizeClass(header));
                (isFree ? free : used).add(at + HeapFormat.PIECE_HEADER);
                bytes += isFree ? 0 : pieceBytes;
                freeBytes += isFree ? pieceBytes : 0;
                at += pieceBytes;
            }
            require(at == heap.end(), "piece beyond the end", Set.of(at));
        }

        private void walkLists() {
            for (int sizeClass = 0; sizeClass < SizeClasses.COUNT; sizeClass++) {
                long start = mapping.getLong(base + HeapFormat.LISTS + 8L * sizeClass);
                for (; start != 0; start = mapping.getLong(start + HeapFormat.NEXT_FREE)) {
                    require(free.remove(start + HeapFormat.PIECE_HEADER), "listed twice, or not free",
                            Set.of(start));
                    require(HeapFormat.sizeClass(mapping.getLong(start)) == sizeClass,
                            "in the list of another size", Set.of(start));
                    freeListed++;
                }
            }
        }

        private void reach(long piece) {
            require(used.remove(piece), "reached twice, or not allocated", Set.of(piece));
        }

        private void require(boolean right, String wrong, Set<Long> places) {
            if (!right) {
                throw new IllegalStateException("heap is damaged: " + wrong + ": places="
                        + places.stream().sorted().limit(10).toList() + ", count=" + places.size()
                        + ", base=" + base);
            }
        }
    }

    /**
     * Checks a heap that nobody changes meanwhile.
     *
     * @param heap the heap
     * @param owners all who have pieces of it
     * @return what is in it
     * @throws IllegalStateException if a byte is not accounted for, or twice: a leak, or a piece of two
     *     owners
     */
    public static HeapCheck of(PersistentHeap heap, PieceOwner... owners) {
        return heap.read(() -> new Walk(heap).run(owners));
    }
}
