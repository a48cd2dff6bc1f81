package io.atomicmapping.examples;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** The order of those in this process who use one structure: its lock, and how they learn of changes. */
final class Turns {

    /** After a rollback nobody tells who waits: they look again. */
    private static final long LOOK_AGAIN_MILLIS = 50;

    final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

    private final ReentrantLock waiting = new ReentrantLock();
    private final Condition changed = waiting.newCondition();
    private long changes;
    private int waiters;

    /** Of the last change that was made here; another one in the mapping tells of a rollback. */
    private long lastStamp = -1;
    private long rollbacks;

    /** How many rollbacks were noticed; the mapping has a stamp now. */
    synchronized long rollbacks(long stamp) {
        if (stamp != lastStamp) {
            rollbacks += lastStamp < 0 ? 0 : 1;
            lastStamp = stamp;
        }
        return rollbacks;
    }

    /** A change replaces a stamp by another. */
    synchronized void change(long before, long after) {
        rollbacks(before);
        lastStamp = after;
    }

    /** A number to be read before one looks whether there is something to do. */
    long changes() {
        waiting.lock();
        try {
            return changes;
        } finally {
            waiting.unlock();
        }
    }

    /** Waits until somebody tells of a change after a number was read, or a while. Never in a section. */
    void awaitChange(long seen) throws InterruptedException {
        waiting.lockInterruptibly();
        waiters++;
        try {
            if (changes == seen) {
                changed.await(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
            }
        } finally {
            waiters--;
            waiting.unlock();
        }
    }

    /** Wakes those who wait. */
    void tellOfChange() {
        waiting.lock();
        try {
            changes++;
            if (waiters > 0) {
                changed.signalAll();
            }
        } finally {
            waiting.unlock();
        }
    }
}
