package io.atomicmapping.crash;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;

/**
 * A structure opened on a simulated disk, judged, perhaps worked with, and closed; and all that is needed to
 * tell of it and to crash it.
 */
final class Recording<S extends AutoCloseable, M> {

    /** What a recording does, one after the other. */
    enum Phase {
        OPENING("it cannot be opened"),
        JUDGING("what it holds is wrong"),
        WORKING("the workload failed"),
        CLOSING("it cannot be closed");

        /** What it means that this failed. */
        final String failed;

        Phase(String failed) {
            this.failed = failed;
        }
    }

    /** What a crash is held to, as far as it tells two moments of a recording apart. */
    private record Epoch(boolean opened, long begun, long acknowledged) { }

    /** The state that an opening showed: from then on it must be there. */
    private record Found(Object state) {

        @Override
        public boolean equals(Object other) {
            return other instanceof Found found && Objects.deepEquals(state, found.state);
        }

        @Override
        public int hashCode() {
            return Arrays.deepHashCode(new Object[] {state});
        }
    }

    /**
     * How a run goes.
     *
     * @param works whether the workload is run
     * @param seed of the workload's random numbers
     * @param skipped which steps are left out
     * @param placed whether operations remember where in the program they were done
     */
    record Course(boolean works, long seed, BitSet skipped, boolean placed) {

        static Course working(long seed) {
            return new Course(true, seed, new BitSet(), true);
        }

        static Course opening() {
            return new Course(false, 0, new BitSet(), false);
        }

        Course remembering() {
            return new Course(works, seed, skipped, true);
        }
    }

    private final Subject<S, M> subject;
    private final SimulatedDisk disk;
    private final Recording<S, M> before;
    private final Crash crash;
    private final Course course;
    private Promises<M> promises;
    private Ledger<M> ledger;
    private long opened = Ledger.NEVER;
    private long judged = Ledger.NEVER;
    private Phase phase = Phase.OPENING;
    private Throwable failure;

    private Recording(Subject<S, M> subject, SimulatedDisk disk, Recording<S, M> before, Crash crash,
            Course course) {
        this.subject = subject;
        this.disk = course.placed() ? disk.rememberPlaces() : disk;
        this.before = before;
        this.crash = crash;
        this.course = course;
        this.promises = before != null ? before.promisesAt(crash.time())
                : subject.check() == null ? null : new Promises<>(List.of());
    }

    /** The first run, on an empty disk. */
    static <S extends AutoCloseable, M> Recording<S, M> first(Subject<S, M> subject, DiskTraits traits,
            Course course) {
        return new Recording<>(subject, new SimulatedDisk(traits), null, null, course).run();
    }

    /** The run after a crash of this one. */
    Recording<S, M> after(Crash next, Course nextCourse) {
        return new Recording<>(subject, disk.crash(next), this, next, nextCourse).run();
    }

    /** The run after a crash of this one, on the disk that it left. */
    Recording<S, M> after(Crash next, SimulatedDisk left, Course nextCourse) {
        return new Recording<>(subject, left, this, next, nextCourse).run();
    }

    /**
     * What this should have been like: the same crash had it lost nothing; where that is wrong, too, a kill
     * just after the last acknowledgement before it.
     */
    Recording<S, M> sound() {
        Recording<S, M> whole =
                before.after(Choices.of(before.disk, crash.kind(), crash.time()).nothingLost(), course);
        if (whole.failure == null || before.ledger == null) {
            return whole;
        }
        long time = before.ledger.entries().stream().mapToLong(Ledger.Entry::acknowledged)
                .filter(acknowledged -> acknowledged <= crash.time())
                .map(each -> Math.max(each, before.opened)).max().orElse(before.opened);
        return before.after(Choices.of(before.disk, Crash.Kind.PROCESS_KILL, time).nothingLost(), course);
    }

    @SuppressWarnings("try") // whatever close throws is a result, too
    private Recording<S, M> run() {
        try (S structure = Objects.requireNonNull(subject.opener().open(disk), "open gave no structure")) {
            judged = disk.time();
            phase = Phase.JUDGING;
            Ledger<M> opening = new Ledger<>(disk, subject.view(structure), course.skipped(), course.seed());
            subject.judge(structure, promises, opening);
            ledger = opening;
            opened = judged;
            promises = promises == null ? ledger.promisesAt(0) : promises;
            phase = Phase.WORKING;
            if (course.works() && subject.workload() != null) {
                subject.workload().run(structure, ledger);
            }
            phase = Phase.CLOSING;
        } catch (Throwable e) { // whatever it is, it is the result of this run
            failure = e;
        }
        return this;
    }

    Promises<M> promisesAt(long time) {
        return time < opened ? promises : ledger.promisesAt(time);
    }

    Object epochAt(long time) {
        if (time < opened) {
            return new Epoch(false, 0, 0);
        }
        List<Ledger.Entry<M>> entries = ledger.entries();
        return new Epoch(true, entries.stream().filter(entry -> entry.begin() <= time).count(),
                entries.stream().filter(entry -> entry.acknowledged() <= time).count());
    }

    /**
     * What a crash at a time is held to, in something with {@code equals}: equal for two only if nothing
     * tells the promises apart.
     */
    Object heldTo(long time) {
        boolean asBefore = time < opened || !course.works() && subject.check() != null;
        if (asBefore) {
            return before == null ? List.of() : before.heldTo(crash.time());
        }
        return course.works() ? List.of(this, epochAt(time)) : new Found(ledger.entries().getFirst().state());
    }

    /** When its crashes begin to be of interest. */
    long watchedFrom() {
        return ledger == null ? 0 : ledger.watchedFrom();
    }

    /** When they end to be: at its end, unless the workload has said something else. */
    long watchedUntil() {
        return ledger == null ? disk.time() : Math.min(disk.time(), ledger.watchedUntil());
    }

    Throwable failure() {
        return failure;
    }

    /** What it did when it failed, or last. */
    Phase phase() {
        return phase;
    }

    /** When opening had returned, and what it showed was judged; or never. */
    long judged() {
        return judged;
    }

    SimulatedDisk disk() {
        return disk;
    }

    /** The crash that it began after, or null. */
    Crash crash() {
        return crash;
    }

    /** The recording that crashed, or null. */
    Recording<S, M> before() {
        return before;
    }

    /** How it went: without the steps that were left out, if it came so far. */
    Course course() {
        return ledger == null ? course
                : new Course(course.works(), course.seed(), ledger.leftOut(), course.placed());
    }

    /** When opening had returned, and what it showed was right; or never. */
    long opened() {
        return opened;
    }

    /** What it committed; null where it did not come so far. */
    Ledger<M> ledger() {
        return ledger;
    }

    /** How much it committed. */
    long commits() {
        return ledger == null ? 0 : ledger.entries().stream().filter(entry -> !entry.place().isEmpty())
                .count();
    }

    /** What it had to hold when it was opened. */
    Promises<M> promises() {
        return promises;
    }

    Subject<S, M> subject() {
        return subject;
    }

    /** This and all before it, the first one first. */
    List<Recording<S, M>> chain() {
        List<Recording<S, M>> chain = new ArrayList<>();
        for (Recording<S, M> each = this; each != null; each = each.before) {
            chain.addFirst(each);
        }
        return chain;
    }
}
