package io.atomicmapping.examples.kreon;

import java.nio.file.Path;

/**
 * Loads from committed versions, without a lock: the current version, or one that a caller holds, is
 * announced for as long as it is loaded from.
 */
final class Reading {

    private final Path file;
    private final int nodeBytes;
    private final Readers readers = new Readers();
    /** Set once, before anybody reads. */
    private Committer committer;
    private volatile boolean closed;

    Reading(Path file, int nodeBytes) {
        this.file = file;
        this.nodeBytes = nodeBytes;
    }

    void setCommitter(Committer source) {
        committer = source;
    }

    Readers readers() {
        return readers;
    }

    int nodeBytes() {
        return nodeBytes;
    }

    /** The current version, or a newer one if called after {@link #enterCurrent}. */
    Version current() {
        return committer.current();
    }

    /** Announces the current version, which may be older than what {@link #current} gives afterwards. */
    int enterCurrent() {
        return enter(committer.current().number());
    }

    /** Announces a version that cannot go yet. */
    int enter(long version) {
        ensureOpen();
        return readers.enter(version);
    }

    void ensureOpen() {
        if (closed) {
            throw closedException();
        }
    }

    void leave(int slot) {
        readers.leave(slot);
    }

    /** A copy of a key's value in an announced version, or null. */
    byte[] get(Version version, byte[] key) {
        try {
            long record = Nodes.record(version.data(), nodeBytes, version.root(), new Key(key));
            return record == 0 ? null : StoreFormat.value(version.data(), record);
        } catch (IllegalStateException e) {
            throw closedOr(e);
        }
    }

    /** Whether a key has a value in an announced version. */
    boolean contains(Version version, byte[] key) {
        try {
            return Nodes.record(version.data(), nodeBytes, version.root(), new Key(key)) != 0;
        } catch (IllegalStateException e) {
            throw closedOr(e);
        }
    }

    void close() {
        closed = true;
    }

    private IllegalStateException closedException() {
        return new IllegalStateException("key-value store is closed: file=" + file);
    }

    /** What to throw where a segment refused a load: it does when the mapping is closed beside a reader. */
    IllegalStateException closedOr(IllegalStateException e) {
        return closed ? closedException() : e;
    }
}
