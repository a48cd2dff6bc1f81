package io.atomicmapping.dirty;

import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.storage.linux.Linux;
import io.atomicmapping.storage.linux.LinuxConstants;
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
 *   <li>A platform thread owns a stripe and opens its sections by plain stores to it. The excluder makes up
 *       for the missing fence: it closes the gate, calls membarrier(2), and then either sees the section open
 *       or the section sees the gate closed (Dekker's argument, with the costly half on the rare side).
 *   <li>Virtual threads, and platform threads that found no free stripe, count themselves in shared
 *       ones by atomic adds. There are as many of both as cores allow for, however many threads there are.
 *   <li>A section inside an update never waits at the gate: the excluder waits for the update.
 *   <li>An exclusion is tried for a while and given up, so that a put which holds a lock that an open update
 *       is waiting for gets through in between: nobody waits in a circle.
 * </ul>
 *
 * <p>A put is open before it looks at the {@link Gate}; only after that may it mark and store.
 */
public final class Sections {

    private static final int PROBES = 4;
    private static final int STRIPES_PER_CORE = 4;
    private static final int STRIPES_MIN = 16;
    private static final int SPINS = 200;
    private static final long PARK_NANOS = 20_000;
    private static final long GATE_NANOS = 1_000_000;
    private static final boolean MEMBARRIER = registerMembarrier();

    /** An open update of a thread without a stripe. */
    private static final class Nest {
        private int depth = 1;
    }

    private final Stripe[] stripes;
    private final Stripe[] shared;
    private final ConcurrentHashMap<Thread, Nest> nests = new ConcurrentHashMap<>();
    /** whether the shared stripes were ever used */
    private volatile boolean sharing;
    /** those who exclude, one at a time */
    private final ReentrantLock gateLock = new ReentrantLock();
    /** who waits at the gate; a thread may be in it once too often, and is then unparked once too often */
    private final ConcurrentLinkedQueue<Thread> waiters = new ConcurrentLinkedQueue<>();
    private final Gate gate;

    /**
     * Makes the stripes for this machine's cores.
     *
     * @param gate what the puts will look at
     */
    public Sections(Gate gate) {
        this.gate = gate;
        int count = Math.max(STRIPES_MIN,
                powerOfTwo(Runtime.getRuntime().availableProcessors()) * STRIPES_PER_CORE);
        stripes = new Stripe[count];
        shared = new Stripe[count];
        for (int i = 0; i < count; i++) {
            stripes[i] = new Stripe(i);
            shared[i] = new Stripe();
        }
    }

    static int powerOfTwo(int count) {
        return Integer.highestOneBit(Math.max(1, count) * 2 - 1);
    }

    /**
     * Opens the section of a put, waiting for an exclusion unless the caller is inside an update.
     *
     * @return the stripe that tells of it, for {@link #exitPut}
     */
    public Stripe enterPut() {
        Stripe stripe = openPut();
        passGate(stripe);
        return stripe;
    }

    /**
     * Opens the section of a put that has yet to look at the gate: before it marks and stores it must either
     * find its end within {@link Gate#limit}, or {@link #passGate}.
     *
     * @return the stripe that tells of it, for {@link #exitPut}
     */
    public Stripe openPut() {
        Thread thread = Thread.currentThread();
        Stripe stripe = stripes[(int) thread.threadId() & stripes.length - 1];
        if (!stripe.isOwn(thread)) {
            stripe = stripeOf(thread);
        }
        stripe.openPut();
        entryFence();
        return stripe;
    }

    /**
     * Waits for an exclusion, unless the caller is inside an update.
     *
     * @param stripe what {@link #openPut} returned
     */
    public void passGate(Stripe stripe) {
        while (gate.isClosed() && !isInUpdate(stripe, Thread.currentThread())) {
            stripe.closePut();
            try {
                awaitGate();
            } finally {
                stripe.openPut(); // whatever is thrown: the caller closes it
                entryFence();
            }
        }
    }

    /**
     * Closes the section of a put.
     *
     * @param stripe what {@link #enterPut} or {@link #openPut} returned
     */
    public void exitPut(Stripe stripe) {
        stripe.closePut();
    }

    /** The stripes that threads can own. */
    Stripe[] stripes() {
        return stripes;
    }

    /**
     * Opens an update, inside another or not.
     *
     * @return a token for {@link #exitUpdate}
     */
    public Stripe enterUpdate() {
        Thread thread = Thread.currentThread();
        Stripe stripe = stripeOf(thread);
        if (stripe.isShared()) {
            enterShared(thread, stripe);
            return stripe;
        }
        int open = stripe.openUpdate();
        entryFence();
        while (open == 0 && gate.isClosed()) {
            stripe.closeUpdate();
            awaitGate();
            stripe.openUpdate();
            entryFence();
        }
        return stripe;
    }

    private void enterShared(Thread thread, Stripe stripe) {
        Nest nest = nests.isEmpty() ? null : nests.get(thread);
        if (nest != null) {
            nest.depth++;
            return;
        }
        boolean entered = false;
        stripe.openUpdate();
        try {
            while (gate.isClosed()) {
                stripe.closeUpdate();
                try {
                    awaitGate();
                } finally {
                    stripe.openUpdate();
                }
            }
            nests.put(thread, new Nest());
            entered = true;
        } finally {
            if (!entered) { // out of memory: nobody will close it
                stripe.closeUpdate();
            }
        }
    }

    /**
     * Closes an update.
     *
     * @param stripe what {@link #enterUpdate} returned
     */
    public void exitUpdate(Stripe stripe) {
        if (!stripe.isShared()) {
            stripe.closeUpdate();
            return;
        }
        Thread thread = Thread.currentThread();
        Nest nest = nests.get(thread);
        nest.depth--;
        if (nest.depth == 0) {
            nests.remove(thread);
            stripe.closeUpdate();
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
            Stripe stripe = probe(thread, probe);
            if (stripe.isOwn(thread) && stripe.hasUpdate()) {
                return true;
            }
        }
        return isNested(thread);
    }

    private boolean isInUpdate(Stripe stripe, Thread thread) {
        return stripe.isShared() ? isNested(thread) : stripe.hasUpdate();
    }

    /** Whether a thread is inside an update that a shared stripe tells of. */
    private boolean isNested(Thread thread) {
        return !nests.isEmpty() && nests.containsKey(thread);
    }

    private Stripe probe(Thread thread, int probe) {
        return stripes[(int) thread.threadId() + probe & stripes.length - 1];
    }

    /** The stripe the thread owns, claiming one if it can, else a shared one, always the same. */
    private Stripe stripeOf(Thread thread) {
        // of virtual threads there may be millions; and a stripe is given up only when its owner is dead
        if (!thread.isVirtual()) {
            for (int probe = 0; probe < PROBES; probe++) {
                if (probe(thread, probe).isOwn(thread)) {
                    return probe(thread, probe);
                }
            }
            // an update that a shared stripe tells of ends there
            for (int probe = 0; probe < PROBES && !isNested(thread); probe++) {
                if (probe(thread, probe).claim(thread)) {
                    return probe(thread, probe);
                }
            }
        }
        if (!sharing) {
            sharing = true; // seen by an excluder at the latest when it sees the count
        }
        return shared[(int) thread.threadId() & shared.length - 1];
    }

    /** Between opening a section and reading the gate: for the JIT only, where membarrier does the rest. */
    private static void entryFence() {
        if (MEMBARRIER) {
            VarHandle.releaseFence();
        } else {
            VarHandle.fullFence();
        }
    }

    private void awaitGate() {
        for (int spin = 0; spin < SPINS; spin++) {
            if (!gate.isClosed()) {
                return;
            }
            Thread.onSpinWait();
        }
        boolean interrupted = false;
        waiters.add(Thread.currentThread());
        while (gate.isClosed()) {
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
        gate.close();
        boolean quiet = false;
        try {
            barrier();
            quiet = SeededFault.SEAL_WITHOUT_WAITING.isSeeded()
                    || awaitQuiet(System.nanoTime() + patienceNanos);
        } finally {
            if (!quiet) {
                endExclusion();
            }
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
        gate.open();
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
        for (Stripe stripe : stripes) {
            awaitPutOf(stripe);
        }
        if (sharing) {
            for (Stripe stripe : shared) {
                awaitPutOf(stripe);
            }
        }
    }

    private static void awaitPutOf(Stripe stripe) {
        for (int spin = 1; stripe.hasPut(); spin++) {
            pause(spin);
        }
    }

    /**
     * Waits until the put is over that a stripe's owner may be in. What was published before the call is seen
     * by every put of the stripe that begins after it.
     *
     * @param number the stripe's, not the caller's own
     */
    void awaitPut(int number) {
        barrier();
        awaitPutOf(stripes[number]);
    }

    /** Puts first: when no update is open any more, none of those inside one is. */
    private boolean quiet() {
        boolean shares = sharing;
        for (int i = 0; i < stripes.length; i++) {
            if (isOpen(stripes[i]) || shares && isOpen(shared[i])) {
                return false;
            }
        }
        return true;
    }

    private static boolean isOpen(Stripe stripe) {
        return stripe.hasPut() || stripe.hasUpdate();
    }

    /** Older kernels and some containers have no membarrier: then every section pays for a full fence. */
    private static boolean registerMembarrier() {
        long commands = Linux.membarrier(LinuxConstants.MEMBARRIER_CMD_QUERY);
        return commands > 0 && (commands & LinuxConstants.MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0
                && Linux.membarrier(LinuxConstants.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
    }

    private static void barrier() {
        VarHandle.fullFence();
        if (MEMBARRIER && !tryMembarrier() && !(registerMembarrier() && tryMembarrier())) {
            throw new IllegalStateException("membarrier(2) failed, though it worked before: the system is out"
                    + " of memory, or the process was restored elsewhere; try again, or restart the process");
        }
    }

    private static boolean tryMembarrier() {
        return Linux.membarrier(LinuxConstants.MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
    }
}
