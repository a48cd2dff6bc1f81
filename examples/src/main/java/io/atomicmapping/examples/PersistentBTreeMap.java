package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.util.Iterator;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * An ordered map that lives in a {@link PersistentHeap}. Its keys are in the order of their bytes, compared
 * as unsigned, the shorter first; the codecs for numbers and text keep their order. Neither keys nor values
 * are null.
 *
 * <p><b>What survives.</b> The map stores into the mapping and nowhere else: {@link AtomicMapping#sync()}
 * commits every change since the last one, {@link AtomicMapping#rollback()} undoes them, after a crash the
 * map is as of one commit. No sync cuts a change in two. A change that fails, as on a full disk, leaves the
 * entries as before.
 *
 * <p><b>Threads.</b> Any number, virtual ones too, if they share the heap object. A change is alone, reads
 * run beside each other; what one thread put the others see at once, committed or not. Changes that belong
 * together go into one {@link AtomicMapping#update}, which no sync cuts, but others see them one by one.
 *
 * <p><b>Cost.</b> Every operation goes down the nodes, of a page each: four of them for some millions of
 * entries. A put stores the entry, some 2-byte slots and the first line of one node; a value of the old one's
 * size is stored in its place. One in many splits a node in two. Keys that only grow fill nodes to the brim,
 * others to two thirds. Nodes that get empty are merged and used again.
 *
 * @param <K> keys, of up to {@value #LONGEST_KEY} bytes
 * @param <V> values; one that has more than some 1,000 bytes together with its key gets a piece of its own
 */
public final class PersistentBTreeMap<K, V> implements Iterable<Map.Entry<K, V>>, PieceOwner {

    /** The longest key, in bytes. */
    public static final int LONGEST_KEY = BTree.LONGEST_KEY;

    static final long ROOT = Structure.OWN;

    private final Structure structure;
    private final BTree tree;
    private final Codec<K> keys;
    private final Codec<V> values;
    private final BTreeRange<K, V> entries;

    private PersistentBTreeMap(PersistentHeap heap, String name, Codec<K> keys, Codec<V> values) {
        this.structure = new Structure(heap, name, "TREEMAP", 1, ROOT + BTree.ROOT_BYTES);
        this.tree = new BTree(heap);
        this.keys = keys;
        this.values = values;
        this.entries = new BTreeRange<>(structure, tree, keys, values);
    }

    /**
     * The map that a root of a heap names. Where there is no such root the map is empty, and its first entry
     * makes one.
     *
     * @param heap the heap
     * @param name the root's name
     * @param keys how keys become bytes, the same each time; their order is the map's
     * @param values how values do
     * @param <K> keys
     * @param <V> values
     * @return the map
     * @throws IllegalArgumentException if the name stands for something else than such a map of this version
     */
    public static <K, V> PersistentBTreeMap<K, V> open(PersistentHeap heap, String name, Codec<K> keys,
            Codec<V> values) {
        return new PersistentBTreeMap<>(heap, name, keys, values);
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
     * A key's value.
     *
     * @param key the key
     * @return its value, or null if it has none
     */
    public V get(K key) {
        byte[] bytes = keys.encode(key);
        byte[] value = structure.read(() -> {
            long header = structure.header();
            return header == 0 ? null : tree.get(header + ROOT, bytes);
        });
        return value == null ? null : values.decode(value);
    }

    /**
     * Whether a key has a value.
     *
     * @param key the key
     * @return whether it has
     */
    public boolean containsKey(K key) {
        byte[] bytes = keys.encode(key);
        return structure.read(() -> {
            long header = structure.header();
            return header != 0 && tree.contains(header + ROOT, bytes);
        });
    }

    /**
     * Gives a key a value, in place of the one it may have.
     *
     * @param key the key
     * @param value the value
     * @return whether the key is new
     * @throws IOException if there is no room; the entries are as before
     * @throws IllegalArgumentException if the key has more than {@value #LONGEST_KEY} bytes
     */
    public boolean put(K key, V value) throws IOException {
        byte[] keyBytes = keys.encode(key);
        byte[] valueBytes = values.encode(value);
        return structure.write(() -> {
            long header = structure.headerForChange();
            boolean added = tree.put(header + ROOT, keyBytes, valueBytes);
            if (added) {
                structure.count(header, 1);
            }
            return added;
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
        return structure.write(() -> remove(bytes));
    }

    private boolean remove(byte[] key) {
        long header = structure.header();
        boolean removed = header != 0 && tree.remove(header + ROOT, key);
        if (removed) {
            structure.count(header, -1);
        }
        return removed;
    }

    /** Removes all entries, and gives back their space. Costs by the number of nodes. */
    public void clear() {
        structure.write(() -> {
            long header = structure.header();
            if (header != 0) {
                tree.clear(header + ROOT);
                structure.count(header, -structure.elements());
            }
            return null;
        });
    }

    /**
     * The entry with the least key.
     *
     * @return a copy, or null if the map is empty
     */
    public Map.Entry<K, V> firstEntry() {
        return entries.firstEntry();
    }

    /**
     * The entry with the greatest key.
     *
     * @return a copy, or null if the map is empty
     */
    public Map.Entry<K, V> lastEntry() {
        return entries.lastEntry();
    }

    /**
     * The entry with the least key that is not less than a key.
     *
     * @param key the key
     * @return a copy, or null if there is none
     */
    public Map.Entry<K, V> ceilingEntry(K key) {
        return entries.tailMap(key, true).firstEntry();
    }

    /**
     * The entry with the least key that is greater than a key.
     *
     * @param key the key
     * @return a copy, or null if there is none
     */
    public Map.Entry<K, V> higherEntry(K key) {
        return entries.tailMap(key, false).firstEntry();
    }

    /**
     * The entry with the greatest key that is not greater than a key.
     *
     * @param key the key
     * @return a copy, or null if there is none
     */
    public Map.Entry<K, V> floorEntry(K key) {
        return entries.headMap(key, true).lastEntry();
    }

    /**
     * The entry with the greatest key that is less than a key.
     *
     * @param key the key
     * @return a copy, or null if there is none
     */
    public Map.Entry<K, V> lowerEntry(K key) {
        return entries.headMap(key, false).lastEntry();
    }

    /**
     * Removes the entry with the least key; nobody else gets it.
     *
     * @return it, or null if the map is empty
     */
    public Map.Entry<K, V> pollFirstEntry() {
        return poll(entries);
    }

    /**
     * Removes the entry with the greatest key; nobody else gets it.
     *
     * @return it, or null if the map is empty
     */
    public Map.Entry<K, V> pollLastEntry() {
        return poll(entries.descendingMap());
    }

    private Map.Entry<K, V> poll(BTreeRange<K, V> range) {
        return range.decode(structure.write(() -> {
            byte[][] first = range.first();
            if (first != null) {
                remove(first[0]);
            }
            return first;
        }));
    }

    /**
     * All entries, a view that ranges can be taken of, in both directions: {@code map.entries().subMap("a",
     * true, "b", false).descendingMap()}.
     *
     * @return the view, in ascending order
     */
    public BTreeRange<K, V> entries() {
        return entries;
    }

    /**
     * All entries in ascending order. The iterator throws {@link java.util.ConcurrentModificationException}
     * when a key was added or removed since it was made, or that was rolled back. It removes nothing itself.
     *
     * @return an iterator over copies of the entries
     */
    @Override
    public Iterator<Map.Entry<K, V>> iterator() {
        return entries.iterator();
    }

    @Override
    public void forEachPiece(LongConsumer action) {
        structure.forEachPiece(action, header -> tree.forEachPiece(header + ROOT, action));
    }
}
