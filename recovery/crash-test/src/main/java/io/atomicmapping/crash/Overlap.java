package io.atomicmapping.crash;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets other threads work while a force is in flight, so that forces and other operations are seen to overlap.
 * Where a disk has one thread only it takes no time. Safe for use by several threads.
 */
final class Overlap {

    private static final long NANOS = 1;
    private static final long HELD_NANOS = 100_000;

    private Thread first;
    private boolean severalThreads;
    private CountDownLatch held = new CountDownLatch(0);

    synchronized void calledBy(Thread caller) {
        first = first == null ? caller : first;
        severalThreads |= caller != first;
    }

    /** Forces in flight do not end before this is counted down. */
    synchronized void hold(CountDownLatch until) {
        held = until;
    }

    void giveWay() {
        boolean several;
        CountDownLatch until;
        synchronized (this) {
            several = severalThreads;
            until = held;
        }
        while (until.getCount() > 0) {
            LockSupport.parkNanos(HELD_NANOS);
        }
        if (several) {
            LockSupport.parkNanos(NANOS);
        }
    }
}
