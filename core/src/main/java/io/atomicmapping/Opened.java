package io.atomicmapping;

import com.sun.management.OperatingSystemMXBean;
import io.atomicmapping.dirty.Gate;
import io.atomicmapping.dirty.KernelTracking;
import io.atomicmapping.dirty.WorkingImage;
import io.atomicmapping.recovery.CommittedImage;
import io.atomicmapping.recovery.OpenRequest;
import io.atomicmapping.recovery.OpenedFiles;
import io.atomicmapping.recovery.Recovery;
import io.atomicmapping.recovery.RecoveryOutcome;
import io.atomicmapping.recovery.TailCase;
import io.atomicmapping.storage.linux.Linux;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What opening made: an engine to store with, or an image to load from; and the words for what goes wrong
 * with it.
 */
final class Opened {

    private static final Logger LOG = LoggerFactory.getLogger("io.atomicmapping");
    private static final long DEFAULT_MAX_SIZE = 64L << 30;
    private static final int DEFAULT_GROWTH = 16;

    private final Path file;
    private final Engine engine;
    private final CommittedImage committed;
    private final WorkingImage image;
    private final Sizes sizes;
    private final long budgetBytes;
    private final RecoveryReport report;

    private Opened(Path file, Engine engine, long budgetBytes, RecoveryReport report) {
        this.file = file;
        this.engine = engine;
        this.committed = null;
        this.image = engine.image;
        this.sizes = engine.sizes;
        this.budgetBytes = budgetBytes;
        this.report = report;
    }

    private Opened(Path file, CommittedImage committed, WorkingImage image, RecoveryReport report) {
        this.file = file;
        this.engine = null;
        this.committed = committed;
        this.image = image;
        this.sizes = new Sizes(committed.size(), true, new Gate());
        this.budgetBytes = 0;
        this.report = report;
    }

    // ---- opening ----

    static Opened open(Path file, MappingOptions options) throws IOException {
        Linux.require();
        int pageBytes = Linux.pageBytes();
        OpenRequest request = new OpenRequest(options.storage(), file, options.journal(),
                options.isReadOnly() ? -1 : options.size(), options.journalCapacity(), pageBytes,
                options.isDiscardMissingJournal());
        return options.isReadOnly() ? openToLoad(request, options) : openToStore(request, options);
    }

    private static Opened openToStore(OpenRequest request, MappingOptions options) throws IOException {
        OpenedFiles files = Recovery.open(request);
        try {
            long maxSize = maxSize(files.size(), options, request.file());
            long budget = budget(options);
            Engine engine = new Engine(files, files.home().path(),
                    Integer.numberOfTrailingZeros(request.pageBytes()), maxSize, budget);
            return new Opened(files.home().path(), engine, budget,
                    report(files.home().path(), files.outcome()));
        } catch (IOException | RuntimeException | Error e) {
            closeAfter(e, () -> files.closeClean(files.size(), files.lastCommit())); // nothing was committed
            throw e;
        }
    }

    /** Adopts what another library of this process has mapped of a file. */
    static Opened adopt(Path file, MappingOptions options) throws IOException {
        options.ensureAdoptable();
        Linux.require();
        int pageBytes = Linux.pageBytes();
        Candidates candidates = new Candidates();
        OpenedFiles files;
        try {
            files = Recovery.open(new OpenRequest(options.storage(), file, options.journal(), -1,
                    options.journalCapacity(), pageBytes, options.isDiscardMissingJournal(), candidates));
        } catch (IOException | RuntimeException | Error e) {
            closeAfter(e, candidates);
            throw e;
        }
        Path path = files.home().path();
        try {
            long maxSize = Math.max(maxSize(files.size(), options, file),
                    options.maxSize() < 0 ? candidates.end() : 0);
            long budget = budget(options);
            Engine engine = new Engine(files, path, Integer.numberOfTrailingZeros(pageBytes), maxSize,
                    budget);
            engine.adopt(candidates.mappings(), candidates.ranges());
            return new Opened(path, engine, budget, report(path, files.outcome()));
        } catch (IOException | RuntimeException | Error e) {
            closeAfter(e, () -> files.closeClean(files.home().length(), files.lastCommit()));
            closeAfter(e, candidates);
            throw e;
        }
    }

    private static Opened openToLoad(OpenRequest request, MappingOptions options) throws IOException {
        CommittedImage committed = Recovery.read(request);
        WorkingImage image = null;
        try {
            if (committed.size() > MappingOptions.SIZE_LIMIT) {
                throw new IllegalArgumentException("file is too large to be mapped: size=" + committed.size()
                        + ", most=" + MappingOptions.SIZE_LIMIT + ", file=" + request.file());
            }
            if (committed.size() < options.size()) {
                throw new IllegalArgumentException("a read-only mapping cannot grow its file: size="
                        + options.size() + ", committed=" + committed.size() + ", file=" + request.file());
            }
            image = new WorkingImage(committed.home(), Math.max(1, committed.size()) + request.pageBytes() - 1
                    & -request.pageBytes());
            loadCommitted(committed, image, request.pageBytes());
            Path file = committed.home().path();
            return new Opened(file, committed, image, report(file, committed.outcome()));
        } catch (IOException | RuntimeException | Error e) {
            if (image != null) {
                image.close();
            }
            closeAfter(e, committed);
            throw e;
        }
    }

    private static void closeAfter(Throwable cause, AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            cause.addSuppressed(e);
        }
    }

    /** Maps what home has, and stores what only the journal has into private pages. */
    private static void loadCommitted(CommittedImage committed, WorkingImage image, int pageBytes)
            throws IOException {
        long end = committed.size() + pageBytes - 1 & -pageBytes;
        long homeEnd = Math.min(end, committed.home().length() + pageBytes - 1 & -pageBytes);
        image.mapHome(0, homeEnd);
        image.mapZeros(homeEnd, end);
        MemorySegment data = image.segment();
        committed.replay(new CommittedImage.Target() {
            @Override
            public void zero(long from, long to) throws IOException {
                long firstPage = from + pageBytes - 1 & -pageBytes;
                data.asSlice(from, Math.min(firstPage, to) - from).fill((byte) 0);
                image.mapZeros(firstPage, to + pageBytes - 1 & -pageBytes);
            }

            @Override
            public void put(long offset, MemorySegment source, long sourceOffset, long length) {
                MemorySegment.copy(source, sourceOffset, data, offset, length);
            }
        });
    }

    private static long maxSize(long size, MappingOptions options, Path file) {
        if (size > MappingOptions.SIZE_LIMIT) {
            throw new IllegalArgumentException("file is too large to be mapped: size=" + size + ", most="
                    + MappingOptions.SIZE_LIMIT + ", file=" + file);
        }
        if (options.maxSize() < 0) {
            return Math.min(MappingOptions.SIZE_LIMIT, Math.max(DEFAULT_MAX_SIZE, size * DEFAULT_GROWTH));
        }
        if (size > options.maxSize()) {
            throw new IllegalArgumentException("file is larger than maxSize, open it with a larger one: size="
                    + size + ", maxSize=" + options.maxSize() + ", file=" + file);
        }
        return options.maxSize();
    }

    private static long budget(MappingOptions options) {
        return options.memoryBudget() >= 0 ? options.memoryBudget() : physicalMemory() / 4;
    }

    private static long physicalMemory() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    }

    private static RecoveryReport report(Path file, RecoveryOutcome outcome) {
        RecoveryReport report = new RecoveryReport(file, outcome.journal(), outcome.created(),
                outcome.commitsReplayed() == 0 && outcome.bytesDiscarded() == 0, outcome.tail().name(),
                outcome.commitsReplayed(), outcome.bytesReplayed(), outcome.bytesDiscarded(),
                outcome.lastCommit(), outcome.size(), Duration.ofNanos(outcome.nanos()));
        if (outcome.commitsReplayed() > 0) {
            LOG.info("recovered: {}", report);
        } else {
            LOG.debug("opened: {}", report);
        }
        return report;
    }

    // ---- parts ----

    Engine engine() {
        return engine;
    }

    WorkingImage image() {
        return image;
    }

    Sizes sizes() {
        return sizes;
    }

    RecoveryReport report() {
        return report;
    }

    long lastCommit() {
        return committed.lastCommit();
    }

    /** The engine, for what a read-only mapping cannot do. */
    Engine writable() {
        if (engine == null) {
            throw sizes.readable() < 0 ? closedException() : readOnlyException();
        }
        return engine;
    }

    MappingStats stats() {
        ensureOpen();
        if (engine == null) {
            return new MappingStats(0, 0, 1, 0, 0, 0, 0, 0, 0, 0, "READ_ONLY", 0, 0, 0, 0);
        }
        Commits commits = engine.commits;
        KernelTracking kernel = engine.kernel();
        long privateBytes = kernel == null ? engine.tracking.privateBytes()
                : kernel.privateBytes(sizes.current());
        return new MappingStats(commits.queue().commitCount(), commits.queue().bytesJournaled(),
                engine.journal.ringBytes(), engine.journal.ringBytes() - engine.journal.freeBytes(),
                engine.checkpointer.checkpoints(), engine.checkpointer.checkpointNanos(),
                engine.checkpointer.bytesWritten(), commits.queue().room().stallNanos(), privateBytes,
                budgetBytes, kernel == null ? "EXPLICIT" : kernel.tier().name(),
                commits.latencies().percentile(0.5), commits.latencies().percentile(0.99),
                commits.latencies().max(),
                engine.adopted() == null ? 0 : engine.adopted().count());
    }

    void close() throws IOException {
        if (engine != null) {
            engine.close();
            return;
        }
        sizes.refuseAll();
        synchronized (this) {
            try {
                image.closeOnce();
            } finally {
                committed.close();
            }
        }
    }

    // ---- what goes wrong ----

    IllegalStateException closedException() {
        return new IllegalStateException("mapping is closed, open it again: file=" + file);
    }

    private IllegalStateException readOnlyException() {
        return new IllegalStateException(
                "mapping is read-only, open it without readOnly to store: file=" + file);
    }

    void ensureOpen() {
        if (sizes.readable() < 0) {
            throw closedException();
        }
    }

    void ensureStores(Sizes limits) {
        if (limits.storable() < 0) {
            throw refuse(0, 0, -1);
        }
    }

    /** Why an access was refused. */
    RuntimeException refuse(long offset, long length, long limit) {
        if (sizes.readable() < 0) {
            return closedException();
        }
        if (limit < 0) {
            writable().ensureUsable();
        }
        return new IndexOutOfBoundsException("access is out of bounds: offset=" + offset
                + ", length=" + length + ", size=" + sizes.current() + ", file=" + file);
    }

    /** The kernel could not give a page of the file. */
    UncheckedIOException unreadable(InternalError fault) {
        return new UncheckedIOException(new IOException("data file was truncated or cannot be read"
                + " beneath the mapping: restore it from a backup, then reopen it: file=" + file, fault));
    }
}
