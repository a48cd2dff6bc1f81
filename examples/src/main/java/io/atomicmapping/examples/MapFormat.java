package io.atomicmapping.examples;

/**
 * Where everything is in a {@link PersistentHashMap}. All numbers are little-endian. A header of zeros is
 * an empty map.
 *
 * <pre>
 *   header   magic "ATOMHMAP" | entries | changes | buckets | offset of each segment of buckets | heap header
 *   bucket   offset of its first entry, or 0
 *   entry    next entry, or 0 | hash | key bytes | value bytes | size class | key | value
 * </pre>
 */
final class MapFormat {

    static final long MAGIC = 0x50414D484D4F5441L; // its bytes in the file read "ATOMHMAP"

    /** Segment 0 holds the first buckets; each further segment as many as all before it. */
    static final int FIRST_BUCKETS = 64;
    static final int FIRST_BUCKETS_BITS = 6;
    static final int SEGMENTS = 25;
    static final int MAX_BUCKETS = FIRST_BUCKETS << (SEGMENTS - 1);
    static final long BUCKET_BYTES = 8;

    // In the header.
    static final long MAGIC_OFFSET = 0;
    static final long ENTRIES_OFFSET = 8;
    static final long CHANGES_OFFSET = 16; // insertions and removals, ever
    static final long BUCKETS_OFFSET = 24;
    static final long SEGMENTS_OFFSET = 32;
    static final long HEAP_OFFSET = SEGMENTS_OFFSET + 8L * SEGMENTS;
    static final long HEADER_BYTES = (HEAP_OFFSET + Heap.HEADER_BYTES + 63) / 64 * 64;

    // In an entry.
    static final long NEXT_OFFSET = 0;
    static final long HASH_OFFSET = 8;
    static final long KEY_BYTES_OFFSET = 12;
    static final long VALUE_BYTES_OFFSET = 16;
    static final long SIZE_CLASS_OFFSET = 20;
    static final long KEY_OFFSET = 24;

    private MapFormat() {
    }

    static long entryBytes(byte[] key, byte[] value) {
        return KEY_OFFSET + key.length + value.length;
    }

    /** FNV-1a, then mixed, because a bucket's number is taken from the lowest bits. */
    static int hash(byte[] key) {
        int hash = 0x811C9DC5;
        for (byte b : key) {
            hash = (hash ^ (b & 0xFF)) * 0x01000193;
        }
        hash = (hash ^ (hash >>> 16)) * 0x85EBCA6B;
        return hash ^ (hash >>> 13);
    }
}
