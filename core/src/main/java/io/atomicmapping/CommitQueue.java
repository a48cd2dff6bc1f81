package io.atomicmapping;

import io.atomicmapping.dirty.Cuts;
import io.atomicmapping.dirty.KernelTracking;
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
 *   <li>In kernel mode the page cache of home must be the last durable commit before anything is sealed
 *       again, and before a checkpoint counts on it. A large commit is brought there behind its caller's
 *       back, beside the next stores: {@link #commitAll} begins with that.
 *   <li>An append that fails puts its generation, and all that were sealed after it, back among the
 *       uncommitted. A force that fails is final.
 * </ul>
 *
 * <p>{@link #add}, {@link #size}, {@link #take} and the figures are for any thread; all else needs the commit
 * lock.
 */
final class CommitQueue implements AutoCloseable {

    private static final int SPARES_MAX = 4;
    /** fewer extents are written home in about the time that it takes to wake another thread for them */
    private static final int BEHIND_EXTENTS_MIN = 512;

    private final Engine engine;
    private final ReentrantLock sealLock;
    private final AsyncCommits async;
    private final JournalRoom room;
    /** sealed and not yet taken to be committed, oldest first; guarded by itself */
    private final List<PendingCommit> queue = new ArrayList<>();
    private final ArrayDeque<PendingCommit> spares = new ArrayDeque<>();
    private final List<PendingCommit> taken = new ArrayList<>();
    /** durable and not yet in home's page cache, in kernel mode; or null */
    private PendingCommit behind;
    private volatile long lastCommit;
    private volatile long commitCount;
    private volatile long bytesJournaled;

    CommitQueue(Engine engine, ReentrantLock sealLock, AsyncCommits async, long lastCommit) {
        this.engine = engine;
        this.sealLock = sealLock;
        this.async = async;
        this.room = new JournalRoom(engine);
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

    /** Where commits wait for room in the ring. */
    JournalRoom room() {
        return room;
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
        if (commit == behind) {
            commit.unused = true;
            return;
        }
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

    /** Commits every generation that is sealed, in order, and brings home what is behind. */
    void commitAll() {
        catchUp();
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

    /** Whether a durable commit is still to be brought to home's page cache. */
    boolean isBehind() {
        return behind != null;
    }

    /** Brings home what is durable and not there. If that fails the mapping has failed, which tells it. */
    private void catchUp() {
        PendingCommit commit = behind;
        if (commit == null) {
            return;
        }
        behind = null;
        try {
            finish(commit);
        } catch (IOException e) {
            return; // the mapping has failed by that, and says so to whoever stores or syncs
        } catch (RuntimeException | Error e) {
            engine.failedBy("a durable commit could not be completed, reopen the file", e);
            return;
        }
        if (commit.unused) {
            recycle(commit);
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
            awaitRoom(bytes, record.size());
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

    private void awaitRoom(long bytes, long size) throws IOException {
        if (SeededFault.ROOM_AWAITED_INSIDE_EXCLUSION.isSeeded()
                && engine.sections.tryExclude(Long.MAX_VALUE >>> 1)) {
            try {
                room.await(bytes, size);
            } finally {
                engine.sections.endExclusion();
            }
        } else {
            room.await(bytes, size);
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
        catchUp(); // of two commits at once the first
        // who has mapped an adopted file reads home, too
        if (engine.kernel() != null && engine.adopted() == null && commit.cut == null
                && record.extentCount() >= BEHIND_EXTENTS_MIN) {
            behind = commit;
        } else {
            finish(commit);
        }
        engine.sizes.setCommitted(record.size());
        commitCount++;
        lastCommit = commit.number;
        engine.checkpointer.committed();
    }

    /** Does what is left to do for a durable commit before the next one can be sealed. */
    private void finish(PendingCommit commit) throws IOException {
        KernelTracking kernel = engine.kernel();
        if (kernel != null) {
            bringHome(kernel, commit, commit.cut == null ? Cuts.NONE : commit.cut.from());
            engine.cuts.caughtUp(commit.cut == null ? 0 : commit.cut.number());
        }
        // after that: a checkpoint counts on it
        engine.committedPages.add(commit.generation, engine.tracking, commit.startLsn, commit.endLsn,
                commit.cut);
        if (commit.cut != null) {
            engine.cuts.durable(commit.cut);
        }
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
        catchUp(); // a checkpoint that begins at the mark counts on all before it
        if (engine.failure() != null) {
            return;
        }
        try {
            engine.journal.mark();
            engine.committedPages.marked(engine.journal.appendLsn());
        } catch (IOException e) {
            engine.failed(e);
        }
    }
}
