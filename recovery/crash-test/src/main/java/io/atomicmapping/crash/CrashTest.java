package io.atomicmapping.crash;

import io.atomicmapping.storage.Storage;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Tests a structure of your own, which lives in an {@link io.atomicmapping.AtomicMapping}, against every
 * crash that the failure model of {@link SimulatedDisk} allows.
 *
 * <pre>{@code
 * @Test
 * void transfersSurviveEveryCrash() {
 *     CrashTest.of(storage -> Accounts.open(storage, FILE), Accounts::balances)
 *             .workload((accounts, ledger) -> {
 *                 for (int i = 0; i < 3; i++) {
 *                     accounts.transfer("alice", "bob", 10);
 *                     ledger.commit(accounts::sync);
 *                 }
 *             })
 *             .invariant(accounts -> assertEquals(100, accounts.total()))
 *             .exhaustive()
 *             .run();
 * }
 * }</pre>
 *
 * <p>The workload is run once without a crash, on a disk that records what is done to it. Then the disk is
 * made as a crash at each moment of it could leave it, the structure is opened there, and judged: it must
 * show the state that the {@link Ledger} acknowledged last, or a later one that had begun. Structures that
 * commit by themselves, on several threads, or that promise something else than states are judged by {@link
 * #checking a check of their own}.
 *
 * <p>A violation is an {@link AssertionError} that tells the story of the crash, and names a page with the
 * same story drawn: in {@code target/crash-stories}, or where {@code -Datomicmapping.crash.stories} says.
 * Needs no test framework.
 *
 * <p><b>Cost.</b> Each state opens and closes the structure, a millisecond or so: an exhaustive run of three
 * small commits visits about a hundred states, with {@link #nested nested(1)} some thousands. Give the
 * mapping a small {@code journalCapacity}, such as 16384, a small {@code maxSize}, and the workload few
 * commits: exhaustive runs visit what the disk may lose in every combination. The library logs each recovery,
 * by the logger {@code io.atomicmapping}, at the level INFO: turn that off.
 *
 * <p><b>What it does not find.</b> A state that no crash of the workload can leave; the wrong interleaving of
 * several threads, where the run did not have it; two crashes in a row, without {@code nested} or {@code
 * random}; what lies on another storage than the one that is given.
 *
 * <p>Not safe for use by several threads; each test is run once.
 *
 * @param <S> the structure
 * @param <M> what a state of it, or a promise, is told as: immutable, with {@code equals} or an array
 */
public final class CrashTest<S extends AutoCloseable, M> {

    /**
     * Opens a structure, creating it where it is missing. It is called for each state, thousands of times, on
     * the thread that runs the test; what it opens must lie on the storage, all of it, and be closed by the
     * structure.
     *
     * @param <S> the structure
     */
    @FunctionalInterface
    public interface Opener<S> {
        /**
         * Opens it.
         *
         * @param storage where its files lie: for {@code MappingOptions.builder().storage(storage)}
         * @return the open structure, which the test closes
         * @throws Exception if it cannot be opened, which no crash excuses
         */
        S open(Storage storage) throws Exception;
    }

    /**
     * Tells what a structure holds. It is called after each opening, and at each commit; it changes nothing.
     *
     * @param <S> the structure
     * @param <M> what it is told as
     */
    @FunctionalInterface
    public interface State<S, M> {
        /**
         * Reads it all.
         *
         * @param structure an open structure
         * @return its state: a copy, equal to that of any other structure that holds the same
         * @throws Exception if it cannot be read, which no crash excuses
         */
        M of(S structure) throws Exception;
    }

    /**
     * Judges what was recovered.
     *
     * @param <S> the structure
     * @param <M> what a promise is told as
     */
    @FunctionalInterface
    public interface Check<S, M> {
        /**
         * Judges it.
         *
         * @param recovered the structure, opened after a crash
         * @param promises what the crash may not lose, and what it may
         * @throws Exception if it is wrong; also an {@code AssertionError}
         */
        void check(S recovered, Promises<M> promises) throws Exception;
    }

    /**
     * What holds for a structure whenever it is opened.
     *
     * @param <S> the structure
     */
    @FunctionalInterface
    public interface Invariant<S> {
        /**
         * Checks it.
         *
         * @param structure the structure
         * @throws Exception if it does not hold; also an {@code AssertionError}
         */
        void check(S structure) throws Exception;
    }

    /**
     * Works with a structure. The same seed must make it do the same, as {@link Ledger#random} helps it to;
     * on several threads as far as that is possible. When it returns the structure is closed, which must
     * commit nothing that the ledger was not told: one that syncs when it is closed is closed by the
     * workload, with {@code ledger.commit(state, structure::close)}, and once more by the test.
     *
     * @param <S> the structure
     * @param <M> what a committed state, or a promise, is told as
     */
    @FunctionalInterface
    public interface Workload<S, M> {
        /**
         * Does some work. In random runs also on what a crash has left.
         *
         * @param structure the open structure
         * @param ledger to be told what is committed
         * @throws Exception if something fails, which nothing should: there was no crash yet
         */
        void run(S structure, Ledger<M> ledger) throws Exception;
    }

    private final Opener<S> opener;
    private final State<S, M> state;
    private final Check<S, M> check;
    private Workload<S, M> workload;
    private Invariant<S> invariant = structure -> { };
    private DiskTraits traits = DiskTraits.USUAL;
    private String name = Places.test();
    private boolean exhaustive;
    private Supplier<Budget> random;
    private int depth;
    private Plan plan;

    private CrashTest(Opener<S> opener, State<S, M> state, Check<S, M> check) {
        this.opener = Objects.requireNonNull(opener, "opener");
        this.state = state;
        this.check = check;
    }

    /**
     * A test that compares states: the recovered one must equal the last that was acknowledged, or one that
     * had begun later.
     *
     * @param <S> the structure
     * @param <M> what a state is told as
     * @param opener opens the structure
     * @param state tells what it holds
     * @return the test, with nothing to run yet
     */
    public static <S extends AutoCloseable, M> CrashTest<S, M> of(Opener<S> opener, State<S, M> state) {
        return new CrashTest<>(opener, Objects.requireNonNull(state, "state"), null);
    }

    /**
     * A test whose check judges: for workloads that promise something else than whole states, as several
     * threads do.
     *
     * @param <S> the structure
     * @param <M> what a promise is told as
     * @param opener opens the structure
     * @param check judges what was recovered
     * @return the test, with nothing to run yet
     */
    public static <S extends AutoCloseable, M> CrashTest<S, M> checking(Opener<S> opener, Check<S, M> check) {
        return new CrashTest<>(opener, null, Objects.requireNonNull(check, "check"));
    }

    /**
     * Says what is done with the structure.
     *
     * @param work the workload
     * @return this
     */
    public CrashTest<S, M> workload(Workload<S, M> work) {
        workload = Objects.requireNonNull(work, "work");
        return this;
    }

    /**
     * Says what holds whenever the structure is opened.
     *
     * @param always the invariant
     * @return this
     */
    public CrashTest<S, M> invariant(Invariant<S> always) {
        invariant = Objects.requireNonNull(always, "always");
        return this;
    }

    /**
     * Says on what kind of disk; without it on the {@link DiskTraits#USUAL usual} one.
     *
     * @param kind the kind
     * @return this
     */
    public CrashTest<S, M> on(DiskTraits kind) {
        traits = Objects.requireNonNull(kind, "kind");
        return this;
    }

    /**
     * Gives the test a name for reports and files; without it that of the test method.
     *
     * @param title the name
     * @return this
     */
    public CrashTest<S, M> named(String title) {
        name = Objects.requireNonNull(title, "title");
        return this;
    }

    /**
     * Visits every state that a crash of one run can leave, equal ones once. Of several threads it sees the
     * one interleaving that this run had.
     *
     * @return this
     */
    public CrashTest<S, M> exhaustive() {
        exhaustive = true;
        return this;
    }

    /**
     * Crashes runs at random moments in random ways, each run with random numbers of its own, and goes on
     * with the workload on what is left. With {@code -Datomicmapping.crash.seconds=600} it takes so long
     * instead, and with {@code -Datomicmapping.crash.seed=1} its seeds begin there.
     *
     * @param seed of the first run; the next has the next one
     * @param time how long it takes, more than nothing
     * @return this
     * @throws IllegalArgumentException if the time is not positive
     */
    public CrashTest<S, M> random(long seed, Duration time) {
        if (!time.isPositive()) {
            throw new IllegalArgumentException("time must be positive: time=" + time);
        }
        random = () -> Budget.of(seed, time);
        return this;
    }

    /**
     * As {@link #random(long, Duration)}, for a number of states.
     *
     * @param seed of the first run; the next has the next one
     * @param states how many states it visits, at least 1
     * @return this
     * @throws IllegalArgumentException if it is less
     */
    public CrashTest<S, M> random(long seed, long states) {
        if (states < 1) {
            throw new IllegalArgumentException("states must be positive: states=" + states);
        }
        random = () -> Budget.of(seed, states);
        return this;
    }

    /**
     * Also crashes the recovery from a crash: the library's, and what {@link Opener#open open} changes and
     * syncs after it. Each level costs tens of times the states. Random runs crash recoveries also without
     * it.
     *
     * @param recoveries how many of them in a row: 0 for none, 2 crashes a recovery, and that from it
     * @return this
     * @throws IllegalArgumentException if it is negative
     */
    public CrashTest<S, M> nested(int recoveries) {
        if (recoveries < 0) {
            throw new IllegalArgumentException("recoveries must not be negative: recoveries=" + recoveries);
        }
        depth = recoveries;
        return this;
    }

    /**
     * Runs one story again, and nothing else: what the test was told to visit besides is not visited. Where
     * the run has become too short for it, as after a change of the structure, nothing is found.
     *
     * @param story the plan, as the story gives it
     * @return this
     * @throws IllegalArgumentException if it is no plan
     */
    public CrashTest<S, M> replay(String story) {
        plan = Plan.parse(story);
        return this;
    }

    /**
     * Runs the test, on the calling thread.
     *
     * @return what was visited, once all of it was right
     * @throws AssertionError if a crash leaves what the ledger does not allow; it tells the story. Also where
     *     opening, the workload or closing fails without a crash; the cause is what they threw
     * @throws IllegalStateException if the test would find nothing, or what is not there: nothing to run, a
     *     storage that is not used, a workload that commits nothing, a state without {@code equals}, a
     *     mapping that is not closed
     */
    public CrashReport run() {
        if (plan == null && !exhaustive && random == null) {
            throw new IllegalStateException("nothing to run: say exhaustive() or random(..)");
        }
        Search<S, M> search =
                new Search<>(name, new Subject<>(opener, state, check, invariant, workload), traits);
        if (plan != null) {
            return search.replay(plan);
        }
        if (exhaustive) {
            search.exhaust(depth);
        }
        if (random != null) {
            search.random(random.get(), depth);
        }
        return search.report();
    }
}
