package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * The buckets of a {@link PersistentHashMap}, which grow in number one by one.
 *
 * <ul>
 *   <li>Linear hashing (W. Litwin, "Linear hashing: a new tool for file and table addressing", VLDB 1980):
 *       bucket {@code n} is added by splitting the bucket whose number is {@code n} less its highest bit.
 *   <li>A bucket is a line of 64 bytes: seven slots, and the offset of a line for those that do not fit. A
 *       slot holds where an entry is, and 28 bits of its hash: so most lookups read one line and one entry,
 *       and a split reads no entry. Used slots come before empty ones, all along the chain.
 *   <li>A bucket never moves: they lie in segments, of which each has as many as all before it.
 * </ul>
 *
 * <p><i>Design note.</i> Doubling a table would be simpler, but one commit in many would carry the whole
 * table. Chained entries would be, too, but a split would store into entries all over the file.
 */
final class HashBuckets {

    static final int HASH_MASK = (1 << 28) - 1;
    static final int SLOTS = 7;
    /** Where entries may be: a slot has 36 bits for the number of 16 bytes. */
    static final long LIMIT = 1L << 36 + 4;

    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int HASH_BITS = 28;
    private static final int LINE = 64;
    private static final int ENTRIES_PER_BUCKET = 3;
    private static final int FIRST_BUCKETS = 16;
    private static final int FIRST_BUCKETS_BITS = 4;
    private static final int SEGMENTS = HASH_BITS - FIRST_BUCKETS_BITS + 1;
    /** a line that is a piece is shorter by the piece's header */
    private static final int MORE_SLOTS = SLOTS - 1;
    private static final long MORE_BYTES = LINE - Long.BYTES;

    // In the map's header.
    private static final long COUNT = Structure.OWN;
    private static final long SEGMENT_PIECES = COUNT + 8;
    static final long HEADER_BYTES = SEGMENT_PIECES + 8L * SEGMENTS;

    private final PersistentHeap heap;
    private final AtomicMapping mapping;
    /** of a chain that is being split; in use under the map's write lock */
    private long[] slots = new long[4 * SLOTS];
    private final byte[] line = new byte[LINE];

    HashBuckets(PersistentHeap heap) {
        this.heap = heap;
        this.mapping = heap.mapping();
    }

    /** Where the entry of a slot is. */
    static long entry(long slot) {
        return (slot >>> HASH_BITS) * SizeClasses.UNIT + HeapFormat.PIECE_HEADER;
    }

    /** The slot of an entry below the limit; a hash has 28 bits. */
    static long slot(long entry, int hash) {
        return entry / SizeClasses.UNIT << HASH_BITS | hash;
    }

    int count(long header) {
        return (int) mapping.getLong(header + COUNT);
    }

    /** The first line of a bucket. */
    long bucket(long header, int bucket) {
        int segment = segmentOf(bucket);
        int first = segment == 0 ? 0 : Integer.highestOneBit(bucket);
        long piece = mapping.getLong(header + SEGMENT_PIECES + 8L * segment);
        return firstLine(piece) + (long) LINE * (bucket - first);
    }

    /** The same of the bucket where entries with a hash belong; there must be one. */
    long bucketForHash(long header, int hash) {
        return bucket(header, bucketOf(hash, count(header)));
    }

    /** The next line of a chain, or 0; the first has {@link #SLOTS} slots, the next ones fewer. */
    long next(long line, boolean first) {
        return mapping.getLong(line + 8L * (first ? SLOTS : MORE_SLOTS));
    }

    static int slots(boolean first) {
        return first ? SLOTS : MORE_SLOTS;
    }

    /** Sees to a bucket for a share of so many entries; adds at most one. */
    void makeRoomFor(long header, long entries) throws IOException {
        int count = count(header);
        if (count == 0) {
            long segment = heap.allocate(segmentBytes(FIRST_BUCKETS));
            mapping.fill(firstLine(segment), (long) LINE * FIRST_BUCKETS, (byte) 0);
            mapping.putLong(header + SEGMENT_PIECES, segment);
            mapping.putLong(header + COUNT, FIRST_BUCKETS);
        } else if (entries > (long) ENTRIES_PER_BUCKET * count && count <= HASH_MASK) {
            split(header, count);
        }
    }

    /** Adds a slot to a chain. */
    void add(long bucket, long slot) throws IOException {
        long at = bucket;
        boolean first = true;
        while (true) {
            int slots = slots(first);
            for (int i = 0; i < slots; i++) {
                if (mapping.getLong(at + 8L * i) == 0) {
                    mapping.putLong(at + 8L * i, slot);
                    return;
                }
            }
            long link = at + 8L * slots;
            at = mapping.getLong(link);
            first = false;
            if (at == 0) {
                at = heap.allocate(MORE_BYTES);
                mapping.fill(at, MORE_BYTES, (byte) 0);
                mapping.putLong(at, slot);
                mapping.putLong(link, at);
                return;
            }
        }
    }

    /** Takes a slot out of the chain in which it is at a place. */
    void remove(long bucket, long place) {
        long at = bucket;
        long linkToLast = 0;
        boolean first = true;
        for (long next = next(at, true); next != 0; next = next(at, false)) {
            linkToLast = at + 8L * slots(first);
            at = next;
            first = false;
        }
        int last = slots(first) - 1;
        while (mapping.getLong(at + 8L * last) == 0) {
            last--;
        }
        long lastPlace = at + 8L * last;
        if (lastPlace != place) {
            mapping.putLong(place, mapping.getLong(lastPlace));
        }
        if (last == 0 && !first) {
            mapping.putLong(linkToLast, 0);
            heap.free(at);
        } else {
            mapping.putLong(lastPlace, 0);
        }
    }

    private void split(long header, int added) throws IOException {
        if (Integer.bitCount(added) == 1) {
            // What is in there stays undefined until the split that adds it.
            mapping.putLong(header + SEGMENT_PIECES + 8L * segmentOf(added),
                    heap.allocate(segmentBytes(added)));
        }
        long stay = bucket(header, added - Integer.highestOneBit(added));
        long more = next(stay, true);
        int count = gather(stay);
        int staying = 0;
        int moving = count;
        for (int i = 0; i < moving;) { // those that stay come first
            if (bucketOf((int) slots[i] & HASH_MASK, added + 1) == added) {
                long moved = slots[i];
                slots[i] = slots[--moving];
                slots[moving] = moved;
            } else {
                i++;
                staying++;
            }
        }
        more = write(bucket(header, added), staying, count, more);
        more = write(stay, 0, staying, more); // two chains never need more lines than one
        while (more != 0) {
            long next = next(more, false);
            heap.free(more);
            more = next;
        }
        mapping.putLong(header + COUNT, added + 1);
    }

    private int gather(long bucket) {
        int count = 0;
        boolean first = true;
        for (long at = bucket; at != 0; at = next(at, first), first = false) {
            for (int i = 0; i < slots(first); i++) {
                long slot = mapping.getLong(at + 8L * i);
                if (slot != 0) {
                    if (count == slots.length) {
                        slots = Arrays.copyOf(slots, 2 * count);
                    }
                    slots[count++] = slot;
                }
            }
        }
        return count;
    }

    /** Writes a chain anew, using a chain of free lines for what does not fit, and returns the lines left. */
    private long write(long bucket, int from, int to, long lines) {
        long left = lines;
        int done = from;
        boolean first = true;
        for (long at = bucket; at != 0; first = false) {
            int slotsHere = slots(first);
            long next = done + slotsHere < to ? left : 0;
            if (next != 0) {
                left = next(next, false);
            }
            for (int i = 0; i < slotsHere; i++) {
                LONGS.set(line, 8 * i, done < to ? slots[done++] : 0L);
            }
            LONGS.set(line, 8 * slotsHere, next);
            mapping.putBytes(at, line, 0, 8 * slotsHere + 8);
            at = next;
        }
        return left;
    }

    /** Gives back all buckets. */
    void clear(long header) {
        forEachPiece(header, heap::free);
        mapping.fill(header + COUNT, HEADER_BYTES - COUNT, (byte) 0);
    }

    /** Names the entries of a chain. */
    void forEachEntry(long bucket, LongConsumer action) {
        boolean first = true;
        for (long at = bucket; at != 0; at = next(at, first), first = false) {
            for (int i = 0; i < slots(first); i++) {
                long slot = mapping.getLong(at + 8L * i);
                if (slot != 0) {
                    action.accept(entry(slot));
                }
            }
        }
    }

    void forEachPiece(long header, LongConsumer action) {
        int count = count(header);
        for (int bucket = 0; bucket < count; bucket++) {
            for (long at = next(bucket(header, bucket), true); at != 0;) {
                long next = next(at, false);
                action.accept(at);
                at = next;
            }
        }
        for (int segment = 0; segment < SEGMENTS; segment++) {
            long piece = mapping.getLong(header + SEGMENT_PIECES + 8L * segment);
            if (piece != 0) {
                action.accept(piece);
            }
        }
    }

    private static long segmentBytes(int buckets) {
        return (long) LINE * (buckets + 1) - Long.BYTES; // its first line is aligned within
    }

    private static long firstLine(long segment) {
        return (segment + LINE - 1) & -LINE;
    }

    private static int segmentOf(int bucket) {
        return bucket < FIRST_BUCKETS ? 0 : 32 - Integer.numberOfLeadingZeros(bucket) - FIRST_BUCKETS_BITS;
    }

    private static int bucketOf(int hash, int count) {
        int bucket = hash & ((Integer.highestOneBit(count) << 1) - 1);
        return bucket < count ? bucket : bucket - Integer.highestOneBit(bucket);
    }
}
