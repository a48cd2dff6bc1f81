package io.atomicmapping.examples.kreon;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Takes changes from any thread, and commits those that have come meanwhile together (group commit, D. DeWitt
 * et al., "Implementation techniques for main memory database systems", SIGMOD 1984).
 *
 * <ul>
 *   <li>Changes are made one at a time, under a lock that is never held during a sync.
 *   <li>One of the threads that wait for a commit leads: it seals the version, syncs, publishes, and wakes
 *       the others, of which one leads the next commit. Meanwhile changes go into the next version.
 *   <li>When a change or a sync fails, the leader takes back everything that is not committed, and all who
 *       wait for that are told so.
 * </ul>
 */
final class Committer {

    /** A change of the version in the making. */
    @FunctionalInterface
    interface Change<T> {
        T make(Writer writer) throws IOException;
    }

    /** A change that was made, and the commit that it belongs to. */
    record Made<T>(T result, OpenCommit commit) {
    }

    /** What makes a sealed version durable: a sync of the mapping, around which tests do something else. */
    @FunctionalInterface
    interface Sync {
        void run() throws IOException;
    }

    private final AtomicMapping mapping;
    private final Path file;
    private final Readers readers;
    private Sync sync;

    private final Lead lead = new Lead();
    /** For changes; taken after the lead, if both are. */
    private final ReentrantLock changing = new ReentrantLock();
    private Writer writer;
    private OpenCommit open = new OpenCommit();
    private Throwable broken;
    private boolean closed;

    /** Written by the leader when it is durable. */
    private volatile Version current;

    Committer(AtomicMapping mapping, Path file, Readers readers, Writer writer) {
        this.mapping = mapping;
        this.file = file;
        this.readers = readers;
        this.writer = writer;
        this.current = writer.last();
        this.sync = mapping::sync;
    }

    /** For tests, before the first commit. */
    void setSync(Sync other) {
        sync = other;
    }

    /** For tests. */
    Writer writer() {
        return writer;
    }

    /** The last committed version. */
    Version current() {
        return current;
    }

    /**
     * Makes a change. If it throws, so does this, and everything not committed is taken back.
     *
     * @throws IllegalStateException after close, or after a failure for good
     */
    <T> Made<T> make(Change<T> change) throws IOException {
        for (;;) {
            OpenCommit commit;
            changing.lock();
            try {
                ensureUsable();
                commit = open;
                if (commit.poison == null) {
                    try {
                        return new Made<>(change.make(writer), commit);
                    } catch (IOException | RuntimeException | Error e) {
                        commit.poison = e;
                    }
                } else {
                    commit = null;
                }
            } finally {
                changing.unlock();
            }
            if (commit != null) {
                await(commit); // throws
            } else {
                commitWhatIsOpen();
            }
        }
    }

    private void ensureOpen() {
        if (closed) {
            throw new IllegalStateException("key-value store is closed: file=" + file);
        }
    }

    private void ensureUsable() {
        ensureOpen();
        if (broken != null) {
            throw new IllegalStateException("key-value store has failed, reopen it: file=" + file, broken);
        }
    }

    /** Waits until a commit is settled, and leads it if nobody else does. */
    long await(OpenCommit commit) throws IOException {
        if (lead.takeUnlessSettled(commit)) {
            try {
                commit();
            } finally {
                lead.end();
            }
        }
        return commit.result();
    }

    private void commitWhatIsOpen() {
        lead.take();
        try {
            commit();
        } finally {
            lead.end();
        }
    }

    /** Settles the open commit. Only the leader calls this. */
    private void commit() {
        OpenCommit commit;
        Version sealed = null;
        changing.lock();
        try {
            commit = open;
            if (commit.isSettled()) {
                return; // closed
            }
            if (commit.poison == null && !writer.isChanged()) {
                open = new OpenCommit();
                commit.succeed(current.number());
                return;
            }
            if (commit.poison == null) {
                sealed = seal(commit);
            }
            if (sealed == null) {
                takeBack(commit.poison, commit);
                return;
            }
            open = new OpenCommit();
        } finally {
            changing.unlock();
        }
        try {
            sync.run();
        } catch (IOException | RuntimeException | Error e) {
            changing.lock();
            try {
                takeBack(e, commit);
            } finally {
                changing.unlock();
            }
            return;
        }
        publish(sealed);
        commit.succeed(sealed.number());
    }

    private Version seal(OpenCommit commit) {
        try {
            return writer.seal();
        } catch (IOException | RuntimeException | Error e) {
            commit.poison = e;
            return null;
        }
    }

    private void publish(Version sealed) {
        current = sealed;
        changing.lock();
        try {
            writer.release(readers.oldest(sealed.number()));
        } finally {
            changing.unlock();
        }
    }

    /** Goes back to the last durable version. */
    private void takeBack(Throwable cause, OpenCommit commit) {
        OpenCommit next = open;
        try {
            mapping.rollback();
            writer = writer.takenBackTo(Header.load(mapping, file, writer.geometry()));
        } catch (IOException | RuntimeException | Error e) {
            e.addSuppressed(cause);
            broken = e;
        }
        open = new OpenCommit();
        commit.fail(cause);
        if (next != commit) {
            next.fail(cause);
        }
    }

    /** Something to be done while nothing is being changed or committed, after what was open is committed. */
    <T> T whileQuiet(Change<T> action) throws IOException {
        lead.take();
        try {
            commit();
            changing.lock();
            try {
                ensureUsable();
                return action.make(writer);
            } finally {
                changing.unlock();
            }
        } finally {
            lead.end();
        }
    }

    StoreStats stats() {
        changing.lock();
        try {
            ensureOpen();
            Version now = current;
            return writer.stats(now, readers.oldest(now.number()));
        } finally {
            changing.unlock();
        }
    }

    /** Commits what is open, and refuses changes from then on. */
    void close() throws IOException {
        lead.take();
        try {
            OpenCommit last;
            changing.lock();
            try {
                if (closed) {
                    return;
                }
                last = open;
            } finally {
                changing.unlock();
            }
            commit();
            changing.lock();
            try {
                closed = true;
                open.succeed(current.number());
            } finally {
                changing.unlock();
            }
            last.result();
        } finally {
            lead.end();
        }
    }
}
