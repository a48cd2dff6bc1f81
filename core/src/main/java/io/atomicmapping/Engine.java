package io.atomicmapping;

import io.atomicmapping.adoption.OwnedRange;
import io.atomicmapping.adoption.OwnersMappings;
import io.atomicmapping.dirty.Cuts;
import io.atomicmapping.dirty.ExplicitTracking;
import io.atomicmapping.dirty.Gate;
import io.atomicmapping.dirty.KernelTracking;
import io.atomicmapping.dirty.Range;
import io.atomicmapping.dirty.SealedGeneration;
import io.atomicmapping.dirty.Sections;
import io.atomicmapping.dirty.WorkingImage;
import io.atomicmapping.journal.JournalWriter;
import io.atomicmapping.journal.RedoRecord;
import io.atomicmapping.recovery.OpenedFiles;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.writeback.Checkpointer;
import io.atomicmapping.writeback.CommittedPages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that a writable mapping consists of, and what happens to it as a whole: becoming a kernel mode
 * mapping, failing, closing.
 *
 * <p>Locks, in the order in which they are taken: the commit lock ({@link Commits}), the seal lock ({@link
 * Commits}), the gate of the sections, the resize lock ({@link Resizer}), the monitor of the committed pages,
 * the images lock ({@link ExplicitTracking}). Whoever waits for sections holds no lock that a section could
 * want: the two locks of {@link Commits} are for commits only, and a section that needs them, to switch
 * modes, gets them while the excluder pauses.
 */
final class Engine implements Checkpointer.Host {

    private static final Logger LOG = LoggerFactory.getLogger("io.atomicmapping");

    final Path file;
    final OpenedFiles files;
    final DurableFile home;
    final JournalWriter journal;
    final int pageShift;
    final long maxSize;
    final long reservedBytes;
    final WorkingImage image;
    final Gate gate = new Gate();
    final Sections sections = new Sections(gate);
    final Sizes sizes;
    final Cuts cuts;
    final ExplicitTracking tracking;
    final CommittedPages committedPages;
    final Checkpointer checkpointer;
    final Commits commits;
    final Resizer resizer;
    private volatile KernelTracking kernel;
    /** null but for an adopted file */
    private volatile Adopted adopted;
    private volatile IOException failure;
    private volatile boolean closed;
    /** how far {@link #close} has come; guarded by this */
    private boolean filesClosed;
    private boolean imageClosed;

    Engine(OpenedFiles files, Path file, int pageShift, long maxSize, long budgetBytes) throws IOException {
        this.files = files;
        this.file = file;
        this.home = files.home();
        this.journal = files.journal();
        this.pageShift = pageShift;
        this.maxSize = maxSize;
        this.reservedBytes = Math.max(1, maxSize) + (1L << pageShift) - 1 & -(1L << pageShift);
        this.sizes = new Sizes(files.size(), false, gate);
        this.cuts = new Cuts(1L << pageShift);
        long pages = reservedBytes >>> pageShift;
        Deque<AutoCloseable> made = new ArrayDeque<>();
        try {
            this.image = keep(made, new WorkingImage(home, reservedBytes));
            this.tracking = keep(made, new ExplicitTracking(image.address(), pages, pageShift, sections));
            this.committedPages = keep(made, new CommittedPages(pages, pageShift, new CommittedPages.Point(
                    journal.appendLsn(), files.lastCommit(), files.size(), Cuts.NONE, 0)));
            this.resizer = new Resizer(this, files.size());
            this.checkpointer = keep(made, new Checkpointer(new Checkpointer.Parts(home, journal, image,
                    tracking, sections, committedPages, cuts, reservedBytes, pageShift, budgetBytes), this));
            this.commits = new Commits(this, files.lastCommit());
            image.mapHome(0, resizer.mappedEnd());
        } catch (IOException | RuntimeException | Error e) {
            release(made, e);
            throw e;
        }
    }

    private static <T extends AutoCloseable> T keep(Deque<AutoCloseable> made, T part) {
        made.push(part);
        return part;
    }

    private static void release(Deque<AutoCloseable> made, Throwable cause) {
        for (AutoCloseable part : made) {
            try {
                part.close();
            } catch (Exception e) {
                cause.addSuppressed(e);
            }
        }
    }

    long pageBytes() {
        return 1L << pageShift;
    }

    // ---- state ----

    /** Kernel mode's tracking, or null in explicit mode. */
    KernelTracking kernel() {
        return kernel;
    }

    /** What another library has mapped of the file, or null if it was opened. */
    Adopted adopted() {
        return adopted;
    }

    boolean isClosed() {
        return closed;
    }

    IOException failure() {
        return failure;
    }

    /** Refuses what cannot be done after a close or a failure. */
    void ensureUsable() {
        if (closed) {
            throw closedException();
        }
        if (failure != null) {
            throw new IllegalStateException("mapping has failed and holds what may be lost,"
                    + " close and reopen it: file=" + file + ", cause=" + failure.getMessage(), failure);
        }
    }

    IllegalStateException closedException() {
        return new IllegalStateException("mapping is closed, open it again: file=" + file);
    }

    void ensureOutsideUpdate(String what) {
        if (sections.insideUpdate()) {
            throw new IllegalStateException(
                    what + " inside an update would wait for itself, call it after: file=" + file);
        }
    }

    @Override
    public void failed(IOException cause) {
        synchronized (sizes) {
            if (failure != null) {
                return;
            }
            failure = cause;
        }
        sizes.refuseStores();
        checkpointer.latch(cause);
        LOG.error("mapping has failed, reopen it to go on from the last commit: file={}", file, cause);
    }

    /** As {@link #failed}, for a reason that has a cause; returns what to throw. */
    IOException failedBy(String reason, Throwable cause) {
        IOException failure = new IOException(reason + ": file=" + file + ", cause=" + cause, cause);
        failed(failure);
        return failure;
    }

    /** Another program may have truncated home: what that took along no scan finds, and no close may hide. */
    void ensureHomeComplete() throws IOException {
        long length = home.length();
        long least = Math.max(sizes.current(), sizes.committed());
        if (length < least) {
            IOException truncated = new IOException("data file was truncated beneath the mapping,"
                    + " by another program, restore it from a backup: length=" + length + ", least=" + least
                    + ", file=" + file);
            failed(truncated);
            throw truncated;
        }
    }

    @Override
    public void markIdle() {
        commits.markIdle();
    }

    @Override
    public long mappedEnd() {
        return resizer.mappedEnd();
    }

    // ---- kernel mode ----

    /**
     * Makes the kernel find the stores from now on. All that is committed is brought home first: home's page
     * cache is what every later seal compares with. Works inside an update, too: stores made and not
     * committed are found like later ones.
     */
    KernelTracking enterKernelMode() throws IOException {
        KernelTracking active = kernel;
        if (active != null) {
            return active;
        }
        return commits.whileSealsWait(() -> {
            if (kernel == null) {
                KernelTracking started =
                        new KernelTracking(image, home, reservedBytes >>> pageShift, pageShift);
                boolean complete = false;
                try {
                    // last of what can fail: from here on commits go home at once
                    checkpointer.enterKernelMode();
                    complete = true;
                } finally {
                    if (!complete) {
                        started.close();
                    }
                }
                cuts.rejoined(); // home has the zeros of every durable cut by now: a rollback restores home
                resizer.enterKernelMode(started, () -> {
                    kernel = started;
                    sizes.markNothing();
                });
                // after it no put marks, and the marks that were made tell nothing more
                sections.awaitPuts();
                tracking.forget();
                LOG.info("stores through a segment are found by {}: file={}", started.tier(), file);
            }
            return kernel;
        });
    }

    // ---- adoption ----

    /** Takes over what another library has mapped. */
    void adopt(OwnersMappings mappings, List<OwnedRange> found) throws IOException {
        enterKernelMode();
        sizes.accessElsewhere();
        adopted = new Adopted(this, mappings);
        boolean complete = false;
        try {
            commits.whileSealsWait(() -> {
                adopted.begin(found);
                return null;
            });
            commits.sync(Range.EVERYTHING); // what was there is a commit by itself, and guards the file's end
            complete = true;
        } finally {
            if (!complete) {
                adopted.takeBack();
                closed = true;
                sizes.refuseAll();
                checkpointer.stop();
                releaseTables();
                closeImage();
            }
        }
    }

    /** Before a seal, inside its exclusion: an adopted file may have been mapped further, or made longer. */
    void prepareSeal() throws IOException {
        if (adopted != null) {
            adopted.catchUp();
        }
    }

    // ---- closing ----

    /** Waits for commits in flight, brings home what is committed, and closes everything. */
    void close() throws IOException {
        if (!closed) {
            ensureOutsideUpdate("close");
        }
        synchronized (this) {
            if (!filesClosed) {
                boolean toldBefore = failure != null;
                commits.stop(this::refuseAll);
                filesClosed = true;
                try {
                    closeFiles();
                    if (adopted != null && failure == null) {
                        adopted.giveBack();
                    }
                    if (failure != null && !toldBefore) {
                        // found by this close: nobody else would tell
                        throw new IOException(failure.getMessage(), failure);
                    }
                } finally {
                    releaseTables();
                    closeImage();
                }
            }
            closeImage(); // a native call may have been using it the last time
        }
    }

    private void closeImage() {
        if (!imageClosed) {
            image.close();
            imageClosed = true;
        }
    }

    /** Inside the last exclusion: no section will pass any more. */
    private void refuseAll(long uncommittedBytes) {
        closed = true;
        sizes.refuseAll();
        if (uncommittedBytes > 0) {
            LOG.info("closed with uncommitted stores, which are discarded: bytes={}, file={}",
                    uncommittedBytes, file);
        }
    }

    private void closeFiles() throws IOException {
        boolean complete = false;
        try {
            checkpointer.stop();
            if (failure == null) {
                checkpointer.checkpoint();
                ensureHomeComplete();
                if (adopted != null) {
                    adopted.cutOff();
                }
                files.closeClean(sizes.committed(), commits.lastCommit());
                complete = true;
            }
        } finally {
            if (!complete) {
                files.close(); // as a crash would leave it: the next opening recovers
            }
        }
    }

    private void releaseTables() {
        if (adopted != null) {
            adopted.close();
        }
        checkpointer.close();
        committedPages.close();
        tracking.close();
        commits.close();
        if (kernel != null) {
            kernel.close();
        }
    }

    /** The changed bytes that nobody has committed; measured by a seal that is taken back. */
    long uncommittedBytes() {
        if (adopted != null) {
            adopted.beforeClose();
            return 0; // nobody can tell without touching memory that its owner may be unmapping
        }
        SealedGeneration scratch = new SealedGeneration();
        try {
            seal(scratch, List.of(Range.EVERYTHING));
            RedoRecord changes = scratch.record();
            // without the heads of its extents
            return changes.bodyBytes() - changes.extentCount() * Long.BYTES;
        } catch (IOException | InternalError | OutOfMemoryError e) {
            LOG.warn("cannot tell how much was not committed: file={}", file, e);
            return 0;
        } finally {
            if (kernel == null) {
                tracking.mergeBack(scratch);
            }
            scratch.close();
        }
    }

    /** Gathers what has changed in some ranges, one only in explicit mode. Inside an exclusion. */
    void seal(SealedGeneration target, List<Range> ranges) throws IOException {
        KernelTracking active = kernel;
        if (active != null) {
            long zeroFrom = adopted == null ? cuts.open() : adopted.guard().from();
            active.seal(target, ranges, sizes.current(), zeroFrom);
            ensureHomeComplete();
        } else {
            tracking.seal(target, ranges.get(0), sizes.current(), cuts.open());
        }
    }
}
