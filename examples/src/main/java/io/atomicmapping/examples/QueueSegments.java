package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.function.LongConsumer;

/**
 * The segments of a {@link PersistentQueue}: a list of pieces, each with elements one behind the other.
 *
 * <pre>
 *   segment  next segment, or 0 | where its elements end | where they begin | elements
 *   element  4 bytes: how many bytes | bytes
 * </pre>
 *
 * <p>Of the last segment the end is how far elements may go, and the queue's header tells how far they do; of
 * the first one the header tells where they begin. Called under the queue's lock.
 */
final class QueueSegments {

    private static final VarHandle INTS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    // In the queue's header.
    private static final long HEAD = Structure.OWN;
    private static final long HEAD_AT = HEAD + 8;
    private static final long TAIL = HEAD + 16;
    private static final long TAIL_AT = HEAD + 24;
    static final long HEADER_BYTES = HEAD + 32;

    // In a segment.
    private static final long NEXT = 0;
    private static final long END = 8;
    private static final long BEGIN = 16;
    private static final long FIRST = 24;

    private static final int SEGMENT_BYTES = (16 << 10) - (int) HeapFormat.PIECE_HEADER;
    private static final int LENGTH_BYTES = 4;
    private static final int SMALL = 4096;

    private final PersistentHeap heap;
    private final AtomicMapping mapping;
    /** of the change that has the write lock */
    private final byte[] small = new byte[SMALL];

    QueueSegments(PersistentHeap heap) {
        this.heap = heap;
        this.mapping = heap.mapping();
    }

    void addLast(long header, byte[] element) throws IOException {
        long need = LENGTH_BYTES + (long) element.length;
        long tail = mapping.getLong(header + TAIL);
        long at = mapping.getLong(header + TAIL_AT);
        long head = mapping.getLong(header + HEAD);
        if (tail == 0 || at + need > mapping.getLong(tail + END)) {
            long bytes = Math.max(SEGMENT_BYTES, FIRST + need);
            long added = heap.allocate(bytes);
            make(added, 0, bytes);
            boolean isFirst = tail == 0;
            if (head == tail && at == mapping.getLong(header + HEAD_AT) && tail != 0) {
                heap.free(tail); // there is no element in it
                isFirst = true;
            }
            if (isFirst) {
                mapping.putLong(header + HEAD, added);
                mapping.putLong(header + HEAD_AT, FIRST);
            } else {
                mapping.putLong(tail + NEXT, added);
                mapping.putLong(tail + END, at);
            }
            mapping.putLong(header + TAIL, added);
            tail = added;
            at = FIRST;
        }
        write(tail + at, element);
        mapping.putLong(header + TAIL_AT, at + need);
    }

    private void make(long segment, long next, long end) {
        mapping.putLong(segment + NEXT, next);
        mapping.putLong(segment + END, end);
        mapping.putLong(segment + BEGIN, FIRST);
    }

    private void write(long at, byte[] element) {
        INTS.set(small, 0, element.length);
        if (element.length <= SMALL - LENGTH_BYTES) {
            System.arraycopy(element, 0, small, LENGTH_BYTES, element.length);
            mapping.putBytes(at, small, 0, LENGTH_BYTES + element.length);
        } else {
            mapping.putBytes(at, small, 0, LENGTH_BYTES);
            mapping.putBytes(at + LENGTH_BYTES, element);
        }
    }

    /** A copy of the first element; there must be one. */
    byte[] first(long header) {
        return element(mapping.getLong(header + HEAD) + mapping.getLong(header + HEAD_AT));
    }

    private byte[] element(long at) {
        return Bytes.copy(mapping, at + LENGTH_BYTES, mapping.getInt(at));
    }

    /**
     * Removes the first element; a segment without any is freed, or if it is the last, used from its begin.
     */
    void removeFirst(long header) {
        long head = mapping.getLong(header + HEAD);
        long tail = mapping.getLong(header + TAIL);
        long at = mapping.getLong(header + HEAD_AT);
        at += LENGTH_BYTES + mapping.getInt(head + at);
        while (head != tail && at == mapping.getLong(head + END)) {
            long next = mapping.getLong(head + NEXT);
            heap.free(head);
            head = next;
            mapping.putLong(header + HEAD, head);
            at = mapping.getLong(head + BEGIN);
        }
        if (head == tail && at == mapping.getLong(header + TAIL_AT)) {
            at = FIRST;
            mapping.putLong(header + TAIL_AT, FIRST);
            if (mapping.getLong(head + END) != SEGMENT_BYTES) {
                heap.free(head);
                mapping.fill(header + HEAD, HEADER_BYTES - HEAD, (byte) 0);
                return;
            }
        }
        mapping.putLong(header + HEAD_AT, at);
    }

    /** A piece by which an element can be put back without a failure. */
    long allocateFor(byte[] element) throws IOException {
        return heap.allocate(FIRST + LENGTH_BYTES + element.length);
    }

    /** Puts an element before the first, into a piece that was allocated for it. */
    void addFirst(long header, byte[] element, long piece) {
        long head = mapping.getLong(header + HEAD);
        long end = FIRST + LENGTH_BYTES + element.length;
        make(piece, head, end);
        write(piece + FIRST, element);
        if (head == 0) {
            mapping.putLong(header + TAIL, piece);
            mapping.putLong(header + TAIL_AT, end);
        } else {
            mapping.putLong(head + BEGIN, mapping.getLong(header + HEAD_AT));
        }
        mapping.putLong(header + HEAD, piece);
        mapping.putLong(header + HEAD_AT, FIRST);
    }

    /** Where an element is: in which segment, and where there. */
    record Place(long segment, long at) { }

    /** Of the first element, if there is one. */
    Place firstPlace(long header) {
        return new Place(mapping.getLong(header + HEAD), mapping.getLong(header + HEAD_AT));
    }

    byte[] element(Place place) {
        return element(place.segment + place.at);
    }

    /** Of the next element, if there is one. */
    Place next(Place place) {
        long at = place.at + LENGTH_BYTES + mapping.getInt(place.segment + place.at);
        long segment = place.segment;
        for (long next = mapping.getLong(segment + NEXT);
                next != 0 && at == mapping.getLong(segment + END); next = mapping.getLong(segment + NEXT)) {
            segment = next;
            at = mapping.getLong(segment + BEGIN);
        }
        return new Place(segment, at);
    }

    void clear(long header) {
        forEachPiece(header, heap::free);
        mapping.fill(header + HEAD, HEADER_BYTES - HEAD, (byte) 0);
    }

    void forEachPiece(long header, LongConsumer action) {
        for (long segment = mapping.getLong(header + HEAD); segment != 0;) {
            long next = mapping.getLong(segment + NEXT);
            action.accept(segment);
            segment = next;
        }
    }
}
