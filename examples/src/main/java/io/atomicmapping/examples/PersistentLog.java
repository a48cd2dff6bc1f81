package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.function.LongConsumer;

/**
 * A log that lives in a {@link PersistentHeap}: records are appended, read from any position, and trimmed
 * from the front. The first record ever has position 0, each further one the next number; no position is used
 * twice, unless a rollback or a crash takes back what was not committed. Records are not null.
 *
 * <p><b>What survives.</b> The log stores into the mapping and nowhere else: {@link AtomicMapping#sync()}
 * commits every change since the last one, {@link AtomicMapping#rollback()} undoes them, after a crash the
 * log is as of one commit: no record is torn, so there is nothing to check when it is read. A change that
 * fails, as on a full disk, leaves the records as before.
 *
 * <p><b>Threads.</b> Any number, virtual ones too, if they share the heap object. A change is alone, reads
 * run beside each other; what one thread appended the others see at once, committed or not.
 *
 * <p><b>Cost.</b> A record is stored behind the one before, with 4 bytes more. A segment, 16 KiB or one large
 * record, is found by its first position in a B-tree; scans look once for each. What is trimmed is freed by
 * whole segments.
 *
 * @param <E> records
 */
public final class PersistentLog<E> implements PieceOwner {

    private final Structure structure;
    private final LogSegments segments;
    private final Codec<E> records;

    private PersistentLog(PersistentHeap heap, String name, Codec<E> records) {
        this.structure = new Structure(heap, name, "LOG", 1, LogSegments.HEADER_BYTES);
        this.segments = new LogSegments(heap);
        this.records = records;
    }

    /**
     * The log that a root of a heap names. Where there is no such root the log is empty, and its first record
     * makes one.
     *
     * @param heap the heap
     * @param name the root's name
     * @param records how records become bytes, the same each time
     * @param <E> records
     * @return the log
     * @throws IllegalArgumentException if the name stands for something else than a log of this version
     */
    public static <E> PersistentLog<E> open(PersistentHeap heap, String name, Codec<E> records) {
        return new PersistentLog<>(heap, name, records);
    }

    /**
     * The position of the first record that is not trimmed.
     *
     * @return it; the same as {@link #end} if there is none
     */
    public long first() {
        return structure.read(this::firstPosition);
    }

    /**
     * The position that the next record will have.
     *
     * @return it
     */
    public long end() {
        return structure.read(this::endPosition);
    }

    /**
     * The number of records.
     *
     * @return it
     */
    public long size() {
        return structure.read(structure::elements);
    }

    /**
     * Appends a record.
     *
     * @param record the record
     * @return its position
     * @throws IOException if there is no room; the records are as before
     */
    public long append(E record) throws IOException {
        byte[] bytes = records.encode(record);
        return structure.write(() -> {
            long header = structure.headerForChange();
            long position = endPosition();
            segments.append(header, position, bytes);
            structure.count(header, 1);
            return position;
        });
    }

    /**
     * The record at a position.
     *
     * @param position the position
     * @return a copy
     * @throws IndexOutOfBoundsException if there is none: it was trimmed, or not appended yet
     */
    public E get(long position) {
        return records.decode(structure.read(() -> {
            requirePosition(position, endPosition() - 1);
            return segments.record(segments.segment(structure.header(), position), position);
        }));
    }

    /**
     * The records from a position to the end that the log has now, with more appended meanwhile or not. The
     * iterator throws {@link ConcurrentModificationException} when a record that it would give is trimmed, or
     * after a rollback of the log. It removes nothing itself. To go on later, scan from the position after
     * the last one that was given.
     *
     * @param from the position, or the end
     * @return an iterator over copies of the records
     * @throws IndexOutOfBoundsException if there is no such position
     */
    public Iterator<E> scan(long from) {
        return structure.read(() -> {
            requirePosition(from, endPosition());
            return new LogIterator<>(structure, segments, records, from, endPosition());
        });
    }

    /**
     * Forgets all records before a position; their space is used again.
     *
     * @param position the position that will be the first, up to the end
     * @throws IndexOutOfBoundsException if it is trimmed already, or beyond the end
     */
    public void trim(long position) {
        structure.write(() -> {
            requirePosition(position, endPosition());
            long trimmed = position - firstPosition();
            if (trimmed > 0) {
                segments.trim(structure.header(), position, endPosition());
                structure.count(structure.header(), -trimmed);
            }
            return null;
        });
    }

    @Override
    public void forEachPiece(LongConsumer action) {
        structure.forEachPiece(action, header -> segments.forEachPiece(header, action));
    }

    private long firstPosition() {
        long header = structure.header();
        return header == 0 ? 0 : segments.firstPosition(header);
    }

    private long endPosition() {
        return firstPosition() + structure.elements();
    }

    private void requirePosition(long position, long last) {
        if (position < firstPosition() || position > last) {
            throw new IndexOutOfBoundsException("no such position in the log, it was trimmed or is not yet"
                    + " there: position=" + position + ", first=" + firstPosition() + ", end=" + endPosition()
                    + ", name=" + structure.name());
        }
    }
}
