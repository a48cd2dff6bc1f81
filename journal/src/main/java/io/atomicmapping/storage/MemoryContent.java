package io.atomicmapping.storage;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The bytes of a file in memory, which has holes: pages that were never written take no space and read 0.
 *
 * <p>Not thread-safe: {@link MemoryStorage} guards it by its lock. Bytes past the length are 0 in every page,
 * so that a file made longer reads zeros.
 */
final class MemoryContent {

    static final int PAGE_BYTES = 4096;

    /** Stands for a page that has space but was not written; never stored into. */
    private static final byte[] ALLOCATED = new byte[PAGE_BYTES];

    private final Quota quota;
    private final Map<Long, byte[]> pages = new HashMap<>();
    private long length;

    final Map<String, byte[]> attributes = new HashMap<>();
    final Set<MemoryFile> sharedHolders = new HashSet<>();
    MemoryFile exclusiveHolder;

    /** How often it is open, and whether a name leads to it; with neither its space is free again. */
    int openings;
    boolean linked = true;

    /** How much space the files of a storage may take, and take. */
    static final class Quota {
        long bytes = Long.MAX_VALUE;
        long usedBytes;

        private boolean take() {
            if (usedBytes + PAGE_BYTES > bytes) {
                return false;
            }
            usedBytes += PAGE_BYTES;
            return true;
        }
    }

    MemoryContent(Quota quota) {
        this.quota = quota;
    }

    /** An independent copy, which nobody has open or locked. */
    MemoryContent copy(Quota copyQuota) {
        MemoryContent copy = new MemoryContent(copyQuota);
        pages.forEach((index, page) -> copy.pages.put(index, page == ALLOCATED ? page : page.clone()));
        copyQuota.usedBytes += allocatedBytes();
        copy.length = length;
        attributes.forEach((name, value) -> copy.attributes.put(name, value.clone()));
        return copy;
    }

    long length() {
        return length;
    }

    long allocatedBytes() {
        return (long) pages.size() * PAGE_BYTES;
    }

    long read(long position, MemorySegment target) {
        long bytes = Math.clamp(length - position, 0, target.byteSize());
        long done = 0;
        while (done < bytes) {
            long from = position + done;
            int inPage = (int) (from % PAGE_BYTES);
            int run = (int) Math.min(PAGE_BYTES - inPage, bytes - done);
            byte[] page = pages.getOrDefault(from / PAGE_BYTES, ALLOCATED);
            MemorySegment.copy(page, inPage, target, JAVA_BYTE, done, run);
            done += run;
        }
        return bytes;
    }

    /** False when the quota is reached; then what fitted is written. */
    boolean write(long position, MemorySegment source) {
        long bytes = source.byteSize();
        long done = 0;
        while (done < bytes) {
            long to = position + done;
            int inPage = (int) (to % PAGE_BYTES);
            int run = (int) Math.min(PAGE_BYTES - inPage, bytes - done);
            byte[] page = writablePage(to / PAGE_BYTES);
            if (page == null) {
                return false;
            }
            MemorySegment.copy(source, JAVA_BYTE, done, page, inPage, run);
            done += run;
            length = Math.max(length, to + run);
        }
        return true;
    }

    /** The page, made where it is a hole; null when the quota is reached. */
    private byte[] writablePage(long index) {
        byte[] page = pages.get(index);
        if (page == null && !quota.take()) {
            return null;
        }
        if (page == null || page == ALLOCATED) {
            page = new byte[PAGE_BYTES];
            pages.put(index, page);
        }
        return page;
    }

    /** False when the quota is reached. */
    boolean allocate(long position, long bytes) {
        long end = pageAfter(position + bytes);
        for (long index = position / PAGE_BYTES; index < end; index++) {
            if (!pages.containsKey(index)) {
                if (!quota.take()) {
                    return false;
                }
                pages.put(index, ALLOCATED);
            }
        }
        return true;
    }

    /** Whole pages become holes; what is left of the range at its ends is filled with zeros. */
    void zero(long position, long bytes) {
        long end = Math.min(position + bytes, length);
        if (position >= end) {
            return;
        }
        // The end of the file takes its page with it: what follows there is 0 anyway.
        long firstWhole = pageAfter(position);
        long lastWhole = end == length ? pageAfter(end) : end / PAGE_BYTES;
        if (firstWhole <= lastWhole) {
            fillZeros(position, Math.min(end, firstWhole * PAGE_BYTES));
            removePages(firstWhole, lastWhole);
            fillZeros(Math.min(end, lastWhole * PAGE_BYTES), end);
        } else {
            fillZeros(position, end);
        }
    }

    /** Within one page. */
    private void fillZeros(long from, long end) {
        byte[] page = pages.get(from / PAGE_BYTES);
        if (from < end && page != null && page != ALLOCATED) {
            int inPage = (int) (from % PAGE_BYTES);
            Arrays.fill(page, inPage, inPage + (int) (end - from), (byte) 0);
        }
    }

    private void removePages(long from, long end) {
        int before = pages.size();
        if (end - from < before) {
            for (long index = from; index < end; index++) {
                pages.remove(index);
            }
        } else {
            pages.keySet().removeIf(index -> index >= from && index < end);
        }
        quota.usedBytes -= (long) (before - pages.size()) * PAGE_BYTES;
    }

    void setLength(long newLength) {
        if (newLength < length) {
            removePages(pageAfter(newLength), Long.MAX_VALUE);
            if (newLength % PAGE_BYTES != 0) {
                fillZeros(newLength, pageAfter(newLength) * PAGE_BYTES);
            }
        }
        length = newLength;
    }

    /** False when the byte lies in a hole and the quota is reached. */
    boolean flip(long position, int xorMask) {
        byte[] page = writablePage(position / PAGE_BYTES);
        if (page == null) {
            return false;
        }
        page[(int) (position % PAGE_BYTES)] ^= (byte) xorMask;
        return true;
    }

    /** Gives its space back when nobody can reach it any more. */
    void releaseIfUnreachable() {
        if (openings == 0 && !linked) {
            removePages(0, Long.MAX_VALUE);
        }
    }

    private static long pageAfter(long position) {
        return (position + PAGE_BYTES - 1) / PAGE_BYTES;
    }
}
