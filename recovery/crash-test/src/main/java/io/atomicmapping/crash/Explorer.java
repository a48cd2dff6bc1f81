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
 * <p>Crashes of recoveries: of recoveries from crashes of one kind that are held to the same promises, find
 * the same tail, of whose disks the same is sure, and that do the same operations in the same places, the
 * first few are crashed, each in every way; the others differ in the bytes that recovery copies.
 */
final class Explorer<S extends AutoCloseable, M> {

    /** A disk, and what is asked of it. */
    private record State(ByteBuffer fingerprint, Recording<?, ?> recording, Object epoch) { }

    /** How many crashes at one moment are all tried: of a workload, and of a recovery. */
    private static final int CRASHES_MAX = 1 << 13;
    private static final int CRASHES_OF_A_RECOVERY_MAX = 1 << 8;
    /** Where there are more, the part that is. */
    private static final int SAMPLED_PART = 16;
    private static final int ALIKE_RECOVERIES = 2;

    private final CrashReport report;
    private final long statesMax;
    private final Map<State, String> visited = new HashMap<>();
    private final Map<Object, Integer> recoveries = new HashMap<>();

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
        int crashesMax = nested ? CRASHES_OF_A_RECOVERY_MAX : CRASHES_MAX;
        for (Moment moment : new Moments(recording.disk(), recording::epochAt, crashesMax).all()) {
            boolean complete = moment.choices().count() <= crashesMax;
            if (!complete) {
                report.addSampledMoment(nested);
            }
            for (Crash crash : complete ? moment.choices().all() : moment.choices().some(crashesMax / SAMPLED_PART)) {
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
        State state = new State(Fingerprint.of(left), recording, recording.epochAt(crash.time()));
        String tail = visited.get(state);
        Recording<S, M> wrong = null;
        if (tail == null) {
            tail = Tails.of(left);
            visited.put(state, tail);
            report.addState(recording.before() != null);
            Recording<S, M> next = recording.after(crash, left, Course.opening());
            if (next.failure() != null) {
                wrong = next;
            } else if (depth > 0 && isNew(next, tail)) {
                wrong = exhaust(next, depth - 1);
            }
        }
        report.coverage().add(crash, moment.choices().undecided(), forcesInFlight(recording, crash), tail);
        return wrong;
    }

    private boolean isNew(Recording<S, M> recovery, String tail) {
        List<String> operations = recovery.disk().operations().stream()
                .map(operation -> operation + ", sure=" + operation.alwaysDurable()).toList();
        Crash crash = recovery.crash();
        Object shape = List.of(crash.kind(), recovery.before(), recovery.before().epochAt(crash.time()), tail, operations);
        return recoveries.merge(shape, 1, Integer::sum) <= ALIKE_RECOVERIES;
    }

    private static List<Operation> forcesInFlight(Recording<?, ?> recording, Crash crash) {
        return crash.kind() == Crash.Kind.PROCESS_KILL ? List.of() : recording.disk().operations().stream()
                .filter(operation -> operation.isForce() && operation.begin() <= crash.time() && operation.end() > crash.time())
                .toList();
    }
}
