package io.atomicmapping.examples;

/**
 * What is done with an element of a {@link PersistentQueue}.
 *
 * @param <E> elements
 * @param <X> what it may throw
 */
@FunctionalInterface
public interface QueueHandler<E, X extends Exception> {

    /**
     * Does the work, inside an update: it may store into the mapping, but not sync or roll back.
     *
     * @param element the element
     * @throws X if it fails: then the element is put back, and is the first again
     */
    void handle(E element) throws X;
}
