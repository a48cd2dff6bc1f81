package io.atomicmapping.examples.kreon;

import java.lang.foreign.MemorySegment;

/** A place in a version of the index: at an entry, or at none, once it has gone past either end. */
final class Cursor {

    private final MemorySegment data;
    private final int nodeBytes;
    private final int root;
    private final long[] nodes = new long[StoreFormat.DEPTH_MAX];
    private final int[] indexes = new int[StoreFormat.DEPTH_MAX];
    private int depth = -1;

    Cursor(Version version, int nodeBytes) {
        this.data = version.data();
        this.root = version.root();
        this.nodeBytes = nodeBytes;
    }

    /** Goes to the first entry whose key is not below one, or to the first of all for null. */
    void seekFirst(Key key) {
        seek(key, true);
        if (depth >= 0 && indexes[depth] == Nodes.count(data, nodes[depth])) {
            forward();
        }
    }

    /** Goes to the last entry whose key is not above one, or to the last of all for null. */
    void seekLast(Key key) {
        seek(key, false);
        if (depth >= 0 && indexes[depth] < 0) {
            back();
        }
    }

    private void seek(Key key, boolean first) {
        depth = -1;
        for (int number = root; number != StoreFormat.NO_NODE;) {
            long node = (long) number * nodeBytes;
            nodes[++depth] = node;
            int count = Nodes.count(data, node);
            if (Nodes.level(data, node) == 0) {
                int found = key != null ? Nodes.find(data, node, key) : first ? 0 : count - 1;
                indexes[depth] = found >= 0 ? found : first ? -1 - found : -2 - found;
                return;
            }
            indexes[depth] = key != null ? Nodes.childIndex(data, node, key) : first ? 0 : count;
            number = Nodes.child(data, node, indexes[depth]);
        }
    }

    /** The offset of the entry's record, or 0 past an end. */
    long record() {
        return depth < 0 ? 0 : Nodes.pointer(data, nodes[depth], 0, indexes[depth]);
    }

    /** To the next higher key. */
    void forward() {
        if (++indexes[depth] < Nodes.count(data, nodes[depth])) {
            return;
        }
        while (--depth >= 0 && indexes[depth] == Nodes.count(data, nodes[depth])) {
            continue;
        }
        if (depth >= 0) {
            indexes[depth]++;
            down(true);
        }
    }

    /** To the next lower key. */
    void back() {
        if (--indexes[depth] >= 0) {
            return;
        }
        while (--depth >= 0 && indexes[depth] == 0) {
            continue;
        }
        if (depth >= 0) {
            indexes[depth]--;
            down(false);
        }
    }

    private void down(boolean first) {
        while (Nodes.level(data, nodes[depth]) > 0) {
            long node = (long) Nodes.child(data, nodes[depth], indexes[depth]) * nodeBytes;
            nodes[++depth] = node;
            int count = Nodes.count(data, node);
            int last = Nodes.level(data, node) > 0 ? count : count - 1;
            indexes[depth] = first ? 0 : last;
        }
    }
}
