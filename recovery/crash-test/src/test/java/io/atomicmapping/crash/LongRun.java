package io.atomicmapping.crash;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * The time that a long run takes, and its seeds. Without the property
 * {@code -Datomicmapping.crash.seconds=600} there is no long run; {@code -Datomicmapping.crash.seed=...} says
 * where its seeds begin, so that the seed of a failure plays it again. A long run also wants
 * {@code -Dsurefire.timeout=0}, since a module's tests are ended when they seem to hang.
 */
final class LongRun {

    static final String SECONDS = "atomicmapping.crash.seconds";
    static final String SEED = "atomicmapping.crash.seed";

    private final long nanos = TimeUnit.SECONDS.toNanos(Long.getLong(SECONDS, 0));
    private final long begin = System.nanoTime();
    private long seed = Long.getLong(SEED, begin) - 1;

    /** Whether tests are to take longer than in a build. */
    static boolean isWanted() {
        return Long.getLong(SECONDS, 0) > 0;
    }

    /** Goes on with the next seed, until the time is over. */
    boolean next() {
        seed++;
        return System.nanoTime() - begin < nanos;
    }

    SplittableRandom random() {
        return new SplittableRandom(seed);
    }

    @Override
    public String toString() {
        return "-D" + SEED + "=" + seed;
    }
}
