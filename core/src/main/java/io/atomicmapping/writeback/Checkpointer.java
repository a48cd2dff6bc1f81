package io.atomicmapping.writeback;

import io.atomicmapping.dirty.Cuts;
import io.atomicmapping.dirty.ExplicitTracking;
import io.atomicmapping.dirty.PageTree;
import io.atomicmapping.dirty.Sections;
import io.atomicmapping.dirty.WorkingImage;
import io.atomicmapping.journal.JournalWriter;
import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.storage.DurableFile;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings committed pages home so that the journal's ring can be used again.
 *
 * <ul>
 *   <li>Home is written only with bytes that are durable in the journal, and forced before the journal is
 *       told.
 *   <li>The ring is freed by the journal only after both its header slots say so.
 *   <li>A checkpoint runs on the background thread, or on any thread that cannot go on without it.
 *   <li>A write that fails leaves everything as it was, to be tried again; a force that fails is final.
 * </ul>
 */
public final class Checkpointer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger("io.atomicmapping");
    /** a checkpoint begins at the latest when this part of the ring is left */
    private static final int MARGIN = 8;
    private static final long REJOIN_PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    /** What the checkpointer asks of the mapping. */
    public interface Host {
        /** Leaves a durable-LSN mark in the journal if no commit is in flight. */
        void markIdle();

        /**
         * A force failed: nothing may be committed any more.
         *
         * @param cause the failure
         */
        void failed(IOException cause);

        /**
         * The end of what is mapped.
         *
         * @return a multiple of the page size
         */
        long mappedEnd();
    }

    /**
     * What a checkpointer works on.
     *
     * @param home the data file
     * @param journal the journal
     * @param image the working image
     * @param tracking explicit mode's tracking
     * @param sections the open sections
     * @param committed the pages to write
     * @param cuts where the mapping was made shorter
     * @param reservedBytes the address space of the image
     * @param pageShift the page size as a power of two
     * @param budgetBytes how much private memory there should be
     */
    public record Parts(DurableFile home, JournalWriter journal, WorkingImage image,
            ExplicitTracking tracking, Sections sections, CommittedPages committed, Cuts cuts,
            long reservedBytes, int pageShift, long budgetBytes) { }

    private final Parts parts;
    private final Host host;
    private final Allocation allocation;
    private final HomeWriter writer;
    private final Recycler recycler;
    private final CheckpointThread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final LongAdder checkpoints = new LongAdder();
    private final LongAdder checkpointNanos = new LongAdder();
    private final LongAdder bytesWritten = new LongAdder();
    private volatile boolean kernelMode;
    /** guarded by lock: what a checkpoint works on is gone */
    private boolean closed;
    private volatile IOException failure;
    /**
     * Bytes appended while the last checkpoint ran, or most of those while the one before did, -1 before the
     * first: the next one begins while half as much again is free, and not earlier than that needs, since a
     * page that is committed again until then is written only once.
     */
    private volatile long appendedMeanwhile = -1;

    /**
     * Makes one; its thread starts when there is something to do.
     *
     * @param parts what it works on
     * @param host the mapping
     * @throws IOException if memory cannot be reserved, or the data file cannot be looked at
     */
    public Checkpointer(Parts parts, Host host) throws IOException {
        this.parts = parts;
        this.host = host;
        this.allocation = new Allocation(parts.home(), parts.reservedBytes(), parts.pageShift());
        this.writer = new HomeWriter(parts.home(), parts.image(), parts.tracking(), allocation,
                parts.pageShift(), host::failed);
        this.recycler = new Recycler(parts.image(), parts.tracking(), parts.sections(), parts.committed(),
                new PageTree(parts.reservedBytes() >>> parts.pageShift()), parts.pageShift(),
                parts.budgetBytes());
        this.thread = new CheckpointThread(this::checkpoint, host::markIdle, parts.home().path());
    }

    /**
     * The disk space of home.
     *
     * @return what is known of it
     */
    public Allocation allocation() {
        return allocation;
    }

    // ---- when ----

    /** A commit is durable: checkpoints if ring or private memory fills, and marks the journal when idle. */
    public void committed() {
        thread.committed(isDue());
    }

    private boolean isDue() {
        JournalWriter journal = parts.journal();
        long free = journal.freeBytes();
        long needed = appendedMeanwhile < 0 ? journal.ringBytes() / 2
                : Math.max(appendedMeanwhile + (appendedMeanwhile >>> 1), journal.ringBytes() / MARGIN);
        return free < needed || isOverBudget();
    }

    /**
     * Whether private memory has passed its budget.
     *
     * @return whether it has
     */
    public boolean isOverBudget() {
        return !kernelMode && parts.image().isMapped() && recycler.isOverBudget();
    }

    /**
     * Whether it has passed it so far that a commit should wait for pages to be handed back.
     *
     * @return whether it has
     */
    public boolean isFarOverBudget() {
        return !kernelMode && parts.image().isMapped()
                && recycler.privateBytes() > parts.budgetBytes() + (parts.budgetBytes() >>> 2);
    }

    /** Tells the log that private memory stays over its budget. */
    public void warnOfBudget() {
        LOG.warn("private memory is over its budget, since so much is not committed or an update is open:"
                + " sync more often, or raise memoryBudget: privateBytes={}, budgetBytes={}, file={}",
                recycler.privateBytes(), parts.budgetBytes(), parts.home().path());
    }

    // ---- a checkpoint ----

    /**
     * Brings home what is durable now, and recycles. Waits for a checkpoint that is running.
     *
     * @throws IOException if home or the journal cannot be written; after a failed force the mapping has
     *     failed
     */
    public void checkpoint() throws IOException {
        checkpoint(false);
    }

    /**
     * As {@link #checkpoint()}.
     *
     * @param full whether to empty the journal even of what it is to keep
     * @throws IOException as {@link #checkpoint()}
     */
    public void checkpoint(boolean full) throws IOException {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (failure != null) {
                throw new IOException("no checkpoint after a failure, reopen the mapping: file="
                        + parts.home().path(), failure);
            }
            CommittedPages.Point target = parts.committed().begin(full);
            long begin = System.nanoTime();
            if (target != null) {
                checkpoint(target);
                checkpoints.increment();
                checkpointNanos.add(System.nanoTime() - begin);
            }
            if ((!kernelMode || SeededFault.RECYCLED_IN_KERNEL_MODE.isSeeded()) && parts.image().isMapped()) {
                long limit = Math.min(parts.cuts().apartFrom(), parts.cuts().anonymousFrom());
                recycler.recycle(Math.min(limit, host.mappedEnd()) >>> parts.pageShift());
                parts.committed().forgetWritten();
                rejoin();
            }
            parts.committed().forgetWritten();
        } finally {
            lock.unlock();
        }
    }

    private void checkpoint(CommittedPages.Point target) throws IOException {
        JournalWriter journal = parts.journal();
        long appended = journal.appendLsn();
        boolean complete = false;
        try {
            writeHome(target);
            complete = true;
        } finally {
            if (!complete) {
                parts.committed().abort(target);
            }
        }
        try {
            parts.home().force();
            journal.checkpoint(target.lsn(), target.commit(), target.size());
        } catch (IOException e) {
            host.failed(e);
            throw e;
        }
        parts.committed().end(target);
        parts.cuts().caughtUp(target.cut());
        long estimate = appendedMeanwhile - (appendedMeanwhile >> 2); // a lull is not believed at once
        appendedMeanwhile = Math.max(journal.appendLsn() - appended, estimate);
        LOG.debug("checkpoint: commit={}, lsn={}, file={}", target.commit(), target.lsn(),
                parts.home().path());
    }

    private void writeHome(CommittedPages.Point target) throws IOException {
        DurableFile home = parts.home();
        long length = home.length();
        if (length < target.size()) {
            IOException truncated = new IOException("data file was truncated beneath the mapping,"
                    + " by another program: restore it from a backup: length=" + length
                    + ", committed=" + target.size() + ", file=" + home.path());
            host.failed(truncated);
            throw truncated;
        }
        if (kernelMode) {
            return; // each commit was written at its end
        }
        if (target.zeroFrom() < length) {
            home.zero(target.zeroFrom(), length - target.zeroFrom());
            allocation.forget(target.zeroFrom());
        }
        bytesWritten.add(writer.write(parts.committed().writing(), target.size()));
    }

    /** Once home has the zeros of every cut, the pages past them can be home's again. */
    private void rejoin() throws IOException {
        Cuts cuts = parts.cuts();
        if (!cuts.canRejoin() || !parts.sections().tryExclude(REJOIN_PATIENCE_NANOS)) {
            return;
        }
        try {
            if (cuts.canRejoin()) {
                long from = cuts.anonymousFrom() >>> parts.pageShift();
                if (recycler.rejoin(from, host.mappedEnd() >>> parts.pageShift())) {
                    cuts.rejoined();
                    parts.tracking().remap(Long.MAX_VALUE, () -> { });
                }
            }
        } finally {
            parts.sections().endExclusion();
        }
    }

    /**
     * From now on every commit is home, in the page cache, before the next one: only forcing is left to do.
     *
     * @throws IOException if what is durable now cannot be brought home
     */
    public void enterKernelMode() throws IOException {
        lock.lock();
        try {
            checkpoint();
            kernelMode = true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The mapping has failed: nothing is brought home any more.
     *
     * @param cause why
     */
    public void latch(IOException cause) {
        failure = cause;
    }

    // ---- figures ----

    /**
     * How many checkpoints were made.
     *
     * @return the count
     */
    public long checkpoints() {
        return checkpoints.sum();
    }

    /**
     * How long they took.
     *
     * @return nanoseconds in all
     */
    public long checkpointNanos() {
        return checkpointNanos.sum();
    }

    /**
     * How much they wrote to home.
     *
     * @return bytes
     */
    public long bytesWritten() {
        return bytesWritten.sum();
    }

    /** Ends the background thread, waiting for what it is doing. */
    public void stop() {
        thread.stop();
    }

    @Override
    public void close() {
        stop();
        lock.lock(); // a sync that waits for memory may be in a checkpoint, or come for one yet
        try {
            closed = true;
            writer.close();
            recycler.close();
            allocation.close();
        } finally {
            lock.unlock();
        }
    }
}
