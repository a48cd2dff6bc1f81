package io.atomicmapping.examples.kreon;

import static io.atomicmapping.examples.kreon.StoreFormat.BYTE;
import static io.atomicmapping.examples.kreon.StoreFormat.CHILD_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.COUNT_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.FIRST_CHILD_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.INNER_ENTRY_BYTES;
import static io.atomicmapping.examples.kreon.StoreFormat.INT;
import static io.atomicmapping.examples.kreon.StoreFormat.LEVEL_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.LONG;
import static io.atomicmapping.examples.kreon.StoreFormat.NODE_HEADER_BYTES;
import static io.atomicmapping.examples.kreon.StoreFormat.NODE_VERSION_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.POINTER_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.PREFIX_INT;
import static io.atomicmapping.examples.kreon.StoreFormat.PREFIX_LONG;
import static io.atomicmapping.examples.kreon.StoreFormat.PREFIX_LOW_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.SHORT;

import java.lang.foreign.MemorySegment;

/**
 * A copy of a node on the heap, where it is changed before one store brings it to the mapping. It has room
 * for an entry more than the node, so that a full one is split after the entry came in.
 */
final class Node {

    final byte[] bytes;
    final MemorySegment segment;
    int number;

    Node(int nodeBytes) {
        this.bytes = new byte[nodeBytes + INNER_ENTRY_BYTES];
        this.segment = MemorySegment.ofArray(bytes);
    }

    /** Makes this a copy of a node. */
    void load(MemorySegment data, int node, Geometry geometry) {
        number = node;
        MemorySegment.copy(data, BYTE, geometry.nodeOffset(node), bytes, 0, geometry.nodeBytes());
    }

    /** Makes this a new node without entries. */
    void clear(int node, long version, int level) {
        number = node;
        segment.fill((byte) 0);
        segment.set(LONG, NODE_VERSION_OFFSET, version);
        segment.set(BYTE, LEVEL_OFFSET, (byte) level);
    }

    int usedBytes() {
        return NODE_HEADER_BYTES + count() * Nodes.entryBytes(level());
    }

    long version() {
        return Nodes.version(segment, 0);
    }

    void setVersion(long version) {
        segment.set(LONG, NODE_VERSION_OFFSET, version);
    }

    int level() {
        return Nodes.level(segment, 0);
    }

    int count() {
        return Nodes.count(segment, 0);
    }

    void setCount(int count) {
        segment.set(SHORT, COUNT_OFFSET, (short) count);
    }

    private int entry(int index) {
        return (int) Nodes.entry(0, level(), index);
    }

    long pointer(int index) {
        return Nodes.pointer(segment, 0, level(), index);
    }

    void setPointer(int index, long pointer) {
        segment.set(LONG, entry(index) + POINTER_OFFSET, pointer);
    }

    int child(int index) {
        return Nodes.child(segment, 0, index);
    }

    void setChild(int index, int child) {
        segment.set(INT, index == 0 ? FIRST_CHILD_OFFSET : entry(index - 1) + CHILD_OFFSET, child);
    }

    /** Makes room for an entry at an index, with the prefix of a key and a pointer. */
    void insert(int index, Key key, long pointer) {
        int size = Nodes.entryBytes(level());
        int at = entry(index);
        System.arraycopy(bytes, at, bytes, at + size, (count() - index) * size);
        setCount(count() + 1);
        setPrefix(index, key);
        setPointer(index, pointer);
    }

    private void setPrefix(int index, Key key) {
        segment.set(PREFIX_LONG, entry(index), key.high);
        segment.set(PREFIX_INT, entry(index) + PREFIX_LOW_OFFSET, key.low);
    }

    /** Takes an entry out; of an inner node also the child right of it. */
    void remove(int index) {
        int size = Nodes.entryBytes(level());
        int at = entry(index);
        System.arraycopy(bytes, at + size, bytes, at, (count() - index - 1) * size);
        setCount(count() - 1);
    }

    /** Appends entries of a node of the same level. */
    void append(Node source, int from, int to) {
        System.arraycopy(source.bytes, source.entry(from), bytes, entry(count()),
                (to - from) * Nodes.entryBytes(level()));
        setCount(count() + to - from);
    }

    /** Copies prefix and pointer of a pivot, not the child. */
    void setPivot(int index, Node source, int sourceIndex) {
        System.arraycopy(source.bytes, source.entry(sourceIndex), bytes, entry(index), CHILD_OFFSET);
    }

    /** Makes room for a pivot at an index, a copy of another node's, with the child right of it. */
    void insertPivot(int index, Node source, int sourceIndex, int child) {
        int at = entry(index);
        System.arraycopy(bytes, at, bytes, at + INNER_ENTRY_BYTES, (count() - index) * INNER_ENTRY_BYTES);
        setCount(count() + 1);
        setPivot(index, source, sourceIndex);
        setChild(index + 1, child);
    }
}
