package io.atomicmapping.dirty;

import io.atomicmapping.journal.RedoRecord;
import java.util.Arrays;

/**
 * A sealed generation: the changes of one commit, and the before-images that live until its force completes.
 *
 * <p>Filled by a seal, then handed from the sealing to the committing thread; reused for later commits.
 */
public final class SealedGeneration implements AutoCloseable {

    private final RedoRecord record = new RedoRecord(1 << 16);
    /** the pages that had marks, in order; of each the lines taken, and where its before-images begin */
    private final PageList pages = new PageList();
    private long[] masks = new long[64];
    private long[] places = new long[65];
    /** pages whose committed bytes this commit changes */
    final PageList changed = new PageList();
    final BeforeImages images = new BeforeImages();

    /** Makes an empty one. */
    public SealedGeneration() {
    }

    /**
     * What the commit writes to the journal.
     *
     * @return the record
     */
    public RedoRecord record() {
        return record;
    }

    /**
     * The pages that the commit changes.
     *
     * @return their numbers, in order
     */
    public PageList changedPages() {
        return changed;
    }

    /** Begins a page; whatever cannot be had for it is not missing later. */
    void beginPage(long page, long mask, int pageBytes) {
        changed.reserve();
        images.reserve(pageBytes / Long.BYTES);
        int index = pages.size();
        if (index == masks.length) {
            places = Arrays.copyOf(places, index * 2 + 1);
            masks = Arrays.copyOf(masks, index * 2);
        }
        pages.add(page);
        masks[index] = mask;
        images.newPage();
        places[index] = images.position();
    }

    /** How many pages had marks. */
    int pageCount() {
        return pages.size();
    }

    long page(int index) {
        return pages.get(index);
    }

    /** The lines of a page that were taken. */
    long mask(int index) {
        return masks[index];
    }

    /** Whether it took lines of a page. */
    boolean contains(long page) {
        return pages.find(page) >= 0;
    }

    /** Takes back what the seal changed of a page; nothing if it did not take any of it. */
    void restorePage(long page, long target, long pageMask) {
        int index = pages.find(page);
        if (index >= 0) {
            restore(index, target, pageMask);
        }
    }

    /** As {@link #restorePage}, by the page's place. */
    void restore(int index, long target, long pageMask) {
        long to = index + 1 < pages.size() ? places[index + 1] : images.position();
        images.restore(places[index], to, target, pageMask);
    }

    /** Lists the pages of a range of which it took lines. */
    void listPages(long from, long to, PageList target) {
        int index = pages.find(from);
        for (int i = index < 0 ? ~index : index; i < pages.size() && pages.get(i) < to; i++) {
            target.add(pages.get(i));
        }
    }

    /** Makes it ready for the next seal. */
    public void clear() {
        record.clear();
        pages.clear();
        changed.clear();
        images.clear();
        if (masks.length > PageList.RETAINED) {
            masks = new long[64];
            places = new long[65];
        }
    }

    @Override
    public void close() {
        record.close();
        images.close();
    }
}
