package io.atomicmapping.crash;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The bytes, length, disk space and attributes of a file, as they are in one place: in the cache, or on the
 * disk.
 *
 * <p>A sector's array never changes once it is in an image, so that images and operations share them; a
 * sector that was never written is missing and reads 0. Bytes past the length are 0.
 */
final class FileImage {

    static final int SECTOR_BYTES = SimulatedDisk.SECTOR_BYTES;
    static final int PAGE_BYTES = 4096;

    static final byte[] ZEROS = new byte[SECTOR_BYTES];

    final Map<Long, byte[]> sectors = new HashMap<>();
    final Map<String, byte[]> attributes = new HashMap<>();
    private final Set<Long> allocatedPages = new HashSet<>();
    private long length;

    FileImage copy() {
        FileImage copy = new FileImage();
        copy.sectors.putAll(sectors);
        copy.attributes.putAll(attributes);
        copy.allocatedPages.addAll(allocatedPages);
        copy.length = length;
        return copy;
    }

    long length() {
        return length;
    }

    long read(long position, MemorySegment target) {
        long bytes = Math.clamp(length - position, 0, target.byteSize());
        for (long done = 0; done < bytes;) {
            long from = position + done;
            int inSector = (int) (from % SECTOR_BYTES);
            int run = (int) Math.min(SECTOR_BYTES - inSector, bytes - done);
            byte[] sector = sectors.getOrDefault(from / SECTOR_BYTES, ZEROS);
            MemorySegment.copy(sector, inSector, target, ValueLayout.JAVA_BYTE, done, run);
            done += run;
        }
        return bytes;
    }

    byte[] bytes() {
        byte[] bytes = new byte[Math.toIntExact(length)];
        read(0, MemorySegment.ofArray(bytes));
        return bytes;
    }

    /** What the sectors of a range hold once the source is written there; the image stays. */
    byte[][] overlaid(long position, MemorySegment source) {
        long first = position / SECTOR_BYTES;
        long end = position + source.byteSize();
        byte[][] after = new byte[(int) (sectorAfter(end) - first)][];
        for (int i = 0; i < after.length; i++) {
            long sectorStart = (first + i) * SECTOR_BYTES;
            int from = (int) (Math.max(position, sectorStart) - sectorStart);
            int to = (int) (Math.min(end, sectorStart + SECTOR_BYTES) - sectorStart);
            byte[] old = sectors.get(first + i);
            byte[] bytes = old == null ? new byte[SECTOR_BYTES] : old.clone();
            MemorySegment.copy(source, ValueLayout.JAVA_BYTE, sectorStart + from - position, bytes, from,
                    to - from);
            after[i] = Arrays.equals(bytes, ZEROS) ? ZEROS : bytes;
        }
        return after;
    }

    /** Which sectors of a range hold anything: what zeroing it would change. */
    long[] writtenSectors(long from, long to) {
        List<Long> found = new ArrayList<>();
        if (from < to) {
            for (long sector : sectors.keySet()) {
                if (sector >= from / SECTOR_BYTES && sector < sectorAfter(to)) {
                    found.add(sector);
                }
            }
        }
        return found.stream().mapToLong(Long::longValue).sorted().toArray();
    }

    /** What a sector holds once a range is zeroed; null where the whole sector is. */
    byte[] zeroed(long sector, long from, long to) {
        long start = sector * SECTOR_BYTES;
        if (from <= start && to >= start + SECTOR_BYTES) {
            return null;
        }
        byte[] bytes = sectors.get(sector).clone();
        Arrays.fill(bytes, (int) (Math.max(from, start) - start),
                (int) (Math.min(to, start + SECTOR_BYTES) - start), (byte) 0);
        return bytes;
    }

    void put(long sector, byte[] bytes) {
        if (bytes == null) {
            sectors.remove(sector);
        } else {
            sectors.put(sector, bytes);
        }
    }

    void setLength(long newLength) {
        length = newLength;
    }

    /** What lies past the length was lost with it, or never belonged to the file. */
    void cutToLength() {
        sectors.keySet().removeIf(sector -> sector * SECTOR_BYTES >= length);
        allocatedPages.removeIf(page -> page * PAGE_BYTES >= length);
        long last = length / SECTOR_BYTES;
        if (length % SECTOR_BYTES != 0 && sectors.containsKey(last)) {
            put(last, zeroed(last, length, (last + 1) * SECTOR_BYTES));
        }
    }

    void allocate(long position, long bytes) {
        for (long page = position / PAGE_BYTES; page * PAGE_BYTES < position + bytes; page++) {
            allocatedPages.add(page);
        }
    }

    /** Whole pages in a range give their space back. */
    void release(long from, long to) {
        allocatedPages.removeIf(page -> page * PAGE_BYTES >= from && (page + 1) * PAGE_BYTES <= to);
    }

    long allocatedBytes() {
        Set<Long> pages = new HashSet<>(allocatedPages);
        for (long sector : sectors.keySet()) {
            pages.add(sector * SECTOR_BYTES / PAGE_BYTES);
        }
        return (long) pages.size() * PAGE_BYTES;
    }

    private static long sectorAfter(long position) {
        return (position + SECTOR_BYTES - 1) / SECTOR_BYTES;
    }
}
