package io.atomicmapping.examples.kreon;

import static io.atomicmapping.examples.kreon.StoreFormat.BYTE;
import static io.atomicmapping.examples.kreon.StoreFormat.KIND_NODES;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Which nodes are taken.
 *
 * <ul>
 *   <li>The bits in the mapping tell which nodes the tree of the last sealed version consists of: after a
 *       crash all others are free, so that none can leak. They change in {@link #seal} only.
 *   <li>The bits in memory tell which nodes may not be used: those of the version in the making, and those
 *       of older ones that somebody may still read ({@link #release}).
 * </ul>
 */
final class NodeSpace {

    private static final int SPARE_SEGMENTS = 2;

    private final Segments segments;
    private final AtomicMapping mapping;
    private final Geometry geometry;
    private final Map<Integer, BitSet> taken = new HashMap<>();
    private final BitSet withRoom = new BitSet();
    private final IntList allocated = new IntList();
    private final IntList freed = new IntList();
    private long takenCount;

    /** Of the last sealed version. */
    NodeSpace(Segments segments) {
        this.segments = segments;
        this.mapping = segments.mapping;
        this.geometry = segments.geometry;
        for (int segment = 0; segment < segments.count(); segment++) {
            if (segments.kind(segment) == KIND_NODES) {
                load(segment);
            }
        }
    }

    private void load(int segment) {
        byte[] bits = new byte[geometry.bitsBytes()];
        mapping.getBytes(geometry.segmentOffset(segment), bits);
        BitSet nodes = BitSet.valueOf(bits);
        takenCount += nodes.cardinality();
        add(segment, nodes);
    }

    private void add(int segment, BitSet nodes) {
        nodes.set(0, geometry.nodesOfBits());
        taken.put(segment, nodes);
        withRoom.set(segment, nodes.cardinality() < geometry.nodesPerSegment());
    }

    private int perSegment() {
        return geometry.nodesPerSegment() - geometry.nodesOfBits();
    }

    /** How many may not be used. */
    long takenCount() {
        return takenCount;
    }

    /**
     * A node that nobody uses, in the first segment that has one.
     *
     * @throws IOException if the file cannot grow
     */
    int allocate() throws IOException {
        int segment = withRoom.nextSetBit(0);
        if (segment < 0) {
            segment = segments.allocate(KIND_NODES);
            // the last sealed version has this segment as free: what is stored here is of no account to it
            mapping.fill(geometry.segmentOffset(segment), geometry.bitsBytes(), (byte) 0);
            add(segment, new BitSet());
        }
        BitSet nodes = taken.get(segment);
        int index = nodes.nextClearBit(0);
        nodes.set(index);
        takenCount++;
        if (nodes.nextClearBit(index) >= geometry.nodesPerSegment()) {
            withRoom.clear(segment);
        }
        int node = geometry.firstNode(segment) + index;
        allocated.add(node);
        return node;
    }

    /** A node is no part of the version in the making. */
    void free(int node) {
        freed.add(node);
    }

    private int segmentOf(int node) {
        return geometry.segmentOf(geometry.nodeOffset(node));
    }

    /** Nobody needs it any longer; a segment in which this is true of all nodes is freed. */
    void release(int node) {
        int segment = segmentOf(node);
        BitSet nodes = taken.get(segment);
        nodes.clear(node - geometry.firstNode(segment));
        takenCount--;
        long free = (long) taken.size() * perSegment() - takenCount;
        boolean empty = nodes.cardinality() == geometry.nodesOfBits();
        if (empty && free > (long) SPARE_SEGMENTS * perSegment()) {
            taken.remove(segment);
            withRoom.clear(segment);
            segments.free(segment);
        } else {
            withRoom.set(segment);
        }
    }

    /** Somebody still needs what is sealed as free. */
    void hold(int node) {
        int segment = segmentOf(node);
        BitSet nodes = taken.get(segment);
        nodes.set(node - geometry.firstNode(segment));
        takenCount++;
        if (nodes.cardinality() == geometry.nodesPerSegment()) {
            withRoom.clear(segment);
        }
    }

    /** Brings the bits in the mapping up to date; returns the nodes freed since the last seal. */
    int[] seal() {
        for (int node : allocated.takeAll()) {
            setBit(node, true);
        }
        int[] all = freed.takeAll();
        for (int node : all) {
            setBit(node, false); // after the others: a node may have come and gone
        }
        return all;
    }

    private void setBit(int node, boolean value) {
        int segment = segmentOf(node);
        int index = node - geometry.firstNode(segment);
        long offset = geometry.segmentOffset(segment) + index / Byte.SIZE;
        int bit = 1 << index % Byte.SIZE;
        byte bits = segments.data().get(BYTE, offset);
        mapping.putByte(offset, (byte) (value ? bits | bit : bits & ~bit));
    }
}
