package io.atomicmapping.dirty;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What lets a put go on, told by one number: the end of where stores are to be marked, or -1 while an
 * exclusion wants the field, or where no store is to be marked. A put loads it after it has told that it is
 * open.
 *
 * <p>Safe for use by several threads.
 */
public final class Gate {

    private static final VarHandle LIMIT;

    static {
        try {
            LIMIT = MethodHandles.lookup().findVarHandle(Gate.class, "limit", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * set before the barrier of an exclusion; the masks and sizes that a put loads after it are those that
     * the last one left
     */
    private long limit = -1;
    /** the limit when no exclusion wants the field; written by the holder of the monitor */
    private volatile long limitWhenOpen = -1;
    private volatile boolean closed;

    /** Makes an open one, with no limit set. */
    public Gate() {
    }

    /**
     * The offset at which a store that is to be marked must have ended.
     *
     * @return bytes, or -1 if a put must first find out why there is none
     */
    public long limit() {
        return (long) LIMIT.getAcquire(this);
    }

    /**
     * The limit for a put that need not wait for exclusions, or has.
     *
     * @return bytes, or -1 where no store is to be marked
     */
    public long limitWhenOpen() {
        return limitWhenOpen;
    }

    /**
     * Changes the limit.
     *
     * @param end an offset, or -1 for no store
     */
    public synchronized void setLimit(long end) {
        limitWhenOpen = end;
        if (!closed) {
            LIMIT.setVolatile(this, end);
        }
    }

    boolean isClosed() {
        return closed;
    }

    synchronized void close() {
        closed = true;
        LIMIT.setVolatile(this, -1L);
    }

    synchronized void open() {
        closed = false;
        LIMIT.setVolatile(this, limitWhenOpen);
    }
}
