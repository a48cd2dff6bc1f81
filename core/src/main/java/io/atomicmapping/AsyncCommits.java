package io.atomicmapping;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The thread that commits for asynchronous callers, and the completing of their futures.
 *
 * <ul>
 *   <li>The thread starts with the first asynchronous sync of a mapping.
 *   <li>Futures complete in the order of their commits, each by a task of its own: what depends on one may
 *       block for as long as it likes without holding up a commit or the next future.
 *   <li>Those tasks run on platform threads, kept for a while: virtual ones would wait for as long as the
 *       program's own virtual threads keep the carriers busy.
 * </ul>
 */
final class AsyncCommits implements AutoCloseable {

    private static final long AWAIT_NANOS = 1_000;
    private static final long KEPT_SECONDS = 2;

    private final Runnable commit;
    private final ThreadPoolExecutor completers = new ThreadPoolExecutor(0, Integer.MAX_VALUE, KEPT_SECONDS,
            TimeUnit.SECONDS, new SynchronousQueue<>(), task -> daemon(task, "atomic-mapping-completer"));
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
                Thread started = daemon(this::run, "atomic-mapping-committer");
                started.start();
                thread = started;
            } else {
                monitor.notifyAll();
            }
        }
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
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
                    // nothing of the library interrupts this thread; whoever does has no claim on it
                    continue;
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
        completers.execute(() -> {
            while (!before.isDone()) {
                LockSupport.parkNanos(AWAIT_NANOS);
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
        completers.shutdown(); // lets what was accepted finish
    }
}
