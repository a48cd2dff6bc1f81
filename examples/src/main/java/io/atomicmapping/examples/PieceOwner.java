package io.atomicmapping.examples;

import java.util.function.LongConsumer;

/**
 * What keeps pieces of a {@link PersistentHeap} and can tell which, so that {@link HeapCheck} finds leaks.
 */
@FunctionalInterface
public interface PieceOwner {

    /**
     * Names each piece that is in use here, once, in any order.
     *
     * @param action takes the offset that {@link PersistentHeap#allocate} returned
     */
    void forEachPiece(LongConsumer action);
}
