package io.atomicmapping.crash;

import org.junit.jupiter.api.Test;

/** The random crashes of {@link CrashProperties} by a fixed seed, few enough to detect seeded faults. */
class RandomCrashesTest {

    @Test
    void everyCrashLeavesOneCommit() {
        CrashEngine.crash(300);
    }
}
