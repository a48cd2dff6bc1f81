package io.atomicmapping.examples.kreon;

import java.io.IOException;

/**
 * What becomes of the changes to a version: they are committed together, or taken back together. {@code
 * poison} is guarded by the lock for changes, the rest is written once.
 */
final class OpenCommit {

    /** Why the version cannot be sealed, or null. */
    Throwable poison;
    private long number;
    private Throwable failure;
    private volatile boolean settled;

    boolean isSettled() {
        return settled;
    }

    void succeed(long version) {
        number = version;
        settled = true;
    }

    void fail(Throwable cause) {
        failure = cause;
        settled = true;
    }

    /** Once it is settled. */
    long result() throws IOException {
        if (failure != null) {
            throw new IOException("changes were taken back, the store is as of the last commit: "
                    + failure.getMessage(), failure);
        }
        return number;
    }
}
