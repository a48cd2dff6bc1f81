package io.atomicmapping.benchmarks.report;

import java.util.OptionalDouble;

/**
 * What must be reached, and what was.
 *
 * @param what what is compared
 * @param wanted the bar
 * @param atLeast whether more is better
 * @param seen what was measured; empty if it was not
 * @param condition under which the bar is meant
 */
record Bar(String what, double wanted, boolean atLeast, OptionalDouble seen, Condition condition) {

    /**
     * Under which a figure tells what the bar asks.
     *
     * @param met whether what was measured was measured so
     * @param text in words; empty if there is nothing to say
     */
    record Condition(boolean met, String text) {

        /** There is none. */
        static final Condition NONE = new Condition(true, "");

        /** Both. */
        Condition and(Condition other) {
            return text.isEmpty() ? other : other.text.isEmpty() ? this
                    : new Condition(met && other.met, text + "; " + other.text);
        }
    }

    static Bar atLeast(String what, double wanted, OptionalDouble seen, Condition condition) {
        return new Bar(what, wanted, true, seen, condition);
    }

    static Bar atMost(String what, double wanted, OptionalDouble seen, Condition condition) {
        return new Bar(what, wanted, false, seen, condition);
    }

    /** Whether it is met; a bar that was not measured is not. */
    boolean isMet() {
        return seen.isPresent() && (atLeast ? seen.getAsDouble() >= wanted : seen.getAsDouble() <= wanted);
    }

    /** In words: met, missed, or not measured. */
    String verdict() {
        return seen.isEmpty() ? "not measured" : isMet() ? "met" : "**missed**";
    }

    /** In words: how it was measured, if it was. */
    String conditionText() {
        return seen.isEmpty() ? "" : condition.met ? condition.text : "**not as asked**: " + condition.text;
    }
}
