package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * An ordered map of bytes: a B+-tree of {@link BTreeNodes}, whose root is told by 8 bytes of somebody's.
 *
 * <ul>
 *   <li>All values are in the leaves. A value too large for a node has a piece of its own, and the record
 *       tells where.
 *   <li>An inner node's record has the least key that its child may hold; the first one's key is empty.
 *       Keys that separate leaves are as short as they can be.
 *   <li>A node that is a third full or less is merged with a neighbour if both fit into one. Only a leaf
 *       whose parent has no other child may be without records, and the root.
 *   <li>What can fail comes before the first store.
 * </ul>
 *
 * <p>Changes are called under the write lock of who has the tree, loads under its read lock.
 *
 * <p>Source: D. Comer, "The Ubiquitous B-Tree", ACM Computing Surveys 1979; separators, R. Bayer, K.
 * Unterauer, "Prefix B-Trees", TODS 1977.
 */
final class BTree {

    static final int LONGEST_KEY = 1000;
    static final long ROOT_BYTES = 8;

    private static final int ELSEWHERE_BYTES = Long.BYTES + Integer.BYTES;
    private static final int UNDERFULL = BTreeNodes.CAPACITY / 3;
    private static final int MERGED_MAX = BTreeNodes.CAPACITY * 7 / 8;

    private final PersistentHeap heap;
    private final AtomicMapping mapping;
    private final BTreeNodes nodes;
    /** of the change that has the write lock: nodes that nobody uses yet */
    private long[] spares = new long[4];
    private int spareCount;

    BTree(PersistentHeap heap) {
        this.heap = heap;
        this.mapping = heap.mapping();
        this.nodes = new BTreeNodes(heap);
    }

    /** A cursor over the tree whose root is told at a place; if that is 0, over an empty one. */
    BTreeCursor cursor(long rootPlace) {
        return new BTreeCursor(nodes, rootPlace == 0 ? 0 : mapping.getLong(rootPlace));
    }

    boolean contains(long rootPlace, byte[] key) {
        BTreeCursor cursor = cursor(rootPlace);
        return cursor.hasRoot() && cursor.seek(key);
    }

    /** The value of a key, or null. */
    byte[] get(long rootPlace, byte[] key) {
        long node = mapping.getLong(rootPlace);
        if (node == 0) {
            return null;
        }
        while (nodes.level(node) > 0) {
            node = nodes.child(node, nodes.findChild(node, key));
        }
        int index = nodes.find(node, key);
        return index < 0 ? null : value(node, index);
    }

    /** A copy of a leaf's value, wherever it is. */
    private byte[] value(long leaf, int index) {
        long at = nodes.value(leaf, index);
        return nodes.isElsewhere(leaf, index)
                ? Bytes.copy(mapping, mapping.getLong(at), mapping.getInt(at + Long.BYTES))
                : Bytes.copy(mapping, at, nodes.valueBytes(leaf, index));
    }

    byte[] key(BTreeCursor cursor) {
        return nodes.key(cursor.leaf(), cursor.index());
    }

    /** A copy of the key and the value where a cursor is. */
    byte[][] entry(BTreeCursor cursor) {
        return new byte[][] {key(cursor), value(cursor.leaf(), cursor.index())};
    }

    /** Gives a key a value and says whether the key is new. */
    boolean put(long rootPlace, byte[] key, byte[] value) throws IOException {
        if (key.length > LONGEST_KEY) {
            throw new IllegalArgumentException("key too long: bytes=" + key.length + ", max=" + LONGEST_KEY);
        }
        if (mapping.getLong(rootPlace) == 0) {
            long root = heap.allocate(BTreeNodes.NODE_BYTES);
            nodes.create(root, 0);
            mapping.putLong(rootPlace, root);
        }
        BTreeCursor cursor = cursor(rootPlace);
        boolean found = cursor.seek(key);
        long leaf = cursor.leaf();
        if (found && !nodes.isElsewhere(leaf, cursor.index())
                && nodes.valueBytes(leaf, cursor.index()) == value.length) {
            nodes.replaceValue(leaf, cursor.index(), value);
            return false;
        }
        boolean elsewhere = BTreeNodes.RECORD_HEADER + key.length + value.length > BTreeNodes.LARGEST_RECORD;
        byte[] stored = elsewhere ? storeElsewhere(value) : value;
        try {
            allocateSpares(cursor, key.length, stored.length);
        } catch (IOException e) {
            if (elsewhere) {
                heap.free(ByteBuffer.wrap(stored).order(ByteOrder.LITTLE_ENDIAN).getLong());
            }
            throw e;
        }
        if (found) {
            freeElsewhere(leaf, cursor.index());
            nodes.remove(leaf, cursor.index());
        }
        insert(rootPlace, cursor, key, stored, elsewhere);
        while (spareCount > 0) {
            heap.free(takeSpare());
        }
        return !found;
    }

    /** Allocates the nodes that an insertion may need, or none: once it has begun it does not fail. */
    private void allocateSpares(BTreeCursor cursor, int keyBytes, int valueBytes) throws IOException {
        int longest = keyBytes;
        int needed = 0;
        int added = BTreeNodes.RECORD_HEADER + keyBytes + valueBytes;
        int depth = cursor.depth() - 1;
        for (; depth >= 0 && !nodes.hasRoom(cursor.node(depth), added); depth--) {
            longest = Math.max(longest, nodes.longestKey(cursor.node(depth)));
            added = BTreeNodes.RECORD_HEADER + longest + Long.BYTES;
            needed++;
        }
        needed += needed > 0 && depth < 0 ? 1 : 0; // and a new root
        spares = needed > spares.length ? new long[needed] : spares;
        try {
            for (; spareCount < needed; spareCount++) {
                spares[spareCount] = heap.allocate(BTreeNodes.NODE_BYTES);
            }
        } catch (IOException e) {
            while (spareCount > 0) {
                heap.free(takeSpare());
            }
            throw e;
        }
    }

    private long takeSpare() {
        return spares[--spareCount];
    }

    private byte[] storeElsewhere(byte[] value) throws IOException {
        long piece = heap.allocate(value.length);
        mapping.putBytes(piece, value);
        return ByteBuffer.allocate(ELSEWHERE_BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(piece)
                .putInt(value.length).array();
    }

    private void freeElsewhere(long leaf, int index) {
        if (nodes.isElsewhere(leaf, index)) {
            heap.free(mapping.getLong(nodes.value(leaf, index)));
        }
    }

    /** Inserts into the leaf where the cursor is, splitting what is full, up to the root. */
    private void insert(long rootPlace, BTreeCursor cursor, byte[] newKey, byte[] newValue,
            boolean elsewhere) {
        byte[] key = newKey;
        byte[] value = newValue;
        boolean isLast = cursor.isAtEnd();
        for (int depth = cursor.depth() - 1; depth >= 0; depth--) {
            long node = cursor.node(depth);
            int index = depth == cursor.depth() - 1 ? cursor.index(depth) : cursor.index(depth) + 1;
            boolean flag = elsewhere && depth == cursor.depth() - 1;
            if (nodes.hasRoom(node, BTreeNodes.RECORD_HEADER + key.length + value.length)) {
                nodes.insert(node, index, key, value, flag);
                return;
            }
            // Keys that only grow leave full nodes behind.
            int middle = isLast ? nodes.count(node) : nodes.middle(node);
            long right = takeSpare();
            nodes.split(node, middle, right);
            if (index < middle || index == middle && !isLast) {
                nodes.insert(node, index, key, value, flag);
            } else {
                nodes.insert(right, index - middle, key, value, flag);
            }
            key = separate(node, right);
            value = encode(right);
        }
        long left = cursor.node(0);
        long root = takeSpare();
        nodes.create(root, nodes.level(left) + 1);
        nodes.insert(root, 0, new byte[0], encode(left), false);
        nodes.insert(root, 1, key, value, false);
        mapping.putLong(rootPlace, root);
    }

    private static byte[] encode(long node) {
        return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(node).array();
    }

    /** The key that separates a node from the one at its right, which has just been split off. */
    private byte[] separate(long left, long right) {
        byte[] first = nodes.key(right, 0);
        if (nodes.level(left) > 0) {
            nodes.dropFirstKey(right);
            return first;
        }
        byte[] last = nodes.key(left, nodes.count(left) - 1);
        int length = Arrays.mismatch(last, first) + 1;
        return Arrays.copyOf(first, length);
    }

    /** Removes a key and says whether it was there. */
    boolean remove(long rootPlace, byte[] key) {
        if (mapping.getLong(rootPlace) == 0) {
            return false;
        }
        BTreeCursor cursor = cursor(rootPlace);
        if (!cursor.seek(key)) {
            return false;
        }
        freeElsewhere(cursor.leaf(), cursor.index());
        nodes.remove(cursor.leaf(), cursor.index());
        for (int depth = cursor.depth() - 1; depth > 0; depth--) {
            if (nodes.used(cursor.node(depth)) > UNDERFULL
                    || !merge(cursor.node(depth - 1), cursor.index(depth - 1))) {
                break;
            }
        }
        long root = cursor.node(0);
        while (nodes.level(root) > 0 && nodes.count(root) == 1) {
            long only = nodes.child(root, 0);
            heap.free(root);
            root = only;
            mapping.putLong(rootPlace, root);
        }
        return true;
    }

    /** Merges a child with its right or left neighbour, if they fit together. */
    private boolean merge(long parent, int child) {
        return mergePair(parent, child) || mergePair(parent, child - 1);
    }

    private boolean mergePair(long parent, int left) {
        if (left < 0 || left + 1 >= nodes.count(parent)) {
            return false;
        }
        long leftNode = nodes.child(parent, left);
        long rightNode = nodes.child(parent, left + 1);
        int together = nodes.usedTogether(leftNode, rightNode, nodes.keyBytes(parent, left + 1));
        boolean oneIsEmpty = nodes.count(leftNode) == 0 || nodes.count(rightNode) == 0;
        if (together > (oneIsEmpty ? BTreeNodes.CAPACITY : MERGED_MAX)) {
            return false;
        }
        nodes.merge(leftNode, rightNode, nodes.key(parent, left + 1));
        nodes.remove(parent, left + 1);
        return true;
    }

    /** Gives back all nodes and values. */
    void clear(long rootPlace) {
        forEachPiece(rootPlace, heap::free);
        mapping.putLong(rootPlace, 0);
    }

    void forEachPiece(long rootPlace, LongConsumer action) {
        long root = mapping.getLong(rootPlace);
        if (root != 0) {
            forEachPieceBelow(root, action);
        }
    }

    private void forEachPieceBelow(long node, LongConsumer action) {
        int count = nodes.count(node);
        boolean isLeaf = nodes.level(node) == 0;
        for (int i = 0; i < count; i++) {
            if (!isLeaf) {
                forEachPieceBelow(nodes.child(node, i), action);
            } else if (nodes.isElsewhere(node, i)) {
                action.accept(mapping.getLong(nodes.value(node, i)));
            }
        }
        action.accept(node);
    }
}
