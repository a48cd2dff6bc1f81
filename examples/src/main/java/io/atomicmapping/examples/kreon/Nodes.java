package io.atomicmapping.examples.kreon;

import static io.atomicmapping.examples.kreon.StoreFormat.BYTE;
import static io.atomicmapping.examples.kreon.StoreFormat.CHILD_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.COUNT_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.FIRST_CHILD_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.INNER_ENTRY_BYTES;
import static io.atomicmapping.examples.kreon.StoreFormat.INT;
import static io.atomicmapping.examples.kreon.StoreFormat.LEAF_ENTRY_BYTES;
import static io.atomicmapping.examples.kreon.StoreFormat.LEVEL_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.LONG;
import static io.atomicmapping.examples.kreon.StoreFormat.NODE_HEADER_BYTES;
import static io.atomicmapping.examples.kreon.StoreFormat.NODE_VERSION_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.POINTER_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.PREFIX_BYTES;
import static io.atomicmapping.examples.kreon.StoreFormat.SHORT;

import java.lang.foreign.MemorySegment;

/**
 * Loads from a node, at an offset of the mapping or in a copy on the heap. A child's index is that of the
 * pivot to its left plus one: child 0 has the keys below the first pivot.
 */
final class Nodes {

    private Nodes() {
    }

    static long version(MemorySegment data, long node) {
        return data.get(LONG, node + NODE_VERSION_OFFSET);
    }

    static int count(MemorySegment data, long node) {
        return data.get(SHORT, node + COUNT_OFFSET);
    }

    static int level(MemorySegment data, long node) {
        return data.get(BYTE, node + LEVEL_OFFSET);
    }

    static int entryBytes(int level) {
        return level == 0 ? LEAF_ENTRY_BYTES : INNER_ENTRY_BYTES;
    }

    static long entry(long node, int level, int index) {
        return node + NODE_HEADER_BYTES + (long) index * entryBytes(level);
    }

    static long pointer(MemorySegment data, long node, int level, int index) {
        return data.get(LONG, entry(node, level, index) + POINTER_OFFSET);
    }

    static int child(MemorySegment data, long node, int index) {
        return index == 0 ? data.get(INT, node + FIRST_CHILD_OFFSET)
                : data.get(INT, entry(node, 1, index - 1) + CHILD_OFFSET);
    }

    /** Whether a pivot is no longer than a prefix: what would be its record's offset is its length. */
    static boolean isInline(long pointer) {
        return pointer <= PREFIX_BYTES;
    }

    /** The index of the child that has a key: how many pivots are not above it. */
    static int childIndex(MemorySegment data, long node, Key key) {
        int low = 0;
        int high = count(data, node);
        while (low < high) {
            int middle = low + high >>> 1;
            if (key.compareTo(data, data, entry(node, 1, middle)) >= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /**
     * The index of a key in a leaf, or if it is not there that where it would be, less {@code -1 - index}.
     */
    static int find(MemorySegment data, long leaf, Key key) {
        int low = 0;
        int high = count(data, leaf) - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            int order = key.compareTo(data, data, entry(leaf, 0, middle));
            if (order == 0) {
                return middle;
            }
            if (order > 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1 - low;
    }

    /** The record of a key in the tree below a node, or 0. */
    static long record(MemorySegment data, int nodeBytes, int root, Key key) {
        if (root == StoreFormat.NO_NODE) {
            return 0;
        }
        long node = (long) root * nodeBytes;
        while (level(data, node) > 0) {
            node = (long) child(data, node, childIndex(data, node, key)) * nodeBytes;
        }
        int index = find(data, node, key);
        return index < 0 ? 0 : pointer(data, node, 0, index);
    }
}
