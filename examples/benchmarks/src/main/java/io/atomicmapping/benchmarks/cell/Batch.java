package io.atomicmapping.benchmarks.cell;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * The stores of one commit of one thread. What is stored differs from what was there in every byte that
 * chance allows: a store that keeps only the bytes which changed must not win by values that change little.
 */
public final class Batch {

    private static final int CONTENTS = 61; // prime, so that a page does not meet the same content again soon

    private final Unit unit;
    private final Offsets source;
    private final long[] offsets;
    private final byte[][] contents = new byte[CONTENTS][];
    private final MemorySegment[] segments = new MemorySegment[CONTENTS];
    private long drawn;

    /**
     * The batches of a thread.
     *
     * @param cell the workload
     * @param source the thread's places
     * @param seed of what is stored
     */
    public Batch(Cell cell, Offsets source, long seed) {
        this.unit = cell.unit();
        this.source = source;
        this.offsets = new long[cell.pages()];
        this.drawn = seed;
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < CONTENTS; i++) {
            contents[i] = new byte[Unit.PAGE.bytes()];
            random.nextBytes(contents[i]);
            segments[i] = Arena.ofAuto().allocate(Unit.PAGE.bytes(), Unit.PAGE.bytes());
            segments[i].copyFrom(MemorySegment.ofArray(contents[i]));
        }
    }

    /** Goes on to the next commit. */
    public void next() {
        source.next(offsets, offsets.length);
        drawn += offsets.length;
    }

    public Unit unit() {
        return unit;
    }

    public int count() {
        return offsets.length;
    }

    /** Where a store goes, in bytes from the file's begin. */
    public long offset(int index) {
        return offsets[index];
    }

    /** What an 8-byte store stores. */
    public long value(int index) {
        return Offsets.mix(drawn + index);
    }

    /** What a whole-page store stores; not to be changed. */
    public byte[] page(int index) {
        return contents[content(index)];
    }

    /** The same in native memory, aligned to its size. */
    public MemorySegment pageSegment(int index) {
        return segments[content(index)];
    }

    private int content(int index) {
        return (int) Long.remainderUnsigned(drawn + index, CONTENTS);
    }

    /** The bytes of a store, for a write call: a buffer of the caller's is filled for a word. */
    public ByteBuffer bytes(int index, ByteBuffer word) {
        if (unit == Unit.PAGE) {
            return pageSegment(index).asByteBuffer();
        }
        MemorySegment.ofBuffer(word.clear()).set(ValueLayout.JAVA_LONG_UNALIGNED, 0, value(index));
        return word;
    }
}
