package io.atomicmapping.crash;

import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;

/**
 * After any crash, in a row with others, a mapping is exactly one of its commits: the last that was acknowledged, or one
 * that was in flight.
 *
 * <p>A failure prints the seed, the steps, and the story of the crashes that led to it.
 */
class CrashProperties {

    private static final Path FILE = Path.of("/data/file");
    private static final Path ELSEWHERE = Path.of("/log/journal");
    private static final int CRASHES = 12;
    private static final int DEPTH = 3;
    private static final CrashRun.Tally TALLY = new CrashRun.Tally();

    @Provide
    Arbitrary<List<Step>> steps() {
        return Step.sequences(60);
    }

    @Property(tries = 150, seed = "2025", shrinking = ShrinkingMode.BOUNDED)
    void everyCrashLeavesOneCommit(@ForAll("steps") List<Step> steps, @ForAll long seed) {
        crash(steps, new SplittableRandom(seed), "seed=" + seed);
    }

    /** The long run, of {@link LongRun#SECONDS}. */
    @Example
    void longRun() {
        for (LongRun longRun = new LongRun(); longRun.next();) {
            SplittableRandom random = longRun.random();
            crash(Step.random(random, 120), random, longRun.toString());
        }
    }

    static void crash(List<Step> steps, SplittableRandom random, String name) {
        DiskTraits traits = new DiskTraits(random.nextInt(3) == 0 ? 4096 : 512, random.nextInt(3) != 0);
        SimulatedDisk disk = new SimulatedDisk(traits);
        Session.Place place = new Session.Place(disk, FILE, random.nextInt(4) == 0 ? ELSEWHERE : null,
                16384L << random.nextInt(3), 1 << 20, random.nextInt(3) == 0, disk::time);
        String history = name + ", " + traits + ", journal=" + place.journal() + ", capacity=" + place.journalCapacity()
                + ", raw=" + place.raw();
        CrashRun run = CrashRun.first(place, disk, random.nextInt(Session.SIZE_MAX / 2), history, TALLY);
        run.work(steps, random);
        run.crash(random, CRASHES, DEPTH, steps);
    }

    @AfterContainer
    static void tellWhatWasVisited() {
        System.out.println("crashes of a simulated disk: " + TALLY);
    }
}
