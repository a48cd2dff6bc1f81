package io.atomicmapping.dirty;

/**
 * The before-images of a sealed generation: the words of twins that its seal changed, as they were.
 *
 * <ul>
 *   <li>Runs of words, each with a head: the offset in the file of its first word in the upper 48 bits, the
 *       number of words in the lower 16. A run does not cross the border of a page.
 *   <li>A place in them is a number of bytes from the front; it stays valid while they grow.
 * </ul>
 *
 * <p>Filled by one thread, then read by others that it has handed them to.
 */
final class BeforeImages implements AutoCloseable {

    private static final long BYTES_MIN = 1 << 16;
    private static final long BYTES_KEPT = 16 << 20;
    private static final int WORDS_BITS = 16;
    private static final long WORDS_MAX = (1 << WORDS_BITS) - 1;

    private LazyMemory memory;
    private long begin;
    private long end;
    private long position;
    /** of the last run: where its head lies, and the offset that continues it */
    private long head;
    private long next = -1;

    /** Where the next image goes. */
    long position() {
        return position - begin;
    }

    /** A run that was begun is not continued: another page comes. */
    void newPage() {
        next = -1;
    }

    /**
     * Makes room, so that {@link #add} needs no memory.
     *
     * @param words how many words will be added at most
     */
    void reserve(long words) {
        long bytes = 2 * words * Long.BYTES;
        if (position + bytes > end) {
            grow(bytes);
        }
    }

    private void grow(long bytes) {
        long used = position();
        LazyMemory larger = LazyMemory.of(Math.max(BYTES_MIN, 2 * (used + bytes)), "before-images");
        if (memory != null) {
            Memory.copy(begin, larger.address(), used);
            memory.close();
        }
        memory = larger;
        head = memory.address() + head - begin;
        begin = memory.address();
        end = begin + memory.bytes();
        position = begin + used;
    }

    /** Adds a word, for which room was reserved. */
    void add(long offset, long word) {
        if (offset == next && (Memory.get(head) & WORDS_MAX) < WORDS_MAX) {
            Memory.set(head, Memory.get(head) + 1);
        } else {
            head = position;
            Memory.set(head, offset << WORDS_BITS | 1);
            position += Long.BYTES;
        }
        Memory.set(position, word);
        position += Long.BYTES;
        next = offset + Long.BYTES;
    }

    /**
     * Writes the images between two places over a page.
     *
     * @param from the first place
     * @param to the place after the last
     * @param target the address of a copy of the page, or its twin
     * @param pageMask the size of a page, less one
     */
    void restore(long from, long to, long target, long pageMask) {
        long at = begin + from;
        while (at < begin + to) {
            long run = Memory.get(at);
            long bytes = (run & WORDS_MAX) << 3;
            at += Long.BYTES;
            Memory.copyWords(at, target + (run >>> WORDS_BITS & pageMask), bytes);
            at += bytes;
        }
    }

    /** Empties them; a very large buffer is given back. */
    void clear() {
        if (end - begin > BYTES_KEPT) {
            close();
        }
        position = begin;
        head = begin;
        next = -1;
    }

    @Override
    public void close() {
        if (memory != null) {
            memory.close();
            memory = null;
        }
        begin = 0;
        end = 0;
        position = 0;
        head = 0;
    }
}
