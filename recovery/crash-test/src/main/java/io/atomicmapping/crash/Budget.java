package io.atomicmapping.crash;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How long random runs go on, and with which seeds.
 *
 * <p>The property {@code -Datomicmapping.crash.seconds=600} makes every random test go on for so long;
 * {@code -Datomicmapping.crash.seed=...} says where its seeds begin.
 */
final class Budget {

    static final String SECONDS = "atomicmapping.crash.seconds";
    static final String SEED = "atomicmapping.crash.seed";

    private final long nanos;
    private final long states;
    private final long begin = System.nanoTime();
    private long seed;
    private long statesBefore;

    private Budget(long seed, long nanos, long states) {
        long seconds = Long.getLong(SECONDS, 0);
        this.seed = Long.getLong(SEED, seed) - 1;
        this.nanos = seconds > 0 ? TimeUnit.SECONDS.toNanos(seconds) : nanos;
        this.states = seconds > 0 ? Long.MAX_VALUE : states;
    }

    static Budget of(long seed, Duration time) {
        return new Budget(seed, time.toNanos(), Long.MAX_VALUE);
    }

    static Budget of(long seed, long states) {
        return new Budget(seed, Long.MAX_VALUE, states);
    }

    /** The same for somebody who has visited states before. */
    Budget startingAfter(long visited) {
        statesBefore = visited;
        return this;
    }

    /** Goes on with the next seed, unless the budget is used up. */
    boolean next(long statesVisited) {
        seed++;
        return !isUsedUp(statesVisited);
    }

    boolean isUsedUp(long statesVisited) {
        return statesVisited - statesBefore >= states || System.nanoTime() - begin >= nanos;
    }

    long seed() {
        return seed;
    }
}
