package io.atomicmapping.dirty;

import io.atomicmapping.journal.RedoRecord;
import java.io.IOException;
import java.lang.foreign.Arena;

/**
 * A seal of a whole, ordinary image whose stores the kernel tells: two threads look for them, each in a half
 * of the pages, and compare what they find with the mapped home. Most of a seal is waiting for memory.
 *
 * <p>Used by one thread at a time.
 */
final class SplitSeal implements AutoCloseable {

    /** fewer are scanned in about the time that it takes to wake the other thread */
    private static final long PAGES_MIN = 1 << 15;

    /** What one thread works with. */
    private final class Half implements AutoCloseable {
        private final Arena arena = Arena.ofShared();
        private final WriteProtection.Scan scan = new WriteProtection.Scan(arena);
        private final PageComparison comparison = new PageComparison(1 << pageShift, arena);
        private final PageList found = new PageList();
        private final PageList changed = new PageList();

        void gather(long from, long to, RedoRecord record) throws IOException {
            protection.scan(scan, origin + (from << pageShift), to - from << pageShift, origin, pageShift, found);
            comparison.begin(record, size, Long.MAX_VALUE);
            for (int i = 0; i < found.size(); i++) {
                long offset = found.get(i) << pageShift;
                if (comparison.compare(offset, origin + offset, base + offset, size - offset)) {
                    changed.add(found.get(i));
                }
            }
        }

        void clear() {
            found.clear();
            changed.clear();
        }

        @Override
        public void close() {
            arena.close();
        }
    }

    private final WriteProtection protection;
    private final long base;
    private final int pageShift;
    private final Half first;
    private final Half second;
    /** what the second half finds, before it is appended to the first's */
    private final RedoRecord record = new RedoRecord(1 << 16);
    private final Helper helper = new Helper("atomic-mapping-sealer", this::gatherSecond);
    // of the seal under way
    private long origin;
    private long pages;
    private long size;

    SplitSeal(WriteProtection protection, long base, int pageShift) {
        this.protection = protection;
        this.base = base;
        this.pageShift = pageShift;
        this.first = new Half();
        this.second = new Half();
    }

    /** Whether so many pages are worth it. */
    static boolean isWorthIt(long pages) {
        return pages >= PAGES_MIN && Runtime.getRuntime().availableProcessors() > 1;
    }

    /**
     * Gathers what was stored to any page since the last seal.
     *
     * @param target takes the changes
     * @param imageOrigin where page 0 lies
     * @param pageCount how many pages there are
     * @param sizeBytes the size of the mapping
     * @param carried takes the pages that were found if this fails
     */
    void seal(SealedGeneration target, long imageOrigin, long pageCount, long sizeBytes, PageTree carried)
            throws IOException {
        origin = imageOrigin;
        pages = pageCount;
        size = sizeBytes;
        first.clear();
        second.clear();
        record.clear();
        boolean complete = false;
        try {
            helper.start();
            try {
                first.gather(0, pages / 2, target.record());
            } finally {
                helper.finish(); // it uses what the next seal will use, too
            }
            record.forEach((offset, source, at, length) -> target.record().add(offset, source, at, length));
            addAll(first.changed, target.changed);
            addAll(second.changed, target.changed);
            complete = true;
        } finally {
            if (!complete) {
                carry(first.found, carried);
                carry(second.found, carried);
            }
        }
    }

    private void gatherSecond() throws IOException {
        second.gather(pages / 2, pages, record);
    }

    private static void addAll(PageList source, PageList target) {
        for (int i = 0; i < source.size(); i++) {
            target.add(source.get(i));
        }
    }

    private static void carry(PageList source, PageTree target) {
        for (int i = 0; i < source.size(); i++) {
            target.add(source.get(i));
        }
    }

    @Override
    public void close() {
        helper.close();
        record.close();
        first.close();
        second.close();
    }
}
