package io.atomicmapping;

import io.atomicmapping.dirty.Cuts;
import io.atomicmapping.dirty.Range;
import io.atomicmapping.journal.GroupCommit;
import io.atomicmapping.journal.RedoRecord;
import io.atomicmapping.journal.fault.SeededFault;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;

/**
 * The first half of a commit: who asks for it, and the cut. And what must not meet a commit: rollback, a
 * change of mode, close.
 *
 * <ul>
 *   <li>{@code commitLock}: whoever holds it appends and forces. At most one commit, or one group of them
 *       behind a single force, is in flight.
 *   <li>{@code sealLock}: whoever holds it seals; generations queue in the order of their seals, and are
 *       committed in it.
 *   <li>Both are given up while an update keeps an exclusion from beginning, so that the update can have
 *       them.
 * </ul>
 */
final class Commits implements AutoCloseable {

    private static final long PATIENCE_MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(8);
    private static final long PATIENCE_MAX_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final int PAUSE_FRACTION = 8;
    private static final int QUEUE_MAX = 64;
    private static final List<Range> EVERYTHING = List.of(Range.EVERYTHING);

    /** What is done while no generation is sealed and none is in flight. */
    @FunctionalInterface
    interface Step<T> {
        T run() throws IOException;
    }

    private final Engine engine;
    private final GroupCommit<Range> groups = new GroupCommit<>();
    private final ReentrantLock commitLock = new ReentrantLock(true);
    private final ReentrantLock sealLock = new ReentrantLock(true);
    private final CommitQueue queue;
    private final AsyncCommits async;
    private final Latencies latencies = new Latencies();
    /** the commits of the group that is being led; guarded by the commit lock */
    private final List<PendingCommit> own = new ArrayList<>();
    private boolean warnedOfBudget;

    Commits(Engine engine, long lastCommit) {
        this.engine = engine;
        this.async = new AsyncCommits(this::commitQueued);
        this.queue = new CommitQueue(engine, sealLock, async, lastCommit);
    }

    long lastCommit() {
        return queue.lastCommit();
    }

    /** The queue, for its figures. */
    CommitQueue queue() {
        return queue;
    }

    Latencies latencies() {
        return latencies;
    }

    // ---- sync ----

    long sync(Range range) throws IOException {
        engine.ensureOutsideUpdate("sync");
        engine.ensureUsable();
        long begin = System.nanoTime();
        GroupCommit.Group<Range> group = groups.join(range);
        long before = lastCommit();
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
                queue.commitAll();
                // what was on its way may have held stores of this group
                if (engine.failure() != null && !SeededFault.FAILED_COMMIT_NOT_TOLD.isSeeded()) {
                    throw new IOException("the commit that held these stores failed, reopen the file: file="
                            + engine.file, engine.failure());
                }
                if (isUnchanged(group)) {
                    return lastCommit();
                }
                if (trySealGroup(patience, group)) {
                    queue.commitAll();
                    return outcome();
                }
            } finally {
                boolean behind = queue.isBehind();
                commitLock.unlock();
                if (behind) {
                    async.wake();
                }
            }
            pause(patience);
        }
    }

    /** The number of the last of this group's commits; or its failure. */
    private long outcome() throws IOException {
        Throwable failure = null;
        long number = 0;
        try {
            for (int i = 0; i < own.size(); i++) {
                PendingCommit commit = own.get(i);
                failure = failure == null ? commit.failure : failure;
                number = commit.number;
                queue.recycle(commit);
            }
        } finally {
            own.clear(); // each is recycled once
        }
        if (failure != null) {
            throw new IOException(engine.failure() == null
                    ? "commit failed, its stores are uncommitted: " + failure.getMessage()
                    : "commit failed, and it is open whether it is durable: close the mapping and reopen it: "
                            + failure.getMessage(), failure);
        }
        return number;
    }

    /** Whether nothing was stored that happens-before the group's calls, as can be told without exclusion. */
    private boolean isUnchanged(GroupCommit.Group<Range> group) {
        if (!isUnchanged()) {
            return false;
        }
        sealLock.lock(); // or an asynchronous sync could be taking what is looked for, and fail to commit it
        try {
            groups.close(group); // who joined before this is covered if nothing is there after it
            return queue.size() == 0 && isUnchanged();
        } finally {
            sealLock.unlock();
        }
    }

    private boolean isUnchanged() {
        return engine.kernel() == null && !engine.tracking.isDirty() && engine.cuts.open() == Cuts.NONE
                && engine.sizes.current() == engine.sizes.sealed();
    }

    /** Excludes all sections, seals what the group wants; false if an update was in the way for too long. */
    private boolean trySealGroup(long patienceNanos, GroupCommit.Group<Range> group) throws IOException {
        sealLock.lock();
        try {
            if (!engine.sections.tryExclude(patienceNanos)) {
                return false;
            }
            try {
                engine.prepareSeal();
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

    /**
     * One generation for all if that is what they want, or if one wants everything; else one for each range.
     * In kernel mode always one: the next would be compared with a home that has not caught up with the one
     * before.
     */
    private void sealAll(List<Range> ranges) throws IOException {
        Range first = ranges.get(0);
        boolean same = true;
        for (int i = 1; i < ranges.size(); i++) {
            Range range = ranges.get(i);
            same = (same || SeededFault.RANGE_OF_A_GROUP_FORGOTTEN.isSeeded()) && range.equals(first);
            first = range.isEverything() ? range : first;
        }
        if (same || first.isEverything()) {
            own.add(seal(first.isEverything() ? EVERYTHING : List.of(first), null));
        } else if (engine.kernel() != null) {
            own.add(seal(ranges, null));
        } else {
            for (Range range : ranges) {
                own.add(seal(List.of(range), null));
            }
        }
    }

    private PendingCommit seal(List<Range> ranges, CompletableFuture<Long> future) throws IOException {
        PendingCommit commit = queue.take();
        commit.future = future;
        try {
            engine.seal(commit.generation, ranges);
        } catch (InternalError e) {
            throw engine.failedBy("data file was truncated or cannot be read beneath the mapping,"
                    + " restore it from a backup", e);
        } catch (RuntimeException | Error e) { // out of memory
            if (engine.tracking.isBroken()) {
                throw engine.failedBy("a seal failed, and could not be taken back", e);
            }
            queue.recycle(commit);
            throw e;
        }
        try {
            return sealed(commit);
        } catch (RuntimeException | Error e) {
            throw engine.failedBy("a sealed generation could not be queued", e);
        }
    }

    private PendingCommit sealed(PendingCommit commit) {
        long size = engine.sizes.current();
        commit.cut = engine.cuts.seal();
        RedoRecord record = commit.generation.record();
        // a cut may have been of what was never committed
        long smallest = Math.min(size, engine.sizes.sealed());
        boolean wasSmaller = commit.cut != null && !SeededFault.SMALLEST_SIZE_FORGOTTEN.isSeeded();
        record.sizes(size, wasSmaller ? Math.min(smallest, commit.cut.from()) : smallest);
        commit.empty = record.isEmpty() && commit.cut == null && size == engine.sizes.sealed();
        if (engine.adopted() != null && engine.adopted().guard().isNeeded()) {
            record.sizes(size, SeededFault.ADOPTED_TAIL_NOT_CUT.isSeeded() ? smallest
                    : Math.min(smallest, engine.adopted().guard().from()));
            commit.empty = false;
        }
        engine.sizes.setSealed(size);
        queue.add(commit);
        return commit;
    }

    // ---- async ----

    CompletableFuture<Long> syncAsync() throws IOException {
        engine.ensureOutsideUpdate("syncAsync");
        engine.ensureUsable();
        CompletableFuture<Long> future = new CompletableFuture<>();
        boolean sealed = false;
        for (long patience = PATIENCE_MIN_NANOS; !sealed;
                patience = Math.min(PATIENCE_MAX_NANOS, patience * 2)) {
            sealed = trySealAsync(patience, future);
            if (!sealed) {
                pause(patience);
            }
        }
        async.wake();
        return future;
    }

    private boolean trySealAsync(long patience, CompletableFuture<Long> future) throws IOException {
        boolean behind = engine.kernel() != null || queue.size() >= QUEUE_MAX;
        if (behind) { // in kernel mode a seal compares with home: all before it must be there
            commitLock.lock();
        }
        try {
            engine.ensureUsable();
            if (behind) {
                queue.commitAll();
            }
            sealLock.lock();
            try {
                // again: a close may have held the lock, and nobody would commit what is sealed after it
                engine.ensureUsable();
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
            engine.prepareSeal();
            seal(EVERYTHING, future);
            return true;
        } finally {
            engine.sections.endExclusion();
        }
    }

    /** The asynchronous committer's work. */
    private void commitQueued() {
        commitLock.lock();
        try {
            queue.commitAll();
        } finally {
            commitLock.unlock();
        }
    }

    /** Private memory far over budget: the next commit waits for one checkpoint, which hands pages back. */
    private void awaitMemory() throws IOException {
        if (!engine.checkpointer.isFarOverBudget()) {
            return;
        }
        long begin = System.nanoTime();
        engine.checkpointer.checkpoint();
        queue.room().stalled(System.nanoTime() - begin);
        if (engine.checkpointer.isFarOverBudget() && !warnedOfBudget) {
            warnedOfBudget = true;
            engine.checkpointer.warnOfBudget();
        }
    }

    // ---- what needs that no commit is on its way ----

    /** Lets pass who waited while an exclusion was tried: the longer that was, the longer. */
    private static void pause(long patienceNanos) {
        LockSupport.parkNanos(patienceNanos / PAUSE_FRACTION);
    }

    /** Runs a step while no generation is sealed or in flight and none can be, but sections may be open. */
    <T> T whileSealsWait(Step<T> step) throws IOException {
        commitLock.lock();
        try {
            sealLock.lock();
            try {
                engine.ensureUsable();
                queue.commitAll();
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
                    queue.commitAll();
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
            pause(patience);
        }
    }

    /** Adopts what another library has mapped since; returns how many mappings. */
    int adoptNew() throws IOException {
        engine.ensureOutsideUpdate("adoptNew");
        return alone(() -> {
            engine.ensureUsable();
            return engine.adopted().adoptOnRequest();
        });
    }

    void rollback() throws IOException {
        engine.ensureOutsideUpdate("rollback");
        alone(() -> {
            engine.ensureUsable();
            if (engine.adopted() != null) {
                engine.adopted().beforeRollback();
            }
            try {
                if (engine.adopted() == null) {
                    engine.resizer.rollback();
                } else {
                    engine.adopted().rollback();
                }
            } catch (IOException | RuntimeException | Error e) {
                throw engine.failedBy("a rollback failed half-way", e);
            }
            engine.sizes.setSealed(engine.sizes.committed());
            return null;
        });
    }

    /** Commits what is sealed; then, alone, tells how much is not, and from then on nothing is. */
    void stop(LongConsumer last) throws IOException {
        alone(() -> {
            last.accept(engine.failure() == null ? engine.uncommittedBytes() : 0);
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
                queue.mark();
            }
        } finally {
            commitLock.unlock();
        }
    }

    @Override
    public void close() {
        queue.close();
    }
}
