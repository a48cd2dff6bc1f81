package io.atomicmapping;

import io.atomicmapping.dirty.Cuts;
import io.atomicmapping.dirty.KernelTracking;
import io.atomicmapping.dirty.Range;
import io.atomicmapping.journal.GroupCommit;
import io.atomicmapping.journal.RedoRecord;
import io.atomicmapping.writeback.CommittedPages;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;

/**
 * The way of a commit: seal, append, force, and what follows from that.
 *
 * <ul>
 *   <li>{@code commitLock}: whoever holds it appends and forces. At most one commit, or one group of them behind a single
 *       force, is in flight.
 *   <li>{@code sealLock}: whoever holds it seals; generations queue in the order of their seals, and are committed in it.
 *   <li>Both are given up while an update keeps an exclusion from beginning, so that the update can have them.
 *   <li>Room in the ring is waited for with the generation sealed and outside any exclusion: the checkpointer overlays the
 *       images of sealed generations, so it needs nothing that this thread holds.
 * </ul>
 */
final class Commits implements AutoCloseable {

    private static final long PATIENCE_MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(8);
    private static final long PATIENCE_MAX_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(50);
    private static final int QUEUE_MAX = 64;
    private static final int SPARES_MAX = 4;

    /** What is done while no generation is sealed and none is in flight. */
    @FunctionalInterface
    interface Step<T> {
        T run() throws IOException;
    }

    private final Engine engine;
    private final GroupCommit<Range> groups = new GroupCommit<>();
    private final ReentrantLock commitLock = new ReentrantLock(true);
    private final ReentrantLock sealLock = new ReentrantLock(true);
    /** sealed and not yet taken to be committed, oldest first; guarded by itself */
    private final ArrayDeque<PendingCommit> queue = new ArrayDeque<>();
    private final ArrayDeque<PendingCommit> spares = new ArrayDeque<>();
    /** taken from the queue to be committed; guarded by the commit lock, as is own: those of the leader's group */
    private final List<PendingCommit> taken = new ArrayList<>();
    private final List<PendingCommit> own = new ArrayList<>();
    private final AsyncCommits async;
    private final Latencies latencies = new Latencies();
    private volatile long lastCommit;
    private volatile long commitCount;
    private volatile long bytesJournaled;
    private volatile long stallNanos;
    private boolean warnedOfBudget;

    Commits(Engine engine, long lastCommit) {
        this.engine = engine;
        this.lastCommit = lastCommit;
        this.async = new AsyncCommits(this::commitQueued);
    }

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

    Latencies latencies() {
        return latencies;
    }

    // ---- sync ----

    long sync(Range range) throws IOException {
        engine.ensureOutsideUpdate("sync");
        engine.ensureUsable();
        if (range == Range.NOTHING) {
            return whileSealsWait(() -> lastCommit);
        }
        long begin = System.nanoTime();
        GroupCommit.Group<Range> group = groups.join(range);
        long before = lastCommit;
        long number;
        if (groups.isLeader(group)) {
            number = lead(group);
        } else {
            number = groups.result(group);
        }
        if (number > before) {
            latencies.record(System.nanoTime() - begin);
        }
        return number;
    }

    private long lead(GroupCommit.Group<Range> group) throws IOException {
        Throwable failure = null;
        long number = 0;
        try {
            number = commit(group);
            return number;
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
            throw e;
        } finally {
            groups.finish(group, number, failure);
        }
    }

    /** Seals what the group asks for and commits it. */
    private long commit(GroupCommit.Group<Range> group) throws IOException {
        awaitMemory();
        for (long patience = PATIENCE_MIN_NANOS;; patience = Math.min(PATIENCE_MAX_NANOS, patience * 2)) {
            commitLock.lock();
            try {
                engine.ensureUsable();
                commitQueue();
                if (isUnchanged(group)) {
                    return lastCommit;
                }
                if (trySealGroup(patience, group)) {
                    commitQueue();
                    return outcome();
                }
            } finally {
                commitLock.unlock();
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** The number of the last of this group's commits; or its failure. */
    private long outcome() throws IOException {
        Throwable failure = null;
        long number = 0;
        for (PendingCommit commit : own) {
            failure = failure == null ? commit.failure : failure;
            number = commit.number;
            recycle(commit);
        }
        own.clear();
        if (failure != null) {
            throw new IOException("commit failed, its stores are uncommitted: " + failure.getMessage(), failure);
        }
        return number;
    }

    /** Whether nothing was stored that happens-before the calls of this group, as can be told without an exclusion. */
    private boolean isUnchanged(GroupCommit.Group<Range> group) {
        if (isUnchanged()) {
            groups.close(group); // who joined before this is covered if nothing is there after it
            return isUnchanged();
        }
        return false;
    }

    private boolean isUnchanged() {
        return engine.kernel() == null && engine.tracking.dirtyLines() == 0 && engine.cuts.open() == Cuts.NONE
                && engine.sizes.current() == engine.sizes.sealed();
    }

    /** Excludes all sections and seals what the group asks for; false if an update was in the way for too long. */
    private boolean trySealGroup(long patienceNanos, GroupCommit.Group<Range> group) throws IOException {
        sealLock.lock();
        try {
            if (!engine.sections.tryExclude(patienceNanos)) {
                return false;
            }
            try {
                groups.close(group);
                sealAll(group.requests());
                return true;
            } finally {
                engine.sections.endExclusion();
            }
        } finally {
            sealLock.unlock();
        }
    }

    /** One generation for all if that is what they want, or if one wants everything; else one for each range. */
    private void sealAll(List<Range> ranges) throws IOException {
        Range first = ranges.get(0);
        boolean same = true;
        for (int i = 1; i < ranges.size(); i++) {
            Range range = ranges.get(i);
            same &= range.equals(first);
            first = range.isEverything() ? range : first;
        }
        if (same || first.isEverything()) {
            own.add(seal(first, null));
            return;
        }
        for (Range range : ranges) {
            own.add(seal(range, null));
        }
    }

    private PendingCommit seal(Range range, CompletableFuture<Long> future) throws IOException {
        PendingCommit commit = take();
        commit.future = future;
        try {
            engine.seal(commit.generation, range);
        } catch (InternalError e) {
            IOException unreadable = new IOException("data file was truncated or cannot be read beneath the mapping:"
                    + " restore it from a backup: file=" + engine.file, e);
            engine.failed(unreadable);
            throw unreadable;
        }
        long size = engine.sizes.current();
        commit.cut = engine.cuts.seal();
        RedoRecord record = commit.generation.record();
        long smallest = Math.min(size, engine.sizes.sealed()); // a cut may have been of what was never committed
        record.sizes(size, commit.cut == null ? smallest : Math.min(smallest, commit.cut.from()));
        commit.empty = record.isEmpty() && commit.cut == null && size == engine.sizes.sealed();
        engine.sizes.setSealed(size);
        synchronized (queue) {
            queue.add(commit);
        }
        return commit;
    }

    // ---- async ----

    CompletableFuture<Long> syncAsync() throws IOException {
        engine.ensureOutsideUpdate("syncAsync");
        engine.ensureUsable();
        CompletableFuture<Long> future = new CompletableFuture<>();
        boolean sealed = false;
        for (long patience = PATIENCE_MIN_NANOS; !sealed; patience = Math.min(PATIENCE_MAX_NANOS, patience * 2)) {
            sealed = trySealAsync(patience, future);
            if (!sealed) {
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
        async.wake();
        return future;
    }

    private boolean trySealAsync(long patience, CompletableFuture<Long> future) throws IOException {
        boolean behind = engine.kernel() != null || queued() >= QUEUE_MAX;
        if (behind) { // in kernel mode a seal compares with home: all before it must be there
            commitLock.lock();
        }
        try {
            engine.ensureUsable();
            if (behind) {
                commitQueue();
            }
            sealLock.lock();
            try {
                if (engine.kernel() != null && !behind) {
                    return false; // the mode has just changed
                }
                return trySealFor(future, patience);
            } finally {
                sealLock.unlock();
            }
        } finally {
            if (behind) {
                commitLock.unlock();
            }
        }
    }

    private boolean trySealFor(CompletableFuture<Long> future, long patience) throws IOException {
        if (!engine.sections.tryExclude(patience)) {
            return false;
        }
        try {
            seal(Range.EVERYTHING, future);
            return true;
        } finally {
            engine.sections.endExclusion();
        }
    }

    private int queued() {
        synchronized (queue) {
            return queue.size();
        }
    }

    /** The asynchronous committer's work. */
    private void commitQueued() {
        commitLock.lock();
        try {
            commitQueue();
        } finally {
            commitLock.unlock();
        }
    }

    // ---- committing; the commit lock is held ----

    /** Commits every generation that is sealed, in order. */
    private void commitQueue() {
        while (true) {
            taken.clear();
            synchronized (queue) {
                taken.addAll(queue);
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
            failure = e;
        }
        try {
            forceAndComplete(appended); // also where a later one failed: what was appended is in the journal
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
        }
        if (failure != null) {
            undo(failure);
        }
        for (PendingCommit commit : taken) {
            if (commit.future != null) {
                recycle(commit); // nobody else knows it
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
        engine.checkpointer.allocation().ensure(commit.generation.changedPages(), record.size());
        long bytes = engine.journal.recordBytes(record.bodyBytes());
        if (engine.journal.freeBytes() < bytes) {
            forceAndComplete(index);
            makeRoom(bytes);
        }
        long number = lastNumber(index) + 1;
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

    private void makeRoom(long bytes) throws IOException {
        long begin = System.nanoTime();
        try {
            if (bytes > engine.journal.ringBytes()) {
                while (engine.journal.freeBytes() < engine.journal.ringBytes()) {
                    engine.checkpointer.checkpoint();
                }
                engine.journal.grow(Math.max(bytes, Long.highestOneBit(bytes * 2)));
            }
            while (engine.journal.freeBytes() < bytes) {
                engine.checkpointer.checkpoint();
            }
        } finally {
            stallNanos += System.nanoTime() - begin;
        }
    }

    /** Private memory far over its budget: the next commit waits for one checkpoint, which hands pages back. */
    private void awaitMemory() throws IOException {
        if (!engine.checkpointer.isFarOverBudget()) {
            return;
        }
        long begin = System.nanoTime();
        engine.checkpointer.checkpoint();
        stallNanos += System.nanoTime() - begin;
        if (engine.checkpointer.isFarOverBudget() && !warnedOfBudget) {
            warnedOfBudget = true;
            engine.checkpointer.warnOfBudget();
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
        for (int i = 0; i < count; i++) {
            if (!taken.get(i).done) {
                complete(taken.get(i));
            }
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
        engine.committedPages.add(commit.generation.changedPages(), new CommittedPages.Point(
                commit.endLsn, commit.number, record.size(), cutFrom));
        KernelTracking kernel = engine.kernel();
        if (kernel != null) {
            bringHome(kernel, commit, cutFrom);
        }
        engine.tracking.durable(commit.generation);
        if (commit.cut != null) {
            engine.cuts.durable(commit.cut);
            if (kernel != null) {
                engine.cuts.rejoined(); // home has its zeros already
            }
        }
        engine.sizes.setCommitted(record.size());
        commitCount++;
        lastCommit = commit.number;
        engine.checkpointer.committed();
    }

    /** Kernel mode: home's page cache becomes the last durable commit before anything is sealed again. */
    private void bringHome(KernelTracking kernel, PendingCommit commit, long cutFrom) throws IOException {
        try {
            long length = engine.home.length();
            if (cutFrom < length) {
                engine.home.zero(cutFrom, length - cutFrom);
                engine.checkpointer.allocation().forget(cutFrom);
            }
            kernel.durable(commit.generation, commit.generation.record().size());
        } catch (IOException | InternalError e) {
            IOException failure = new IOException("a durable commit could not be written to the data file, reopen it to"
                    + " recover: commit=" + commit.number + ", file=" + engine.file, e);
            engine.failed(failure);
            throw failure;
        }
    }

    /**
     * Those of the taken that are not done have failed, and with them all that were sealed after them: their changes are
     * uncommitted again.
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
                failed.addAll(queue);
                queue.clear();
            }
            if (engine.failure() == null) {
                mergeBack(failed);
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

    /** The newest first, so that the older images end up further down. */
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
        engine.sizes.setSealed(engine.sizes.committed());
    }

    // ---- what needs that no commit is on its way ----

    /** Runs a step while no generation is sealed or in flight and none can be, but sections may be open. */
    <T> T whileSealsWait(Step<T> step) throws IOException {
        commitLock.lock();
        try {
            sealLock.lock();
            try {
                engine.ensureUsable();
                commitQueue();
                return step.run();
            } finally {
                sealLock.unlock();
            }
        } finally {
            commitLock.unlock();
        }
    }

    /** Runs a step with all of that, and no section open. */
    private <T> T alone(Step<T> step) throws IOException {
        for (long patience = PATIENCE_MIN_NANOS;; patience = Math.min(PATIENCE_MAX_NANOS, patience * 2)) {
            commitLock.lock();
            try {
                sealLock.lock();
                try {
                    commitQueue();
                    if (engine.sections.tryExclude(patience)) {
                        try {
                            return step.run();
                        } finally {
                            engine.sections.endExclusion();
                        }
                    }
                } finally {
                    sealLock.unlock();
                }
            } finally {
                commitLock.unlock();
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    void rollback() throws IOException {
        engine.ensureOutsideUpdate("rollback");
        alone(() -> {
            engine.ensureUsable();
            engine.resizer.rollback();
            engine.sizes.setSealed(engine.sizes.committed());
            return null;
        });
    }

    /** Commits what is sealed; then, alone, tells how much is not, and from then on nothing is. */
    void stop(LongConsumer last) throws IOException {
        alone(() -> {
            last.accept(engine.failure() == null ? engine.uncommittedBytes(take()) : 0);
            return null;
        });
        async.close();
    }

    /** Leaves a mark that all until now is durable, unless a commit is in flight, which says so itself. */
    void markIdle() {
        if (!commitLock.tryLock()) {
            return;
        }
        try {
            if (!engine.isClosed() && engine.failure() == null) {
                engine.journal.mark();
                engine.committedPages.marked(engine.journal.appendLsn());
            }
        } catch (IOException e) {
            engine.failed(e);
        } finally {
            commitLock.unlock();
        }
    }

    // ---- commits used again ----

    private PendingCommit take() {
        synchronized (spares) {
            PendingCommit spare = spares.pollLast();
            return spare == null ? new PendingCommit() : spare;
        }
    }

    private void recycle(PendingCommit commit) {
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
}
