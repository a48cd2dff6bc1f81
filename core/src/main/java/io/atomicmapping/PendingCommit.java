package io.atomicmapping;

import io.atomicmapping.dirty.Cuts;
import io.atomicmapping.dirty.SealedGeneration;
import java.util.concurrent.CompletableFuture;

/** A commit between its cut and its end. Handed from the sealing to the committing thread, and used again. */
final class PendingCommit {

    final SealedGeneration generation = new SealedGeneration();
    /** the cut of the mapping that it makes durable, or null */
    Cuts.Cut cut;
    /** the asynchronous caller's, or null */
    CompletableFuture<Long> future;
    /** its number once durable; for one without changes that of the commit before */
    long number;
    /** where its record begins and ends in the journal */
    long startLsn;
    long endLsn;
    Throwable failure;
    boolean done;
    boolean empty;

    void clear() {
        generation.clear();
        cut = null;
        future = null;
        number = 0;
        failure = null;
        done = false;
        empty = false;
    }
}
