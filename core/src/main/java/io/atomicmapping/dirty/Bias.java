package io.atomicmapping.dirty;

import io.atomicmapping.journal.fault.SeededFault;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Lets the only thread that marks do so by plain stores; when another one comes, all use atomic operations
 * (biased locking, Russell and Detlefs, OOPSLA'06).
 *
 * <ul>
 *   <li>The first stripe that marks becomes the owner. Whoever else wants to mark revokes that, and waits
 *       until the put has ended that the owner may be in: membarrier(2) makes up for the fence that the
 *       owner does without, as for {@link Sections}.
 *   <li>After a revocation the bias comes back only after some seals, twice as many each time.
 * </ul>
 *
 * <p>{@link #isOwn} is called inside the section of a put; {@link #sealed} inside an exclusion.
 */
final class Bias {

    /** {@link #isOwn} is to find out */
    static final int UNKNOWN = 0;
    static final int ONE = 1;
    static final int MANY = 2;

    private static final int NOBODY = -2;
    private static final int EVERYBODY = -3;
    /** less the owner's stripe: somebody is waiting for the owner's put to end */
    private static final int REVOKING = -4;
    private static final int SEALS_MIN = 16;
    private static final int SEALS_MAX = 1 << 16;
    private static final VarHandle OWNER;

    static {
        try {
            OWNER = MethodHandles.lookup().findVarHandle(Bias.class, "owner", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Sections sections;
    /** a stripe, or one of the constants */
    private volatile int owner = NOBODY;
    /**
     * how many seals a revocation lasts, and how many are left of this one; changed in exclusions, but for
     * the beginning
     */
    private int penaltySeals = SEALS_MIN;
    private volatile int sealsLeft;

    Bias(Sections sections) {
        this.sections = sections;
    }

    /**
     * Whether nobody but the caller marks until its put has ended.
     *
     * @param stripe the caller's stripe, -1 if it has none
     */
    boolean isOwn(int stripe) {
        if (SeededFault.BIAS_NOT_REVOKED.isSeeded()) {
            Thread.yield(); // to the other owner
            return true;
        }
        int now = (int) OWNER.getAcquire(this);
        return now == stripe || now != EVERYBODY && take(stripe);
    }

    /**
     * Who marks until the caller's put has ended, as far as a look at the owner tells.
     *
     * @param stripe the caller's stripe, -1 if it has none
     * @return the caller alone, or others, too, or that it is unknown
     */
    int markers(int stripe) {
        if (SeededFault.BIAS_NOT_REVOKED.isSeeded()) {
            return UNKNOWN;
        }
        int now = (int) OWNER.getAcquire(this);
        return now == stripe ? ONE : now == EVERYBODY && stripe >= 0 ? MANY : UNKNOWN;
    }

    private boolean take(int stripe) {
        while (true) {
            int now = owner;
            if (now == stripe) {
                return true;
            }
            if (now == EVERYBODY || now == REVOKING - stripe) {
                return false; // its own put is the one that is waited for: it has no plain store under way
            }
            if (now == NOBODY) {
                OWNER.compareAndSet(this, NOBODY, stripe >= 0 ? stripe : EVERYBODY);
            } else if (now >= 0) {
                OWNER.compareAndSet(this, now, REVOKING - now);
            } else {
                sections.awaitPut(REVOKING - now);
                sealsLeft = penaltySeals;
                OWNER.compareAndSet(this, now, EVERYBODY);
            }
        }
    }

    /** A generation was sealed. */
    void sealed() {
        if (owner == EVERYBODY && sealsLeft-- <= 0) {
            penaltySeals = Math.min(SEALS_MAX, penaltySeals * 2);
            owner = NOBODY;
        }
    }
}
