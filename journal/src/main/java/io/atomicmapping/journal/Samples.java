package io.atomicmapping.journal;

import io.atomicmapping.storage.DurableFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Takes samples of the data file: its first page, its last, and others that change from slot to slot. */
final class Samples {

    private static final long MIX = 0x9E37_79B9_7F4A_7C15L;

    private Samples() {
    }

    /**
     * Reads the samples for a slot. Commits later than the checkpoint may be on their way home meanwhile:
     * their pages have records after the checkpoint, and recovery does not verify those.
     */
    static List<Sample> take(DurableFile home, Slot slot, MemorySegment page) throws IOException {
        long pageCount = (slot.committedSize() + slot.pageBytes() - 1) / slot.pageBytes();
        int count = (int) Math.min(pageCount, JournalFormat.SAMPLES_MAX);
        List<Sample> samples = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long offset = page(i, count, pageCount, slot.generation()) * slot.pageBytes();
            int length = (int) Math.min(slot.pageBytes(), slot.committedSize() - offset);
            long read = home.read(offset, page.asSlice(0, length));
            if (read != length) {
                throw new IOException("data file was cut beneath the mapping: close it and restore it from "
                        + "a backup: length=" + home.length() + ", committedSize=" + slot.committedSize()
                        + ", file=" + home.path());
            }
            samples.add(new Sample(offset, JournalFormat.crc32c(page, 0, length), length));
        }
        return samples;
    }

    /** The page of one of the equal parts into which the file falls. */
    private static long page(int part, int parts, long pageCount, long generation) {
        long from = pageCount / parts * part;
        if (part == 0) {
            return from;
        }
        if (part == parts - 1) {
            return pageCount - 1;
        }
        long mixed = (generation * JournalFormat.SAMPLES_MAX + part) * MIX;
        return from + (mixed >>> 1) % (pageCount / parts);
    }
}
