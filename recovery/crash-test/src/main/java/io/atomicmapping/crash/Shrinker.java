package io.atomicmapping.crash;

import io.atomicmapping.crash.Recording.Course;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Looks for the shortest story of a violation. In this order: fewer crashes in a row; fewer steps of the
 * workload; a crash that loses nothing; else one that loses few operations, and few sectors of them.
 *
 * <p>What has the same {@link Symptom} counts as the same violation. Of the crashes that lose nothing the one
 * is told at which the least is in flight, the earliest just after a force: that force made it wrong. It
 * gives up after a while, with the best so far: after 20 seconds, or as many as {@code
 * -Datomicmapping.crash.shrinkSeconds} says.
 */
final class Shrinker<S extends AutoCloseable, M> {

    private static final long NANOS_MAX =
            TimeUnit.SECONDS.toNanos(Long.getLong("atomicmapping.crash.shrinkSeconds", 20));
    private static final int STATES_MAX = 2000;
    private static final Comparator<Recording<?, ?>> ORDER =
            Comparator.<Recording<?, ?>>comparingLong(Shrinker::inFlight)
                    .thenComparing(Shrinker::isLongAfterForce)
                    .thenComparingLong(recording -> recording.crash().time());

    private final DiskTraits traits;
    private final long endNanos = System.nanoTime() + NANOS_MAX;
    private final Symptom symptom;
    private Recording<S, M> wrong;

    Shrinker(Recording<S, M> wrong, DiskTraits traits) {
        this.wrong = wrong;
        this.symptom = Symptom.of(wrong);
        this.traits = traits;
    }

    Recording<S, M> shortest() {
        if (wrong.crash() == null) {
            return wrong;
        }
        shortenChain();
        leaveOutSteps();
        loseLess();
        return wrong;
    }

    private boolean isOver() {
        return System.nanoTime() > endNanos;
    }

    private boolean isTheSame(Recording<S, M> found) {
        return found != null && found.failure() != null && Symptom.of(found).equals(symptom);
    }

    /** A recovery that is wrong after fewer crashes. */
    private void shortenChain() {
        List<Recording<S, M>> chain = wrong.chain();
        for (int i = 0; i < chain.size() - 2 && !isOver(); i++) {
            Recording<S, M> shorter = search(chain.get(i), 0);
            if (shorter != null) {
                wrong = shorter;
                return;
            }
        }
    }

    private Recording<S, M> search(Recording<S, M> recording, int depth) {
        Recording<S, M> found = new Explorer<S, M>(new CrashReport("shrinking"), STATES_MAX)
                .exhaust(recording, depth);
        return isTheSame(found) ? found : null;
    }

    /**
     * The workload without some of its steps, as long as a crash of it is still wrong: first without many,
     * then with few.
     */
    private void leaveOutSteps() {
        Recording<S, M> first = wrong.chain().getFirst();
        int steps = first.ledger() == null ? 0 : first.ledger().steps();
        for (int run = Math.max(1, steps / 2); run > 0 && steps > 0; run /= 2) {
            for (int end = steps; end > 0 && !isOver(); end -= run) {
                leaveOut(Math.max(0, end - run), end);
            }
        }
    }

    private void leaveOut(int from, int to) {
        Course course = wrong.chain().getFirst().course();
        BitSet skipped = (BitSet) course.skipped().clone();
        skipped.set(from, to);
        if (skipped.equals(course.skipped())) {
            return;
        }
        Recording<S, M> shorter =
                Recording.first(wrong.subject(), traits, new Course(true, course.seed(), skipped, true));
        Recording<S, M> found = shorter.failure() != null ? null : search(shorter, wrong.chain().size() - 2);
        wrong = found == null ? wrong : found;
    }

    private void loseLess() {
        Recording<S, M> best = losesNothing();
        if (best != null) {
            wrong = best;
            return;
        }
        for (Operation operation : lost()) {
            keep(wrong.crash().keeping(operation));
        }
        for (Operation operation : lost()) {
            for (int unit = 0; unit < operation.units(); unit++) {
                BitSet more = new BitSet();
                more.set(unit);
                keep(wrong.crash().keeping(operation, more));
            }
        }
    }

    /** Operations of which a part is lost. */
    private List<Operation> lost() {
        Crash crash = wrong.crash();
        return wrong.before().disk().undecided(crash.kind(), crash.time()).stream()
                .filter(operation -> crash.fate(operation) != Crash.Fate.KEPT).toList();
    }

    private void keep(Crash crash) {
        if (!isOver()) {
            Recording<S, M> recording = wrong.before().after(crash, Course.opening());
            wrong = isTheSame(recording) ? recording : wrong;
        }
    }

    /** Of the crashes that lose nothing and are still wrong, the one with the least open; null if none. */
    private Recording<S, M> losesNothing() {
        Recording<S, M> before = wrong.before();
        Recording<S, M> best = null;
        for (Crash.Kind kind : Crash.Kind.values()) {
            for (long time = 0; time <= before.disk().time() && !isOver(); time++) {
                Recording<S, M> recording = before.after(Choices.of(before.disk(), kind, time).nothingLost(),
                        Course.opening());
                if (isTheSame(recording) && (best == null || ORDER.compare(recording, best) < 0)) {
                    best = recording;
                }
            }
        }
        return best;
    }

    /** A kill finds what a force covers also before the force; just after it the force can be named. */
    private static boolean isLongAfterForce(Recording<?, ?> recording) {
        return recording.before().disk().operations().stream()
                .noneMatch(operation -> operation.isForceOfFile() && operation.end() == recording.crash()
                .time());
    }

    private static long inFlight(Recording<?, ?> recording) {
        long time = recording.crash().time();
        return recording.before().disk().operations().stream()
                .filter(operation -> operation.begin() <= time && operation.end() > time).count();
    }
}
