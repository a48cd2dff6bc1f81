package io.atomicmapping.examples.kreon;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The index of the version in the making: a B+-tree whose entries are prefixes of keys and offsets into the
 * log.
 *
 * <ul>
 *   <li>A pivot is the shortest key that is above what is left of it and not above what is right (R. Bayer,
 *       K. Unterauer, "Prefix B-trees", TODS 1977), so that most fit into the prefix. One that does not has a
 *       record of its own in the log: each record has one owner.
 *   <li>A leaf is never empty, an inner node has at least two children. A node with a quarter of its capacity
 *       or less is joined with one beside it where the two leave a quarter free.
 *   <li>Keys in ascending order fill the nodes.
 * </ul>
 *
 * <p>When a method throws, the version is broken, and must be taken back.
 */
final class Tree {

    private static final int QUARTER = 4;

    private final Segments segments;
    private final Geometry geometry;
    private final NodeSpace nodes;
    private final ValueLog log;
    private final Descent path;
    private final long version;
    private final Joiner joiner;
    private final Node right;
    private final Node top;
    private int root;
    private long entries;

    Tree(Segments segments, NodeSpace nodes, ValueLog log, Version last) {
        this.segments = segments;
        this.geometry = segments.geometry;
        this.nodes = nodes;
        this.log = log;
        this.version = last.number() + 1;
        this.path = new Descent(segments, nodes, version);
        this.joiner = new Joiner(segments, nodes, log, path);
        this.right = new Node(geometry.nodeBytes());
        this.top = new Node(geometry.nodeBytes());
        this.root = last.root();
        this.entries = last.entries();
    }

    int root() {
        return root;
    }

    long entries() {
        return entries;
    }

    /** Gives a key a value, in place of the one it may have. */
    void put(Key key, byte[] value) throws IOException {
        long record = log.append(key.bytes, value);
        if (root == StoreFormat.NO_NODE) {
            right.clear(nodes.allocate(), version, 0);
            right.insert(0, key, record);
            path.store(right);
            root = right.number;
            entries++;
            return;
        }
        boolean found = path.descend(root, key);
        Node leaf = path.node(path.depth());
        int index = path.index(path.depth());
        if (found) {
            long old = leaf.pointer(index);
            leaf.setPointer(index, record);
            root = path.storeUpwards(path.depth());
            log.kill(old);
            return;
        }
        leaf.insert(index, key, record);
        entries++;
        storeSplitting();
    }

    /** Stores the leaf of the path, and splits nodes from there upwards while they are too full. */
    private void storeSplitting() throws IOException {
        int i = path.depth();
        while (path.node(i).count() > geometry.capacity(path.node(i).level())) {
            Node left = path.node(i);
            Node parent = i > 0 ? path.node(i - 1) : top;
            if (i == 0) {
                top.clear(nodes.allocate(), version, left.level() + 1);
            }
            int at = i > 0 ? path.index(i - 1) : 0;
            split(left, parent, at);
            path.store(left);
            path.store(right);
            parent.setChild(at, left.number);
            parent.setChild(at + 1, right.number);
            if (i == 0) {
                path.store(top);
                root = top.number;
                return;
            }
            i--;
        }
        root = path.storeUpwards(i);
    }

    /** Moves the upper half of a node to another, and a pivot to the parent. */
    private void split(Node left, Node parent, int at) throws IOException {
        int level = left.level();
        int count = left.count();
        right.clear(nodes.allocate(), version, level);
        if (level == 0) {
            int middle = path.isAtEnd() ? count - 1 : count / 2;
            right.append(left, middle, count);
            left.setCount(middle);
            byte[] pivot = separator(left.pointer(middle - 1), right.pointer(0));
            long pointer = Nodes.isInline(pivot.length) ? pivot.length : log.appendPivot(pivot);
            parent.insert(at, new Key(pivot), pointer);
        } else {
            int middle = path.isAtEnd() ? count - 2 : count / 2;
            right.setChild(0, left.child(middle + 1));
            right.append(left, middle + 1, count);
            parent.insertPivot(at, left, middle, right.number);
            left.setCount(middle);
        }
    }

    /** The shortest key that is above one record's and not above that of the next. */
    private byte[] separator(long below, long above) {
        MemorySegment data = segments.data();
        byte[] upper = StoreFormat.key(data, above);
        byte[] lower = StoreFormat.key(data, below);
        return Arrays.copyOf(upper, Arrays.mismatch(lower, upper) + 1);
    }

    /** Removes a key; returns whether it was there. */
    boolean remove(Key key) throws IOException {
        if (root == StoreFormat.NO_NODE || !path.descend(root, key)) {
            return false;
        }
        int i = path.depth();
        Node leaf = path.node(i);
        log.kill(leaf.pointer(path.index(i)));
        leaf.remove(path.index(i));
        entries--;
        while (i > 0 && path.node(i).count() <= geometry.capacity(path.node(i).level()) / QUARTER
                && joiner.join(i)) {
            i--;
        }
        Node node = path.node(i);
        if (i == 0 && node.count() == 0) {
            root = node.level() == 0 ? StoreFormat.NO_NODE : node.child(0);
            nodes.free(node.number);
        } else {
            root = path.storeUpwards(i);
        }
        return true;
    }

    /** Moves a record to the head of the log if something owns it; returns whether. */
    boolean relocate(long record) throws IOException {
        if (root == StoreFormat.NO_NODE) {
            return false;
        }
        boolean pivot = StoreFormat.isPivot(segments.data(), record);
        boolean found = path.descend(root, new Key(StoreFormat.key(segments.data(), record)));
        int i = path.depth();
        int index = path.index(i);
        if (pivot) {
            do {
                i--;
                index = i < 0 ? -1 : path.index(i) - 1;
            } while (i >= 0 && (index < 0 || path.pointer(i, index) != record));
        }
        if (i < 0 || !pivot && (!found || path.pointer(i, index) != record)) {
            return false;
        }
        long copy = log.appendCopy(record);
        path.node(i).setPointer(index, copy);
        root = path.storeUpwards(i);
        log.kill(record);
        return true;
    }
}
