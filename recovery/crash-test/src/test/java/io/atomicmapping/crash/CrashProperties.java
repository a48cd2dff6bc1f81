package io.atomicmapping.crash;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * After any crash, in a row with others, a mapping is exactly one of its commits: the last that was
 * acknowledged, or one that was in flight. Random steps, random crashes, failing forces.
 *
 * <p>With {@code -Datomicmapping.crash.seconds=600} each of the cases takes so long: the long run.
 */
class CrashProperties {

    private static final Path FILE = Path.of("/data/file");
    private static final Path ELSEWHERE = Path.of("/log/journal");
    private static final int STEPS_MAX = 60;
    private static final long STATES = 1_000;

    @ParameterizedTest
    @CsvSource({
            "512, true, false, 16384, false", "512, false, false, 32768, false",
            "4096, true, true, 65536, false", "512, true, false, 16384, true",
            "4096, false, true, 32768, true", "512, true, true, 65536, false"})
    void everyCrashLeavesOneCommit(int directAlignment, boolean attributes, boolean elsewhere, int capacity,
            boolean raw) {
        System.out.println(run(directAlignment, attributes, elsewhere, capacity, raw, STATES));
    }

    static CrashReport run(int directAlignment, boolean attributes, boolean elsewhere, int capacity,
            boolean raw, long states) {
        SimulatedDisk nowhere = new SimulatedDisk();
        Session.Place place = new Session.Place(nowhere, FILE, elsewhere ? ELSEWHERE : null, capacity,
                1 << 20, raw, nowhere::time);
        return CrashTest.of(storage -> Tested.open((SimulatedDisk) storage, place, 0), Tested::found)
                .workload((tested, ledger) -> tested.work(ledger, STEPS_MAX))
                .on(new DiskTraits(directAlignment, attributes))
                .named("CrashProperties, journal=" + (elsewhere ? ELSEWHERE : "beside")
                        + ", capacity=" + capacity + ", raw=" + raw)
                .random(2025, states).run();
    }
}
