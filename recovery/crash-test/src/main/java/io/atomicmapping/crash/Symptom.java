package io.atomicmapping.crash;

/**
 * What a violation looks like, to tell whether another is the same.
 *
 * @param phase what the recording did
 * @param thrown the class of what it threw
 * @param olderCommit whether it came back with the state of an earlier commit
 */
record Symptom(Recording.Phase phase, Class<?> thrown, boolean olderCommit) {

    static Symptom of(Recording<?, ?> wrong) {
        boolean older = wrong.failure() instanceof WrongState state && state.older() != null;
        return new Symptom(wrong.phase(), wrong.failure().getClass(), older);
    }
}
