package io.atomicmapping;

import io.atomicmapping.dirty.Cuts;
import io.atomicmapping.dirty.KernelTracking;
import io.atomicmapping.dirty.PageList;
import io.atomicmapping.dirty.Sections;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Makes the mapping longer and shorter, and takes that back.
 *
 * <ul>
 *   <li>Home grows at once, and is never shortened while mapped: that would take private pages away. What it is too long is
 *       trimmed when the mapping is closed or recovered.
 *   <li>A page past a cut becomes zeros of its own. Before that, every page there which has bytes that are not home, committed
 *       or not, gets before-images of all its lines: they serve the checkpointer and a rollback as any images do.
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

    void resize(long size) throws IOException {
        engine.ensureUsable();
        if (size < 0 || size > engine.maxSize) {
            throw new IllegalArgumentException("size is out of range, open with a larger maxSize if it should be: size="
                    + size + ", maxSize=" + engine.maxSize + ", file=" + engine.file);
        }
        int token = engine.sections.enterUpdate();
        try {
            lock.lock();
            try {
                engine.ensureUsable();
                long old = engine.sizes.current();
                if (size > old) {
                    grow(old, size);
                } else if (size < old) {
                    cut(old, size, Sections.stripe(token));
                }
            } finally {
                lock.unlock();
            }
        } finally {
            engine.sections.exitUpdate(token);
        }
    }

    private void grow(long old, long size) throws IOException {
        if (size > homeLength) {
            recordGrowth(size);
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
            if (engine.cuts.apartFrom() == Cuts.NONE) {
                engine.image.mapHome(mappedEnd, end);
            } else {
                engine.image.mapZeros(mappedEnd, end);
            }
            if (kernel != null) {
                kernel.mapped(mappedEnd, end);
            }
            mappedEnd = end;
        }
        engine.sizes.set(size);
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

    private void cut(long old, long size, int stripe) throws IOException {
        engine.sizes.set(size);
        engine.sections.awaitPuts();
        boolean complete = false;
        try {
            long tailEnd = Math.min(pageUp(size), old);
            KernelTracking kernel = engine.kernel();
            if (kernel == null) {
                if (size < tailEnd) {
                    engine.tracking.mark(size, tailEnd - size, stripe);
                }
                cutPages(size, pageUp(size), pageUp(old), stripe);
            } else {
                engine.image.mapZeros(pageUp(size), pageUp(old));
                kernel.refuseStores(pageUp(size), pageUp(old));
                engine.cuts.cut(size, Set.of());
            }
            zeroStrays(size, tailEnd);
            complete = true;
        } finally {
            if (!complete) {
                engine.sizes.set(old); // nothing that could fail comes after the first change
            }
        }
    }

    private void cutPages(long size, long from, long to, int stripe) throws IOException {
        long firstPage = from >>> engine.pageShift;
        long apartPage = pageOf(engine.cuts.openApartFrom());
        PageList pages = new PageList();
        engine.tracking.listUncommitted(firstPage, to >>> engine.pageShift, pages);
        engine.committedPages.list(firstPage, to >>> engine.pageShift, pages);
        listApart(firstPage, Math.min(to >>> engine.pageShift, apartPage), pages);
        Set<Long> imaged = new HashSet<>();
        for (int i = 0; i < pages.size(); i++) {
            long page = pages.get(i);
            engine.tracking.mark(page << engine.pageShift, pageBytes, stripe);
            if (page < apartPage) {
                imaged.add(page);
            }
        }
        long limit = Math.min(firstPage, pageOf(engine.cuts.apartFrom()));
        engine.tracking.remap(limit, () -> engine.image.mapZeros(from, to));
        engine.cuts.cut(size, imaged);
    }

    /** Past an older cut a rollback restores zeros, not home, even where home has caught up: all that is stored there. */
    private void listApart(long from, long to, PageList pages) {
        long page = engine.tracking.nextPrivate(Math.max(from, pageOf(engine.cuts.settledApartFrom())));
        for (; page >= 0 && page < to; page = engine.tracking.nextPrivate(page + 1)) {
            pages.add(page);
        }
    }

    private long pageOf(long offset) {
        return offset == Cuts.NONE ? Long.MAX_VALUE : offset >>> engine.pageShift;
    }

    /** Takes back what was resized and stored since the last commit. Inside an exclusion, with no commit on its way. */
    void rollback() throws IOException {
        lock.lock();
        try {
            long size = engine.sizes.current();
            long committed = engine.sizes.committed();
            KernelTracking kernel = engine.kernel();
            if (engine.cuts.open() != Cuts.NONE) {
                restoreCut(kernel, committed);
            }
            if (kernel == null) {
                engine.tracking.rollback(page -> engine.cuts.hasImages(page << engine.pageShift, page));
            } else {
                kernel.rollback(committed);
            }
            engine.cuts.rollback();
            long end = pageUp(committed);
            if (pageUp(size) > end) {
                engine.tracking.remap(pageOf(engine.cuts.apartFrom()),
                        () -> engine.image.mapZeros(end, pageUp(size)));
                if (kernel != null) {
                    kernel.refuseStores(end, pageUp(size));
                }
            }
            engine.sizes.set(committed);
        } finally {
            lock.unlock();
        }
    }

    /** The pages past an uncommitted cut become what is committed again: home, or zeros past an older cut. */
    private void restoreCut(KernelTracking kernel, long committed) throws IOException {
        long from = pageUp(engine.cuts.open());
        long end = pageUp(committed);
        long zeros = Math.clamp(engine.cuts.settledApartFrom(), from, Math.max(from, end));
        engine.tracking.remap(pageOf(engine.cuts.settledApartFrom()), () -> {
            engine.image.mapHome(from, Math.min(zeros, end));
            engine.image.mapZeros(zeros, end);
        });
        if (kernel != null) {
            kernel.mapped(from, Math.max(from, end));
        }
    }

    /** Kernel mode begins between two resizes: everything mapped until then is tracked, and later ranges follow it. */
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
