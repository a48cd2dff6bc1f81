package io.atomicmapping.examples;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;

/** One thing that a property does to a structure and to its model; a counterexample is a list of them. */
interface Step<P> {

    void apply(P pair) throws Exception;

    /** A step that is always the same. */
    static <P> Arbitrary<Step<P>> just(String name, Step<P> step) {
        return Arbitraries.just(named(name, step));
    }

    static <P> Step<P> named(String name, Step<P> step) {
        return new Step<>() {
            @Override
            public void apply(P pair) throws Exception {
                step.apply(pair);
            }

            @Override
            public String toString() {
                return name;
            }
        };
    }
}
