package io.atomicmapping.storage;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CountDownLatch;

/**
 * Counts the calls under way on something that is closed only when there are none.
 *
 * <p>Design note: one atomic addition at each end of a call; a lock would make callers wait for one another.
 */
final class UseCount {

    /** The sign bit of {@link #uses}, so that a closed count is negative. */
    private static final int CLOSED = 1 << 31;

    private static final VarHandle USES;

    static {
        try {
            USES = MethodHandles.lookup().findVarHandle(UseCount.class, "uses", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Calls under way, and {@link #CLOSED}: getAndAdd by the calls pairs with getAndBitwiseOr of close. */
    private int uses;

    private final CountDownLatch unused = new CountDownLatch(1);

    /** Begins a call. False when it is closed; then there is nothing to leave. */
    boolean enter() {
        int before = (int) USES.getAndAdd(this, 1);
        if (before < 0) {
            leave();
            return false;
        }
        return true;
    }

    /** Ends a call. */
    void leave() {
        int before = (int) USES.getAndAdd(this, -1);
        if (before == (CLOSED | 1)) {
            unused.countDown();
        }
    }

    /**
     * Refuses calls from now on and waits for those under way, interrupted or not. True for the first caller
     * only, who then is alone.
     */
    boolean close() {
        int before = (int) USES.getAndBitwiseOr(this, CLOSED);
        if (before < 0) {
            return false;
        }
        boolean interrupted = false;
        while (before != 0) {
            try {
                unused.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return true;
    }
}
