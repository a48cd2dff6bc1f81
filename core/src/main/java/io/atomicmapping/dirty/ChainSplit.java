package io.atomicmapping.dirty;

/** Splits a chain of before-images in two, keeping the order in both. */
final class ChainSplit {

    private long taken;
    private long takenTail;
    private long left;
    private long leftTail;

    /** Splits: the lines of a mask are taken, the others left. */
    void split(long chain, long lines) {
        taken = 0;
        left = 0;
        for (long at = chain; at != 0;) {
            long next = BeforeImages.next(at);
            Memory.set(at + BeforeImages.NEXT, 0);
            if ((lines & 1L << BeforeImages.line(at)) != 0) {
                taken = link(taken, takenTail, at);
                takenTail = at;
            } else {
                left = link(left, leftTail, at);
                leftTail = at;
            }
            at = next;
        }
    }

    private static long link(long head, long tail, long at) {
        if (head == 0) {
            return at;
        }
        Memory.set(tail + BeforeImages.NEXT, at);
        return head;
    }

    long taken() {
        return taken;
    }

    long left() {
        return left;
    }
}
