package io.atomicmapping.examples.kreon;

/**
 * The sizes that a store was made with, and the places that follow from them.
 *
 * @param segmentBytes the size of a segment, a power of two
 * @param nodeBytes the size of a node, a power of two
 */
record Geometry(int segmentBytes, int nodeBytes) {

    static final int SEGMENT_BYTES_MIN = 1 << 10;
    static final int SEGMENT_BYTES_MAX = 1 << 28;
    static final int NODE_BYTES_MIN = 1 << 7;
    static final int NODE_BYTES_MAX = 1 << 12;
    /** Fewer nodes in a segment would not be worth their bits. */
    static final int NODES_PER_SEGMENT_MIN = 4;
    /** Of a new file, and by how many a file grows at least. */
    static final int FEW_SEGMENTS = 4;

    static boolean isValid(int segmentBytes, int nodeBytes) {
        return Integer.bitCount(segmentBytes) == 1 && Integer.bitCount(nodeBytes) == 1
                && segmentBytes >= SEGMENT_BYTES_MIN && segmentBytes <= SEGMENT_BYTES_MAX
                && nodeBytes >= NODE_BYTES_MIN && nodeBytes <= NODE_BYTES_MAX
                && segmentBytes / nodeBytes >= NODES_PER_SEGMENT_MIN;
    }

    long fileBytes(int segments) {
        return StoreFormat.HEADER_BYTES + (long) segments * segmentBytes;
    }

    long newFileBytes() {
        return fileBytes(FEW_SEGMENTS);
    }

    int segments(long fileBytes) {
        return (int) Math.max(0, (fileBytes - StoreFormat.HEADER_BYTES) / segmentBytes);
    }

    /** So that each node has a number that is an int. */
    int segmentsMax() {
        return segments((long) Integer.MAX_VALUE * nodeBytes);
    }

    long segmentOffset(int segment) {
        return fileBytes(segment);
    }

    int segmentOf(long offset) {
        return segments(offset);
    }

    int segmentsPerGroup() {
        return segmentBytes / StoreFormat.DESCRIPTOR_BYTES;
    }

    boolean isTable(int segment) {
        return segment % segmentsPerGroup() == 0;
    }

    long descriptorOffset(int segment) {
        int inGroup = segment % segmentsPerGroup();
        return segmentOffset(segment - inGroup) + (long) inGroup * StoreFormat.DESCRIPTOR_BYTES;
    }

    int nodesPerSegment() {
        return segmentBytes / nodeBytes;
    }

    /** Of a segment of nodes, a bit for each. */
    int bitsBytes() {
        return (nodesPerSegment() + Byte.SIZE - 1) / Byte.SIZE;
    }

    /** The first nodes of a segment, in the place of which its bits are. */
    int nodesOfBits() {
        return (bitsBytes() + nodeBytes - 1) / nodeBytes;
    }

    long nodeOffset(int node) {
        return (long) node * nodeBytes;
    }

    int firstNode(int segment) {
        return (int) (segmentOffset(segment) / nodeBytes);
    }

    int capacity(int level) {
        return (nodeBytes - StoreFormat.NODE_HEADER_BYTES) / Nodes.entryBytes(level);
    }

    /** The longest key and value together. */
    long entryBytesMax() {
        return segmentBytes - StoreFormat.KEY_OFFSET;
    }
}
