package io.atomicmapping;

import io.atomicmapping.dirty.Gate;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * How long the mapping is, for whom.
 *
 * <ul>
 *   <li>{@code loadLimit} is what each load compares its end with, read opaquely: seen soon, at the price of
 *       a plain load; and the {@link Gate}'s limit each store, where stores are to be marked. -1 lets none
 *       through, and the slow path then asks {@link #readable} and {@link #storable}. Of an adopted file both
 *       are -1 for good.
 *   <li>{@code current} is the size; {@code sealed} the size in the last sealed generation; {@code committed}
 *       the durable one.
 * </ul>
 */
final class Sizes {

    private static final VarHandle LOAD_LIMIT;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            LOAD_LIMIT = lookup.findVarHandle(Sizes.class, "loadLimit", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** its limit is the store limit as long as stores are to be marked */
    private final Gate gate;
    private long loadLimit;
    private boolean marksNothing;
    private boolean elsewhere;
    private volatile long readable = -1;
    private volatile long storable = -1;
    private volatile long current;
    private volatile boolean storesRefused;
    private volatile long committed;
    private volatile long sealed;

    Sizes(long size, boolean readOnly, Gate gate) {
        this.gate = gate;
        committed = size;
        sealed = size;
        storesRefused = readOnly;
        set(size);
    }

    long loadLimit() {
        return (long) LOAD_LIMIT.getOpaque(this);
    }

    /** The end of what can be loaded; -1 after a close. */
    long readable() {
        return readable;
    }

    /** The end of what can be stored to; -1 after a close or a failure. */
    long storable() {
        return storable;
    }

    long current() {
        return current;
    }

    long committed() {
        return committed;
    }

    long sealed() {
        return sealed;
    }

    void setSealed(long size) {
        sealed = size;
    }

    void setCommitted(long size) {
        committed = size;
    }

    /** Publishes a new size; callers hold the resize lock. */
    synchronized void set(long size) {
        if (size < current) {
            current = size;
        }
        readable = size;
        LOAD_LIMIT.setVolatile(this, elsewhere ? -1 : size);
        if (!storesRefused) {
            storable = size;
            if (!marksNothing) {
                gate.setLimit(size);
            }
        }
        current = size; // who sees it grown gets through
    }

    /** From now on no access finds its bytes at its offset of the image. */
    synchronized void accessElsewhere() {
        elsewhere = true;
        set(current);
    }

    /** From now on stores need not be marked. */
    synchronized void markNothing() {
        marksNothing = true;
        gate.setLimit(-1);
    }

    /** From now on no store passes; loads still do. */
    synchronized void refuseStores() {
        storesRefused = true;
        gate.setLimit(-1);
        storable = -1;
    }

    /** From now on nothing passes. */
    synchronized void refuseAll() {
        refuseStores();
        readable = -1;
        LOAD_LIMIT.setVolatile(this, -1L);
    }
}
