package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;

/** Walks a tree and asserts what {@link BTree} and {@link BTreeNodes} say of it. */
final class BTreeCheck {

    private final BTreeNodes nodes;
    private long records;
    private long used;
    private long leaves;

    private BTreeCheck(PersistentHeap heap) {
        this.nodes = new BTreeNodes(heap);
    }

    /** The average part of a leaf that is in use, in percent. */
    static long of(PersistentHeap heap, String name, long size) {
        BTreeCheck check = new BTreeCheck(heap);
        long header = heap.root(name);
        long root = header == 0 ? 0 : heap.mapping().getLong(header + PersistentBTreeMap.ROOT);
        if (root != 0) {
            check.walk(root, new byte[0], null, true);
        }
        assertEquals(size, check.records);
        return check.leaves == 0 ? 0 : 100 * check.used / (check.leaves * BTreeNodes.CAPACITY);
    }

    private void walk(long node, byte[] from, byte[] to, boolean isRoot) {
        int level = nodes.level(node);
        int count = nodes.count(node);
        int bytes = 0;
        byte[] previous = null;
        for (int i = 0; i < count; i++) {
            byte[] key = nodes.key(node, i);
            bytes += BTreeNodes.SLOT + BTreeNodes.RECORD_HEADER + key.length + nodes.valueBytes(node, i);
            assertTrue(previous == null || Arrays.compareUnsigned(previous, key) < 0, "order of keys");
            assertTrue(level > 0 && i == 0 || Arrays.compareUnsigned(key, from) >= 0,
                    "key below its parent's");
            assertTrue(to == null || Arrays.compareUnsigned(key, to) < 0, "key above its parent's");
            previous = key;
            if (level > 0) {
                assertEquals(level - 1, nodes.level(nodes.child(node, i)), "level");
                byte[] childFrom = i == 0 ? from : key;
                byte[] childTo = i == count - 1 ? to : nodes.key(node, i + 1);
                walk(nodes.child(node, i), childFrom, childTo, false);
                assertTrue(nodes.count(nodes.child(node, i)) > 0 || count == 1, "empty child among others");
            }
        }
        assertEquals(bytes, nodes.used(node), "bytes in use");
        assertTrue(bytes <= BTreeNodes.CAPACITY);
        if (level == 0) {
            records += count;
            leaves++;
            used += bytes;
        } else {
            assertEquals(0, nodes.keyBytes(node, 0), "first key of an inner node");
            assertTrue(!isRoot || count > 1, "root with one child");
        }
    }
}
