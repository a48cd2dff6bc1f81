package io.atomicmapping.crash;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/**
 * The moments at which crashes of a recorded run must be looked at, for all of them to be.
 *
 * <p>A <b>power cut</b>: while no force ends, what it may lose only grows, and all that it could leave before
 * it still can, by losing what came since. So of a stretch of time in which no force ends and nothing is
 * promised or acknowledged only the last moment counts. Where there are too many crashes at that moment to
 * try all, each moment of the stretch counts.
 *
 * <p>A <b>process kill</b>: each moment at which something that changes the disk begins or ends.
 */
final class Moments {

    /** All crashes of one kind at one moment. */
    record Moment(Crash.Kind kind, long time, Choices choices) { }

    private final SimulatedDisk disk;
    private final LongFunction<?> promises;
    private final List<Operation> log;
    private final int crashesMax;
    private final long from;
    private final long until;

    /**
     * Looks at the part of a recorded run that is watched.
     *
     * @param crashesMax how many crashes at one moment can be tried
     */
    Moments(Recording<?, ?> recording, int crashesMax) {
        this.disk = recording.disk();
        this.promises = recording::epochAt;
        this.log = disk.operations();
        this.from = recording.watchedFrom();
        this.until = recording.watchedUntil();
        this.crashesMax = crashesMax;
    }

    /** The moments, in the order of time. */
    List<Moment> all() {
        List<Moment> moments = new ArrayList<>();
        long stretchBegin = from;
        for (long time = from; time <= until; time++) {
            if (killMatters(time)) {
                moments.add(moment(Crash.Kind.PROCESS_KILL, time));
            }
            if (time == until || endsForce(time + 1) || promisesChange(time + 1)) {
                addPowerCuts(moments, stretchBegin, time);
                stretchBegin = time + 1;
            }
        }
        return moments;
    }

    private void addPowerCuts(List<Moment> moments, long from, long last) {
        Moment widest = moment(Crash.Kind.POWER_CUT, last);
        if (widest.choices().count() > crashesMax) {
            for (long time = from; time < last; time++) {
                moments.add(moment(Crash.Kind.POWER_CUT, time));
            }
        }
        moments.add(widest);
    }

    private Moment moment(Crash.Kind kind, long time) {
        return new Moment(kind, time, Choices.of(disk, kind, time));
    }

    private boolean killMatters(long time) {
        return time == from || time == until || promisesChange(time) || log.stream()
                .anyMatch(operation -> (operation.begin() == time || operation.end() == time)
                        && operation.units() > 0);
    }

    private boolean endsForce(long time) {
        return log.stream().anyMatch(operation -> operation.isForce() && operation.end() == time);
    }

    private boolean promisesChange(long time) {
        return time > 0 && !promises.apply(time).equals(promises.apply(time - 1));
    }
}
