package io.atomicmapping;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * The thread that commits for asynchronous callers, and the completing of their futures.
 *
 * <ul>
 *   <li>The thread starts with the first asynchronous sync of a mapping.
 *   <li>Futures complete in the order of their commits, each on a virtual thread of its own: what depends on one may block
 *       for as long as it likes without holding up a commit or the next future.
 * </ul>
 */
final class AsyncCommits implements AutoCloseable {

    private final Runnable commit;
    private final Object monitor = new Object();
    private Thread thread;
    private boolean wanted;
    private boolean stopped;
    /** the future that completes before the next one; guarded by the commit lock of the caller */
    private CompletableFuture<Long> last = CompletableFuture.completedFuture(0L);

    AsyncCommits(Runnable commit) {
        this.commit = commit;
    }

    /** There are sealed generations. */
    void wake() {
        synchronized (monitor) {
            wanted = true;
            if (thread == null && !stopped) {
                thread = new Thread(this::run, "atomic-mapping-committer");
                thread.setDaemon(true);
                thread.start();
            } else {
                monitor.notifyAll();
            }
        }
    }

    private void run() {
        while (awaitWork()) {
            commit.run();
        }
    }

    private boolean awaitWork() {
        synchronized (monitor) {
            while (!wanted && !stopped) {
                try {
                    monitor.wait();
                } catch (InterruptedException e) {
                    continue; // nothing of the library interrupts this thread; whoever does has no claim on it
                }
            }
            boolean work = wanted;
            wanted = false;
            return work;
        }
    }

    /** Completes a future after those before it. */
    void complete(CompletableFuture<Long> future, long number, Throwable failure) {
        CompletableFuture<Long> before = last;
        last = future;
        Thread.startVirtualThread(() -> {
            while (!before.isDone()) {
                LockSupport.parkNanos(1_000);
            }
            if (failure == null) {
                future.complete(number);
            } else {
                future.completeExceptionally(failure instanceof IOException ? failure
                        : new IOException("commit failed: " + failure, failure));
            }
        });
    }

    @Override
    public void close() {
        synchronized (monitor) {
            stopped = true;
            monitor.notifyAll();
        }
    }
}
