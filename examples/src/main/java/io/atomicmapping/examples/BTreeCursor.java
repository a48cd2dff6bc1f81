package io.atomicmapping.examples;

import java.util.Arrays;

/**
 * A place in a {@link BTree}: before a record of a leaf, or after the last one. Good until the tree changes,
 * and in the section and under the lock in which it was made.
 */
final class BTreeCursor {

    private static final int USUAL_DEPTH = 6;

    private final BTreeNodes nodes;
    private final long root;
    private long[] path = new long[USUAL_DEPTH];
    private int[] indexes = new int[USUAL_DEPTH];
    private int depth;

    BTreeCursor(BTreeNodes nodes, long root) {
        this.nodes = nodes;
        this.root = root;
    }

    private void enter(long node, int index) {
        if (depth == path.length) {
            path = Arrays.copyOf(path, 2 * depth);
            indexes = Arrays.copyOf(indexes, 2 * depth);
        }
        path[depth] = node;
        indexes[depth++] = index;
    }

    boolean hasRoot() {
        return root != 0;
    }

    /** Goes to a key, or to where it would be, and says whether it is there. There must be a root. */
    boolean seek(byte[] key) {
        depth = 0;
        long node = root;
        while (nodes.level(node) > 0) {
            int child = nodes.findChild(node, key);
            enter(node, child);
            node = nodes.child(node, child);
        }
        int index = nodes.find(node, key);
        enter(node, index >= 0 ? index : -1 - index);
        return index >= 0;
    }

    /** Goes to the first record at or after a key, or after it; null is before all. Whether there is one. */
    boolean seekFirst(byte[] key, boolean inclusive) {
        if (root == 0) {
            return false;
        }
        boolean found = seek(key == null ? new byte[0] : key);
        if (found && !inclusive && key != null) {
            indexes[depth - 1]++;
        }
        return skipEnds();
    }

    /** Goes to the last record at or before a key, or before it; null is after all. Whether there is one. */
    boolean seekLast(byte[] key, boolean inclusive) {
        if (root == 0) {
            return false;
        }
        if (key == null) {
            depth = 0;
            enterLast(root);
        } else if (seek(key) && inclusive) {
            return true;
        }
        return previous();
    }

    /** Goes to the next record, if there is one. */
    boolean next() {
        indexes[depth - 1]++;
        return skipEnds();
    }

    /** From the end of a leaf to the first record of the next one that has any. */
    private boolean skipEnds() {
        while (indexes[depth - 1] >= nodes.count(path[depth - 1])) {
            int up = depth - 2;
            while (up >= 0 && indexes[up] + 1 >= nodes.count(path[up])) {
                up--;
            }
            if (up < 0) {
                return false;
            }
            depth = up + 1;
            long node = nodes.child(path[up], ++indexes[up]);
            while (nodes.level(node) > 0) {
                enter(node, 0);
                node = nodes.child(node, 0);
            }
            enter(node, 0);
        }
        return true;
    }

    /** Goes to the record before, if there is one. */
    boolean previous() {
        while (indexes[depth - 1] == 0) {
            int up = depth - 2;
            while (up >= 0 && indexes[up] == 0) {
                up--;
            }
            if (up < 0) {
                return false;
            }
            depth = up + 1;
            enterLast(nodes.child(path[up], --indexes[up]));
        }
        indexes[depth - 1]--;
        return true;
    }

    /** Goes down to the end of the last leaf below a node. */
    private void enterLast(long top) {
        long node = top;
        while (nodes.level(node) > 0) {
            int last = nodes.count(node) - 1;
            enter(node, last);
            node = nodes.child(node, last);
        }
        enter(node, nodes.count(node));
    }

    /** Whether there is nothing after it in the tree. */
    boolean isAtEnd() {
        for (int i = 0; i < depth; i++) {
            if (indexes[i] < nodes.count(path[i]) - (i == depth - 1 ? 0 : 1)) {
                return false;
            }
        }
        return true;
    }

    int depth() {
        return depth;
    }

    long node(int at) {
        return path[at];
    }

    int index(int at) {
        return indexes[at];
    }

    long leaf() {
        return path[depth - 1];
    }

    int index() {
        return indexes[depth - 1];
    }
}
