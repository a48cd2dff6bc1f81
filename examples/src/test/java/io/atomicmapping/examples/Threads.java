package io.atomicmapping.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/**
 * Threads of a test: some have work, others repeat something until that is done. A failure of any is thrown.
 */
final class Threads {

    /** What may fail. */
    interface Action {
        void run() throws Exception;
    }

    private final List<Thread> workers = new ArrayList<>();
    private final List<Thread> others = new ArrayList<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final CountDownLatch begun = new CountDownLatch(1);
    private volatile boolean done;

    void start(boolean virtual, Action work) {
        workers.add(thread(virtual, work));
    }

    void whileOthersRun(boolean virtual, Action work) {
        others.add(thread(virtual, () -> {
            do {
                work.run();
                Thread.yield(); // a virtual thread would keep its carrier from the others
            } while (!done);
        }));
    }

    private Thread thread(boolean virtual, Action work) {
        Thread.Builder builder = virtual ? Thread.ofVirtual() : Thread.ofPlatform();
        return builder.start(() -> {
            try {
                begun.await();
                work.run();
            } catch (Throwable e) {
                failures.add(e);
            }
        });
    }

    void join() throws InterruptedException {
        begun.countDown();
        for (Thread worker : workers) {
            worker.join();
        }
        done = true;
        for (Thread other : others) {
            other.join();
        }
        if (!failures.isEmpty()) {
            AssertionError error = new AssertionError(failures.size() + " threads failed", failures.poll());
            failures.forEach(error::addSuppressed);
            throw error;
        }
    }
}
