package io.atomicmapping.crash;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * Lets other threads work while a force is in flight, so that forces and other operations are seen to
 * overlap. Where a disk has one thread only it takes no time. Safe for use by several threads.
 */
final class Overlap {

    private static final long NANOS = 1;
    private static final long HELD_NANOS = 100_000;

    private Thread first;
    private boolean severalThreads;
    private Predicate<Path> held = path -> false;
    private CountDownLatch until = new CountDownLatch(0);

    synchronized void calledBy(Thread caller) {
        first = first == null ? caller : first;
        severalThreads |= caller != first;
    }

    /** Forces of certain files, or directories, do not end before a latch is counted down. */
    synchronized void hold(Predicate<Path> paths, CountDownLatch latch) {
        held = paths;
        until = latch;
    }

    void giveWay(Path forced) {
        boolean several;
        CountDownLatch latch;
        synchronized (this) {
            several = severalThreads;
            latch = held.test(forced) ? until : new CountDownLatch(0);
        }
        while (latch.getCount() > 0) {
            LockSupport.parkNanos(HELD_NANOS);
        }
        if (several) {
            LockSupport.parkNanos(NANOS);
        }
    }
}
