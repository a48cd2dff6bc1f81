package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.function.LongConsumer;

/**
 * A queue that lives in a {@link PersistentHeap}: first in, first out, for any number of producers and
 * consumers. Elements are not null.
 *
 * <p><b>Exactly once.</b> A commit holds the queue and everything else in the mapping: that an element was
 * taken, and what was stored because of it, become durable together or not at all. So give the work to {@link
 * #poll(QueueHandler)} or {@link #take(QueueHandler)}, which take the element and do the work inside one
 * {@link AtomicMapping#update}. Then each element is worked off in exactly one of the commits that last:
 * after a crash or a rollback those elements are in the queue again, in their places, whose work is not
 * committed, and of that work nothing is left in the mapping. What is done elsewhere, as a message sent, is
 * not undone: do that after the sync, from what was committed. Without a handler the same holds if the caller
 * takes and works inside an update; else a sync of another thread may come in between.
 *
 * <p><b>What survives.</b> The queue stores into the mapping and nowhere else: {@link AtomicMapping#sync()}
 * commits, {@link AtomicMapping#rollback()} undoes, after a crash the queue is as of one commit. A change
 * that fails, as on a full disk, leaves the elements as before.
 *
 * <p><b>Threads.</b> Any number, virtual ones too, if they share the heap object. What one thread put another
 * may take at once, before any commit. Handlers run beside each other. Who waits does so outside of any
 * section of the queue's; do not wait inside an update, or every sync will wait, too. An element that a
 * rollback brings back is given to who waits for one within 50 milliseconds.
 *
 * <p><b>Cost.</b> An element is stored behind the one before, with 4 bytes more, and taken by a change of one
 * line. Segments of 16 KiB, or of one large element, are freed when empty; the last one is used again.
 *
 * @param <E> elements
 */
public final class PersistentQueue<E> implements Iterable<E>, PieceOwner {

    private final Structure structure;
    private final QueueSegments segments;
    private final Codec<E> elements;
    private final long capacity;

    private PersistentQueue(PersistentHeap heap, String name, Codec<E> elements, long capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity must be positive: capacity=" + capacity);
        }
        this.structure = new Structure(heap, name, "QUEUE", 1, QueueSegments.HEADER_BYTES);
        this.segments = new QueueSegments(heap);
        this.elements = elements;
        this.capacity = capacity;
    }

    /**
     * The queue that a root of a heap names, without bounds. Where there is no such root the queue is empty,
     * and its first element makes one.
     *
     * @param heap the heap
     * @param name the root's name
     * @param elements how elements become bytes, the same each time
     * @param <E> elements
     * @return the queue
     * @throws IllegalArgumentException if the name stands for something else than a queue of this version
     */
    public static <E> PersistentQueue<E> open(PersistentHeap heap, String name, Codec<E> elements) {
        return open(heap, name, elements, Long.MAX_VALUE);
    }

    /**
     * The same with a bound, which is not stored.
     *
     * @param heap the heap
     * @param name the root's name
     * @param elements how elements become bytes, the same each time
     * @param capacity how many elements there may be for one more to be put, at least 1
     * @param <E> elements
     * @return the queue
     * @throws IllegalArgumentException as the other; or if the capacity is not positive
     */
    public static <E> PersistentQueue<E> open(PersistentHeap heap, String name, Codec<E> elements,
            long capacity) {
        return new PersistentQueue<>(heap, name, elements, capacity);
    }

    /**
     * The number of elements.
     *
     * @return it
     */
    public long size() {
        return structure.read(structure::elements);
    }

    /**
     * Puts an element at the end, unless the queue is full.
     *
     * @param element the element
     * @return whether it is in
     * @throws IOException if there is no room in the mapping; the elements are as before
     */
    public boolean offer(E element) throws IOException {
        byte[] bytes = elements.encode(element);
        boolean added = structure.write(() -> {
            if (structure.elements() >= capacity) {
                return false;
            }
            long header = structure.headerForChange();
            segments.addLast(header, bytes);
            structure.count(header, 1);
            return true;
        });
        if (added) {
            structure.turns().tellOfChange();
        }
        return added;
    }

    /**
     * Puts an element at the end, waiting while the queue is full.
     *
     * @param element the element
     * @throws IOException as {@link #offer}
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    public void put(E element) throws IOException, InterruptedException {
        long seen = structure.turns().changes();
        while (!offer(element)) {
            structure.turns().awaitChange(seen);
            seen = structure.turns().changes();
        }
    }

    /**
     * The first element, which stays.
     *
     * @return it, or null if the queue is empty
     */
    public E peek() {
        return decode(structure.read(
                () -> structure.elements() == 0 ? null : segments.first(structure.header())));
    }

    /**
     * Takes the first element.
     *
     * @return it, or null if the queue is empty
     */
    public E poll() {
        byte[] bytes = structure.write(() -> structure.elements() == 0 ? null : removeFirst());
        if (bytes != null) {
            structure.turns().tellOfChange();
        }
        return decode(bytes);
    }

    /**
     * Takes the first element, waiting while there is none.
     *
     * @return it
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    public E take() throws InterruptedException {
        while (true) {
            long seen = structure.turns().changes();
            E element = poll();
            if (element != null) {
                return element;
            }
            structure.turns().awaitChange(seen);
        }
    }

    /**
     * Takes the first element and does something with it; both are in one commit. If that fails the element
     * is put back, as the first; what was stored meanwhile stays, as in any update.
     *
     * @param handler does it
     * @param <X> what it may throw
     * @return whether there was an element
     * @throws X what the handler throws
     * @throws IOException if there is no room to put it back; then nothing was taken
     */
    public <X extends Exception> boolean poll(QueueHandler<? super E, X> handler) throws X, IOException {
        IOException[] noRoom = new IOException[1];
        boolean handled = structure.mapping().<Boolean, X>compute(() -> handleFirst(handler, noRoom));
        if (noRoom[0] != null) {
            throw noRoom[0];
        }
        return handled;
    }

    private <X extends Exception> boolean handleFirst(QueueHandler<? super E, X> handler,
            IOException[] noRoom)
            throws X {
        byte[] bytes;
        long[] spare = new long[1];
        try {
            bytes = structure.write(() -> {
                if (structure.elements() == 0) {
                    return null;
                }
                spare[0] = segments.allocateFor(segments.first(structure.header()));
                return removeFirst();
            });
        } catch (IOException e) {
            noRoom[0] = e;
            return false;
        }
        if (bytes == null) {
            return false;
        }
        boolean done = false;
        try {
            handler.handle(elements.decode(bytes));
            done = true;
        } finally {
            if (done) {
                structure.heap().free(spare[0]);
            } else {
                structure.write(() -> {
                    segments.addFirst(structure.header(), bytes, spare[0]);
                    structure.count(structure.header(), 1);
                    return null;
                });
            }
            structure.turns().tellOfChange(); // there is room, or the element is back
        }
        return true;
    }

    /**
     * As {@link #poll(QueueHandler)}, waiting while there is no element. Nothing is held up meanwhile.
     *
     * @param handler does something with the element
     * @param <X> what it may throw
     * @throws X what the handler throws
     * @throws IOException as {@link #poll(QueueHandler)}
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    public <X extends Exception> void take(QueueHandler<? super E, X> handler)
            throws X, IOException, InterruptedException {
        long seen = structure.turns().changes();
        while (!poll(handler)) {
            structure.turns().awaitChange(seen);
            seen = structure.turns().changes();
        }
    }

    private byte[] removeFirst() {
        long header = structure.header();
        byte[] first = segments.first(header);
        segments.removeFirst(header);
        structure.count(header, -1);
        return first;
    }

    /**
     * All elements, the first first. The iterator throws {@link ConcurrentModificationException} when an
     * element was put or taken since it was made, or that was rolled back. It removes nothing itself.
     *
     * @return an iterator over copies of the elements
     */
    @Override
    public Iterator<E> iterator() {
        return new QueueIterator<>(structure, segments, elements);
    }

    @Override
    public void forEachPiece(LongConsumer action) {
        structure.forEachPiece(action, header -> segments.forEachPiece(header, action));
    }

    /** Removes all elements, and gives back their space. Costs by the number of segments. */
    public void clear() {
        structure.write(() -> {
            long header = structure.header();
            if (header != 0) {
                segments.clear(header);
                structure.count(header, -structure.elements());
            }
            return null;
        });
        structure.turns().tellOfChange();
    }

    private E decode(byte[] bytes) {
        return bytes == null ? null : elements.decode(bytes);
    }
}
