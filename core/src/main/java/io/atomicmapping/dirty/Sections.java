package io.atomicmapping.dirty;

import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.storage.linux.Linux;
import io.atomicmapping.storage.linux.LinuxConstants;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Who is storing just now, and the way to wait until nobody is.
 *
 * <ul>
 *   <li>A put is a section, an update is a section around puts. Sections run beside each other; an exclusion
 *       runs alone.
 *   <li>A platform thread owns a slot and opens its sections by plain stores to it. The excluder makes up for
 *       the missing fence: it closes the gate, calls membarrier(2), and then either sees the section open or
 *       the section sees the gate closed (Dekker's argument, with the costly half on the rare side).
 *   <li>Virtual threads, and platform threads that found no free slot, count themselves in a striped counter
 *       by atomic adds. There are as many slots and stripes as cores allow for, however many threads there
 *       are.
 *   <li>A section inside an update never waits at the gate: the excluder waits for the update.
 *   <li>An exclusion is tried for a while and given up, so that a put which holds a lock that an open update
 *       is waiting for gets through in between: nobody waits in a circle.
 * </ul>
 *
 * <p>The layout of a slot: bit 0 tells that a put is open, the bits above count updates. A shared stripe
 * counts puts in its lower and updates in its upper half.
 */
public final class Sections {

    private static final int STRIDE = 16; // longs: 128 bytes, so that neighbours share no line, nor its prefetched pair
    private static final int PROBES = 4;
    private static final int SLOTS_PER_CORE = 4;
    private static final int SLOTS_MIN = 16;
    private static final int SPINS = 200;
    private static final long PARK_NANOS = 20_000;
    private static final long GATE_NANOS = 1_000_000;
    private static final long PUT = 1;
    private static final long UPDATE = 2;
    private static final long SHARED_UPDATE = 1L << 32;
    /** in the token of a put inside an update */
    private static final int NESTED = 1 << 30;
    private static final VarHandle STATE = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle OWNER = MethodHandles.arrayElementVarHandle(Thread[].class);
    private static final VarHandle GATE;
    private static final boolean MEMBARRIER = registerMembarrier();

    static {
        try {
            GATE = MethodHandles.lookup().findVarHandle(Sections.class, "gate", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** An open update of a thread without a slot. */
    private static final class Nest {
        private int depth = 1;
    }

    private final int mask;
    private final Thread[] owners;
    private final long[] slots;
    private final long[] shared;
    private final ConcurrentHashMap<Thread, Nest> nests = new ConcurrentHashMap<>();
    /** whether the stripes were ever used */
    private volatile boolean sharing;
    /** those who exclude, one at a time */
    private final ReentrantLock gateLock = new ReentrantLock();
    /** those who wait at the gate; a thread may be in it once too often, and is then unparked once too often */
    private final ConcurrentLinkedQueue<Thread> waiters = new ConcurrentLinkedQueue<>();
    /**
     * 1 while an exclusion wants or has the field; set before the barrier. Read after a section opened, and
     * by acquire: the masks and sizes that the section then loads are those that the last exclusion left
     */
    private volatile int gate;

    /** Makes the slots for this machine's cores. */
    public Sections() {
        int count = Math.max(SLOTS_MIN, powerOfTwo(Runtime.getRuntime().availableProcessors()) * SLOTS_PER_CORE);
        mask = count - 1;
        owners = new Thread[count];
        slots = new long[(count + 1) * STRIDE];
        shared = new long[(count + 1) * STRIDE];
    }

    static int powerOfTwo(int count) {
        return Integer.highestOneBit(Math.max(1, count) * 2 - 1);
    }

    /**
     * Opens the section of a put, waiting for an exclusion unless the thread is inside an update.
     *
     * @return a token for {@link #exitPut} and {@link #slot}
     */
    public int enterPut() {
        Thread thread = Thread.currentThread();
        int slot = (int) thread.threadId() & mask;
        if (owners[slot] == thread) {
            return openPut(slot);
        }
        int other = slotOf(thread, slot);
        return other >= 0 ? openPut(other) : openShared(thread, PUT);
    }

    private int openPut(int slot) {
        int index = slot + 1 << 4;
        long state = slots[index];
        if (state != 0) {
            STATE.setOpaque(slots, index, state | PUT);
            entryFence(); // for awaitPuts, which an update does not keep waiting
            return slot | NESTED;
        }
        STATE.setOpaque(slots, index, PUT); // a constant: no put waits for the last one's store to be read back
        entryFence();
        if ((int) GATE.getAcquire(this) == 0) {
            return slot;
        }
        return openAfterGate(slot, PUT);
    }

    /** The gate was closed: steps back, waits, and tries again. */
    private int openAfterGate(int slot, long kind) {
        int index = slot + 1 << 4;
        while (true) {
            STATE.setRelease(slots, index, 0L);
            awaitGate();
            STATE.setOpaque(slots, index, kind);
            entryFence();
            if ((int) GATE.getAcquire(this) == 0) {
                return slot;
            }
        }
    }

    /**
     * Closes the section of a put.
     *
     * @param token what {@link #enterPut} returned
     */
    public void exitPut(int token) {
        if (token >= NESTED) {
            int index = (token & ~NESTED) + 1 << 4;
            STATE.setRelease(slots, index, slots[index] & ~PUT);
        } else if (token >= 0) {
            STATE.setRelease(slots, token + 1 << 4, 0L);
        } else {
            STATE.getAndAdd(shared, ~token + 1 << 4, -PUT);
        }
    }

    /**
     * The slot of a token, which nobody but the calling thread uses until its section ends.
     *
     * @param token what an enter method returned
     * @return a number below {@link #slots}, or -1 for a thread without a slot
     */
    public static int slot(int token) {
        return token >= 0 ? token & ~NESTED : -1;
    }

    /**
     * How many slots there are.
     *
     * @return the count
     */
    public int slots() {
        return mask + 1;
    }

    /**
     * Opens an update, inside another or not.
     *
     * @return a token for {@link #exitUpdate}
     */
    public int enterUpdate() {
        Thread thread = Thread.currentThread();
        int slot = slotOf(thread, (int) thread.threadId() & mask);
        if (slot < 0) {
            return openShared(thread, SHARED_UPDATE);
        }
        int index = slot + 1 << 4;
        long state = slots[index];
        STATE.setOpaque(slots, index, state + UPDATE);
        entryFence();
        if (state != 0 || (int) GATE.getAcquire(this) == 0) {
            return slot;
        }
        return openAfterGate(slot, UPDATE);
    }

    /**
     * Closes an update.
     *
     * @param token what {@link #enterUpdate} returned
     */
    public void exitUpdate(int token) {
        if (token >= 0) {
            int index = token + 1 << 4;
            STATE.setRelease(slots, index, slots[index] - UPDATE);
            return;
        }
        Thread thread = Thread.currentThread();
        Nest nest = nests.get(thread);
        nest.depth--;
        if (nest.depth == 0) {
            nests.remove(thread);
            STATE.getAndAdd(shared, ~token + 1 << 4, -SHARED_UPDATE);
        }
    }

    /**
     * Whether the calling thread is inside an update.
     *
     * @return whether it is
     */
    public boolean insideUpdate() {
        Thread thread = Thread.currentThread();
        for (int probe = 0; probe < PROBES; probe++) {
            int slot = (int) thread.threadId() + probe & mask;
            if (owners[slot] == thread && slots[slot + 1 << 4] >= UPDATE) {
                return true;
            }
        }
        return !nests.isEmpty() && nests.containsKey(thread);
    }

    private int openShared(Thread thread, long kind) {
        if (!sharing) {
            sharing = true; // seen by an excluder at the latest when it sees the count below
        }
        int stripe = (int) thread.threadId() & mask;
        int index = stripe + 1 << 4;
        Nest nest = nests.isEmpty() ? null : nests.get(thread);
        if (nest != null) {
            if (kind == SHARED_UPDATE) {
                nest.depth++;
            } else {
                STATE.getAndAdd(shared, index, kind);
            }
            return ~stripe;
        }
        STATE.getAndAdd(shared, index, kind);
        while (gate != 0) {
            STATE.getAndAdd(shared, index, -kind);
            awaitGate();
            STATE.getAndAdd(shared, index, kind);
        }
        if (kind == SHARED_UPDATE) {
            nests.put(thread, new Nest());
        }
        return ~stripe;
    }

    /** The slot the thread owns, claiming one if it can; -1 if it has none. */
    private int slotOf(Thread thread, int first) {
        if (owners[first] == thread) {
            return first;
        }
        if (thread.isVirtual()) {
            return -1; // there may be millions; and a slot is given up only when its owner is dead
        }
        for (int probe = 1; probe < PROBES; probe++) {
            int slot = first + probe & mask;
            if (owners[slot] == thread) {
                return slot;
            }
        }
        if (!nests.isEmpty() && nests.containsKey(thread)) {
            return -1; // its update is open without a slot: it must end so
        }
        for (int probe = 0; probe < PROBES; probe++) {
            int slot = first + probe & mask;
            Thread owner = (Thread) OWNER.getAcquire(owners, slot);
            if ((owner == null || !owner.isAlive()) && OWNER.compareAndSet(owners, slot, owner, thread)) {
                return slot;
            }
        }
        return -1;
    }

    /** Between opening a section and reading the gate: for the compiler only, where membarrier does the rest. */
    private static void entryFence() {
        if (MEMBARRIER) {
            VarHandle.releaseFence();
        } else {
            VarHandle.fullFence();
        }
    }

    private void awaitGate() {
        for (int spin = 0; spin < SPINS; spin++) {
            if (gate == 0) {
                return;
            }
            Thread.onSpinWait();
        }
        boolean interrupted = false;
        waiters.add(Thread.currentThread());
        while (gate != 0) {
            interrupted |= Thread.interrupted(); // an interrupted thread would not park
            LockSupport.parkNanos(this, GATE_NANOS);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * One step of waiting for another thread, which may be a virtual one that needs this thread's carrier. A
     * virtual thread must park for that: those that only yield keep the carriers to themselves, since what
     * another thread unblocks queues elsewhere.
     */
    static void pause(int spin) {
        if (spin % SPINS != 0) {
            Thread.onSpinWait();
        } else if (!Thread.currentThread().isVirtual()) {
            Thread.yield();
        } else {
            boolean interrupted = Thread.interrupted(); // an interrupted thread would not park
            LockSupport.parkNanos(PARK_NANOS);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Closes the gate and waits until no section is open. The caller must not be inside one.
     *
     * @param patienceNanos for how long to wait before giving up
     * @return whether the exclusion began; if so {@link #endExclusion} must follow
     */
    public boolean tryExclude(long patienceNanos) {
        gateLock.lock();
        gate = 1;
        barrier();
        boolean quiet = SeededFault.SEAL_WITHOUT_WAITING.isSeeded() || awaitQuiet(System.nanoTime() + patienceNanos);
        if (!quiet) {
            endExclusion();
        }
        return quiet;
    }

    private boolean awaitQuiet(long deadlineNanos) {
        boolean interrupted = false;
        boolean quiet = quiet();
        for (int spin = 0; !quiet && System.nanoTime() - deadlineNanos < 0; spin++) {
            if (spin < SPINS) {
                Thread.onSpinWait();
            } else {
                interrupted |= Thread.interrupted(); // an interrupted thread would not park
                LockSupport.parkNanos(PARK_NANOS);
            }
            quiet = quiet();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return quiet;
    }

    /** Opens the gate, for all who wait at it. */
    public void endExclusion() {
        gate = 0;
        gateLock.unlock();
        for (Thread waiter = waiters.poll(); waiter != null; waiter = waiters.poll()) {
            LockSupport.unpark(waiter);
        }
    }

    /**
     * Waits until every put that was open at the call has ended, updates or not. What was published before
     * the call is seen by every put that begins after it.
     */
    public void awaitPuts() {
        barrier();
        boolean shares = sharing;
        for (int slot = 0; slot <= mask; slot++) {
            int index = slot + 1 << 4;
            int spin = 1;
            while (OWNER.getAcquire(owners, slot) != null && ((long) STATE.getAcquire(slots, index) & PUT) != 0
                    || shares && (int) (long) STATE.getAcquire(shared, index) != 0) {
                pause(spin++);
            }
        }
    }

    /**
     * Waits until the put is over that a slot may be in. What was published before the call is seen by every
     * put of the slot that begins after it.
     *
     * @param slot not the caller's own
     */
    void awaitPut(int slot) {
        barrier();
        int spin = 1;
        while (((long) STATE.getAcquire(slots, slot + 1 << 4) & PUT) != 0) {
            pause(spin++);
        }
    }

    /** Looks at the slots that have an owner: a thread that gets one later finds the gate closed. */
    private boolean quiet() {
        boolean shares = sharing;
        for (int slot = 0; slot <= mask; slot++) {
            int index = slot + 1 << 4;
            if (OWNER.getAcquire(owners, slot) != null && (long) STATE.getAcquire(slots, index) != 0
                    || shares && (long) STATE.getAcquire(shared, index) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Older kernels and some containers have no membarrier: then every section pays for a full fence. */
    private static boolean registerMembarrier() {
        long commands = Linux.membarrier(LinuxConstants.MEMBARRIER_CMD_QUERY);
        return commands > 0 && (commands & LinuxConstants.MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0
                && Linux.membarrier(LinuxConstants.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
    }

    private static void barrier() {
        VarHandle.fullFence();
        if (MEMBARRIER) {
            Linux.membarrier(LinuxConstants.MEMBARRIER_CMD_PRIVATE_EXPEDITED);
        }
    }
}
