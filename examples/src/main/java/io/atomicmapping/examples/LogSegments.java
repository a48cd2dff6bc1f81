package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.LongConsumer;

/**
 * The segments of a {@link PersistentLog}: pieces, which a {@link BTree} finds by their first positions.
 *
 * <pre>
 *   segment  first position | bytes of the segment | records ... | where each ends, 4 bytes, last first
 * </pre>
 *
 * <p>So a record begins where the one before ends, and is found by its number in the segment. Called under
 * the log's lock.
 */
final class LogSegments {

    // In the log's header.
    private static final long FIRST_POSITION = Structure.OWN;
    private static final long TAIL = FIRST_POSITION + 8;
    private static final long INDEX = FIRST_POSITION + 16;
    static final long HEADER_BYTES = INDEX + BTree.ROOT_BYTES;

    // In a segment.
    private static final long POSITION = 0;
    private static final long BYTES = 8;
    private static final long FIRST = 16;

    private static final int SEGMENT_BYTES = (16 << 10) - (int) HeapFormat.PIECE_HEADER;
    private static final int END_BYTES = 4;

    private final PersistentHeap heap;
    private final AtomicMapping mapping;
    private final BTree index;

    LogSegments(PersistentHeap heap) {
        this.heap = heap;
        this.mapping = heap.mapping();
        this.index = new BTree(heap);
    }

    long firstPosition(long header) {
        return mapping.getLong(header + FIRST_POSITION);
    }

    /** Appends a record, which gets a position. */
    void append(long header, long position, byte[] record) throws IOException {
        long tail = mapping.getLong(header + TAIL);
        long number = tail == 0 ? 0 : position - mapping.getLong(tail + POSITION);
        if (tail == 0 || end(tail, number - 1) + record.length + END_BYTES * (number + 1)
                > mapping.getLong(tail + BYTES)) {
            tail = addSegment(header, position, FIRST + record.length + END_BYTES);
            number = 0;
        }
        long begin = end(tail, number - 1);
        mapping.putBytes(tail + begin, record);
        mapping.putInt(endPlace(tail, number), (int) (begin + record.length));
    }

    private long addSegment(long header, long position, long least) throws IOException {
        if (least > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("record too large: bytes=" + least + ", max="
                    + Integer.MAX_VALUE);
        }
        long bytes = Math.max(SEGMENT_BYTES, least);
        long segment = heap.allocate(bytes);
        try {
            index.put(header + INDEX, Codec.LONG.encode(position), encode(segment));
        } catch (IOException e) {
            heap.free(segment);
            throw e;
        }
        mapping.putLong(segment + POSITION, position);
        mapping.putLong(segment + BYTES, bytes);
        mapping.putLong(header + TAIL, segment);
        return segment;
    }

    private static byte[] encode(long segment) {
        return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(segment).array();
    }

    private static long decode(byte[] value) {
        return ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    private long endPlace(long segment, long number) {
        return segment + mapping.getLong(segment + BYTES) - END_BYTES * (number + 1);
    }

    private long end(long segment, long number) {
        return number < 0 ? FIRST : mapping.getInt(endPlace(segment, number));
    }

    /** The segment with a position that the log has. */
    long segment(long header, long position) {
        long tail = mapping.getLong(header + TAIL);
        if (position >= mapping.getLong(tail + POSITION)) {
            return tail;
        }
        BTreeCursor cursor = index.cursor(header + INDEX);
        cursor.seekLast(Codec.LONG.encode(position), true);
        return decode(index.entry(cursor)[1]);
    }

    /** The first position after a segment, which may not be there yet. */
    long positionAfter(long header, long segment, long end) {
        BTreeCursor cursor = index.cursor(header + INDEX);
        boolean isLast = !cursor.seekFirst(Codec.LONG.encode(mapping.getLong(segment + POSITION)), false);
        return isLast ? end : Codec.LONG.decode(index.key(cursor));
    }

    /** A copy of the record at a position of a segment. */
    byte[] record(long segment, long position) {
        long number = position - mapping.getLong(segment + POSITION);
        long begin = end(segment, number - 1);
        return Bytes.copy(mapping, segment + begin, (int) (end(segment, number) - begin));
    }

    /** Forgets what comes before a position. */
    void trim(long header, long position, long end) {
        long segment = segment(header, mapping.getLong(header + FIRST_POSITION));
        while (segment != 0) {
            long after = positionAfter(header, segment, end);
            if (after > position) {
                break;
            }
            index.remove(header + INDEX, Codec.LONG.encode(mapping.getLong(segment + POSITION)));
            boolean wasTail = segment == mapping.getLong(header + TAIL);
            heap.free(segment);
            if (wasTail) {
                mapping.putLong(header + TAIL, 0);
                break;
            }
            segment = segment(header, after);
        }
        mapping.putLong(header + FIRST_POSITION, position);
    }

    void forEachPiece(long header, LongConsumer action) {
        BTreeCursor cursor = index.cursor(header + INDEX);
        for (boolean more = cursor.seekFirst(null, true); more; more = cursor.next()) {
            action.accept(decode(index.entry(cursor)[1]));
        }
        index.forEachPiece(header + INDEX, action);
    }
}
