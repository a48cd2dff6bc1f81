package io.atomicmapping.examples;

import static io.atomicmapping.examples.MapFormat.CHANGES_OFFSET;
import static io.atomicmapping.examples.MapFormat.ENTRIES_OFFSET;
import static io.atomicmapping.examples.MapFormat.HASH_OFFSET;
import static io.atomicmapping.examples.MapFormat.HEAP_OFFSET;
import static io.atomicmapping.examples.MapFormat.KEY_BYTES_OFFSET;
import static io.atomicmapping.examples.MapFormat.KEY_OFFSET;
import static io.atomicmapping.examples.MapFormat.MAGIC;
import static io.atomicmapping.examples.MapFormat.MAGIC_OFFSET;
import static io.atomicmapping.examples.MapFormat.NEXT_OFFSET;
import static io.atomicmapping.examples.MapFormat.SIZE_CLASS_OFFSET;
import static io.atomicmapping.examples.MapFormat.VALUE_BYTES_OFFSET;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;

/**
 * A hash map of byte arrays that lives in an {@link AtomicMapping}, from an offset to the mapping's end.
 * The bytes below that offset are the program's, which can so commit state of its own together with the
 * map.
 *
 * <p><b>What survives.</b> The map writes into the mapping and nowhere else: {@link AtomicMapping#sync()}
 * commits every change since the last one, {@link AtomicMapping#rollback()} undoes them, after a crash the
 * map is as of one commit. Nothing is kept on the Java heap that could become stale. A change runs in
 * {@link AtomicMapping#update}, so that a sync by another thread never cuts it in two; when it fails, as on
 * a full disk, the entries are as before it.
 *
 * <p><b>Threads.</b> One at a time, readers included.
 *
 * <p><b>Cost.</b> A new key splits at most one bucket, so no commit carries a whole table. The space of a
 * removed entry is used again for entries of about its size. The mapping grows by {@link
 * AtomicMapping#resize} and never shrinks.
 */
public final class PersistentHashMap implements Iterable<PersistentHashMap.Entry> {

    /** The bytes that the map takes before its first entry. */
    public static final long HEADER_BYTES = MapFormat.HEADER_BYTES;

    private final AtomicMapping mapping;
    private final long base;
    private final Heap heap;
    private final Buckets buckets;

    private PersistentHashMap(AtomicMapping mapping, long base) {
        this.mapping = mapping;
        this.base = base;
        this.heap = new Heap(mapping, base + HEAP_OFFSET, base + HEADER_BYTES);
        this.buckets = new Buckets(mapping, base, heap);
    }

    /**
     * The map at an offset of a mapping. Where all bytes are 0 there is an empty map: nothing has to be
     * created.
     *
     * @param mapping the mapping, which the map uses from the offset to its end
     * @param base the offset, a multiple of 8 with at least {@link #HEADER_BYTES} from it to the mapping's
     *     end
     * @return the map
     * @throws IllegalArgumentException if the offset is not such a one, or something else than a map is there
     */
    public static PersistentHashMap open(AtomicMapping mapping, long base) {
        if (base < 0 || base % 8 != 0 || base > mapping.size() - HEADER_BYTES) {
            throw new IllegalArgumentException("no place for a hash map, give a multiple of 8 and enough"
                    + " bytes after it: base=" + base + ", headerBytes=" + HEADER_BYTES
                    + ", size=" + mapping.size());
        }
        long magic = mapping.getLong(base + MAGIC_OFFSET);
        if (magic != 0 && magic != MAGIC) {
            throw new IllegalArgumentException("not a hash map, give the offset where it was opened first:"
                    + " base=" + base + ", expected=0x" + Long.toHexString(MAGIC)
                    + ", actual=0x" + Long.toHexString(magic));
        }
        return new PersistentHashMap(mapping, base);
    }

    /**
     * The number of entries.
     *
     * @return it
     */
    public long size() {
        return mapping.getLong(base + ENTRIES_OFFSET);
    }

    /**
     * The bytes that the map takes in the mapping: its header, its buckets, its entries and the space of
     * removed ones.
     *
     * @return them
     */
    public long usedBytes() {
        return heap.end() - base;
    }

    /**
     * Whether a key has a value.
     *
     * @param key the key
     * @return whether it has
     */
    public boolean containsKey(byte[] key) {
        return findLink(key, MapFormat.hash(key)) != 0;
    }

    /**
     * A copy of a key's value.
     *
     * @param key the key
     * @return its value, or null if it has none
     */
    public byte[] get(byte[] key) {
        long link = findLink(key, MapFormat.hash(key));
        return link == 0 ? null : value(mapping.getLong(link));
    }

    /**
     * Gives a key a value, in place of the one it may have.
     *
     * @param key the key, which may be empty
     * @param value the value, which may be empty
     * @return whether the key is new
     * @throws IOException if the mapping cannot grow; the entries are as before
     * @throws IllegalArgumentException if it would grow beyond its {@code maxSize}; likewise
     */
    public boolean put(byte[] key, byte[] value) throws IOException {
        return mapping.compute(() -> {
            int hash = MapFormat.hash(key);
            long link = findLink(key, hash);
            if (link == 0) {
                insert(key, hash, value);
                return true;
            }
            replace(link, key, hash, value);
            return false;
        });
    }

    /**
     * Removes a key and its value.
     *
     * @param key the key
     * @return whether it was there
     */
    public boolean remove(byte[] key) {
        return mapping.compute(() -> {
            long link = findLink(key, MapFormat.hash(key));
            if (link == 0) {
                return false;
            }
            long entry = mapping.getLong(link);
            mapping.putLong(link, mapping.getLong(entry + NEXT_OFFSET));
            heap.free(entry, mapping.getInt(entry + SIZE_CLASS_OFFSET));
            count(-1);
            return true;
        });
    }

    /**
     * All entries, in no particular order. The iterator throws {@link ConcurrentModificationException} when
     * a key was added or removed since it was made, or that was rolled back. It removes nothing itself.
     *
     * @return an iterator over copies of the entries
     */
    @Override
    public Iterator<Entry> iterator() {
        return new EntryIterator();
    }

    private void insert(byte[] key, int hash, byte[] value) throws IOException {
        buckets.makeRoomFor(size() + 1);
        int sizeClass = Heap.sizeClass(MapFormat.entryBytes(key, value));
        long entry = heap.allocate(sizeClass);
        long link = buckets.linkForHash(hash);
        write(entry, mapping.getLong(link), sizeClass, hash, key, value);
        mapping.putLong(link, entry);
        mapping.putLong(base + MAGIC_OFFSET, MAGIC);
        count(1);
    }

    private void replace(long link, byte[] key, int hash, byte[] value) throws IOException {
        long old = mapping.getLong(link);
        int oldClass = mapping.getInt(old + SIZE_CLASS_OFFSET);
        int sizeClass = Heap.sizeClass(MapFormat.entryBytes(key, value));
        if (sizeClass == oldClass) {
            mapping.putInt(old + VALUE_BYTES_OFFSET, value.length);
            mapping.putBytes(old + KEY_OFFSET + key.length, value);
            return;
        }
        long entry = heap.allocate(sizeClass);
        write(entry, mapping.getLong(old + NEXT_OFFSET), sizeClass, hash, key, value);
        mapping.putLong(link, entry);
        heap.free(old, oldClass);
    }

    private void write(long entry, long next, int sizeClass, int hash, byte[] key, byte[] value) {
        mapping.putLong(entry + NEXT_OFFSET, next);
        mapping.putInt(entry + HASH_OFFSET, hash);
        mapping.putInt(entry + KEY_BYTES_OFFSET, key.length);
        mapping.putInt(entry + VALUE_BYTES_OFFSET, value.length);
        mapping.putInt(entry + SIZE_CLASS_OFFSET, sizeClass);
        mapping.putBytes(entry + KEY_OFFSET, key);
        mapping.putBytes(entry + KEY_OFFSET + key.length, value);
    }

    private void count(int difference) {
        mapping.putLong(base + ENTRIES_OFFSET, size() + difference);
        mapping.putLong(base + CHANGES_OFFSET, mapping.getLong(base + CHANGES_OFFSET) + 1);
    }

    /** The place that holds the offset of a key's entry, or 0 if the key is not there. */
    private long findLink(byte[] key, int hash) {
        if (buckets.count() == 0) {
            return 0;
        }
        long link = buckets.linkForHash(hash);
        long entry = mapping.getLong(link);
        while (entry != 0) {
            if (mapping.getInt(entry + HASH_OFFSET) == hash && Arrays.equals(key(entry), key)) {
                return link;
            }
            link = entry + NEXT_OFFSET;
            entry = mapping.getLong(link);
        }
        return 0;
    }

    private byte[] key(long entry) {
        return bytes(entry + KEY_OFFSET, mapping.getInt(entry + KEY_BYTES_OFFSET));
    }

    private byte[] value(long entry) {
        int keyBytes = mapping.getInt(entry + KEY_BYTES_OFFSET);
        return bytes(entry + KEY_OFFSET + keyBytes, mapping.getInt(entry + VALUE_BYTES_OFFSET));
    }

    private byte[] bytes(long offset, int length) {
        byte[] bytes = new byte[length];
        mapping.getBytes(offset, bytes);
        return bytes;
    }

    /**
     * An entry, copied out of the map: to change the arrays changes nothing in it.
     *
     * @param key the key
     * @param value its value
     */
    public record Entry(byte[] key, byte[] value) {
    }

    /** Copies one bucket after the other, so that it never holds an offset that a change could make stale. */
    private final class EntryIterator implements Iterator<Entry> {

        private final long changes = mapping.getLong(base + CHANGES_OFFSET);
        private final Queue<Entry> copied = new ArrayDeque<>();
        private int nextBucket;

        @Override
        public boolean hasNext() {
            if (mapping.getLong(base + CHANGES_OFFSET) != changes) {
                throw new ConcurrentModificationException(
                        "hash map changed since the iterator was made: base=" + base);
            }
            while (copied.isEmpty() && nextBucket < buckets.count()) {
                long entry = mapping.getLong(buckets.link(nextBucket++));
                for (; entry != 0; entry = mapping.getLong(entry + NEXT_OFFSET)) {
                    copied.add(new Entry(key(entry), value(entry)));
                }
            }
            return !copied.isEmpty();
        }

        @Override
        public Entry next() {
            if (!hasNext()) {
                throw new NoSuchElementException("no more entries");
            }
            return copied.remove();
        }
    }
}
