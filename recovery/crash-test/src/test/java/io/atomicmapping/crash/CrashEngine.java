package io.atomicmapping.crash;

import java.util.SplittableRandom;

/** Random sessions and their crashes by seed: the one place where detectors of seeded faults meet the crash engine. */
final class CrashEngine {

    private static final int STEPS_MAX = 60;

    private CrashEngine() {}

    /** Some sessions, each with the crashes that could have happened to it, some of these in a row. */
    static void crash(long firstSeed, int seeds) {
        for (long seed = firstSeed; seed < firstSeed + seeds; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            CrashProperties.crash(Step.random(random, STEPS_MAX), random, "crash engine, seed=" + seed);
        }
    }
}
