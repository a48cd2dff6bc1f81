package io.atomicmapping.examples.kreon;

import static io.atomicmapping.examples.kreon.StoreFormat.INT;
import static io.atomicmapping.examples.kreon.StoreFormat.KEY_LENGTH_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.KEY_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.KIND_LOG;
import static io.atomicmapping.examples.kreon.StoreFormat.NO_SEGMENT;
import static io.atomicmapping.examples.kreon.StoreFormat.PIVOT_FLAG;
import static io.atomicmapping.examples.kreon.StoreFormat.VALUE_LENGTH_OFFSET;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * The log of keys and values: records are appended to its head, a segment, and never change. Each has one
 * owner, an entry of a leaf or, if it is a pivot, of an inner node; without it the record is dead. A segment
 * whose records are all dead is freed, apart from the head.
 */
final class ValueLog {

    private final Segments segments;
    private final Geometry geometry;
    private byte[] buffer = new byte[0];
    private int head;
    private long appendedBytes;
    private long killedBytes;

    ValueLog(Segments segments, int head) {
        this.segments = segments;
        this.geometry = segments.geometry;
        this.head = head;
    }

    int head() {
        return head;
    }

    /** What was appended and what died since this was asked last, in bytes. */
    long takeChangedBytes() {
        long bytes = appendedBytes + killedBytes;
        appendedBytes = 0;
        killedBytes = 0;
        return bytes;
    }

    /**
     * Appends an entry.
     *
     * @return the offset of its record
     * @throws IOException if the file cannot grow
     */
    long append(byte[] key, byte[] value) throws IOException {
        return append(key, value, 0);
    }

    /** Appends a pivot: a key of the index alone. */
    long appendPivot(byte[] key) throws IOException {
        return append(key, new byte[0], PIVOT_FLAG);
    }

    /** Appends a copy of a record. */
    long appendCopy(long record) throws IOException {
        long copy = allocate((int) StoreFormat.recordBytes(segments.data(), record));
        segments.mapping.copy(record, copy, StoreFormat.recordBytes(segments.data(), record));
        return copy;
    }

    private long append(byte[] key, byte[] value, int flag) throws IOException {
        int length = (int) StoreFormat.recordBytes(key.length, value.length);
        long record = allocate(length);
        if (buffer.length < length) {
            buffer = new byte[Math.max(length, Math.min(2 * buffer.length, geometry.segmentBytes()))];
        }
        MemorySegment bytes = MemorySegment.ofArray(buffer);
        bytes.set(INT, KEY_LENGTH_OFFSET, key.length | flag);
        bytes.set(INT, VALUE_LENGTH_OFFSET, value.length);
        System.arraycopy(key, 0, buffer, KEY_OFFSET, key.length);
        System.arraycopy(value, 0, buffer, KEY_OFFSET + key.length, value.length);
        segments.mapping.putBytes(record, buffer, 0, KEY_OFFSET + key.length + value.length);
        return record;
    }

    private long allocate(int length) throws IOException {
        if (head == NO_SEGMENT || segments.used(head) + length > geometry.segmentBytes()) {
            int full = head;
            head = segments.allocate(KIND_LOG);
            if (full != NO_SEGMENT && segments.live(full) == 0) {
                segments.free(full);
            }
        }
        long record = geometry.segmentOffset(head) + segments.used(head);
        segments.addUsed(head, length);
        appendedBytes += length;
        return record;
    }

    /** The owner of a record let it go. */
    void kill(long record) {
        int segment = geometry.segmentOf(record);
        int length = (int) StoreFormat.recordBytes(segments.data(), record);
        segments.addLive(segment, -length);
        killedBytes += length;
        if (segments.live(segment) == 0 && segment != head) {
            segments.free(segment);
        }
    }

    /** Whether more than a part of the log is dead, and more than the head alone can be. */
    boolean hasMoreGarbageThan(double part) {
        long garbage = segments.logUsedBytes() - segments.logLiveBytes();
        return garbage > geometry.segmentBytes()
                && garbage > part * segments.logUsedBytes();
    }

    /** The segment, other than the head, with the least that lives, or -1. */
    int emptiest() {
        int best = NO_SEGMENT;
        for (int segment = 0; segment < segments.count(); segment++) {
            if (segments.kind(segment) == KIND_LOG && segment != head
                    && segments.live(segment) < segments.used(segment)
                    && (best == NO_SEGMENT || segments.live(segment) < segments.live(best))) {
                best = segment;
            }
        }
        return best;
    }
}
