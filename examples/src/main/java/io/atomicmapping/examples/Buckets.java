package io.atomicmapping.examples;

import static io.atomicmapping.examples.MapFormat.BUCKETS_OFFSET;
import static io.atomicmapping.examples.MapFormat.BUCKET_BYTES;
import static io.atomicmapping.examples.MapFormat.FIRST_BUCKETS;
import static io.atomicmapping.examples.MapFormat.FIRST_BUCKETS_BITS;
import static io.atomicmapping.examples.MapFormat.HASH_OFFSET;
import static io.atomicmapping.examples.MapFormat.MAX_BUCKETS;
import static io.atomicmapping.examples.MapFormat.NEXT_OFFSET;
import static io.atomicmapping.examples.MapFormat.SEGMENTS_OFFSET;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;

/**
 * The buckets of a {@link PersistentHashMap}, each a chain of entries, which grow in number one by one.
 *
 * <ul>
 *   <li>Linear hashing (W. Litwin, "Linear hashing: a new tool for file and table addressing", VLDB 1980):
 *       bucket {@code n} is added by splitting the bucket whose number is {@code n} less its highest bit.
 *   <li>A bucket never moves: the segments that hold them are never freed.
 * </ul>
 *
 * <p><i>Design note.</i> Doubling a table would be simpler, but one commit in many would carry the whole
 * table.
 */
final class Buckets {

    private final AtomicMapping mapping;
    private final long base;
    private final Heap heap;

    /** The buckets of the map whose header is at an offset. */
    Buckets(AtomicMapping mapping, long base, Heap heap) {
        this.mapping = mapping;
        this.base = base;
        this.heap = heap;
    }

    /** How many there are: 0 in an empty map that never had an entry. */
    int count() {
        return (int) mapping.getLong(base + BUCKETS_OFFSET);
    }

    /** The place that holds the offset of a bucket's first entry. */
    long link(int bucket) {
        int segment = segmentOf(bucket);
        int first = segment == 0 ? 0 : Integer.highestOneBit(bucket);
        return mapping.getLong(segmentLink(segment)) + BUCKET_BYTES * (bucket - first);
    }

    /** The same of the bucket where entries with a hash belong. */
    long linkForHash(int hash) {
        return link(bucketOf(hash, count()));
    }

    /**
     * Sees to a bucket for each of so many entries: the first buckets come together, then each call adds at
     * most one.
     */
    void makeRoomFor(long entries) throws IOException {
        int count = count();
        if (count == 0) {
            long segment = heap.allocateForever(BUCKET_BYTES * FIRST_BUCKETS);
            mapping.fill(segment, BUCKET_BYTES * FIRST_BUCKETS, (byte) 0);
            mapping.putLong(segmentLink(0), segment);
            mapping.putLong(base + BUCKETS_OFFSET, FIRST_BUCKETS);
        } else if (entries > count && count < MAX_BUCKETS) {
            split(count);
        }
    }

    private void split(int added) throws IOException {
        if (Integer.bitCount(added) == 1) {
            // What is in there stays undefined until the split that adds it.
            long segment = heap.allocateForever(BUCKET_BYTES * added);
            mapping.putLong(segmentLink(segmentOf(added)), segment);
        }
        long stayLink = link(added - Integer.highestOneBit(added));
        long moveLink = link(added);
        long entry = mapping.getLong(stayLink);
        while (entry != 0) {
            long next = mapping.getLong(entry + NEXT_OFFSET);
            if (bucketOf(mapping.getInt(entry + HASH_OFFSET), added + 1) == added) {
                mapping.putLong(moveLink, entry);
                moveLink = entry + NEXT_OFFSET;
            } else {
                mapping.putLong(stayLink, entry);
                stayLink = entry + NEXT_OFFSET;
            }
            entry = next;
        }
        mapping.putLong(stayLink, 0);
        mapping.putLong(moveLink, 0);
        mapping.putLong(base + BUCKETS_OFFSET, added + 1);
    }

    private long segmentLink(int segment) {
        return base + SEGMENTS_OFFSET + 8L * segment;
    }

    private static int segmentOf(int bucket) {
        return bucket < FIRST_BUCKETS ? 0 : 32 - Integer.numberOfLeadingZeros(bucket) - FIRST_BUCKETS_BITS;
    }

    private static int bucketOf(int hash, int count) {
        int bucket = hash & ((Integer.highestOneBit(count) << 1) - 1);
        return bucket < count ? bucket : bucket - Integer.highestOneBit(bucket);
    }
}
