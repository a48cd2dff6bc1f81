package io.atomicmapping;

import io.atomicmapping.dirty.Cuts;
import io.atomicmapping.dirty.KernelTracking;
import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.journal.RedoRecord;
import io.atomicmapping.journal.fault.SeededFault;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The second half of a commit: append, force, and what follows from that.
 *
 * <ul>
 *   <li>Sealed generations queue in the order of their seals. All that are there are appended, forced once,
 *       and completed in that order; a commit is durable when the force behind its record has returned, and
 *       only then has a number.
 *   <li>Room in the ring is waited for with the generation sealed and outside any exclusion: the checkpointer
 *       overlays the before-images of sealed generations, so it needs nothing that this thread holds.
 *   <li>An append that fails puts its generation, and all that were sealed after it, back among the
 *       uncommitted. A force that fails is final.
 * </ul>
 *
 * <p>{@link #add}, {@link #size}, {@link #take} and the figures are for any thread; all else needs the commit
 * lock.
 */
final class CommitQueue implements AutoCloseable {

    private static final int SPARES_MAX = 4;

    private final Engine engine;
    private final ReentrantLock sealLock;
    private final AsyncCommits async;
    /** sealed and not yet taken to be committed, oldest first; guarded by itself */
    private final List<PendingCommit> queue = new ArrayList<>();
    private final ArrayDeque<PendingCommit> spares = new ArrayDeque<>();
    private final List<PendingCommit> taken = new ArrayList<>();
    private volatile long lastCommit;
    private volatile long commitCount;
    private volatile long bytesJournaled;
    private volatile long stallNanos;

    CommitQueue(Engine engine, ReentrantLock sealLock, AsyncCommits async, long lastCommit) {
        this.engine = engine;
        this.sealLock = sealLock;
        this.async = async;
        this.lastCommit = lastCommit;
    }

    // ---- figures ----

    long lastCommit() {
        return lastCommit;
    }

    long commitCount() {
        return commitCount;
    }

    long bytesJournaled() {
        return bytesJournaled;
    }

    long stallNanos() {
        return stallNanos;
    }

    /** A commit had to wait; under the commit lock. */
    void stalled(long nanos) {
        stallNanos += nanos;
    }

    // ---- the queue ----

    /** A generation was sealed, after all that were added before; under the seal lock. */
    void add(PendingCommit commit) {
        synchronized (queue) {
            queue.add(commit);
        }
    }

    int size() {
        synchronized (queue) {
            return queue.size();
        }
    }

    /** An empty commit to seal into. */
    PendingCommit take() {
        synchronized (spares) {
            PendingCommit spare = spares.pollLast();
            return spare == null ? new PendingCommit() : spare;
        }
    }

    /**
     * Nobody needs the commit any more; but after a failure that is final a checkpoint under way still needs
     * its before-images, to write home nothing of it.
     */
    void recycle(PendingCommit commit) {
        if (engine.tracking.needs(commit.generation)) {
            return; // closed with the tracking
        }
        commit.clear();
        synchronized (spares) {
            if (spares.size() < SPARES_MAX) {
                spares.add(commit);
                return;
            }
        }
        commit.generation.close();
    }

    @Override
    public void close() {
        synchronized (spares) {
            for (PendingCommit spare : spares) {
                spare.generation.close();
            }
            spares.clear();
        }
    }

    // ---- committing ----

    /** Commits every generation that is sealed, in order. */
    void commitAll() {
        while (true) {
            taken.clear();
            synchronized (queue) {
                // by index, as elsewhere in a commit: nothing is allocated
                for (int i = 0; i < queue.size(); i++) {
                    taken.add(queue.get(i));
                }
                queue.clear();
            }
            if (taken.isEmpty()) {
                return;
            }
            commitTaken();
        }
    }

    private void commitTaken() {
        Throwable failure = null;
        int appended = 0;
        try {
            while (appended < taken.size()) {
                append(appended);
                appended++;
            }
        } catch (IOException | RuntimeException | Error e) {
            failure = engine.journal.hasFailed()
                    ? engine.failedBy("the journal takes nothing more, reopen the file", e) : e;
        }
        try {
            forceAndComplete(appended); // also where a later one failed: what was appended is in the journal
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
        }
        if (failure != null) {
            undo(failure);
        }
        for (int i = 0; i < taken.size(); i++) {
            if (taken.get(i).future != null) {
                recycle(taken.get(i)); // nobody else knows it
            }
        }
    }

    /** Appends one; those before it are forced first if it has to wait for room. */
    private void append(int index) throws IOException {
        PendingCommit commit = taken.get(index);
        if (engine.failure() != null) {
            throw new IOException("mapping has failed, reopen it: file=" + engine.file, engine.failure());
        }
        if (commit.empty) {
            return;
        }
        RedoRecord record = commit.generation.record();
        if (!SeededFault.SPACE_NOT_RESERVED.isSeeded()) {
            engine.checkpointer.allocation().ensure(commit.generation.changedPages(), record.size());
        }
        long bytes = engine.journal.recordBytes(record.bodyBytes());
        if (engine.journal.freeBytes() < bytes) {
            forceAndComplete(index);
            awaitRoom(bytes);
        }
        long number = lastNumber(index) + 1;
        commit.startLsn = engine.journal.appendLsn();
        engine.journal.append(record, number);
        commit.number = number;
        commit.endLsn = engine.journal.appendLsn();
        bytesJournaled += bytes;
    }

    /** The number of the commit before one. */
    private long lastNumber(int index) {
        for (int i = index - 1; i >= 0; i--) {
            if (taken.get(i).number != 0) {
                return taken.get(i).number;
            }
        }
        return lastCommit;
    }

    private void awaitRoom(long bytes) throws IOException {
        if (SeededFault.ROOM_AWAITED_INSIDE_EXCLUSION.isSeeded()
                && engine.sections.tryExclude(Long.MAX_VALUE >>> 1)) {
            try {
                makeRoom(bytes);
            } finally {
                engine.sections.endExclusion();
            }
        } else {
            makeRoom(bytes);
        }
    }

    private void makeRoom(long bytes) throws IOException {
        long begin = System.nanoTime();
        try {
            if (bytes > JournalFormat.RING_BYTES_MAX) {
                throw new IOException("commit is too large for any journal, sync more often or by ranges:"
                        + " bytes=" + bytes + ", most=" + JournalFormat.RING_BYTES_MAX
                        + ", file=" + engine.file);
            }
            if (bytes > engine.journal.ringBytes()) {
                while (engine.journal.freeBytes() < engine.journal.ringBytes()) {
                    engine.checkpointer.checkpoint(true);
                }
                engine.journal.grow(Math.max(bytes, Long.highestOneBit(bytes * 2)));
            }
            for (boolean full = false; engine.journal.freeBytes() < bytes; full = true) {
                engine.checkpointer.checkpoint(full);
            }
        } finally {
            stallNanos += System.nanoTime() - begin;
        }
    }

    /** Makes the first commits of those taken durable, and takes them off the list's open part. */
    private void forceAndComplete(int count) throws IOException {
        boolean any = false;
        for (int i = 0; i < count; i++) {
            any |= !taken.get(i).done && !taken.get(i).empty;
        }
        if (any) {
            try {
                engine.journal.force();
            } catch (IOException e) {
                engine.failed(e);
                throw e;
            }
        }
        try {
            for (int i = 0; i < count; i++) {
                if (!taken.get(i).done) {
                    complete(taken.get(i));
                }
            }
        } catch (RuntimeException | Error e) {
            // out of memory: what is durable must not be taken for uncommitted
            throw engine.failedBy("a durable commit could not be completed, reopen the file", e);
        }
    }

    /** The commit is durable. */
    private void complete(PendingCommit commit) throws IOException {
        if (commit.empty) {
            engine.tracking.durable(commit.generation);
            commit.number = lastCommit;
        } else {
            publish(commit);
        }
        commit.done = true;
        if (commit.future != null) {
            async.complete(commit.future, commit.number, null);
        }
    }

    private void publish(PendingCommit commit) throws IOException {
        RedoRecord record = commit.generation.record();
        long cutFrom = commit.cut == null ? Cuts.NONE : commit.cut.from();
        long cutNumber = commit.cut == null ? 0 : commit.cut.number();
        KernelTracking kernel = engine.kernel();
        if (kernel != null) {
            bringHome(kernel, commit, cutFrom); // before a checkpoint can count on it
            engine.cuts.caughtUp(cutNumber);
        }
        engine.committedPages.add(commit.generation, engine.tracking, commit.startLsn, commit.endLsn,
                commit.cut);
        if (commit.cut != null) {
            engine.cuts.durable(commit.cut);
        }
        engine.sizes.setCommitted(record.size());
        commitCount++;
        lastCommit = commit.number;
        engine.checkpointer.committed();
    }

    /** Kernel mode: home's page cache becomes the last durable commit before anything is sealed again. */
    private void bringHome(KernelTracking kernel, PendingCommit commit, long cutFrom) throws IOException {
        try {
            if (cutFrom != Cuts.NONE) {
                engine.checkpointer.allocation().forget(cutFrom);
            }
            if (!SeededFault.KERNEL_COMMIT_NOT_HOME.isSeeded()) {
                kernel.durable(commit.generation, cutFrom);
            }
        } catch (IOException | InternalError e) {
            throw engine.failedBy("a durable commit could not be written to the data file,"
                    + " reopen it to recover: commit=" + commit.number, e);
        }
    }

    /**
     * Those of the taken that are not done have failed, and with them all that were sealed after them: their
     * changes are uncommitted again.
     */
    private void undo(Throwable cause) {
        sealLock.lock();
        try {
            List<PendingCommit> failed = new ArrayList<>();
            for (PendingCommit commit : taken) {
                if (!commit.done) {
                    failed.add(commit);
                }
            }
            synchronized (queue) {
                if (!SeededFault.LATER_SEALED_NOT_TAKEN_BACK.isSeeded()) {
                    failed.addAll(queue);
                    queue.clear();
                }
            }
            if (engine.failure() == null && !SeededFault.FAILED_APPEND_NOT_MERGED_BACK.isSeeded()) {
                tryMergeBack(failed);
            }
            for (PendingCommit commit : failed) {
                commit.failure = cause;
                commit.done = true;
                if (commit.future != null) {
                    async.complete(commit.future, 0, cause);
                }
            }
        } finally {
            sealLock.unlock();
        }
    }

    private void tryMergeBack(List<PendingCommit> failed) {
        try {
            engine.resizer.whileNothingIsResized(() -> mergeBack(failed));
        } catch (RuntimeException | Error e) { // out of memory: marks may be lost
            engine.failedBy("a commit failed, and could not be taken back", e);
        }
    }

    /** The newest first, as each takes back what its seal changed. */
    private void mergeBack(List<PendingCommit> failed) {
        for (PendingCommit commit : failed.reversed()) {
            KernelTracking kernel = engine.kernel();
            if (kernel != null) {
                kernel.mergeBack(commit.generation, commit.cut == null ? Cuts.NONE : commit.cut.from());
            } else {
                engine.tracking.mergeBack(commit.generation);
            }
            if (commit.cut != null) {
                engine.cuts.mergeBack(commit.cut);
            }
        }
        if (!SeededFault.FAILED_RESIZE_FORGOTTEN.isSeeded()) {
            engine.sizes.setSealed(engine.sizes.committed());
        }
    }

    /** Leaves a mark that all until now is durable. */
    void mark() {
        try {
            engine.journal.mark();
            engine.committedPages.marked(engine.journal.appendLsn());
        } catch (IOException e) {
            engine.failed(e);
        }
    }
}
