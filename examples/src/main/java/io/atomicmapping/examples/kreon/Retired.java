package io.atomicmapping.examples.kreon;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What versions no longer have, but older ones did that somebody may still read: nodes and segments, in the
 * order of the versions that gave them up (epoch-based reclamation, K. Fraser, "Practical lock-freedom",
 * 2004).
 *
 * <p>It is in memory alone: the file has them as free, and after a crash nobody reads older versions.
 */
final class Retired {

    private record Batch(long version, int[] nodes, int[] segments) {
    }

    private final Deque<Batch> batches = new ArrayDeque<>();
    private long nodeCount;
    private long segmentCount;

    long nodeCount() {
        return nodeCount;
    }

    long segmentCount() {
        return segmentCount;
    }

    /** What a version gave up. */
    void add(long version, int[] nodes, int[] segments) {
        batches.add(new Batch(version, nodes, segments));
        nodeCount += nodes.length;
        segmentCount += segments.length;
    }

    /** Makes free what was given up by a version that all readers have, or a newer one. */
    void release(long oldestRead, NodeSpace nodes, Segments segments) {
        while (!batches.isEmpty() && batches.getFirst().version() <= oldestRead) {
            Batch batch = batches.removeFirst();
            for (int node : batch.nodes()) {
                nodes.release(node);
            }
            for (int segment : batch.segments()) {
                segments.release(segment);
            }
            nodeCount -= batch.nodes().length;
            segmentCount -= batch.segments().length;
        }
    }

    /** Forgets what versions gave up that were taken back; all else may still be read. */
    void takeBackTo(long version, NodeSpace nodes, Segments segments) {
        while (!batches.isEmpty() && batches.getLast().version() > version) {
            Batch batch = batches.removeLast();
            nodeCount -= batch.nodes().length;
            segmentCount -= batch.segments().length;
        }
        for (Batch batch : batches) {
            for (int node : batch.nodes()) {
                nodes.hold(node);
            }
            for (int segment : batch.segments()) {
                segments.hold(segment);
            }
        }
    }
}
