package io.atomicmapping.crash;

import io.atomicmapping.crash.Promises.Promise;

/** A structure was recovered in a state that its crash does not allow. */
final class WrongState extends AssertionError {

    private static final long serialVersionUID = 1;

    private final transient Promise<?> older;

    /**
     * Tells of one.
     *
     * @param older an earlier commit that has just this state, which must not come back; null if none has
     */
    WrongState(String message, Promise<?> older) {
        super(message);
        this.older = older;
    }

    Promise<?> older() {
        return older;
    }
}
