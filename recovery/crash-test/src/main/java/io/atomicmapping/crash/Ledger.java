package io.atomicmapping.crash;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Where a workload says what it commits. It is what a recovered structure is held to: what was acknowledged
 * before the crash must be there, what had begun may be.
 *
 * <p>Entries are in the order in which they begin. Safe for use by several threads, whose entries {@link
 * CrashTest#checking} then judges.
 *
 * @param <M> what a committed state, or a promise, is told as: immutable, with {@code equals}
 */
public final class Ledger<M> {

    /** What may fail. */
    @FunctionalInterface
    public interface Action {
        /**
         * Does it.
         *
         * @throws Exception if it fails
         */
        void run() throws Exception;
    }

    /**
     * Something that is being committed.
     *
     * @param <M> what it is told as
     */
    public static final class Entry<M> {
        private final Ledger<M> ledger;
        private final int number;
        private final long begin;
        private final String place;
        private volatile M state;
        private volatile boolean known;
        private volatile int hash;
        private volatile long acknowledged = NEVER;

        private Entry(Ledger<M> ledger, int number, long begin, String place) {
            this.ledger = ledger;
            this.number = number;
            this.begin = begin;
            this.place = place;
        }

        /** It is durable: from now on no crash may lose it. */
        public void acknowledge() {
            acknowledged = ledger.disk.time();
        }

        private void tell(M committed) {
            state = committed;
            hash = hash(committed);
            known = true;
        }

        private static int hash(Object state) {
            return Arrays.deepHashCode(new Object[] {state});
        }

        /** Whether its state is no longer what it was when it was told. */
        boolean isChanged() {
            return known && hash(state) != hash;
        }

        int number() {
            return number;
        }

        long begin() {
            return begin;
        }

        long acknowledged() {
            return acknowledged;
        }

        String place() {
            return place;
        }

        M state() {
            return state;
        }

        @Override
        public String toString() {
            return name() + ": " + (known ? Text.of(state) : "what its action did not live to say");
        }

        String name() {
            return "commit " + number + (place.isEmpty() ? ", from before" : " at " + place);
        }
    }

    /** What a structure shows. */
    interface View<M> {
        M now() throws Exception;
    }

    static final long NEVER = Long.MAX_VALUE;

    private final SimulatedDisk disk;
    private final View<M> view;
    private final BitSet skipped;
    private final RandomGenerator random;
    /** Guards itself, and all below. */
    private final List<Entry<M>> entries = new ArrayList<>();
    private final BitSet leftOut = new BitSet();
    private int steps;
    private volatile long watchedFrom;
    private volatile long watchedUntil = NEVER;

    /**
     * Opens one.
     *
     * @param view shows the structure, or null if nothing compares it
     * @param skipped which pieces of work are left out, to find a shorter story
     */
    Ledger(SimulatedDisk disk, View<M> view, BitSet skipped, long seed) {
        this.disk = disk;
        this.view = view;
        this.skipped = skipped;
        this.random = new SplittableRandom(seed);
    }

    /**
     * Commits what the structure shows after an action, which may be left out as a {@link #step}. Until the
     * action has returned a crash may leave the state before or after it; once it has, only the one after it,
     * or a later one. An action that commits in between, at a state that is neither, is wrong.
     *
     * <p>The state is read on this thread once the action has returned, from the open structure: where the
     * action closes it, name the state by {@link #commit(Object, Action)}.
     *
     * @param action does a change, or changes that were made, durably
     * @throws Exception if it fails
     */
    public void commit(Action action) throws Exception {
        if (view == null) {
            throw new IllegalStateException("nothing tells the structure's state: name what is committed");
        }
        int step = nextStep();
        if (isLeftOut(step) && nothingChanged()) {
            leaveOut(step);
            return;
        }
        Entry<M> entry = begin();
        try {
            action.run();
        } catch (Exception | Error e) {
            entry.tell(view.now()); // a crash may leave it
            throw e;
        }
        try {
            entry.tell(view.now());
        } catch (Exception e) {
            throw new IllegalStateException("the state cannot be read after the action: where that closes the"
                    + " structure, name the state with ledger.commit(state, action)", e);
        }
        entry.acknowledge();
    }

    /**
     * A commit of what was changed before it cannot be left out alone: what comes later would be about that,
     * too.
     */
    private boolean nothingChanged() throws Exception {
        List<Entry<M>> told = entries();
        return Objects.deepEquals(told.getLast().state(), view.now());
    }

    /**
     * Does pieces of work at the same time, each on a thread of its own, and waits for them all.
     *
     * <p>An exhaustive run crashes the one interleaving that it recorded; {@link CrashTest#random random}
     * runs see others. Short pieces hardly overlap: see {@link #repeating}.
     *
     * @param works what is done
     * @throws Exception the first that failed, the others suppressed in it; also an {@code Error}
     */
    public void together(Action... works) throws Exception {
        Together.run(works);
    }

    /**
     * Does a piece of work again and again on a thread of its own, while another is done on another: so that
     * commits of the second cut the first in the middle, unless it is an update.
     *
     * @param repeated what is repeated, once at least before the other begins, until that has ended
     * @param work what is done once
     * @throws Exception the first that failed, the other suppressed in it; also an {@code Error}
     */
    public void repeating(Action repeated, Action work) throws Exception {
        Together.repeating(repeated, work);
    }

    /**
     * Commits something by an action. Until that has returned a crash may leave it or not; once it has, it
     * may not lose it.
     *
     * @param state what is committed
     * @param action makes it durable
     * @throws Exception if it fails
     */
    public void commit(M state, Action action) throws Exception {
        Entry<M> entry = begin(state);
        action.run();
        entry.acknowledge();
    }

    /**
     * Begins to commit something: from now on a crash may leave it.
     *
     * @param state what is committed
     * @return to be told when it is durable; of one that is never told, a crash may leave it or not
     */
    public Entry<M> begin(M state) {
        Entry<M> entry = begin();
        entry.tell(state);
        return entry;
    }

    /**
     * Does a piece of the work that may be left out: where a crash is found to be wrong without it, the story
     * is told without it. It may hold commits.
     *
     * @param work what the rest of the workload does not depend on
     * @throws Exception if it fails
     */
    public void step(Action work) throws Exception {
        int step = nextStep();
        if (isLeftOut(step)) {
            leaveOut(step);
        } else {
            work.run();
        }
    }

    private int nextStep() {
        synchronized (entries) {
            return steps++;
        }
    }

    private boolean isLeftOut(int step) {
        return skipped.get(step);
    }

    private void leaveOut(int step) {
        synchronized (entries) {
            leftOut.set(step);
        }
    }

    /** The steps that were left out: some that were to be could not. */
    BitSet leftOut() {
        synchronized (entries) {
            return (BitSet) leftOut.clone();
        }
    }

    private Entry<M> begin() {
        synchronized (entries) {
            Entry<M> entry = new Entry<>(this, entries.size(), disk.time(), Places.caller());
            entries.add(entry);
            return entry;
        }
    }

    /**
     * The run's source of chance. The same seed gives a workload the same numbers.
     *
     * @return it; for one thread at a time
     */
    public RandomGenerator random() {
        return random;
    }

    /** Something that was there when the run began. */
    void inherit(M state, boolean acknowledged) {
        synchronized (entries) {
            Entry<M> entry = new Entry<>(this, entries.size(), 0, "");
            entry.tell(state);
            if (acknowledged) {
                entry.acknowledged = 0;
            }
            entries.add(entry);
        }
    }

    /** Exhaustive runs crash this one from now on, not before. */
    void watchFromHere() {
        watchedFrom = disk.time();
    }

    /** Exhaustive runs do not crash this one any more. */
    void watchUntilHere() {
        watchedUntil = disk.time();
    }

    long watchedFrom() {
        return watchedFrom;
    }

    long watchedUntil() {
        return watchedUntil;
    }

    List<Entry<M>> entries() {
        synchronized (entries) {
            return List.copyOf(entries);
        }
    }

    /** How many pieces of work can be left out. */
    int steps() {
        synchronized (entries) {
            return steps;
        }
    }

    /** What a crash at a time is held to. */
    Promises<M> promisesAt(long time) {
        List<Promises.Promise<M>> promises = new ArrayList<>();
        for (Entry<M> entry : entries()) {
            if (entry.begin <= time && entry.known) {
                promises.add(new Promises.Promise<>(entry.state, entry.acknowledged <= time, entry.name()));
            }
        }
        return new Promises<>(promises);
    }
}
