package io.atomicmapping;

import io.atomicmapping.adoption.Coverage;
import io.atomicmapping.adoption.Coverage.Stretch;
import io.atomicmapping.adoption.OwnedRange;
import io.atomicmapping.adoption.OwnersMappings;
import io.atomicmapping.dirty.KernelTracking;
import io.atomicmapping.dirty.Memory;
import io.atomicmapping.dirty.PageTree;
import io.atomicmapping.dirty.Range;
import io.atomicmapping.dirty.SealedGeneration;
import io.atomicmapping.dirty.TailGuard;
import io.atomicmapping.journal.fault.SeededFault;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that another library, its owner, has mapped: makes those mappings private, follows what the owner
 * does to the file, and gives them back.
 *
 * <ul>
 *   <li>The owner's mappings are kernel mode's working image, where they lie; only what the owner has not
 *       mapped lies in the image's own memory.
 *   <li>The length of the file is the owner's. What is past the committed size counts as zeros until the next
 *       commit, which journals all that is there, whoever wrote it: recovery cuts the file to the committed
 *       size and begins with zeros.
 *   <li>Memory that the owner has unmapped is never touched: it may be somebody else's. What had been stored
 *       there since the last commit is lost, so nothing is committed until a rollback.
 * </ul>
 *
 * <p>All but {@link #access} and {@link #count} is called under both locks of {@link Commits}, or before or
 * after anybody else can.
 */
final class Adopted implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger("io.atomicmapping");

    /** So much moves to common memory at a time: it is held twice meanwhile. */
    private static final long MOVED_BYTES_MAX = 4 << 20;

    private final Engine engine;
    private final OwnersMappings mappings;
    private final Elsewhere access;
    private volatile List<OwnedRange> ranges = List.of();
    /** the pages that are or were mapped more than once: they lie in the image's own memory from then on */
    private List<Stretch> common = List.of();
    private TailGuard guard;

    Adopted(Engine engine, OwnersMappings mappings) {
        this.engine = engine;
        this.mappings = mappings;
        this.access = new Elsewhere(engine, mappings);
    }

    Elsewhere access() {
        return access;
    }

    TailGuard guard() {
        return guard;
    }

    /** How many mappings are adopted. */
    int count() {
        return ranges.size();
    }

    // ---- adopting ----

    /** The first adoption. The commit that follows it ends it. */
    void begin(List<OwnedRange> found) throws IOException {
        guard = engine.kernel().guardTail();
        guard.require();
        adopt(found);
        // what went through a mapping while it was still shared is part of what the journal starts from
        engine.home.force();
        long size = engine.home.length();
        ensureFits(size);
        engine.resizer.follow(size);
        engine.journal.adoptHome(size);
        engine.sizes.setCommitted(size);
        engine.sizes.setSealed(size);
        engine.committedPages.keepLast(size);
        LOG.info("adopted: mappings={}, size={}, stores are found by {}, file={}", found.size(), size,
                engine.kernel().tier(), engine.file);
    }

    private void adopt(List<OwnedRange> found) throws IOException {
        for (OwnedRange range : found) {
            ensureFits(range.endOffset());
        }
        List<OwnedRange> all = new ArrayList<>(ranges);
        all.addAll(found);
        List<Stretch> twice = Coverage.either(Coverage.twice(all, pageUp(engine.home.length())), common);
        for (OwnedRange range : found) {
            for (Stretch part : Coverage.minus(range.stretch(), twice)) {
                if (range.isWritable()) {
                    mappings.makePrivate(range, part);
                    moved(part, range.addressOf(part.from()));
                }
            }
        }
        ranges = List.copyOf(all);
        join(common, found);
        for (Stretch part : Coverage.minus(twice, common)) {
            for (long at = part.from(); at < part.to(); at += MOVED_BYTES_MAX) {
                Stretch piece = new Stretch(at, Math.min(part.to(), at + MOVED_BYTES_MAX));
                makeCommon(piece);
                join(List.of(piece), all);
            }
        }
        common = twice;
    }

    /** The pages of a part of the file lie elsewhere from now on. */
    private void moved(Stretch part, long address) throws IOException {
        engine.kernel().adopted(pageOf(part.from()), pageOf(part.to()), address, engine.resizer.mappedEnd(),
                engine.sections::awaitPuts);
    }

    private void join(List<Stretch> parts, List<OwnedRange> members) throws IOException {
        for (OwnedRange range : members) {
            for (Stretch part : Coverage.both(parts, range.stretch())) {
                mappings.join(range, part);
            }
        }
    }

    /**
     * Pages that are mapped more than once move to memory that all of those mappings share: the image's own,
     * from now on. What was stored there by now moves along; holes stay holes.
     */
    private void makeCommon(Stretch part) throws IOException {
        KernelTracking kernel = engine.kernel();
        PageTree pages = new PageTree(pageOf(engine.reservedBytes));
        try (pages; Arena arena = Arena.ofConfined()) {
            kernel.takeStored(pageOf(part.from()), pageOf(part.to()), pages);
            mappings.forEachData(part.from(), part.to(), (from, to) -> addPages(pages, from, to));
            MemorySegment held = arena.allocate(part.to() - part.from(), engine.pageBytes());
            forEach(pages, page -> Memory.copy(engine.image.stretches().addressOf(page),
                    held.address() + (page << engine.pageShift) - part.from(), engine.pageBytes()));
            long own = engine.image.address() + part.from();
            mappings.makeCommon(own, part, engine.reservedBytes);
            kernel.common(pageOf(part.from()), pageOf(part.to()));
            forEach(pages, page -> Memory.copy(held.address() + (page << engine.pageShift) - part.from(),
                    engine.image.address() + (page << engine.pageShift), engine.pageBytes()));
        }
    }

    private void addPages(PageTree pages, long from, long to) {
        for (long page = pageOf(from); page < pageOf(pageUp(to)); page++) {
            pages.add(page);
        }
    }

    private static void forEach(PageTree pages, LongConsumer action) {
        for (long page = pages.next(0); page >= 0; page = pages.next(page + 1)) {
            action.accept(page);
        }
    }

    private long pageOf(long offset) {
        return offset >>> engine.pageShift;
    }

    private void ensureFits(long end) throws IOException {
        if (end > engine.reservedBytes) {
            throw new IOException("file is mapped, or was made longer, past maxSize: adopt it with a larger"
                    + " one: end=" + end + ", maxSize=" + engine.maxSize + ", file=" + engine.file);
        }
    }

    /** The first adoption failed: what was stored meanwhile goes where it would have gone without it. */
    void takeBack() {
        KernelTracking kernel = engine.kernel();
        try (SealedGeneration stored = new SealedGeneration()) {
            long size = engine.home.length();
            prepareGuard();
            kernel.seal(stored, List.of(Range.EVERYTHING), size, guard.from());
            kernel.durable(stored, Long.MAX_VALUE);
            giveBack();
        } catch (IOException | RuntimeException e) {
            LOG.error("adoption failed, and so did taking it back: close the library that mapped the file"
                    + " without relying on what it stored since: file={}", engine.file, e);
        }
    }

    /** As {@link #adoptNew}, while sections are excluded. */
    int adoptOnRequest() throws IOException {
        ensureNothingIsLost();
        return adoptNew();
    }

    /**
     * Adopts what the owner has mapped since; returns how many mappings that is. Nothing that was adopted
     * before may be unmapped: its place may be somebody else's.
     */
    private int adoptNew() throws IOException {
        followLength();
        List<OwnedRange> found = mappings.find(ranges, engine.kernel()::isBase);
        if (!found.isEmpty()) {
            adopt(found);
        }
        guard.absorb(engine.home, engine.image.stretches());
        guard.watch(engine.home, engine.image.stretches(), engine.sizes.current());
        if (found.isEmpty()) {
            return 0;
        }
        try {
            if (found.stream().anyMatch(range -> range.isWritable() && range.offset() < guard.from())) {
                // its pages may have changed before it was adopted: recovery is not to take that for rot
                engine.home.force();
                engine.journal.adoptHome(engine.sizes.committed());
            }
        } catch (IOException e) {
            engine.failed(e);
            throw e;
        }
        LOG.debug("adopted further mappings: ranges={}, file={}", found, engine.file);
        return found.size();
    }

    // ---- following the owner ----

    /** Before a seal, inside its exclusion. */
    void catchUp() throws IOException {
        ensureNothingIsLost();
        adoptNew();
        prepareGuard();
    }

    /** All that is past the guarded end is to be gathered by the seal that follows, except for holes. */
    private void prepareGuard() throws IOException {
        long size = engine.sizes.current();
        guard.prepare(engine.sizes.sealed(), size);
        lookAtCommon();
        if (size == 0) {
            return;
        }
        KernelTracking kernel = engine.kernel();
        long lastPage = pageOf(guard.lastPageFrom());
        kernel.lookAt(pageOf(guard.from()), pageOf(guard.from()) + 1);
        kernel.lookAt(lastPage, lastPage + 1);
        if (!SeededFault.APPENDED_BYTES_NOT_GATHERED.isSeeded()) {
            mappings.forEachData(guard.from(), size,
                    (from, to) -> kernel.lookAt(pageOf(from), pageOf(pageUp(to))));
        }
    }

    /**
     * The kernel keeps no reliable record of stores to shared memory: its pages are compared each time, but
     * for those that are holes there and in the file.
     */
    private void lookAtCommon() throws IOException {
        OwnersMappings.DataVisitor look =
                (from, to) -> engine.kernel().lookAt(pageOf(from), pageOf(pageUp(to)));
        for (Stretch part : common) {
            mappings.forEachData(part.from(), part.to(), look);
            mappings.forEachCommonData(part.from(), part.to(), look);
        }
    }

    private void followLength() throws IOException {
        engine.ensureHomeComplete();
        long length = engine.home.length();
        if (length > engine.sizes.current()) {
            ensureFits(length);
            engine.resizer.follow(length);
        }
    }

    /** What the owner has unmapped lies in the image's own memory again, as it is committed. */
    private void forgetUnmapped() throws IOException {
        List<OwnedRange> left = mappings.remains(ranges);
        for (OwnedRange range : ranges) {
            release(gone(range, left));
        }
        ranges = List.copyOf(left);
    }

    private List<Stretch> gone(OwnedRange range, List<OwnedRange> left) {
        return range.isWritable() ? Coverage.minus(range.without(left), common) : List.of();
    }

    /** Refuses a seal that would lack stores; what others still map, or nobody could store to, is no loss. */
    private void ensureNothingIsLost() throws IOException {
        List<OwnedRange> left = mappings.remains(ranges);
        if (left.equals(ranges)) {
            return;
        }
        for (OwnedRange range : ranges) {
            if (!gone(range, left).isEmpty()) {
                throw new IOException("memory of an adopted file was unmapped by the library that mapped it,"
                        + " and what was stored there since the last commit with it: roll back, or close; and"
                        + " sync before that library unmaps: mapping=" + range + ", file=" + engine.file);
            }
        }
        forgetUnmapped();
    }

    private void release(List<Stretch> parts) {
        for (Stretch part : parts) {
            engine.kernel().released(pageOf(part.from()), pageOf(part.to()));
        }
    }

    /** Before a rollback: what can fail without harm. */
    void beforeRollback() throws IOException {
        forgetUnmapped();
        adoptNew();
    }

    /** Takes back all stores since the last commit; the file keeps its length, with zeros past the commit. */
    void rollback() throws IOException {
        long committed = engine.sizes.committed();
        long length = engine.home.length();
        if (length > committed) {
            engine.home.zero(committed, length - committed);
            engine.checkpointer.allocation().forget(committed);
        }
        lookAtCommon();
        engine.kernel().rollback(engine.sizes.current());
        // zeros, by now
        guard.watch(engine.home, engine.image.stretches(), engine.sizes.current());
        engine.ensureHomeComplete();
    }

    // ---- closing ----

    /**
     * Inside the last exclusion. From here on the owner's memory is mapped anew, but never touched: a library
     * that was closed before has its buffers unmapped by the collector in these moments.
     */
    void beforeClose() {
        try {
            guard.mend(engine.home);
        } catch (IOException e) {
            engine.failed(e);
        }
    }

    /**
     * The file is about to be cut to its committed size: what its owner has mapped past that, adopted or not,
     * becomes zeros of its own, so that no load there ends the process.
     */
    void cutOff() throws IOException {
        long end = pageUp(engine.sizes.committed());
        if (end < pageUp(engine.home.length())) {
            Stretch gone = new Stretch(end, pageUp(engine.home.length()));
            List<OwnedRange> found = mappings.find(ranges, engine.kernel()::isBase);
            mappings.forEachLeft(ranges, range -> mappings.replaceByZeros(range, gone));
            for (OwnedRange range : found) {
                mappings.replaceByZeros(range, gone);
            }
        }
    }

    /** The file is complete and closed: its owner goes on with it as if it had never been adopted. */
    void giveBack() throws IOException {
        // without what has become zeros
        mappings.forEachLeft(ranges, range -> mappings.share(range, range.stretch().getFirst()));
        ranges = List.of();
    }

    private long pageUp(long offset) {
        return offset + engine.pageBytes() - 1 & -engine.pageBytes();
    }

    @Override
    public void close() {
        if (!ranges.isEmpty()) {
            LOG.warn("the mappings of a file whose adoption has failed stay private: what is stored there"
                    + " does not reach the file: mappings={}, file={}", ranges, engine.file);
        }
        mappings.close();
    }
}
