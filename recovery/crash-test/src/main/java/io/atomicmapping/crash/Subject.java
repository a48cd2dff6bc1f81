package io.atomicmapping.crash;

import io.atomicmapping.crash.Promises.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What a crash test is about.
 *
 * @param opener opens the structure
 * @param state tells what it holds; null where a check judges
 * @param check judges what was recovered; null where states are compared
 * @param invariant what always holds
 * @param workload what is done with it; null if it is only opened
 */
record Subject<S extends AutoCloseable, M>(CrashTest.Opener<S> opener, CrashTest.State<S, M> state,
        CrashTest.Check<S, M> check, CrashTest.Invariant<S> invariant, CrashTest.Workload<S, M> workload) {

    /** Judges an opened structure, and tells a ledger what it begins with. */
    void judge(S structure, Promises<M> promises, Ledger<M> ledger) throws Exception {
        if (check != null) {
            check.check(structure, promises);
            promises.all().forEach(promise -> ledger.inherit(promise.state(), promise.acknowledged()));
        } else {
            M found = state.of(structure);
            if (promises != null) {
                compare(found, promises);
            } else {
                Misuse.requireValue(found, state.of(structure));
            }
            ledger.inherit(found, true);
        }
        invariant.check(structure);
    }

    private void compare(M found, Promises<M> promises) {
        List<Promise<M>> allowed = promises.allowedStates();
        StringBuilder text =
                new StringBuilder("the recovered state is none that this crash allows:\n    found ")
                .append(Text.of(found));
        for (Promise<M> promise : allowed) {
            if (Objects.deepEquals(promise.state(), found)) {
                return;
            }
            text.append("\n    allowed: ").append(promise);
            String difference = Text.difference(promise.state(), found);
            text.append(difference.isEmpty() ? "" : ", " + difference);
        }
        List<Promise<M>> others = new ArrayList<>(promises.all());
        others.removeAll(allowed);
        throw new WrongState(text.toString(), others.stream()
                .filter(promise -> Objects.deepEquals(promise.state(), found)).reduce((first, second) ->
                second).orElse(null));
    }

    Ledger.View<M> view(S structure) {
        return state == null ? null : () -> state.of(structure);
    }
}
