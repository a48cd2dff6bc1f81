package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.function.BinaryOperator;
import java.util.function.LongConsumer;

/**
 * A hash map that lives in a {@link PersistentHeap}. Neither keys nor values are null.
 *
 * <p><b>What survives.</b> The map stores into the mapping and nowhere else: {@link AtomicMapping#sync()}
 * commits every change since the last one, {@link AtomicMapping#rollback()} undoes them, after a crash the
 * map is as of one commit. No sync cuts a change in two. A change that fails, as on a full disk, leaves the
 * entries as before.
 *
 * <p><b>Threads.</b> Any number, virtual ones too, that share the heap object. A change is alone, reads run
 * beside each other; what one puts the others see at once, committed or not. Changes that belong together go
 * into one {@link AtomicMapping#update}, which no sync cuts; others see them one by one.
 *
 * <p><b>Cost.</b> A lookup loads a line of buckets and the entry. A new key stores an entry and 8 bytes of a
 * bucket, and splits at most one bucket: no commit carries a whole table. A value of the old one's size is
 * stored in its place. An entry takes 16 bytes besides its key and value, and about 20 in the buckets, which
 * only {@link #clear} gives back. The first TiB of a mapping is used.
 *
 * @param <K> keys
 * @param <V> values
 */
public final class PersistentHashMap<K, V> implements Iterable<Map.Entry<K, V>>, PieceOwner {

    private final Structure structure;
    private final PersistentHeap heap;
    private final AtomicMapping mapping;
    private final HashBuckets buckets;
    private final HashEntries entries;
    private final Codec<K> keys;
    private final Codec<V> values;

    private PersistentHashMap(PersistentHeap heap, String name, Codec<K> keys, Codec<V> values) {
        this.structure = new Structure(heap, name, "HASHMAP", 1, HashBuckets.HEADER_BYTES);
        this.heap = heap;
        this.mapping = heap.mapping();
        this.buckets = new HashBuckets(heap);
        this.entries = new HashEntries(heap);
        this.keys = keys;
        this.values = values;
    }

    /**
     * The map that a root of a heap names. Where there is no such root the map is empty, and its first entry
     * makes one.
     *
     * @param heap the heap
     * @param name the root's name
     * @param keys how keys become bytes, the same each time
     * @param values how values do
     * @param <K> keys
     * @param <V> values
     * @return the map
     * @throws IllegalArgumentException if the name stands for something else than a hash map of this version
     */
    public static <K, V> PersistentHashMap<K, V> open(PersistentHeap heap, String name, Codec<K> keys,
            Codec<V> values) {
        return new PersistentHashMap<>(heap, name, keys, values);
    }

    /**
     * The number of entries.
     *
     * @return it
     */
    public long size() {
        return structure.read(structure::elements);
    }

    /**
     * Whether a key has a value.
     *
     * @param key the key
     * @return whether it has
     */
    public boolean containsKey(K key) {
        byte[] bytes = keys.encode(key);
        return structure.read(() -> find(bytes, hash(bytes)) != 0);
    }

    /**
     * A key's value.
     *
     * @param key the key
     * @return its value, or null if it has none
     */
    public V get(K key) {
        byte[] bytes = keys.encode(key);
        byte[] value = structure.read(() -> valueAt(find(bytes, hash(bytes))));
        return value == null ? null : values.decode(value);
    }

    /**
     * Gives a key a value, in place of the one it may have.
     *
     * @param key the key
     * @param value the value
     * @return whether the key is new
     * @throws IOException if there is no room; the entries are as before
     */
    public boolean put(K key, V value) throws IOException {
        byte[] keyBytes = keys.encode(key);
        byte[] valueBytes = values.encode(value);
        return structure.write(() -> store(keyBytes, valueBytes));
    }

    /**
     * Gives a key a value that follows from the one it has. Nobody changes the map in between.
     *
     * @param key the key
     * @param value the value it gets if it has none
     * @param function makes the new value of the one it has and the one given; it may read this map, no more
     * @return the new value
     * @throws IOException if there is no room; the entries are as before
     */
    public V merge(K key, V value, BinaryOperator<V> function) throws IOException {
        byte[] keyBytes = keys.encode(key);
        return structure.write(() -> {
            byte[] before = valueAt(find(keyBytes, hash(keyBytes)));
            V merged = before == null ? value : function.apply(values.decode(before), value);
            store(keyBytes, values.encode(merged));
            return merged;
        });
    }

    /**
     * Removes a key and its value.
     *
     * @param key the key
     * @return whether it was there
     */
    public boolean remove(K key) {
        byte[] bytes = keys.encode(key);
        return structure.write(() -> {
            int hash = hash(bytes);
            long place = find(bytes, hash);
            if (place == 0) {
                return false;
            }
            long removed = HashBuckets.entry(mapping.getLong(place));
            buckets.remove(buckets.bucketForHash(structure.header(), hash), place);
            heap.free(removed);
            structure.count(structure.header(), -1);
            return true;
        });
    }

    /** Removes all entries, and gives back their space and that of the buckets. Costs by their number. */
    public void clear() {
        structure.write(() -> {
            long header = structure.header();
            if (header != 0) {
                forEachEntry(header, heap::free);
                buckets.clear(header);
                structure.count(header, -structure.elements());
            }
            return null;
        });
    }

    /**
     * All entries, in no particular order. The iterator throws {@link ConcurrentModificationException} when a
     * key was added or removed since it was made, or that was rolled back. It removes nothing itself.
     *
     * @return an iterator over copies of the entries
     */
    @Override
    public Iterator<Map.Entry<K, V>> iterator() {
        return new EntryIterator();
    }

    @Override
    public void forEachPiece(LongConsumer action) {
        structure.forEachPiece(action, header -> {
            buckets.forEachPiece(header, action);
            forEachEntry(header, action);
        });
    }

    private static int hash(byte[] key) {
        return (int) Bytes.hash(key) & HashBuckets.HASH_MASK;
    }

    /** The place of a key's slot, or 0. */
    private long find(byte[] key, int hash) {
        long header = structure.header();
        if (header == 0 || buckets.count(header) == 0) {
            return 0;
        }
        boolean first = true;
        for (long line = buckets.bucketForHash(header, hash); line != 0; first = false) {
            for (int i = 0; i < HashBuckets.slots(first); i++) {
                long slot = mapping.getLong(line + 8L * i);
                if (slot == 0) {
                    return 0;
                }
                if (((int) slot & HashBuckets.HASH_MASK) == hash
                        && entries.hasKey(HashBuckets.entry(slot), key)) {
                    return line + 8L * i;
                }
            }
            line = buckets.next(line, first);
        }
        return 0;
    }

    private boolean store(byte[] key, byte[] value) throws IOException {
        int hash = hash(key);
        long place = find(key, hash);
        if (place == 0) {
            insert(key, hash, value);
            return true;
        }
        long old = HashBuckets.entry(mapping.getLong(place));
        if (!entries.replace(old, key, value)) {
            mapping.putLong(place, addEntry(key, hash, value));
            heap.free(old);
        }
        return false;
    }

    private void insert(byte[] key, int hash, byte[] value) throws IOException {
        long header = structure.headerForChange();
        buckets.makeRoomFor(header, structure.elements() + 1);
        long slot = addEntry(key, hash, value);
        try {
            buckets.add(buckets.bucketForHash(header, hash), slot);
        } catch (IOException e) {
            heap.free(HashBuckets.entry(slot));
            throw e;
        }
        structure.count(header, 1);
    }

    private long addEntry(byte[] key, int hash, byte[] value) throws IOException {
        long added = entries.add(key, value);
        if (added >= HashBuckets.LIMIT) {
            heap.free(added);
            throw new IOException("no room for entries of a hash map from there on: offset=" + added);
        }
        return HashBuckets.slot(added, hash);
    }

    private byte[] valueAt(long place) {
        return place == 0 ? null : entries.value(HashBuckets.entry(mapping.getLong(place)));
    }

    private void forEachEntry(long header, LongConsumer action) {
        for (int bucket = 0; bucket < buckets.count(header); bucket++) {
            buckets.forEachEntry(buckets.bucket(header, bucket), action);
        }
    }

    /** Copies one bucket after the other, so that it never holds an offset that a change could make stale. */
    private final class EntryIterator implements Iterator<Map.Entry<K, V>> {

        private final long stamp = structure.read(structure::stamp);
        private final Queue<byte[][]> copied = new ArrayDeque<>();
        private int nextBucket;

        @Override
        public boolean hasNext() {
            return structure.read(() -> {
                structure.requireStamp(stamp);
                long header = structure.header();
                int count = header == 0 ? 0 : buckets.count(header);
                while (copied.isEmpty() && nextBucket < count) {
                    buckets.forEachEntry(buckets.bucket(header, nextBucket++),
                            at -> copied.add(new byte[][] {entries.key(at), entries.value(at)}));
                }
                return !copied.isEmpty();
            });
        }

        @Override
        public Map.Entry<K, V> next() {
            if (!hasNext()) {
                throw new NoSuchElementException("no more entries: name=" + structure.name());
            }
            byte[][] bytes = copied.remove();
            return Map.entry(keys.decode(bytes[0]), values.decode(bytes[1]));
        }
    }
}
