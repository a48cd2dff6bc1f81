package io.atomicmapping.examples;

import java.io.IOException;
import java.util.List;

/** What a property changes: a structure, and in the same way its model. */
interface ModelPair extends AutoCloseable {

    Modelled<?, ?> stored();

    /** Asserts that the structure holds what its model does. */
    void check();

    default void sync() throws IOException {
        stored().sync();
    }

    default void rollback() {
        stored().rollback();
    }

    default void reopen() throws IOException {
        stored().reopen();
    }

    @Override
    default void close() throws IOException {
        stored().close();
    }

    /** Goes the steps; structure and model are then the same, and at the last commit. */
    static <P extends ModelPair> void check(P pair, List<Step<P>> steps) throws Exception {
        try (pair) {
            for (Step<P> step : steps) {
                step.apply(pair);
            }
            pair.check();
            pair.reopen();
            pair.check();
        }
    }
}
