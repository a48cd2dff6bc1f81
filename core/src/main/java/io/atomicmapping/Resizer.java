package io.atomicmapping;

import io.atomicmapping.dirty.Cuts;
import io.atomicmapping.dirty.KernelTracking;
import io.atomicmapping.dirty.PageList;
import io.atomicmapping.dirty.Stripe;
import io.atomicmapping.journal.fault.SeededFault;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Makes the mapping longer and shorter, and takes that back.
 *
 * <ul>
 *   <li>Home grows at once, and is never shortened while mapped: that would take private pages away. What it
 *       is too long is trimmed when the mapping is closed or recovered.
 *   <li>A page past a cut becomes zeros of its own. Before that, every page there which has bytes that are
 *       not home, committed or not, is marked as a whole: its twin serves the checkpointer and a rollback as
 *       any does.
 *   <li>Once mapped, memory stays readable: past the size it reads 0.
 * </ul>
 */
final class Resizer {

    private final Engine engine;
    private final long pageBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private long homeLength;
    private volatile long mappedEnd;

    Resizer(Engine engine, long size) {
        this.engine = engine;
        this.pageBytes = engine.pageBytes();
        this.homeLength = size;
        this.mappedEnd = pageUp(size);
    }

    private long pageUp(long offset) {
        return offset + pageBytes - 1 & -pageBytes;
    }

    /** The end of what is mapped. */
    long mappedEnd() {
        return mappedEnd;
    }

    /** Runs something while the size cannot change. */
    void whileNothingIsResized(Runnable action) {
        lock.lock();
        try {
            action.run();
        } finally {
            lock.unlock();
        }
    }

    void resize(long size) throws IOException {
        engine.ensureUsable();
        if (engine.adopted() != null) {
            throw new UnsupportedOperationException("an adopted file has the length that the library gives it"
                    + " that mapped it, make it longer there: file=" + engine.file);
        }
        if (size < 0 || size > engine.maxSize) {
            throw new IllegalArgumentException("size is out of range, open with a larger maxSize"
                    + " if it should be: size=" + size + ", maxSize=" + engine.maxSize
                    + ", file=" + engine.file);
        }
        Stripe section = engine.sections.enterUpdate();
        try {
            lock.lock();
            try {
                engine.ensureUsable();
                long old = engine.sizes.current();
                if (size > old) {
                    grow(old, size);
                } else if (size < old) {
                    cut(old, size);
                }
            } finally {
                lock.unlock();
            }
        } finally {
            engine.sections.exitUpdate(section);
        }
    }

    private void grow(long old, long size) throws IOException {
        if (size > homeLength) {
            if (!SeededFault.GROWTH_LIMIT_LATE.isSeeded()) {
                recordGrowth(size);
            }
            engine.home.setLength(size);
            homeLength = size;
        }
        KernelTracking kernel = engine.kernel();
        long oldEnd = pageUp(old);
        long end = pageUp(size);
        if (kernel != null) {
            zeroStrays(old, Math.min(oldEnd, size));
            remapZeros(kernel, oldEnd, Math.min(end, mappedEnd));
        }
        if (end > mappedEnd) {
            engine.image.mapHome(mappedEnd, end); // zeros: home was never as long
            if (kernel != null) {
                kernel.mapped(mappedEnd, end);
            }
            mappedEnd = end;
        }
        engine.sizes.set(size);
    }

    /** The library whose file was adopted has made it longer. */
    void follow(long size) throws IOException {
        lock.lock();
        try {
            long end = pageUp(size);
            if (end > mappedEnd) {
                engine.image.mapHome(mappedEnd, end);
                engine.kernel().mapped(mappedEnd, end);
                mappedEnd = end;
            }
            homeLength = Math.max(homeLength, size);
            engine.sizes.set(size);
        } finally {
            lock.unlock();
        }
    }

    private void recordGrowth(long size) throws IOException {
        try {
            engine.journal.recordGrowth(size);
        } catch (IOException e) {
            engine.failed(e); // a slot is torn, or its force failed: the journal takes nothing more
            throw e;
        }
    }

    /** Raw stores past the end, into the last page: no mapping can refuse those. */
    private void zeroStrays(long from, long to) {
        if (from < to) {
            engine.image.segment().asSlice(from, to - from).fill((byte) 0);
        }
    }

    private void remapZeros(KernelTracking kernel, long from, long to) throws IOException {
        if (from < to) {
            engine.image.mapZeros(from, to);
            kernel.mapped(from, to);
        }
    }

    private void cut(long old, long size) throws IOException {
        engine.sizes.set(size);
        if (SeededFault.HOME_CUT_WHILE_MAPPED.isSeeded()) {
            engine.home.setLength(size);
        }
        engine.sections.awaitPuts();
        boolean complete = false;
        try {
            long tailEnd = Math.min(pageUp(size), old);
            KernelTracking kernel = engine.kernel();
            if (kernel == null) {
                if (size < tailEnd) {
                    mark(size, tailEnd - size);
                }
                cutPages(size, pageUp(size), pageUp(old));
            } else {
                engine.image.mapZeros(pageUp(size), pageUp(old));
                kernel.refuseStores(pageUp(size), pageUp(old));
                engine.cuts.cut(size, Set.of());
            }
            zeroStrays(size, tailEnd);
            complete = true;
        } finally {
            if (!complete) {
                engine.sizes.set(old); // nothing is changed yet, or the mapping has failed
            }
        }
    }

    private void cutPages(long size, long from, long to) throws IOException {
        long firstPage = from >>> engine.pageShift;
        long cutPage = pageOf(engine.cuts.openPageFrom());
        PageList pages = new PageList();
        engine.tracking.listUncommitted(firstPage, to >>> engine.pageShift, pages);
        engine.committedPages.list(firstPage, to >>> engine.pageShift, pages);
        Set<Long> twinned = new HashSet<>();
        for (int i = 0; i < pages.size(); i++) {
            long page = pages.get(i);
            mark(page << engine.pageShift, pageBytes);
            if (page < cutPage) {
                twinned.add(page);
            }
        }
        long limit = Math.min(firstPage, pageOf(engine.cuts.apartFrom()));
        try {
            engine.tracking.remap(limit, () -> {
                engine.image.mapZeros(from, to);
                engine.tracking.dropTwins(firstPage, to >>> engine.pageShift);
            });
            engine.cuts.cut(size, twinned);
        } catch (RuntimeException | Error e) { // out of memory: the pages are gone, and no cut tells why
            throw engine.failedBy("a cut failed half-way", e);
        }
    }

    /** As before a store: marks are made inside the section of a put. */
    private void mark(long offset, long length) {
        Stripe section = engine.sections.enterPut();
        try {
            engine.tracking.mark(offset, length, section);
        } finally {
            engine.sections.exitPut(section);
        }
    }

    private long pageOf(long offset) {
        return offset == Cuts.NONE ? Long.MAX_VALUE : offset >>> engine.pageShift;
    }

    /**
     * Takes back what was resized and stored since the last commit. Inside an exclusion, with no commit on
     * its way.
     */
    void rollback() throws IOException {
        lock.lock();
        try {
            long committed = engine.sizes.committed();
            KernelTracking kernel = engine.kernel();
            if (engine.cuts.open() != Cuts.NONE || engine.sizes.current() != committed) {
                long from = Math.min(engine.cuts.openPageFrom(), pageUp(committed));
                restoreImage(from, kernel == null ? mappedEnd : pageUp(committed));
                if (kernel != null) {
                    kernel.mapped(from, pageUp(committed));
                    kernel.refuseStores(pageUp(committed), mappedEnd);
                }
            }
            if (kernel == null) {
                engine.tracking.rollback(engine.cuts::hasTwin);
            } else {
                kernel.rollback(committed);
                engine.ensureHomeComplete();
            }
            engine.cuts.rollback();
            engine.sizes.set(committed);
        } finally {
            lock.unlock();
        }
    }

    /**
     * The pages past what was cut or grown become what is committed again: home's, or zeros where home is
     * stale, or past an end that no store may pass.
     */
    private void restoreImage(long from, long homeEnd) throws IOException {
        long stale = engine.cuts.staleFrom();
        long zeros = Math.clamp(stale, from, homeEnd);
        engine.tracking.remap(pageOf(stale), () -> {
            engine.image.mapHome(from, zeros);
            engine.image.mapZeros(zeros, mappedEnd);
            engine.tracking.dropTwins(from >>> engine.pageShift, mappedEnd >>> engine.pageShift);
        });
    }

    /** Kernel mode begins between two resizes: what is mapped by then is tracked, later ranges follow it. */
    void enterKernelMode(KernelTracking kernel, Runnable publish) {
        lock.lock();
        try {
            kernel.mapped(0, mappedEnd);
            publish.run();
        } finally {
            lock.unlock();
        }
    }
}
