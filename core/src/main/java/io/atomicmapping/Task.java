package io.atomicmapping;

/**
 * What a {@link AtomicMapping#compute compute} does.
 *
 * @param <T> its result
 * @param <E> what it may throw
 */
@FunctionalInterface
public interface Task<T, E extends Exception> {

    /**
     * Loads and stores.
     *
     * @return the result
     * @throws E as the task needs; what was stored until then stays
     */
    T call() throws E;
}
