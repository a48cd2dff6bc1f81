package io.atomicmapping.examples;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Queue;

/**
 * A view of the entries of a {@link PersistentBTreeMap} whose keys lie between bounds, in ascending or
 * descending order. It holds nothing itself: changes of the map show. For any number of threads.
 *
 * @param <K> keys
 * @param <V> values
 */
public final class BTreeRange<K, V> implements Iterable<Map.Entry<K, V>> {

    /** Keys as bytes; null is no bound. */
    record Bounds(byte[] from, boolean fromInclusive, byte[] to, boolean toInclusive) {

        static final Bounds NONE = new Bounds(null, true, null, true);

        Bounds {
            if (from != null && to != null && Arrays.compareUnsigned(from, to) > 0) {
                throw new IllegalArgumentException("range ends before it begins: from="
                        + Arrays.toString(from) + ", to=" + Arrays.toString(to));
            }
        }

        boolean isBefore(byte[] key) {
            int order = to == null ? 1 : Arrays.compareUnsigned(to, key);
            return order < 0 || order == 0 && !toInclusive;
        }

        boolean isAfter(byte[] key) {
            int order = from == null ? -1 : Arrays.compareUnsigned(from, key);
            return order > 0 || order == 0 && !fromInclusive;
        }

        boolean contains(byte[] key) {
            return !isBefore(key) && !isAfter(key);
        }
    }

    private final Structure structure;
    private final BTree tree;
    private final Codec<K> keys;
    private final Codec<V> values;
    private final Bounds bounds;
    private final boolean descending;

    BTreeRange(Structure structure, BTree tree, Codec<K> keys, Codec<V> values) {
        this(structure, tree, keys, values, Bounds.NONE, false);
    }

    private BTreeRange(Structure structure, BTree tree, Codec<K> keys, Codec<V> values, Bounds bounds,
            boolean descending) {
        this.structure = structure;
        this.tree = tree;
        this.keys = keys;
        this.values = values;
        this.bounds = bounds;
        this.descending = descending;
    }

    /**
     * The part of this between two keys.
     *
     * @param from where it begins, in the order of this
     * @param fromInclusive whether that key's own entry is in
     * @param to where it ends, in the order of this
     * @param toInclusive whether that key's own entry is in
     * @return the view; where this ends earlier, so does that
     * @throws IllegalArgumentException if it ends before it begins
     */
    public BTreeRange<K, V> subMap(K from, boolean fromInclusive, K to, boolean toInclusive) {
        return tailMap(from, fromInclusive).headMap(to, toInclusive);
    }

    /**
     * The part of this from a key on.
     *
     * @param from where it begins, in the order of this
     * @param inclusive whether the key's own entry is in
     * @return the view; where this begins later, so does that
     * @throws IllegalArgumentException if it ends before it begins
     */
    public BTreeRange<K, V> tailMap(K from, boolean inclusive) {
        return descending ? withMax(keys.encode(from), inclusive) : withMin(keys.encode(from), inclusive);
    }

    /**
     * The part of this up to a key.
     *
     * @param to where it ends, in the order of this
     * @param inclusive whether the key's own entry is in
     * @return the view; where this ends earlier, so does that
     * @throws IllegalArgumentException if it ends before it begins
     */
    public BTreeRange<K, V> headMap(K to, boolean inclusive) {
        return descending ? withMin(keys.encode(to), inclusive) : withMax(keys.encode(to), inclusive);
    }

    private BTreeRange<K, V> withMin(byte[] key, boolean inclusive) {
        return bounds.isAfter(key) ? this : with(new Bounds(key, inclusive, bounds.to, bounds.toInclusive));
    }

    private BTreeRange<K, V> withMax(byte[] key, boolean inclusive) {
        return bounds.isBefore(key) ? this
                : with(new Bounds(bounds.from, bounds.fromInclusive, key, inclusive));
    }

    private BTreeRange<K, V> with(Bounds narrower) {
        return new BTreeRange<>(structure, tree, keys, values, narrower, descending);
    }

    /**
     * The same entries the other way round.
     *
     * @return the view
     */
    public BTreeRange<K, V> descendingMap() {
        return new BTreeRange<>(structure, tree, keys, values, bounds, !descending);
    }

    /**
     * The entry that comes first.
     *
     * @return a copy, or null if there is none
     */
    public Map.Entry<K, V> firstEntry() {
        return decode(structure.read(this::first));
    }

    /**
     * The entry that comes last.
     *
     * @return a copy, or null if there is none
     */
    public Map.Entry<K, V> lastEntry() {
        return descendingMap().firstEntry();
    }

    /** The entry that comes first, as bytes, or null. Inside a read or a write. */
    byte[][] first() {
        BTreeCursor cursor = cursor();
        if (!seekFirst(cursor, bounds)) {
            return null;
        }
        byte[][] entry = tree.entry(cursor);
        return bounds.contains(entry[0]) ? entry : null;
    }

    Map.Entry<K, V> decode(byte[][] entry) {
        return entry == null ? null : Map.entry(keys.decode(entry[0]), values.decode(entry[1]));
    }

    private BTreeCursor cursor() {
        long header = structure.header();
        return tree.cursor(header == 0 ? 0 : header + PersistentBTreeMap.ROOT);
    }

    private boolean seekFirst(BTreeCursor cursor, Bounds within) {
        return descending ? cursor.seekLast(within.to, within.toInclusive)
                : cursor.seekFirst(within.from, within.fromInclusive);
    }

    private boolean seekNext(BTreeCursor cursor) {
        return descending ? cursor.previous() : cursor.next();
    }

    /**
     * Whether there are none.
     *
     * @return whether
     */
    public boolean isEmpty() {
        return structure.read(this::first) == null;
    }

    /**
     * The number of entries. Counts them: costs by their number.
     *
     * @return it
     */
    public long size() {
        return structure.read(() -> {
            BTreeCursor cursor = cursor();
            long count = 0;
            boolean more = seekFirst(cursor, bounds);
            for (; more && bounds.contains(tree.key(cursor)); more = seekNext(cursor)) {
                count++;
            }
            return count;
        });
    }

    /**
     * The entries. The iterator throws {@link java.util.ConcurrentModificationException} when a key was added
     * to the map or removed since it was made, or that was rolled back. It removes nothing itself.
     *
     * @return an iterator over copies of the entries
     */
    @Override
    public Iterator<Map.Entry<K, V>> iterator() {
        return new RangeIterator();
    }

    /**
     * Copies some entries at a time and goes on by key: it holds no offset that a change could make stale.
     */
    private final class RangeIterator implements Iterator<Map.Entry<K, V>> {

        private static final int COPIED_ENTRIES = 64;
        private static final int COPIED_BYTES = 16 << 10;

        private final Queue<byte[][]> copied = new ArrayDeque<>();
        private final long stamp;
        private Bounds rest = bounds;
        private boolean more = true;

        RangeIterator() {
            stamp = structure.read(structure::stamp);
        }

        @Override
        public boolean hasNext() {
            return structure.read(() -> {
                structure.requireStamp(stamp);
                if (copied.isEmpty() && more) {
                    copy();
                }
                return !copied.isEmpty();
            });
        }

        private void copy() {
            BTreeCursor cursor = cursor();
            more = seekFirst(cursor, rest);
            byte[] last = null;
            int bytes = 0;
            while (more && copied.size() < COPIED_ENTRIES && bytes < COPIED_BYTES) {
                byte[][] entry = tree.entry(cursor);
                more = bounds.contains(entry[0]);
                if (more) {
                    copied.add(entry);
                    last = entry[0];
                    bytes += entry[0].length + entry[1].length;
                    more = seekNext(cursor);
                }
            }
            if (last != null) {
                rest = descending ? new Bounds(null, true, last, false) : new Bounds(last, false, null, true);
            }
        }

        @Override
        public Map.Entry<K, V> next() {
            if (!hasNext()) {
                throw new NoSuchElementException("no more entries: name=" + structure.name());
            }
            return decode(copied.remove());
        }
    }
}
