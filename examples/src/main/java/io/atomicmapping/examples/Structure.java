package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.Task;
import java.io.IOException;
import java.util.ConcurrentModificationException;
import java.util.concurrent.locks.Lock;
import java.util.function.LongConsumer;

/**
 * What the structures have in common: a header in a piece that a root names, and the order of those who use
 * it.
 *
 * <ul>
 *   <li>A header begins with a magic number, how many elements there are, and a stamp of the last change. It
 *       is made by the first change, so that a rollback to before that leaves an empty structure that works.
 *   <li>Changes are alone, reads beside each other. Both are sections of the mapping, too: no sync cuts a
 *       change in two, no rollback comes during a read. The section comes first, the lock second: who waits
 *       in one for a lock waits for nobody who waits at a gate.
 *   <li>All handles of one root that share a heap share their turns.
 * </ul>
 */
final class Structure {

    static final long ELEMENTS = 8;
    static final long STAMP = 16;
    /** Where the header of a kind of structure goes on. */
    static final long OWN = 24;

    /** Where the header is while the heap's roots have a stamp; at 0 if it is nowhere. */
    private record Place(long rootsStamp, long header) { }

    private final PersistentHeap heap;
    private final AtomicMapping mapping;
    private final String name;
    private final String kind;
    private final long magic;
    private final long headerBytes;
    private final Turns turns;
    private volatile Place place = new Place(-1, 0);

    /** The structure of a kind, as "HASHMAP" with its version, that a name stands for. */
    Structure(PersistentHeap heap, String name, String kind, int version, long headerBytes) {
        this.heap = heap;
        this.mapping = heap.mapping();
        this.name = name;
        this.kind = kind;
        this.magic = magic(kind, version);
        this.headerBytes = headerBytes;
        this.turns = heap.turnsOf(name);
        read(this::header);
    }

    private static long magic(String kind, int version) {
        long magic = (long) version << 56;
        for (int i = 0; i < kind.length(); i++) {
            magic |= (long) kind.charAt(i) << 8 * i;
        }
        return magic;
    }

    PersistentHeap heap() {
        return heap;
    }

    AtomicMapping mapping() {
        return mapping;
    }

    String name() {
        return name;
    }

    <T, E extends Exception> T read(Task<T, E> task) throws E {
        return heap.read(() -> locked(turns.lock.readLock(), task));
    }

    <T, E extends Exception> T write(Task<T, E> task) throws E {
        return mapping.compute(() -> locked(turns.lock.writeLock(), task));
    }

    private static <T, E extends Exception> T locked(Lock lock, Task<T, E> task) throws E {
        lock.lock();
        try {
            return task.call();
        } finally {
            lock.unlock();
        }
    }

    /** The header, or 0 if there is none yet. Inside a read or a write, as all below. */
    long header() {
        Place known = place;
        long stamp = heap.rootsStamp();
        if (known.rootsStamp() != stamp) { // a root was added, or rolled back
            known = new Place(stamp, heap.root(name));
            if (known.header() != 0) {
                requireKind(known.header());
            }
            place = known;
        }
        return known.header();
    }

    /** The header, which is made if there is none. */
    long headerForChange() throws IOException {
        long header = header();
        if (header != 0) {
            return header;
        }
        header = heap.allocate(headerBytes);
        try {
            heap.setRoot(name, header);
        } catch (IOException e) {
            heap.free(header);
            throw e;
        }
        mapping.fill(header, headerBytes, (byte) 0);
        mapping.putLong(header, magic);
        return header();
    }

    /** Reads: passes the header, and lets pass what else there is besides, if there is a header. */
    void forEachPiece(LongConsumer action, LongConsumer others) {
        read(() -> {
            long header = header();
            if (header != 0) {
                action.accept(header);
                others.accept(header);
            }
            return null;
        });
    }

    private void requireKind(long header) {
        heap.capacity(header); // throws if no piece is there
        long actual = mapping.getLong(header);
        if (actual == magic) {
            return;
        }
        if (actual << 8 == magic << 8) {
            throw new IllegalArgumentException("structure of another version, use the program that made it:"
                    + " name=" + name + ", kind=" + kind + ", expected=" + (magic >>> 56)
                    + ", actual=" + (actual >>> 56));
        }
        throw new IllegalArgumentException("root is something else, give another name: name=" + name
                + ", kind=" + kind + ", expected=0x" + Long.toHexString(magic)
                + ", actual=0x" + Long.toHexString(actual));
    }

    long elements() {
        long header = header();
        return header == 0 ? 0 : mapping.getLong(header + ELEMENTS);
    }

    /** Tells of so many more elements, or less. */
    void count(long header, long difference) {
        mapping.putLong(header + ELEMENTS, mapping.getLong(header + ELEMENTS) + difference);
        long before = mapping.getLong(header + STAMP);
        long after = heap.nextStamp(before);
        mapping.putLong(header + STAMP, after);
        turns.change(before, after);
    }

    /** How often the structure was rolled back, as far as anybody noticed. */
    long rollbacks() {
        return turns.rollbacks(stamp());
    }

    Turns turns() {
        return turns;
    }

    /** What an iterator remembers of the state that it began with. */
    long stamp() {
        long header = header();
        return header == 0 ? 0 : mapping.getLong(header + STAMP);
    }

    /** Throws if elements came or went since. */
    void requireStamp(long stamp) {
        if (stamp() != stamp) {
            throw new ConcurrentModificationException(
                    "changed since the iterator was made, make another: name=" + name);
        }
    }
}
