package io.atomicmapping.crash;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** Mistakes in a crash test itself, with which it would find nothing, or what is not there. */
final class Misuse {

    /** Says what to do about one. */
    private static final class Misused extends IllegalStateException {
        private static final long serialVersionUID = 1;

        Misused(String message) {
            super(message);
        }
    }

    private Misuse() {
    }

    static boolean isBy(IllegalStateException error) {
        return error instanceof Misused;
    }

    /** Two readings of one state must be equal. */
    static void requireValue(Object state, Object again) {
        if (!Objects.deepEquals(state, again)) {
            throw new Misused("a state read twice is not equal to itself: tell it as a value with equals,"
                    + " such as a list, map, set, string, record or an array of them: class="
                    + state.getClass().getName() + ", first=" + Text.of(state)
                    + ", second=" + Text.of(again));
        }
    }

    /** Looks at a run from an empty disk that nothing went wrong in. */
    static void check(Recording<?, ?> run) {
        if (run.disk().operations().isEmpty()) {
            throw new Misused("nothing was done on the storage that open was given: pass it on, with"
                    + " MappingOptions.builder().storage(storage), also for every other file");
        }
        List<Path> open = run.disk().openFiles();
        if (!open.isEmpty()) {
            throw new Misused("the structure's close() left a mapping open: it must close all that open"
                    + " opened: files=" + open);
        }
        for (Ledger.Entry<?> entry : run.ledger().entries()) {
            if (entry.isChanged()) {
                throw new Misused("a state changed after it was told: tell a copy, such as List.copyOf(..): "
                        + entry);
            }
        }
    }

    /** A workload whose state is compared must have committed something in some run. */
    static void requireCommits(Subject<?, ?> subject, long commits) {
        if (subject.state() != null && subject.workload() != null && commits == 0) {
            throw new Misused("the workload committed nothing, so that no crash can lose anything: let it say"
                    + " ledger.commit(structure::sync), or what makes its changes durable");
        }
    }
}
