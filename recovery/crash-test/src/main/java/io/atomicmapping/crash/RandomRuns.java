package io.atomicmapping.crash;

import io.atomicmapping.crash.Recording.Course;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Crashes runs at random, works on with what is left, and crashes that again. The same seed does the same, as
 * far as the structure's threads do.
 */
final class RandomRuns<S extends AutoCloseable, M> {

    private static final int CRASHES_OF_A_RUN = 12;
    private static final int DEPTH = 3;

    private final Subject<S, M> subject;
    private final DiskTraits traits;
    private final CrashReport report;
    private final int depth;

    /**
     * Prepares them.
     *
     * @param depth how many recoveries in a row crash as well, at least
     */
    RandomRuns(Subject<S, M> subject, DiskTraits traits, CrashReport report, int depth) {
        this.subject = subject;
        this.traits = traits;
        this.report = report;
        this.depth = Math.max(DEPTH, depth + 1);
    }

    /** Runs until something is wrong, and returns that, or until the budget is used up. */
    Recording<S, M> run(Budget budget) {
        while (budget.next(report.states())) {
            SplittableRandom random = new SplittableRandom(budget.seed());
            Recording<S, M> first = Recording.first(subject, traits, Course.working(budget.seed()));
            report.addRun(first.commits());
            if (first.failure() == null) {
                Misuse.check(first);
            }
            Recording<S, M> wrong = first.failure() != null ? first
                    : crash(first, random, CRASHES_OF_A_RUN, depth, budget);
            if (wrong != null) {
                return wrong;
            }
        }
        return null;
    }

    private Recording<S, M> crash(Recording<S, M> recording, SplittableRandom random, int count, int left,
            Budget budget) {
        for (int i = 0; i < count && !budget.isUsedUp(report.states()); i++) {
            Recording<S, M> wrong = crashOnce(recording, random, left, budget);
            if (wrong != null) {
                return wrong;
            }
        }
        return null;
    }

    private Recording<S, M> crashOnce(Recording<S, M> recording, SplittableRandom random, int left,
            Budget budget) {
        Crash crash = pick(recording, random);
        SimulatedDisk disk = recording.disk().crash(crash);
        String tail = Tails.of(disk);
        boolean works = random.nextBoolean();
        Course course = works ? new Course(true, random.nextLong(), new BitSet(), true) : Course.opening();
        Recording<S, M> next = recording.after(crash, disk, course);
        report.addCrash();
        report.addState(recording.before() != null);
        List<Operation> undecided = recording.disk().undecided(crash.kind(), crash.time());
        report.coverage().add(crash, undecided, List.of(), tail);
        if (next.failure() != null) {
            return next;
        }
        return left > 1 ? crash(next, random, 1 + random.nextInt(2), left - 1, budget) : null;
    }

    private static Crash pick(Recording<?, ?> recording, SplittableRandom random) {
        SimulatedDisk disk = recording.disk();
        Crash.Kind kind = random.nextInt(3) == 0 ? Crash.Kind.PROCESS_KILL : Crash.Kind.POWER_CUT;
        // the opening is short, and all of recovery is in it
        long until = random.nextInt(3) == 0 ? Math.min(recording.opened(), disk.time()) : disk.time();
        long time = random.nextInt(8) == 0 ? until : random.nextLong(until + 1);
        return Crash.random(disk, kind, time, random);
    }
}
