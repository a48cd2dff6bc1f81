package io.atomicmapping.crash;

/** Random sessions and their crashes: the place where detectors of seeded faults meet the crash engine. */
final class CrashEngine {

    private CrashEngine() {}

    /** Sessions over each kind of disk, marked and raw stores, with so many crashes each. */
    static void crash(long states) {
        CrashProperties.run(512, true, false, 16384, false, states);
        CrashProperties.run(4096, false, true, 32768, true, states);
        CrashProperties.run(512, false, false, 32768, false, states);
        CrashProperties.run(512, true, true, 65536, true, states);
    }
}
