package io.atomicmapping.benchmarks.store;

import java.io.IOException;

/** Something to store in durably: ours, a peer, or a floor. */
public interface Store extends AutoCloseable {

    /** A thread's own way to it. */
    Session session() throws Exception;

    @Override
    void close() throws IOException;

    /** How far its journal got since it was opened. */
    default Progress progress() {
        return Progress.NONE;
    }

    /** What a reader of its figures should know. */
    default String note() {
        return "";
    }

    /**
     * How far a journal got.
     *
     * @param journaledBytes what was appended
     * @param ringBytes the size of the ring it goes to; 0 if there is none
     * @param checkpoints how many checkpoints were made
     * @param checkpointNanos how long they took
     * @param homeBytes what they wrote
     */
    record Progress(long journaledBytes, long ringBytes, long checkpoints, long checkpointNanos,
            long homeBytes) {

        static final Progress NONE = new Progress(0, 0, 0, 0, 0);

        /** How often the ring was filled since an earlier moment. */
        public double fillsSince(Progress earlier) {
            return ringBytes == 0 ? 0 : (double) (journaledBytes - earlier.journaledBytes) / ringBytes;
        }
    }
}
