package io.atomicmapping.examples.kreon;

import java.lang.foreign.MemorySegment;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * Entries of one committed version, in the order of their keys or against it. What is committed meanwhile
 * is not seen, and does not disturb.
 *
 * <p>It keeps its version's nodes and records from being used again, until it is closed or has come to its
 * end. It takes no lock. One thread at a time.
 *
 * <p><b>Cost.</b> Of the first entry as of a get, of each further one a load of its record.
 */
public final class Scan implements Iterator<Entry>, AutoCloseable {

    private final Reading reading;
    private final Version version;
    private final int slot;
    private final boolean ascending;
    private final MemorySegment bound;
    private final Cursor cursor;
    private boolean ended;

    /** Of a version that is announced in a slot, which is the scan's from now on. */
    Scan(Reading reading, Version version, int slot, boolean ascending, byte[] from, byte[] bound) {
        this.reading = reading;
        this.version = version;
        this.slot = slot;
        this.ascending = ascending;
        this.bound = bound == null ? null : MemorySegment.ofArray(bound.clone());
        this.cursor = new Cursor(version, reading.nodeBytes());
        Key key = from == null ? null : new Key(from);
        try {
            if (ascending) {
                cursor.seekFirst(key);
            } else {
                cursor.seekLast(key);
            }
            endAtBound();
        } catch (IllegalStateException e) {
            close();
            throw reading.closedOr(e);
        }
    }

    private void endAtBound() {
        long record = cursor.record();
        if (record == 0 || bound != null && isPast(StoreFormat.compare(bound, version.data(), record))) {
            close();
        }
    }

    private boolean isPast(int boundToRecord) {
        return ascending ? boundToRecord <= 0 : boundToRecord >= 0;
    }

    /**
     * Whether there is another entry.
     *
     * @return whether
     */
    @Override
    public boolean hasNext() {
        return !ended;
    }

    /**
     * The next entry.
     *
     * @return a copy of it
     * @throws NoSuchElementException if there is none, or the scan is closed
     * @throws IllegalStateException if the store is closed
     */
    @Override
    public Entry next() {
        if (ended) {
            throw new NoSuchElementException("scan is closed, or has come to its end");
        }
        try {
            long record = cursor.record();
            Entry entry = new Entry(StoreFormat.key(version.data(), record),
                    StoreFormat.value(version.data(), record));
            if (ascending) {
                cursor.forward();
            } else {
                cursor.back();
            }
            endAtBound();
            return entry;
        } catch (IllegalStateException e) {
            throw reading.closedOr(e);
        }
    }

    /** Ends the scan, and lets go of its version. Closing again does nothing. */
    @Override
    public void close() {
        if (!ended) {
            ended = true;
            reading.leave(slot);
        }
    }
}
