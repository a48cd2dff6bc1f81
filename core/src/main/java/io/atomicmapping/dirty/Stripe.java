package io.atomicmapping.dirty;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Where threads tell that a section of theirs is open: a platform thread in a stripe of its own, by plain
 * stores; all others in shared ones, by atomic adds.
 *
 * <p>Belongs to {@link Sections}, whose users hand it on.
 */
public final class Stripe extends StripePadding {

    private static final int SHARED = -1;
    private static final VarHandle OWNER;
    private static final VarHandle PUTS;
    private static final VarHandle UPDATES;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            OWNER = lookup.findVarHandle(Stripe.class, "owner", Thread.class);
            PUTS = lookup.findVarHandle(Stripe.class, "puts", int.class);
            UPDATES = lookup.findVarHandle(Stripe.class, "updates", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** of a thread's own stripe its place among those, of a shared one -1 */
    final int number;
    /** the pages that its owner marks first; null for a shared one */
    DirtyPages.Pages pages;
    /** a thread compares it with itself by a plain load: no other thread can make that true or false */
    private Thread owner;
    /** how many puts are open: of an owner none or one */
    private int puts;
    /** how many updates are open, one inside another counted too */
    private int updates;

    /** Makes one to be shared. */
    public Stripe() {
        this(SHARED);
    }

    /** Makes one for an owner. */
    Stripe(int number) {
        this.number = number;
    }

    boolean isOwn(Thread thread) {
        return owner == thread;
    }

    /** Makes a thread the owner if there is none, or if the owner is dead. */
    boolean claim(Thread thread) {
        Thread now = (Thread) OWNER.getAcquire(this);
        return (now == null || !now.isAlive()) && OWNER.compareAndSet(this, now, thread);
    }

    boolean isShared() {
        return number < 0;
    }

    /** A constant is stored: no put waits for the last one's to be read back. */
    void openPut() {
        if (number >= 0) {
            PUTS.setOpaque(this, 1);
        } else {
            PUTS.getAndAdd(this, 1);
        }
    }

    void closePut() {
        if (number >= 0) {
            PUTS.setRelease(this, 0);
        } else {
            PUTS.getAndAdd(this, -1);
        }
    }

    /** Opens an update; tells how many were open. */
    int openUpdate() {
        if (isShared()) {
            return (int) UPDATES.getAndAdd(this, 1);
        }
        int open = updates;
        UPDATES.setOpaque(this, open + 1);
        return open;
    }

    void closeUpdate() {
        if (isShared()) {
            UPDATES.getAndAdd(this, -1);
        } else {
            UPDATES.setRelease(this, updates - 1);
        }
    }

    /** Whether a put is open, of whoever. */
    boolean hasPut() {
        return (int) PUTS.getAcquire(this) != 0;
    }

    /** Whether an update is open, of whoever. */
    boolean hasUpdate() {
        return (int) UPDATES.getAcquire(this) != 0;
    }
}
