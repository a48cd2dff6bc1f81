package io.atomicmapping.examples.kreon;

import static io.atomicmapping.examples.kreon.StoreFormat.KIND_LOG;
import static io.atomicmapping.examples.kreon.StoreFormat.NO_SEGMENT;

import java.io.IOException;

/**
 * Takes back the room of dead records, a little with each commit: goes through the segment of the log with
 * the least that lives and moves that to the head; without records the segment is free (the cleaner of M.
 * Rosenblum, J. Ousterhout, "The design and implementation of a log-structured file system", TOCS 1992,
 * choosing greedily).
 *
 * <p>It works in proportion to what the version changes, so that the garbage stays bounded and no commit has
 * to pay for many.
 */
final class Compactor {

    /** To keep up with 1 byte of new garbage where half of the log is dead takes 2 bytes looked at. */
    private static final int WORK_FACTOR = 4;
    private static final long WORK_BYTES_MIN = 4096;
    /** What it costs to find that a record is dead, in bytes copied. */
    private static final int DEAD_RECORD_COST = 64;

    private final double garbagePartMax;
    private int segment = NO_SEGMENT;
    private long position;
    private long movedBytes;

    Compactor(double garbagePartMax) {
        this.garbagePartMax = garbagePartMax;
    }

    /** What was moved since opening. */
    long movedBytes() {
        return movedBytes;
    }

    /** Starts anew, after something was taken back. */
    void reset() {
        segment = NO_SEGMENT;
    }

    /** Works for a version that changed so many bytes of the log. */
    void work(long changedBytes, Segments segments, ValueLog log, Tree tree) throws IOException {
        long budget = WORK_BYTES_MIN + WORK_FACTOR * changedBytes;
        while (budget > 0) {
            if (segment == NO_SEGMENT) {
                position = 0;
                segment = log.hasMoreGarbageThan(garbagePartMax) ? log.emptiest() : NO_SEGMENT;
                if (segment == NO_SEGMENT) {
                    return;
                }
            }
            if (segments.kind(segment) != KIND_LOG || position >= segments.used(segment)) {
                segment = NO_SEGMENT; // a change took its last live record
                continue;
            }
            long record = segments.geometry.segmentOffset(segment) + position;
            long bytes = StoreFormat.recordBytes(segments.data(), record);
            boolean moved = tree.relocate(record);
            position += bytes;
            movedBytes += moved ? bytes : 0;
            budget -= moved ? bytes : DEAD_RECORD_COST;
            if (segments.kind(segment) != KIND_LOG) {
                segment = NO_SEGMENT; // not with the next work: then it may have other records
            }
        }
    }
}
