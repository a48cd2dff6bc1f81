package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.Task;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;

/**
 * Hands out pieces of an {@link AtomicMapping}, from an offset to the mapping's end, and takes them back. By
 * names, its roots, a program finds again what it made. The bytes below the offset are the program's own.
 *
 * <pre>{@code
 * PersistentHeap heap = PersistentHeap.open(mapping);
 * mapping.update(() -> {
 *     long note = heap.allocate(100);
 *     mapping.putBytes(note, text);
 *     heap.setRoot("note", note);
 * });
 * mapping.sync();          // the piece, its bytes, and its name; after a crash all of it or nothing
 * }</pre>
 *
 * <p><b>What survives.</b> All state is in the mapping: {@link AtomicMapping#sync()} commits what was handed
 * out together with what was stored there, {@link AtomicMapping#rollback()} takes back both, after a crash
 * the heap is as of one commit. So nothing leaks where a program links what it allocates in the same {@link
 * AtomicMapping#update}. Where all bytes are 0 there is an empty heap: nothing has to be created.
 *
 * <p><b>Failure.</b> What can fail comes before the first store: where the mapping cannot grow, the heap is
 * as before.
 *
 * <p><b>Threads.</b> Any number, virtual ones too, if they share one heap object: open it once. What a thread
 * does is seen by the others at once, committed or not.
 *
 * <p><b>Cost.</b> To allocate and to free are a few loads and two or three stores each, into two or three
 * lines. A piece has 8 bytes more than its user sees and one of 116 sizes; what is freed is used again for
 * pieces of its size, last freed first. Pieces of whole pages begin 8 bytes after a page does. The mapping
 * grows by {@link AtomicMapping#resize}, by half and at most by 64 MiB at a time, and never shrinks.
 *
 * <p>Source: segregated free lists, Wilson, Johnstone, Neely, Boles, "Dynamic Storage Allocation: A Survey
 * and Critical Review", IWMM 1995.
 */
public final class PersistentHeap {

    /** The largest piece, in bytes. */
    public static final long LARGEST_PIECE = SizeClasses.LARGEST - HeapFormat.PIECE_HEADER;
    /** The bytes that an empty heap takes. */
    public static final long HEADER_BYTES = HeapFormat.HEADER_BYTES;
    /** The longest name of a root, in bytes of UTF-8. */
    public static final int LONGEST_NAME = 255;

    private final AtomicMapping mapping;
    private final long base;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Turns> turns = new ConcurrentHashMap<>();
    private final HeapPieces pieces;
    private final HeapRoots roots;
    private final boolean stores;
    /** that was given here; what the mapping has may be older, after a rollback */
    private final AtomicLong lastStamp = new AtomicLong();

    private PersistentHeap(AtomicMapping mapping, long base) {
        this.mapping = mapping;
        this.base = base;
        this.pieces = new HeapPieces(mapping, base);
        this.roots = new HeapRoots(this, pieces);
        this.stores = takesStores(mapping);
    }

    /**
     * The heap that takes a whole mapping.
     *
     * @param mapping the mapping, with at least {@link #HEADER_BYTES}
     * @return the heap
     * @throws IllegalArgumentException as {@link #open(AtomicMapping, long)}
     */
    public static PersistentHeap open(AtomicMapping mapping) {
        return open(mapping, 0);
    }

    /**
     * The heap at an offset of a mapping.
     *
     * @param mapping the mapping, which the heap uses from the offset to its end
     * @param base the offset, a multiple of 64 with at least {@link #HEADER_BYTES} from it to the mapping's
     *     end
     * @return the heap
     * @throws IllegalArgumentException if the offset is not such a one; if something else than a heap is
     *     there, or a heap of another version, or one that has lost its end
     */
    public static PersistentHeap open(AtomicMapping mapping, long base) {
        HeapFormat.requireHeap(mapping, base);
        return new PersistentHeap(mapping, base);
    }

    /**
     * The mapping that the heap is in.
     *
     * @return it
     */
    public AtomicMapping mapping() {
        return mapping;
    }

    /**
     * The first offset that was never handed out.
     *
     * @return it, a multiple of the page size or of the heap's first line
     */
    public long end() {
        return pieces.end();
    }

    long base() {
        return base;
    }

    // ---- pieces ----

    /**
     * Hands out a piece; what is in it is undefined. The mapping grows where it has to.
     *
     * @param bytes its least size, 1 to {@link #LARGEST_PIECE}
     * @return its offset, a multiple of 8, never 0
     * @throws IOException if there is no room: the mapping cannot grow, or not beyond its {@code maxSize}
     * @throws IllegalArgumentException if the size is out of range
     */
    public long allocate(long bytes) throws IOException {
        int sizeClass = HeapPieces.sizeClass(bytes);
        return mapping.compute(() -> locked(() -> pieces.take(sizeClass)));
    }

    /**
     * Takes a piece back.
     *
     * @param piece what {@link #allocate} returned
     * @throws IllegalStateException if it is free already
     * @throws IllegalArgumentException if there is no piece
     */
    public void free(long piece) {
        mapping.compute(() -> locked(() -> {
            pieces.giveBack(piece);
            return null;
        }));
    }

    /**
     * How many bytes of a piece are its user's: at least what was asked for.
     *
     * @param piece what {@link #allocate} returned
     * @return the bytes
     * @throws IllegalArgumentException if there is no piece
     * @throws IllegalStateException if it is free
     */
    public long capacity(long piece) {
        return read(() -> SizeClasses.bytes(HeapFormat.requireAllocated(mapping, piece, base, end()))
                - HeapFormat.PIECE_HEADER);
    }

    // ---- roots ----

    /**
     * What a name stands for.
     *
     * @param name the name
     * @return what {@link #setRoot} gave it; 0 if nothing
     */
    public long root(String name) {
        byte[] bytes = HeapRoots.bytes(name);
        return read(() -> locked(() -> roots.get(bytes)));
    }

    /**
     * Gives a name to something, in place of what it stood for; that is not freed.
     *
     * @param name the name, 1 to {@link #LONGEST_NAME} bytes of UTF-8
     * @param value the offset of a piece, or any number; 0 takes the name away
     * @throws IOException if there is no room for the name
     * @throws IllegalArgumentException if the name is empty or too long
     */
    public void setRoot(String name, long value) throws IOException {
        byte[] bytes = HeapRoots.bytes(name);
        mapping.compute(() -> locked(() -> roots.set(bytes, value)));
    }

    /**
     * All names that stand for something.
     *
     * @return a copy, in the order in which they were given
     */
    public List<String> roots() {
        return read(() -> locked(roots::names));
    }

    /** A number that changes when a root does, also by a rollback; no other state had it in this process. */
    long rootsStamp() {
        return mapping.getLong(base + HeapFormat.ROOTS_STAMP);
    }

    /**
     * A stamp that no state of the mapping had that this process has seen, also none that was rolled back.
     */
    long nextStamp(long stored) {
        return lastStamp.updateAndGet(last -> Math.max(last, stored) + 1);
    }

    /** The heap's own pieces: the roots' names. */
    void forEachPiece(LongConsumer action) {
        roots.forEachPiece(action);
    }

    /** The order of those who use what a name stands for. */
    Turns turnsOf(String name) {
        return turns.computeIfAbsent(name, any -> new Turns());
    }

    /** Loads that no rollback cuts in two: it waits for them. */
    <T, E extends Exception> T read(Task<T, E> task) throws E {
        return stores ? mapping.compute(task) : task.call();
    }

    private <T, E extends Exception> T locked(Task<T, E> task) throws E {
        lock.lock();
        try {
            return task.call();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the mapping takes stores, and has sections. */
    private static boolean takesStores(AtomicMapping mapping) {
        try {
            mapping.update(() -> { });
            return true;
        } catch (IllegalStateException e) { // read-only, or failed: then nothing is rolled back, either
            mapping.size(); // throws if it is closed
            return false;
        }
    }
}
