package io.atomicmapping.recovery;

/** Lets threads that work side by side do their last step in order, and tells all of them when one fails. */
final class Turns {

    /** Whose turn it is. Guarded by this, as all here. */
    private long next;
    private Throwable failure;

    /**
     * Waits for a turn; an interrupt is kept for later.
     *
     * @return false if there will be none, because another thread failed
     */
    synchronized boolean await(long turn) {
        boolean interrupted = false;
        while (next != turn && failure == null) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return failure == null;
    }

    /** Ends the turn. */
    synchronized void end() {
        next++;
        notifyAll();
    }

    /** There are no more turns. */
    synchronized void fail(Throwable thrown) {
        if (failure == null) {
            failure = thrown;
        } else {
            failure.addSuppressed(thrown);
        }
        notifyAll();
    }

    /** What failed first, or null. */
    synchronized Throwable failure() {
        return failure;
    }
}
