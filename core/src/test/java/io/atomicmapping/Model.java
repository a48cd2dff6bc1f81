package io.atomicmapping;

import java.util.Arrays;

/**
 * What a mapping must hold, as byte arrays: the bytes now, and those of the last commit.
 *
 * <p>{@code unit} is what a range sync widens to: a line, or after {@code segment()} a page.
 */
final class Model {

    byte[] now;
    byte[] committed;
    int unit;
    private int smallestSize;

    Model(int size, int unit) {
        this.now = new byte[size];
        this.committed = new byte[size];
        this.unit = unit;
        this.smallestSize = size;
    }

    void put(int offset, byte[] bytes) {
        System.arraycopy(bytes, 0, now, offset, bytes.length);
    }

    void fill(int offset, int length, byte value) {
        Arrays.fill(now, offset, offset + length, value);
    }

    void copy(int source, int target, int length) {
        System.arraycopy(now, source, now, target, length);
    }

    void resize(int size) {
        now = Arrays.copyOf(now, size);
        smallestSize = Math.min(smallestSize, size);
    }

    void sync() {
        committed = now.clone();
        smallestSize = now.length;
    }

    /** Commits the resize, and of the bytes only those of the units that the range touches. */
    void sync(int offset, int length) {
        committed = Arrays.copyOf(Arrays.copyOf(committed, Math.min(committed.length, smallestSize)),
                now.length);
        int from = offset / unit * unit;
        int to = Math.min(now.length, (offset + length + unit - 1) / unit * unit);
        if (length > 0) {
            System.arraycopy(now, from, committed, from, to - from);
        }
        smallestSize = now.length;
    }

    void rollback() {
        now = committed.clone();
        smallestSize = now.length;
    }
}
