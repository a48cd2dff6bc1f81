package io.atomicmapping.crash;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a mapping must hold: a byte array for what was stored, and one for every commit, with the times
 * between which it was made. It knows only the contract.
 */
final class Oracle {

    static final int LINE_BYTES = 64;

    /** Hears of each version when the call begins that makes it. */
    @FunctionalInterface
    interface Listener {
        /** Returns what is done when the call has returned. */
        Runnable begins(Version version);
    }

    /** A state that can be found after a crash: that of one commit, or of a growth by opening. */
    static final class Version {
        final byte[] content;
        /** When the call began that made it: no write home before is of it. */
        final long begin;
        private Runnable acknowledged = () -> { };
        /** Of a version whose sync failed nobody was told a number. */
        private volatile long number = -1;

        Version(byte[] content, long begin) {
            this.content = content;
            this.begin = begin;
        }

        static Version found(byte[] content, long number) {
            Version version = new Version(content, 0);
            version.number = number;
            return version;
        }

        void acknowledge(long commit) {
            number = commit;
            acknowledged.run();
        }

        long number() {
            return number;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Version version && Arrays.equals(content, version.content)
                    && (number < 0 || version.number < 0 || number == version.number);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(content);
        }

        @Override
        public String toString() {
            return "commit=" + number + " size=" + content.length
                    + " hash=" + Integer.toHexString(hashCode());
        }
    }

    private final Listener listener;
    private final List<Version> versions = new ArrayList<>();
    byte[] working;
    private byte[] committed;
    /** The least size since the last commit: what lay above it is 0 in the next, whatever is stored there. */
    private int smallest;

    /** Begins with a state that is already durable. */
    Oracle(Version first, Listener listener) {
        this.listener = listener;
        versions.add(first);
        working = first.content.clone();
        committed = first.content;
        smallest = working.length;
    }

    int size() {
        return working.length;
    }

    void resize(int size) {
        smallest = Math.min(smallest, size);
        working = Arrays.copyOf(working, size);
    }

    void rollback() {
        working = committed.clone();
        smallest = working.length;
    }

    /** Everything is committed. */
    Version commit(long begin) {
        return commit(0, working.length, 1, begin);
    }

    /** What the range touches is committed, widened to units, and the size. */
    Version commit(int offset, int length, int unitBytes, long begin) {
        byte[] next = Arrays.copyOf(Arrays.copyOf(committed, smallest), working.length);
        if (length > 0) {
            int from = offset / unitBytes * unitBytes;
            int to = Math.min((offset + length + unitBytes - 1) / unitBytes * unitBytes, working.length);
            System.arraycopy(working, from, next, from, to - from);
        }
        return add(next, begin);
    }

    /** The file was opened with a larger size: that is durable when the opening returns, and no commit. */
    Version growAtOpening(int size, long begin) {
        rollback();
        working = Arrays.copyOf(committed, size);
        return add(working.clone(), begin);
    }

    private Version add(byte[] content, long begin) {
        Version version = new Version(content, begin);
        version.acknowledged = listener.begins(version);
        versions.add(version);
        committed = content;
        smallest = working.length;
        return version;
    }

    byte[] committed() {
        return committed;
    }

    long lastNumber() {
        return versions.getLast().number();
    }

    List<Version> versions() {
        return versions;
    }

    /**
     * Whether every byte of a range is one that some commit had there.
     *
     * @return -1, or the first offset with a byte that was never committed
     */
    long firstUncommitted(long position, byte[] bytes, long time) {
        for (int i = 0; i < bytes.length; i++) {
            if (!wasCommitted(position + i, bytes[i], time)) {
                return position + i;
            }
        }
        return -1;
    }

    private boolean wasCommitted(long offset, byte value, long time) {
        for (int i = versions.size() - 1; i >= 0; i--) {
            Version version = versions.get(i);
            byte there = offset < version.content.length ? version.content[(int) offset] : 0;
            if (version.begin <= time && there == value) {
                return true;
            }
        }
        return false;
    }
}
