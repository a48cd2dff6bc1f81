package io.atomicmapping.examples.kreon;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A committed version of the store: it stays as it is, whatever is committed meanwhile.
 *
 * <p>It keeps what the version has from being used again until it is closed: one that is forgotten makes the
 * file grow ({@link StoreStats#oldestVersionRead} tells of it).
 *
 * <p><b>Threads.</b> Any number, also while one of them closes it. No method takes a lock.
 */
public final class Snapshot implements AutoCloseable {

    private final Reading reading;
    private final Version version;
    private final int slot;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Of the current version. */
    Snapshot(Reading reading) {
        this.reading = reading;
        this.slot = reading.enterCurrent();
        this.version = reading.current();
    }

    /**
     * The number of the commit that made it.
     *
     * @return 1, 2, 3 and so on for the life of the file; 0 before the first
     */
    public long version() {
        return version.number();
    }

    /**
     * How many entries it has.
     *
     * @return it
     */
    public long size() {
        return version.entries();
    }

    /**
     * A copy of a key's value.
     *
     * @param key the key
     * @return its value, or null if it has none
     * @throws IllegalStateException if the snapshot or the store is closed
     */
    public byte[] get(byte[] key) {
        Objects.requireNonNull(key, "key");
        int own = enter();
        try {
            return reading.get(version, key);
        } finally {
            reading.leave(own);
        }
    }

    /**
     * Entries from a key on, in ascending order of the bytes, unsigned.
     *
     * @param from the first key that may come, or null for the least there is
     * @param bound the first key that may not come, or null for all
     * @return the scan, which lives on when the snapshot is closed
     * @throws IllegalStateException if the snapshot or the store is closed
     */
    public Scan ascend(byte[] from, byte[] bound) {
        return new Scan(reading, version, enter(), true, from, bound);
    }

    /**
     * Entries from a key on, in descending order of the bytes, unsigned.
     *
     * @param from the first key that may come, or null for the greatest there is
     * @param bound the first key that may not come, or null for all
     * @return the scan, which lives on when the snapshot is closed
     * @throws IllegalStateException if the snapshot or the store is closed
     */
    public Scan descend(byte[] from, byte[] bound) {
        return new Scan(reading, version, enter(), false, from, bound);
    }

    /** Announces the version once more: after that it cannot go, even if the snapshot is closed at once. */
    private int enter() {
        int own = reading.enter(version.number());
        if (closed.get()) {
            reading.leave(own);
            throw new IllegalStateException("snapshot is closed: version=" + version.number());
        }
        return own;
    }

    /** Lets go of the version. Closing again does nothing. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            reading.leave(slot);
        }
    }
}
