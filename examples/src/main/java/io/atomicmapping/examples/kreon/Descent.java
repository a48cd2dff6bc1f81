package io.atomicmapping.examples.kreon;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * The nodes from the root to a leaf, of the version in the making, and how changes to them get to the
 * mapping: a node that an older version has too is stored in another place, once for each version (copy on
 * write, as in LMDB, H. Chu 2011, and Kreon's spills).
 *
 * <p>Copies are made of those nodes only that are changed.
 */
final class Descent {

    private final Segments segments;
    private final Geometry geometry;
    private final NodeSpace nodes;
    private final long version;
    private final int[] numbers = new int[StoreFormat.DEPTH_MAX];
    private final int[] indexes = new int[StoreFormat.DEPTH_MAX];
    private final boolean[] loaded = new boolean[StoreFormat.DEPTH_MAX];
    private final Node[] copies = new Node[StoreFormat.DEPTH_MAX];
    private int depth;
    private boolean atEnd;

    Descent(Segments segments, NodeSpace nodes, long version) {
        this.segments = segments;
        this.geometry = segments.geometry;
        this.nodes = nodes;
        this.version = version;
    }

    /** Goes to the leaf where a key is, or would be; returns whether it is there. */
    boolean descend(int root, Key key) {
        MemorySegment data = segments.data();
        int number = root;
        atEnd = true;
        for (int i = 0;; i++) {
            long node = geometry.nodeOffset(number);
            numbers[i] = number;
            loaded[i] = false;
            if (Nodes.level(data, node) == 0) {
                depth = i;
                int found = Nodes.find(data, node, key);
                indexes[i] = found < 0 ? -1 - found : found;
                atEnd &= indexes[i] == Nodes.count(data, node);
                return found >= 0;
            }
            indexes[i] = Nodes.childIndex(data, node, key);
            atEnd &= indexes[i] == Nodes.count(data, node);
            number = Nodes.child(data, node, indexes[i]);
        }
    }

    /** The index of the leaf, where the root has 0. */
    int depth() {
        return depth;
    }

    /** Whether the key is above all that are there. */
    boolean isAtEnd() {
        return atEnd;
    }

    /** Of the next child, in the leaf that of the key. */
    int index(int i) {
        return indexes[i];
    }

    long pointer(int i, int index) {
        return Nodes.pointer(segments.data(), geometry.nodeOffset(numbers[i]), i == depth ? 0 : 1, index);
    }

    /** A copy of a node, to be changed. */
    Node node(int i) {
        if (copies[i] == null) {
            copies[i] = new Node(geometry.nodeBytes());
        }
        if (!loaded[i]) {
            copies[i].load(segments.data(), numbers[i], geometry);
            loaded[i] = true;
        }
        return copies[i];
    }

    /** Stores a changed node, in a place of its own if an older version has it; its number may change. */
    void store(Node node) throws IOException {
        if (node.version() != version) {
            nodes.free(node.number);
            node.number = nodes.allocate();
            node.setVersion(version);
        }
        segments.mapping.putBytes(geometry.nodeOffset(node.number), node.bytes, 0, node.usedBytes());
    }

    /**
     * Stores a changed node of the path, and those above it as far as they change by that.
     *
     * @return the root
     */
    int storeUpwards(int from) throws IOException {
        for (int i = from;; i--) {
            Node node = node(i);
            store(node);
            if (i == 0) {
                return node.number;
            }
            if (node.number == numbers[i]) {
                return numbers[0];
            }
            node(i - 1).setChild(indexes[i - 1], node.number);
        }
    }
}
