package io.atomicmapping;

import io.atomicmapping.journal.JournalFormat;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds room in the journal's ring for a commit: by checkpoints, or by a longer ring.
 *
 * <ul>
 *   <li>A ring that is shorter than the commit is made longer.
 *   <li>So is one that has become much shorter than what the file's size asks for, unless the program has
 *       chosen its length: it is too short exactly when commits wait for room, so that is where it is looked
 *       at. That costs the commit a checkpoint and the writing of the new ring; what fails there is no
 *       failure of the commit.
 * </ul>
 *
 * <p>Used under the commit lock, {@link #stallNanos} by anybody.
 */
final class JournalRoom {

    private static final Logger LOG = LoggerFactory.getLogger("io.atomicmapping");

    /** how much longer a ring should be before it is made so: each time everything goes home first */
    private static final int GROWTH_FACTOR_MIN = 2;

    private final Engine engine;
    private boolean followsSize;
    private volatile long stallNanos;

    JournalRoom(Engine engine) {
        this.engine = engine;
        this.followsSize = engine.files.ringFollowsSize();
    }

    /** For how long commits have waited, for room or for memory. */
    long stallNanos() {
        return stallNanos;
    }

    /** A commit had to wait. */
    void stalled(long nanos) {
        stallNanos += nanos;
    }

    /**
     * Waits until a record has room.
     *
     * @param bytes its length in the ring
     * @param size the file's size after it
     */
    void await(long bytes, long size) throws IOException {
        long begin = System.nanoTime();
        try {
            ensureFits(bytes);
            if (followsSize) {
                followSize(JournalFormat.ringBytes(0, size));
            }
            if (bytes > engine.journal.ringBytes()) {
                empty();
                engine.journal.grow(Math.max(bytes, Long.highestOneBit(bytes * 2)));
            }
            for (boolean full = false; engine.journal.freeBytes() < bytes; full = true) {
                engine.checkpointer.checkpoint(full);
            }
        } finally {
            stalled(System.nanoTime() - begin);
        }
    }

    private void ensureFits(long bytes) throws IOException {
        if (bytes > JournalFormat.RING_BYTES_MAX) {
            throw new IOException("commit is too large for any journal, sync more often or by ranges: bytes="
                    + bytes + ", most=" + JournalFormat.RING_BYTES_MAX + ", file=" + engine.file);
        }
    }

    private void followSize(long wanted) throws IOException {
        if (wanted < engine.journal.ringBytes() * GROWTH_FACTOR_MIN) {
            return;
        }
        empty();
        try {
            engine.journal.grow(wanted);
        } catch (IOException e) {
            if (engine.journal.hasFailed()) {
                throw e;
            }
            followsSize = false;
            LOG.warn("journal stays shorter than the file's size asks for, so checkpoints are frequent: make"
                    + " room beside it, and reopen: capacity={}, wanted={}, file={}",
                    engine.journal.ringBytes(), wanted, engine.file, e);
        }
    }

    private void empty() throws IOException {
        while (engine.journal.freeBytes() < engine.journal.ringBytes()) {
            engine.checkpointer.checkpoint(true);
        }
    }
}
