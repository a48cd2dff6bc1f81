package io.atomicmapping.examples;

import java.util.Iterator;
import java.util.NoSuchElementException;

/** Copies the elements of a {@link PersistentQueue}. Its places are good as long as the stamp is. */
final class QueueIterator<E> implements Iterator<E> {

    private final Structure structure;
    private final QueueSegments segments;
    private final Codec<E> elements;
    private final long stamp;
    private long left;
    private QueueSegments.Place next;

    QueueIterator(Structure structure, QueueSegments segments, Codec<E> elements) {
        this.structure = structure;
        this.segments = segments;
        this.elements = elements;
        this.stamp = structure.read(() -> {
            left = structure.elements();
            next = left == 0 ? null : segments.firstPlace(structure.header());
            return structure.stamp();
        });
    }

    @Override
    public boolean hasNext() {
        return structure.read(() -> {
            structure.requireStamp(stamp);
            return left > 0;
        });
    }

    @Override
    public E next() {
        return elements.decode(structure.read(() -> {
            structure.requireStamp(stamp);
            if (left == 0) {
                throw new NoSuchElementException("no more elements: name=" + structure.name());
            }
            byte[] bytes = segments.element(next);
            left--;
            next = left == 0 ? null : segments.next(next);
            return bytes;
        }));
    }
}
