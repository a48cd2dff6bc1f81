package io.atomicmapping.crash;

import org.junit.jupiter.api.Test;

/** The random crashes of {@link CrashProperties} by fixed seeds, few enough to be run for every seeded fault. */
class RandomCrashesTest {

    @Test
    void everyCrashLeavesOneCommit() {
        CrashEngine.crash(1, 50);
    }
}
