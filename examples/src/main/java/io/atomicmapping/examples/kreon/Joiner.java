package io.atomicmapping.examples.kreon;

import java.io.IOException;

/** Joins nodes that have become small with one beside them, or moves a child over where they do not fit. */
final class Joiner {

    private static final int QUARTER = 4;

    private final Segments segments;
    private final Geometry geometry;
    private final NodeSpace nodes;
    private final ValueLog log;
    private final Descent path;
    private final Node sibling;

    Joiner(Segments segments, NodeSpace nodes, ValueLog log, Descent path) {
        this.segments = segments;
        this.geometry = segments.geometry;
        this.nodes = nodes;
        this.log = log;
        this.path = path;
        this.sibling = new Node(geometry.nodeBytes());
    }

    /** Joins a node of a path, not the root; returns whether that, and with it the parent, changed. */
    boolean join(int i) throws IOException {
        Node node = path.node(i);
        Node parent = path.node(i - 1);
        int at = path.index(i - 1);
        if (at < parent.count()) {
            sibling.load(segments.data(), parent.child(at + 1), geometry);
            if (fit(node, sibling)) {
                joinWithRight(node, sibling, parent, at);
                return true;
            }
        }
        if (at > 0) {
            sibling.load(segments.data(), parent.child(at - 1), geometry);
            if (fit(node, sibling)) {
                joinWithRight(sibling, node, parent, at - 1);
                return true;
            }
        }
        if (node.level() > 0 && node.count() == 0) {
            borrow(node, parent, at);
            return true;
        }
        return false;
    }

    private boolean fit(Node one, Node other) {
        int level = one.level();
        int capacity = geometry.capacity(level);
        int together = one.count() + other.count() + (level > 0 ? 1 : 0);
        return together <= capacity - capacity / QUARTER
                || together <= capacity && (one.count() == 0 || other.count() == 0);
    }

    private void joinWithRight(Node left, Node right, Node parent, int pivot) throws IOException {
        if (left.level() > 0) {
            left.insertPivot(left.count(), parent, pivot, right.child(0));
        } else if (!Nodes.isInline(parent.pointer(pivot))) {
            log.kill(parent.pointer(pivot));
        }
        left.append(right, 0, right.count());
        nodes.free(right.number);
        path.store(left);
        parent.setChild(pivot, left.number);
        parent.remove(pivot);
    }

    /**
     * A full inner node gives one without a pivot a child: a pivot goes up to the parent, its own comes down.
     */
    private void borrow(Node node, Node parent, int at) throws IOException {
        int siblingAt = at < parent.count() ? at + 1 : at - 1;
        sibling.load(segments.data(), parent.child(siblingAt), geometry);
        if (siblingAt > at) {
            node.insertPivot(0, parent, at, sibling.child(0));
            parent.setPivot(at, sibling, 0);
            sibling.setChild(0, sibling.child(1));
            sibling.remove(0);
        } else {
            int last = sibling.count() - 1;
            int only = node.child(0);
            node.insertPivot(0, parent, siblingAt, only);
            node.setChild(0, sibling.child(last + 1));
            parent.setPivot(siblingAt, sibling, last);
            sibling.setCount(last);
        }
        path.store(sibling);
        path.store(node);
        parent.setChild(siblingAt, sibling.number);
        parent.setChild(at, node.number);
    }
}
