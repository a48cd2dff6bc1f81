package io.atomicmapping.dirty;

import io.atomicmapping.journal.RedoRecord;
import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.storage.DurableFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The end of an adopted file, where its owner makes it longer: the last committed page, and what comes after.
 *
 * <ul>
 *   <li>To make the file longer the owner maps what comes after, and with it mostly the last page, since a
 *       mapping begins with a page. What it stores there before that is adopted is in home, uncommitted. So
 *       every commit cuts the file before its last page and has all that is after the cut: recovery needs
 *       nothing of home from there on. The journal keeps the last record for that.
 *   <li>Home gets of it only what it had not when the commit was sealed: anything else could overwrite what
 *       the owner has stored there since.
 *   <li>What is committed of the last page is kept in memory, to tell what the owner has stored in home.
 * </ul>
 *
 * <p>Used under the commit lock.
 */
public final class TailGuard implements AutoCloseable {

    private final int pageShift;
    private final int pageBytes;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment snapshot;
    private final MemorySegment sealedTail;
    private final MemorySegment committedTail;
    private final MemorySegment watched;
    private final MemorySegment found;
    private final RedoRecord homeward = new RedoRecord(1 << 12);
    private final Deltas toHome = new Deltas();
    private long from;
    private long size;
    private boolean due;
    private boolean needed;
    private long sealedPage = -1;
    private long committedPage = -1;
    private long watchedPage = -1;

    TailGuard(int pageShift) {
        this.pageShift = pageShift;
        this.pageBytes = 1 << pageShift;
        this.snapshot = arena.allocate(pageBytes, pageBytes);
        this.sealedTail = arena.allocate(pageBytes, pageBytes);
        this.committedTail = arena.allocate(pageBytes, pageBytes);
        this.watched = arena.allocate(pageBytes, pageBytes);
        this.found = arena.allocate(pageBytes, pageBytes);
    }

    /** The next seal is a commit even if nothing has changed: there is none that guards the end. */
    public void require() {
        due = true;
    }

    /**
     * A seal is to follow.
     *
     * @param sealedSize the size at the last seal
     * @param currentSize the size now
     */
    public void prepare(long sealedSize, long currentSize) {
        from = pageFrom(sealedSize);
        size = currentSize;
        needed = due || sealedSize != currentSize;
    }

    /** Where the page of the last byte begins; 0 for an empty file. */
    private long pageFrom(long end) {
        return Math.max(0, end - 1) & -pageBytes;
    }

    /**
     * Where the file is cut.
     *
     * @return the offset of the page that was the last at the seal before
     */
    public long from() {
        return from;
    }

    /**
     * Where the last page begins now.
     *
     * @return its offset
     */
    public long lastPageFrom() {
        return pageFrom(size);
    }

    /**
     * Whether the last seal is a commit.
     *
     * @return false if nothing had changed
     */
    public boolean isNeeded() {
        return needed;
    }

    // ---- sealing ----

    void begin() {
        homeward.clear();
        toHome.begin(homeward, null, size, Cuts.NONE);
        sealedPage = -1;
    }

    /** Gathers all of a page past the cut if the seal is a commit; in page order, after what is before it. */
    void gather(long page, long current, long base, Deltas deltas, SealedGeneration target) {
        long offset = page << pageShift;
        // raw stores go on meanwhile: what is compared must be what is gathered, twice
        Memory.copyWords(current, snapshot.address(), pageBytes);
        boolean differs = toHome.compare(offset, snapshot.address(), base, pageBytes);
        toHome.end();
        needed |= differs || target.changed.size() > 0;
        if (!needed) {
            return;
        }
        deltas.compare(offset, snapshot.address(), base, pageBytes);
        deltas.end();
        target.changed.add(page);
        if (offset == pageFrom(size)) {
            sealedTail.copyFrom(snapshot);
            sealedTail.asSlice(size - offset).fill((byte) 0);
            sealedPage = page;
        }
    }

    /** The commit is durable: home gets what it lacks of it. */
    void durable(DurableFile home) throws IOException {
        homeward.forEach((offset, source, sourceOffset, length) ->
                home.write(offset, source.asSlice(sourceOffset, length)));
        due = false;
        committedPage = sealedPage;
        committedTail.copyFrom(sealedTail);
    }

    // ---- what the owner stored in home ----

    /**
     * Moves what the owner has put into home, into the last committed page or into that which was the last
     * when {@link #watch} was called, to the working image, as stored and not committed. Of the committed
     * page home is again as it is committed. Those are the pages that an owner maps once more to make its
     * file longer, and the image may have a copy of them that misses what is stored there.
     *
     * @param home the file
     * @param stretches where the image's pages lie
     * @throws IOException if home cannot be read or written
     */
    public void absorb(DurableFile home, Stretches stretches) throws IOException {
        if (committedPage >= 0 && absorb(home, stretches, committedPage, committedTail)) {
            mend(home);
        }
        if (watchedPage >= 0 && watchedPage != committedPage) {
            absorb(home, stretches, watchedPage, watched);
        }
    }

    /**
     * Puts what is committed of the last committed page into home again, if that has something else.
     *
     * @param home the file
     * @throws IOException if home cannot be read or written
     */
    public void mend(DurableFile home) throws IOException {
        if (committedPage < 0 || SeededFault.ADOPTED_TAIL_NOT_MENDED.isSeeded()) {
            return;
        }
        long offset = committedPage << pageShift;
        long count = home.read(offset, found);
        if (found.asSlice(0, count).mismatch(committedTail.asSlice(0, count)) >= 0) {
            home.write(offset, committedTail.asSlice(0, count));
        }
    }

    private boolean absorb(DurableFile home, Stretches stretches, long page, MemorySegment before)
            throws IOException {
        long count = home.read(page << pageShift, found);
        if (found.asSlice(0, count).mismatch(before.asSlice(0, count)) < 0) {
            return false;
        }
        found.asSlice(count).copyFrom(before.asSlice(count));
        long target = stretches.addressOf(page);
        for (int at = 0; at < pageBytes; at += Long.BYTES) {
            long now = Memory.get(found.address() + at);
            long mask = differingBytes(now, Memory.get(before.address() + at));
            if (mask != 0) {
                Memory.set(target + at, Memory.get(target + at) & ~mask | now & mask);
            }
        }
        return true;
    }

    /**
     * Remembers what home has of its last page, which need not be committed, and parts the image's page from
     * it. A page that was copied only by the first store to it would have in it what the owner has stored in
     * home by then, as if that had been stored to the image, even after the owner has taken it back.
     *
     * @param home the file
     * @param stretches where the image's pages lie
     * @param currentSize the size now
     * @throws IOException if home cannot be read
     */
    public void watch(DurableFile home, Stretches stretches, long currentSize) throws IOException {
        watchedPage = -1;
        if (currentSize == 0) {
            return;
        }
        long page = pageFrom(currentSize) >>> pageShift;
        if (!SeededFault.ADOPTED_TAIL_NOT_PARTED.isSeeded()) {
            Memory.touchForStore(stretches.addressOf(page));
        }
        if (page != committedPage) {
            long count = home.read(page << pageShift, watched);
            watched.asSlice(count).fill((byte) 0);
            watchedPage = page;
        }
    }

    private static long differingBytes(long one, long other) {
        long mask = 0;
        for (long bits = one ^ other; bits != 0;) {
            int index = Long.numberOfTrailingZeros(bits) >>> 3;
            long whole = 0xffL << (index << 3);
            mask |= whole;
            bits &= ~whole;
        }
        return mask;
    }

    @Override
    public void close() {
        homeward.close();
        arena.close();
    }
}
