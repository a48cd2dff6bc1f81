package io.atomicmapping.examples.kreon;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Changes that become visible and durable together, in the order in which they were added. It keeps the
 * arrays: they must not change until it is written. Not safe for use by several threads.
 */
public final class WriteBatch {

    /** A change; a value of null removes the key. */
    record Change(byte[] key, byte[] value) {
    }

    private final List<Change> changes = new ArrayList<>();

    /** Makes an empty batch. */
    public WriteBatch() {
    }

    /**
     * Gives a key a value, in place of the one it may have.
     *
     * @param key the key, which may be empty
     * @param value the value, which may be empty
     * @return this
     */
    public WriteBatch put(byte[] key, byte[] value) {
        changes.add(new Change(Objects.requireNonNull(key, "key"), Objects.requireNonNull(value, "value")));
        return this;
    }

    /**
     * Removes a key and its value, if it is there.
     *
     * @param key the key
     * @return this
     */
    public WriteBatch delete(byte[] key) {
        changes.add(new Change(Objects.requireNonNull(key, "key"), null));
        return this;
    }

    /**
     * How many changes it has.
     *
     * @return it
     */
    public int size() {
        return changes.size();
    }

    /** Makes it empty, to be used again. */
    public void clear() {
        changes.clear();
    }

    List<Change> changes() {
        return changes;
    }

    void requireFits(Geometry geometry) {
        for (Change change : changes) {
            long bytes = change.key.length + (change.value == null ? 0L : change.value.length);
            if (bytes > geometry.entryBytesMax()) {
                throw new IllegalArgumentException("key and value are too large, make the store with larger"
                        + " segments: keyBytes=" + change.key.length + ", bytes=" + bytes + ", most="
                        + geometry.entryBytesMax() + ", segmentBytes=" + geometry.segmentBytes());
            }
        }
    }
}
