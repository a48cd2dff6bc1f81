package io.atomicmapping.examples;

import java.util.ArrayDeque;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;

/** Copies the records of a {@link PersistentLog}, some of a segment at a time. Made inside a read. */
final class LogIterator<E> implements Iterator<E> {

    private static final int COPIED_RECORDS = 64;
    private static final int COPIED_BYTES = 16 << 10;

    private final Structure structure;
    private final LogSegments segments;
    private final Codec<E> records;
    private final long rollbacks;
    private final long end;
    private final Queue<byte[]> copied = new ArrayDeque<>();
    private long next;

    LogIterator(Structure structure, LogSegments segments, Codec<E> records, long from, long end) {
        this.structure = structure;
        this.segments = segments;
        this.records = records;
        this.rollbacks = structure.rollbacks();
        this.next = from;
        this.end = end;
    }

    @Override
    public boolean hasNext() {
        return structure.read(() -> {
            long header = structure.header();
            long first = header == 0 ? 0 : segments.firstPosition(header);
            if (structure.rollbacks() != rollbacks || next < end && next < first) {
                throw new ConcurrentModificationException("log was rolled back or trimmed, scan again:"
                        + " position=" + next + ", first=" + first + ", name=" + structure.name());
            }
            if (copied.isEmpty() && next < end) {
                copy(header);
            }
            return !copied.isEmpty();
        });
    }

    private void copy(long header) {
        long segment = segments.segment(header, next);
        long last = Math.min(end, segments.positionAfter(header, segment, end));
        int bytes = 0;
        for (long position = next; position < last && copied.size() < COPIED_RECORDS && bytes < COPIED_BYTES;
                position++) {
            byte[] record = segments.record(segment, position);
            copied.add(record);
            bytes += record.length;
        }
    }

    @Override
    public E next() {
        if (!hasNext()) {
            throw new NoSuchElementException("no more records: end=" + end + ", name=" + structure.name());
        }
        next++;
        return records.decode(copied.remove());
    }
}
