package io.atomicmapping.dirty;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that does a piece of work beside its caller, over and over; a caller that is done first does it
 * itself where the thread has not begun. Nothing is allocated for a piece.
 *
 * <p>{@link #start} and {@link #finish} are for one thread at a time.
 */
final class Helper implements AutoCloseable {

    /** What is done. */
    @FunctionalInterface
    interface Work {
        void run() throws IOException;
    }

    private static final int IDLE = 0;
    private static final int WANTED = 1;
    private static final int RUNNING = 2;
    private static final int DONE = 3;
    private static final int CLOSED = 4;
    private static final int SPINS = 20_000;
    private static final long PARK_NANOS = 50_000;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Helper.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final String name;
    private final Work work;
    private volatile int state = IDLE;
    private Thread thread;
    /** written before the state is DONE, read after */
    private Throwable failure;

    Helper(String name, Work work) {
        this.name = name;
        this.work = work;
    }

    /** Lets the thread begin; {@link #finish} must follow, whatever happens. */
    void start() {
        state = WANTED;
        if (thread == null) {
            try {
                Thread started = new Thread(this::run, name);
                started.setDaemon(true);
                started.start();
                thread = started;
            } catch (OutOfMemoryError e) {
                return; // no thread to be had: the caller does it
            }
        } else {
            LockSupport.unpark(thread);
        }
    }

    /** Does the work if nobody has begun it, else waits until it is done; throws what it threw. */
    void finish() throws IOException {
        if (STATE.compareAndSet(this, WANTED, RUNNING)) {
            try {
                work.run();
            } finally {
                state = IDLE;
            }
            return;
        }
        for (int spin = 0; state == RUNNING; spin++) {
            if (spin < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
        Throwable thrown = failure;
        failure = null;
        state = IDLE;
        switch (thrown) {
            case null -> { }
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new AssertionError(thrown);
        }
    }

    private void run() {
        while (state != CLOSED) {
            if (STATE.compareAndSet(this, WANTED, RUNNING)) {
                try {
                    work.run();
                } catch (IOException | RuntimeException | Error e) {
                    failure = e;
                } finally {
                    state = DONE;
                }
            } else {
                LockSupport.parkNanos(this, state == WANTED ? PARK_NANOS : Long.MAX_VALUE);
            }
        }
    }

    @Override
    public void close() {
        state = CLOSED;
        LockSupport.unpark(thread);
    }
}
