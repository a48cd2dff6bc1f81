package io.atomicmapping.crash;

import io.atomicmapping.crash.Promises.Promise;
import java.util.List;
import java.util.function.Predicate;

/** What a recovered state, and what the disk had been made to keep, say about the mistake. */
final class Verdict {

    private final Recording<?, ?> wrong;
    private final Chapter last;

    private Verdict(Recording<?, ?> wrong, Chapter last) {
        this.wrong = wrong;
        this.last = last;
    }

    /**
     * Says it in a sentence or two.
     *
     * @param last the chapter that ended with the last crash
     * @return empty where a check of the user's own judged, which knows more
     */
    static String of(Recording<?, ?> wrong, Chapter last) {
        if (!(wrong.failure() instanceof WrongState state)) {
            return "";
        }
        Verdict verdict = new Verdict(wrong, last);
        return state.older() != null ? verdict.lost(state.older()) : verdict.unknown();
    }

    /** A commit was acknowledged, and its state was not found. */
    private String lost(Promise<?> found) {
        StringBuilder text = new StringBuilder("Found is the older ").append(found.name()).append(". ");
        Ledger.Entry<?> gone = wrong.before().ledger() == null ? null : wrong.before().ledger().entries()
                .stream()
                .filter(entry -> entry.acknowledged() <= wrong.crash().time()).reduce((first, second) ->
                second).orElse(null);
        if (gone == null || gone.place().isEmpty()) {
            return text.append("What came after it was acknowledged, and is gone.").toString();
        }
        Operation force = lastForce(operation -> operation.end() > gone.begin()
                && operation.end() <= gone.acknowledged());
        text.append("It was acknowledged that ").append(gone.name()).append(" is durable; ");
        return text.append(force == null
                ? "but from its beginning to then no force returned: was its sync waited for?"
                : "but the last force from its beginning to then did not cover all of it: "
                + Teller.briefly(force) + Teller.at(force) + ".").toString();
    }

    /** A state that no commit had. */
    private String unknown() {
        String text = "Found is the state of no commit. ";
        boolean whole = last.events().stream()
                .noneMatch(event -> event.fate() == Crash.Fate.LOST || event.fate() == Crash.Fate.TORN);
        if (!whole) {
            return text + "A part of what no force had covered was lost, another kept.";
        }
        Operation force = lastForce(operation -> true);
        if (force == null) {
            return text + "It came about without any force.";
        }
        List<? extends Promise<?>> all = wrong.promises().all();
        return text + "It was made durable by " + Teller.briefly(force) + Teller.at(force) + "."
                + (all.stream().allMatch(Promise::acknowledged)
                ? " Nothing was being committed then, as far as the ledger was"
                + " told: whatever syncs belongs inside ledger.commit(..)." : "");
    }

    /** The last one of the program; of a thread of the library where there is none. */
    private Operation lastForce(Predicate<Operation> condition) {
        List<Operation> forces = wrong.before().disk().operations().stream()
                .filter(operation -> operation.isForceOfFile() && operation.end() <= wrong.crash().time())
                .filter(condition)
                .toList();
        return forces.stream().filter(operation -> !operation.place().isEmpty()).reduce((first, second) ->
                second)
                .orElse(forces.isEmpty() ? null : forces.getLast());
    }
}
