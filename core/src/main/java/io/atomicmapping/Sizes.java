package io.atomicmapping;

import io.atomicmapping.dirty.Gate;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * How long the mapping is, for whom.
 *
 * <ul>
 *   <li>{@code loadLimit}, {@code storeLimit} and, where stores are to be marked, the {@link Gate}'s are what
 *       each access compares its end with; -1 lets none through, and the slow path then finds out why. They
 *       are read opaquely: seen soon, at the price of a plain load.
 *   <li>{@code current} is the size; {@code sealed} the size in the last sealed generation; {@code committed}
 *       the durable one.
 * </ul>
 */
final class Sizes {

    private static final VarHandle LOAD_LIMIT;
    private static final VarHandle STORE_LIMIT;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            LOAD_LIMIT = lookup.findVarHandle(Sizes.class, "loadLimit", long.class);
            STORE_LIMIT = lookup.findVarHandle(Sizes.class, "storeLimit", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** its limit is the store limit as long as stores are to be marked */
    private final Gate gate;
    private long loadLimit;
    private long storeLimit = -1;
    private boolean marksNothing;
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

    long storeLimit() {
        return (long) STORE_LIMIT.getOpaque(this);
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
        LOAD_LIMIT.setVolatile(this, size);
        if (!storesRefused) {
            STORE_LIMIT.setVolatile(this, size);
            if (!marksNothing) {
                gate.setLimit(size);
            }
        }
        current = size; // who sees it grown gets through
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
        STORE_LIMIT.setVolatile(this, -1L);
    }

    /** From now on nothing passes. */
    synchronized void refuseAll() {
        refuseStores();
        LOAD_LIMIT.setVolatile(this, -1L);
    }
}
