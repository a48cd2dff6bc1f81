package io.atomicmapping.dirty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sections against those who wait for them, without a mapping around: threads tell where they are by plain
 * stores, which add no fence to those that the sections are to do without.
 */
@Timeout(60)
class SectionsTest {

    private static final long REST_NANOS = 50_000;
    /** how long a test looks for what must not be */
    private static final long NANOS = TimeUnit.MILLISECONDS.toNanos(800);
    private static final int LOOKS = 40;
    private static final int STRIDE = 16;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Who stores. */
    enum Who {
        /** As many as can run beside the one that waits: they meet it most often. */
        FEW(2, false),
        /** More than there are stripes. */
        MANY(40, false),
        /** Those have no stripes. */
        VIRTUAL(2, true);

        private final int count;
        private final boolean virtual;

        Who(int count, boolean virtual) {
            this.count = count;
            this.virtual = virtual;
        }
    }

    /** What a thread does over and over. */
    private interface Body {
        void run(int thread, Random random);
    }

    private final Gate gate = new Gate();
    private final Sections sections = new Sections(gate);
    private volatile boolean stopped;
    private volatile Throwable failure;
    /** of each thread the number of stores that it has under way, or what it acts on */
    private AtomicIntegerArray inside;
    private volatile int published = 1;

    private List<Thread> start(Who who, Body body) throws InterruptedException {
        gate.setLimit(1);
        inside = new AtomicIntegerArray(who.count * STRIDE);
        CountDownLatch started = new CountDownLatch(who.count);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < who.count; i++) {
            int number = i;
            threads.add((who.virtual ? Thread.ofVirtual() : Thread.ofPlatform()).start(() -> {
                Random random = new Random(number);
                started.countDown();
                try {
                    while (!stopped) {
                        body.run(number, random);
                        if (who == Who.MANY) {
                            LockSupport.parkNanos(REST_NANOS); // or the processors are theirs alone
                        }
                    }
                } catch (Throwable e) {
                    failure = e;
                }
            }));
        }
        started.await();
        return threads;
    }

    private void end(List<Thread> threads) throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join();
        }
        assertNull(failure, () -> "a thread failed: " + failure);
    }

    /** A put, an update with puts, or one inside another: what the inner ends, the outer still holds. */
    private void section(int thread, Random random) {
        int kind = random.nextInt(4);
        Stripe outer = kind > 0 ? sections.enterUpdate() : null;
        Stripe inner = kind > 1 ? sections.enterUpdate() : null;
        put(thread, 1);
        if (kind > 1) {
            sections.exitUpdate(inner);
            assertTrue(sections.insideUpdate(), "the inner end has ended the outer one");
        }
        if (kind > 0) {
            inside.setPlain(thread * STRIDE, 1);
            pause(random.nextInt(20));
            inside.setPlain(thread * STRIDE, 0);
            sections.exitUpdate(outer);
        }
    }

    /** As a mapping does it: one load tells mostly that the gate is open. */
    private Stripe enterPut() {
        Stripe stripe = sections.openPut();
        if (gate.limit() < 0) {
            sections.passGate(stripe);
        }
        return stripe;
    }

    private void put(int thread, int value) {
        Stripe stripe = enterPut();
        inside.setPlain(thread * STRIDE, value);
        pause(2);
        inside.setPlain(thread * STRIDE, 0);
        sections.exitPut(stripe);
    }

    private static void pause(int spins) {
        for (int i = 0; i < spins; i++) {
            Thread.onSpinWait();
        }
    }

    /** One exclusion after the other: who waits at the gate finds it closed again. */
    @ParameterizedTest
    @EnumSource
    void nobodyIsInASectionWhileAnExclusionLasts(Who who) throws InterruptedException {
        List<Thread> threads = start(who, this::section);
        int met = 0;
        long begin = System.nanoTime();
        while (met == 0 && System.nanoTime() - begin < NANOS) {
            if (sections.tryExclude(PATIENCE_NANOS)) {
                for (int look = 0; look < LOOKS; look++) {
                    for (int thread = 0; thread < who.count; thread++) {
                        met += inside.getOpaque(thread * STRIDE);
                    }
                }
                sections.endExclusion();
            }
        }
        end(threads);
        assertEquals(0, met, "a section was open");
    }

    /** Puts of open updates are waited for, and updates are not. */
    @ParameterizedTest
    @EnumSource
    void putsThatBeganBeforeAWaitHaveEndedAfterIt(Who who) throws InterruptedException {
        List<Thread> threads = start(who, (thread, random) -> {
            Stripe update = random.nextBoolean() ? sections.enterUpdate() : null;
            Stripe stripe = enterPut();
            inside.setPlain(thread * STRIDE, published);
            pause(random.nextInt(20));
            inside.setPlain(thread * STRIDE, 0);
            sections.exitPut(stripe);
            if (update != null) {
                sections.exitUpdate(update);
            }
        });
        int late = 0;
        long begin = System.nanoTime();
        for (int value = 2; late == 0 && System.nanoTime() - begin < NANOS; value++) {
            published = value;
            sections.awaitPuts();
            for (int look = 0; look < LOOKS; look++) {
                for (int thread = 0; thread < who.count; thread++) {
                    int seen = inside.getOpaque(thread * STRIDE);
                    late += seen != 0 && seen < value ? 1 : 0;
                }
            }
        }
        end(threads);
        assertEquals(0, late, "a put still acts on what was before");
    }

    /** A thread that was interrupted while it waited at the gate, and takes its time to say so again. */
    private final class Late extends Thread {
        private final CountDownLatch passing = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);
        private volatile boolean inside;

        @Override
        public void run() {
            Stripe stripe = sections.enterPut();
            inside = true;
            sections.exitPut(stripe);
        }

        @Override
        public void interrupt() {
            if (currentThread() == this) {
                passing.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
            super.interrupt();
        }
    }

    /** Between its look at the open gate and its section the next exclusion begins: it looks again. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whoComesFromTheGateLooksAtItAgain(boolean withStripe) throws InterruptedException {
        CountDownLatch over = new CountDownLatch(1);
        List<Thread> owners = withStripe ? List.of() : takeAllStripes(over);
        Late late = new Late();
        assertTrue(sections.tryExclude(PATIENCE_NANOS));
        late.start();
        while (late.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        late.interrupt();
        while (late.isInterrupted()) { // it takes note of that, and waits on
            Thread.onSpinWait();
        }
        sections.endExclusion();
        late.passing.await();
        assertTrue(sections.tryExclude(PATIENCE_NANOS));
        late.goOn.countDown();
        while (late.getState() != Thread.State.TIMED_WAITING && late.getState() != Thread.State.TERMINATED) {
            Thread.onSpinWait();
        }
        boolean met = late.inside;
        sections.endExclusion();
        late.join();
        over.countDown();
        for (Thread owner : owners) {
            owner.join();
        }
        assertFalse(met, "a section was opened inside an exclusion");
        assertTrue(late.inside);
    }

    /** A thread that finds the gate closed, and fails when it has waited for it. */
    private final class Failing extends Thread {
        private volatile Throwable thrown;

        @Override
        public void run() {
            Stripe stripe = sections.openPut();
            try {
                sections.passGate(stripe);
            } catch (IllegalStateException e) {
                thrown = e;
            } finally {
                sections.exitPut(stripe);
            }
        }

        @Override
        public void interrupt() {
            if (currentThread() == this) {
                throw new IllegalStateException("as if there were no memory");
            }
            super.interrupt();
        }
    }

    /** Such a put was closed twice: the stripe, if others shared it, told of one put too few from then on. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPutThatFailsAtTheGateIsClosedOnce(boolean withStripe) throws InterruptedException {
        CountDownLatch over = new CountDownLatch(1);
        List<Thread> owners = withStripe ? List.of() : takeAllStripes(over);
        Failing failing = new Failing();
        assertTrue(sections.tryExclude(PATIENCE_NANOS));
        failing.start();
        while (failing.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        failing.interrupt();
        while (failing.isInterrupted()) { // it takes note of that, and waits on
            Thread.onSpinWait();
        }
        sections.endExclusion();
        failing.join();
        boolean quiet = sections.tryExclude(PATIENCE_NANOS);
        if (quiet) {
            sections.endExclusion();
        }
        over.countDown();
        for (Thread owner : owners) {
            owner.join();
        }
        assertNotNull(failing.thrown, "it did not fail");
        assertTrue(quiet, "a section seems to be open");
    }

    /** Threads that each had a put, and live on. */
    private List<Thread> takeAllStripes(CountDownLatch over) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        CountDownLatch put = new CountDownLatch(3 * sections.stripes().length);
        for (int i = 0; i < 3 * sections.stripes().length; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                sections.exitPut(sections.enterPut());
                put.countDown();
                try {
                    over.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }));
        }
        put.await();
        return threads;
    }
}
