package io.atomicmapping;

/**
 * What an {@link AtomicMapping#update update} does.
 *
 * @param <E> what it may throw
 */
@FunctionalInterface
public interface Action<E extends Exception> {

    /**
     * Loads and stores.
     *
     * @throws E as the action needs; what was stored until then stays
     */
    void run() throws E;
}
