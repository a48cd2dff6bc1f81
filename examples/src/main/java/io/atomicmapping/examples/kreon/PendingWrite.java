package io.atomicmapping.examples.kreon;

import java.io.IOException;

/**
 * Changes that were made, and are not yet known to be durable. They become so with the next commit, which
 * comes when anybody waits for one: by {@link #await}, by a put, or by closing the store.
 *
 * <p><b>Threads.</b> Any.
 */
public final class PendingWrite {

    private final Committer committer;
    private final OpenCommit commit;

    PendingWrite(Committer committer, OpenCommit commit) {
        this.committer = committer;
        this.commit = commit;
    }

    /**
     * Waits until the changes are durable and visible. If nobody else is doing it, the caller commits them,
     * together with all that others have written meanwhile.
     *
     * @return the number of the version that first has them
     * @throws IOException if the commit failed: the changes were taken back
     */
    public long await() throws IOException {
        return committer.await(commit);
    }

    /**
     * Whether a wait would end at once.
     *
     * @return whether the changes are durable, or were taken back
     */
    public boolean isDone() {
        return commit.isSettled();
    }
}
