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
    /** pages with before-images, in page order, and the first image of each */
    final PageList pages = new PageList();
    private long[] heads = new long[64];
    /** pages whose committed bytes this commit changes */
    final PageList changed = new PageList();
    final BeforeImages.Slabs slabs = new BeforeImages.Slabs();
    /** the slabs' age: images of a range come back one by one only while the slabs they lie in are still in use */
    long era;
    boolean partial;
    long lines;

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

    /** Makes sure that the next {@link #addImages} and the next changed page need no memory. */
    void reserve() {
        pages.reserve();
        changed.reserve();
        if (pages.size() == heads.length) {
            heads = Arrays.copyOf(heads, heads.length * 2);
        }
    }

    /** Notes the images of a page, for which room was reserved. */
    void addImages(long page, long head) {
        heads[pages.size()] = head;
        pages.add(page);
    }

    long head(int index) {
        return heads[index];
    }

    /** The first image of a page, or 0. */
    long headOf(long page) {
        int index = pages.find(page);
        return index < 0 ? 0 : heads[index];
    }

    /** Lists the pages of a range that have images. */
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
        partial = false;
        lines = 0;
        if (heads.length > 1 << 20) {
            heads = new long[64];
        }
    }

    @Override
    public void close() {
        record.close();
    }
}
