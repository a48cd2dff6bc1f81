package io.atomicmapping.crash;

import io.atomicmapping.crash.Moments.Moment;
import io.atomicmapping.crash.Recording.Course;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Visits every state that a crash of a recorded run can leave.
 *
 * <p>Crashes of recoveries are visited in the same way: each recovery from each state, crashed in each way.
 * Nothing is left out but what was visited before: a disk of the same fingerprint, held to the same promises,
 * and then crashed as deep. A recovery from a crashed recovery meets mostly disks that others have met, so
 * that this is far less than the product of both.
 */
final class Explorer<S extends AutoCloseable, M> {

    /** A disk, and what is asked of it. */
    private record State(ByteBuffer fingerprint, Object heldTo) { }

    /** How the journal on a disk ended, and how many recoveries in a row were crashed from there. */
    private record Visit(String tail, int depth) { }

    /** How many crashes at one moment are all tried; where there are more, a part is. */
    private static final int CRASHES_MAX = 1 << 13;
    private static final int CRASHES_OF_A_SAMPLE = CRASHES_MAX >> 4;

    private final CrashReport report;
    private final long statesMax;
    private final Map<State, Visit> visited = new HashMap<>();

    Explorer(CrashReport report) {
        this(report, Long.MAX_VALUE);
    }

    /** One that gives up after so many states. */
    Explorer(CrashReport report, long statesMax) {
        this.report = report;
        this.statesMax = statesMax;
    }

    /**
     * Visits the states after crashes of a recording.
     *
     * @param depth how many recoveries in a row crash as well
     * @return the recording of the first recovery that was wrong, or null
     */
    Recording<S, M> exhaust(Recording<S, M> recording, int depth) {
        boolean nested = recording.before() != null;
        for (Moment moment : new Moments(recording, CRASHES_MAX).all()) {
            boolean complete = moment.choices().count() <= CRASHES_MAX;
            if (!complete) {
                report.addSampledMoment(nested);
            }
            Choices choices = moment.choices();
            for (Crash crash : complete ? choices.all() : choices.some(CRASHES_OF_A_SAMPLE)) {
                Recording<S, M> wrong = visit(recording, moment, crash, depth);
                if (wrong != null || report.states() >= statesMax) {
                    return wrong;
                }
            }
        }
        return null;
    }

    private Recording<S, M> visit(Recording<S, M> recording, Moment moment, Crash crash, int depth) {
        report.addCrash();
        SimulatedDisk left = recording.disk().crash(crash);
        State state = new State(Fingerprint.of(left), recording.heldTo(crash.time()));
        Visit visit = visited.get(state);
        Recording<S, M> wrong = null;
        if (visit == null || visit.depth < depth) {
            if (visit == null) {
                report.addState(recording.before() != null);
            }
            visit = new Visit(Tails.of(left), depth);
            visited.put(state, visit);
            Recording<S, M> next = recording.after(crash, left, Course.opening());
            if (next.failure() != null) {
                wrong = next;
            } else if (depth > 0) {
                report.addCrashedRecovery(visit.tail);
                wrong = exhaust(next, depth - 1);
            }
        }
        report.coverage().add(crash, moment.choices().undecided(), forcesInFlight(recording, crash),
                visit.tail);
        return wrong;
    }

    private static List<Operation> forcesInFlight(Recording<?, ?> recording, Crash crash) {
        return crash.kind() == Crash.Kind.PROCESS_KILL ? List.of() : recording.disk().operations().stream()
                .filter(operation -> operation.isForce() && operation.begin() <= crash.time()
                        && operation.end() > crash.time())
                .toList();
    }
}
