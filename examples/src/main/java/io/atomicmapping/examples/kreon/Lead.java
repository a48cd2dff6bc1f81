package io.atomicmapping.examples.kreon;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Who commits: one thread at a time. The others wait until what they wait for is settled, or nobody leads.
 */
final class Lead {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();
    private boolean taken;

    /** Waits for the lead. */
    void take() {
        takeUnlessSettled(null);
    }

    /**
     * Waits for a commit, or for the lead.
     *
     * @param commit the commit, or null for the lead alone
     * @return true when the caller leads, false when the commit is settled
     */
    boolean takeUnlessSettled(OpenCommit commit) {
        lock.lock();
        try {
            while (taken && !isSettled(commit)) {
                ended.awaitUninterruptibly();
            }
            if (isSettled(commit)) {
                return false;
            }
            taken = true;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private static boolean isSettled(OpenCommit commit) {
        return commit != null && commit.isSettled();
    }

    /** After that somebody else leads. */
    void end() {
        lock.lock();
        try {
            taken = false;
            ended.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
