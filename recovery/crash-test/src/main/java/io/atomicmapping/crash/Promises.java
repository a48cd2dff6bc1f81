package io.atomicmapping.crash;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What a {@link Ledger} held when a crash came. Immutable.
 *
 * @param <M> what a committed state, or a promise, is told as
 */
public final class Promises<M> {

    /** One entry, and what it is called in stories. */
    record Promise<M>(M state, boolean acknowledged, String name) {

        @Override
        public String toString() {
            return (acknowledged ? "acknowledged " : "in flight    ") + name + ": " + Text.of(state);
        }
    }

    private final List<Promise<M>> promises;

    Promises(List<Promise<M>> promises) {
        this.promises = List.copyOf(promises);
    }

    /**
     * What a crash may not lose.
     *
     * @return the entries that were acknowledged, in the order in which they began
     */
    public List<M> acknowledged() {
        return states(promises.stream().filter(Promise::acknowledged).toList());
    }

    /**
     * What a crash may leave or not.
     *
     * @return the entries that had begun and were not acknowledged, in their order
     */
    public List<M> inFlight() {
        return states(promises.stream().filter(promise -> !promise.acknowledged()).toList());
    }

    private static <M> List<M> states(List<Promise<M>> some) {
        List<M> states = new ArrayList<>();
        some.forEach(promise -> states.add(promise.state()));
        return Collections.unmodifiableList(states);
    }

    List<Promise<M>> all() {
        return promises;
    }

    /**
     * Where each entry is a whole state that replaces the one before: the last acknowledged, and those that
     * began after.
     */
    List<Promise<M>> allowedStates() {
        int from = 0;
        for (int i = 0; i < promises.size(); i++) {
            from = promises.get(i).acknowledged() ? i : from;
        }
        return promises.subList(from, promises.size());
    }
}
