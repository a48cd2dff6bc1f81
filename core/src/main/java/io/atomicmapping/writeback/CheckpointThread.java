package io.atomicmapping.writeback;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that makes checkpoints in the background, and marks the journal in an idle moment. It starts
 * with the first commit.
 *
 * <p>Safe for use by several threads.
 */
final class CheckpointThread {

    private static final Logger LOG = LoggerFactory.getLogger("io.atomicmapping");
    private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** A checkpoint; one that fails is tried again. */
    interface Checkpoint {
        void run() throws IOException;
    }

    private final Checkpoint checkpoint;
    private final Runnable markIdle;
    /** for messages */
    private final Path file;
    private final Object monitor = new Object();
    private Thread thread;
    private boolean wanted;
    private boolean sleeping;
    private volatile boolean stopped;
    private volatile boolean markPending;
    private volatile long lastCommitNanos;

    CheckpointThread(Checkpoint checkpoint, Runnable markIdle, Path file) {
        this.checkpoint = checkpoint;
        this.markIdle = markIdle;
        this.file = file;
    }

    /** A commit is durable. If a checkpoint is due it is made, and when no further commit comes the mark. */
    void committed(boolean due) {
        lastCommitNanos = System.nanoTime();
        boolean unmarked = !markPending;
        markPending = true;
        if (due || unmarked) {
            synchronized (monitor) {
                wanted |= due;
                if (thread == null && !stopped) {
                    Thread started = new Thread(this::run, "atomic-mapping-checkpointer");
                    started.setDaemon(true);
                    started.start();
                    thread = started;
                } else if (sleeping) {
                    monitor.notifyAll();
                }
            }
        }
    }

    private void run() {
        while (!stopped) {
            try {
                if (awaitWork()) {
                    checkpoint.run();
                } else if (!stopped) {
                    markIdle.run();
                }
            } catch (IOException | RuntimeException | Error e) {
                LOG.warn("checkpoint failed, will be tried again: file={}", file, e);
                pause(RETRY_NANOS);
            }
        }
    }

    /** Waits for a reason to checkpoint, or for an idle moment that wants a mark; returns which. */
    private boolean awaitWork() {
        synchronized (monitor) {
            while (!wanted && !stopped) {
                long idleNanos = System.nanoTime() - lastCommitNanos;
                if (markPending && idleNanos >= IDLE_NANOS) {
                    markPending = false;
                    return false;
                }
                sleeping = true;
                await(markPending ? IDLE_NANOS - idleNanos : 0);
                sleeping = false;
            }
            boolean work = wanted && !stopped;
            wanted = false;
            return work;
        }
    }

    private void pause(long nanos) {
        synchronized (monitor) {
            if (!stopped) {
                await(nanos);
            }
        }
    }

    private void await(long nanos) {
        try {
            TimeUnit.NANOSECONDS.timedWait(monitor,
                    nanos == 0 ? TimeUnit.HOURS.toNanos(1) : Math.max(nanos, 1));
        } catch (InterruptedException e) {
            LOG.debug("the checkpointer was interrupted, which nothing of the library does; going on");
        }
    }

    /** Ends it, waiting for what it is doing. */
    void stop() {
        Thread running;
        synchronized (monitor) {
            stopped = true;
            running = thread;
            monitor.notifyAll();
        }
        boolean interrupted = false;
        while (running != null && running.isAlive()) {
            try {
                running.join();
            } catch (InterruptedException e) {
                interrupted = true; // kept for the caller: closing goes on
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
