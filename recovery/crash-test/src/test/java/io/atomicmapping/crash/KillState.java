package io.atomicmapping.crash;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * What a killed child's file must hold, as a function of the commit's number alone. The child does it to a
 * mapping, its parent to a byte array.
 *
 * <p>The first pages are for threads that store beside the commits: each thread keeps two counters equal, in
 * pages far apart, within one update; what the committer has seen of them is part of its commit, so the
 * commit holds at least that.
 */
final class KillState {

    static final int THREADS = 2;
    static final int NUMBER_OFFSET = 0;
    static final int SEEN_OFFSET = 64;
    private static final int FIRST_COUNTERS = 4096;
    private static final int SECOND_COUNTERS = 40_960;
    static final int STATE_FROM = 65_536;
    static final int SIZE = 512 << 10;
    private static final int SIZE_SPREAD = 128 << 10;
    /** The last bytes of a file that is committed by ranges: stored to, and never committed. */
    static final int SCRATCH_BYTES = 8192;

    /** How the child stores and commits. */
    enum Workload {
        /** puts, each commit waited for, some of them asynchronous */
        EXPLICIT(10),
        /** raw stores through the segment, the threads beside included */
        SEGMENT(10),
        /** each commit's stores in one update, which other threads commit, too */
        UPDATE(10),
        /** no commit is waited for */
        ASYNC(10),
        /** commits of a range, beside stores that are never in one */
        RANGE(Integer.MAX_VALUE),
        /** every other commit makes the file longer or shorter */
        RESIZE(2),
        /** some commits are larger than the journal, which gets a larger ring for them */
        GROWTH(10);

        private final int resizeOneIn;

        Workload(int resizeOneIn) {
            this.resizeOneIn = resizeOneIn;
        }

        private int scratchBytes() {
            return this == RANGE ? SCRATCH_BYTES : 0;
        }
    }

    /** Where a state is built. */
    interface Target {
        void putLong(int offset, long value);

        void fill(int offset, int length, byte value);

        void copy(int source, int target, int length);

        void resize(int size) throws IOException;

        int size();
    }

    private KillState() {}

    static int firstCounter(int thread) {
        return FIRST_COUNTERS + thread * 256;
    }

    static int secondCounter(int thread) {
        return SECOND_COUNTERS + thread * 256;
    }

    static int seen(int thread) {
        return SEEN_OFFSET + thread * Long.BYTES;
    }

    /** Makes the state of a commit from that of the one before. */
    static void advance(Target target, Workload workload, long seed, long number) throws IOException {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
        if (random.nextInt(workload.resizeOneIn) == 0) {
            target.resize(SIZE + random.nextInt(SIZE_SPREAD));
        }
        int range = target.size() - STATE_FROM - workload.scratchBytes();
        for (int i = random.nextInt(60); i >= 0; i--) {
            target.putLong(STATE_FROM + random.nextInt(range - Long.BYTES), random.nextLong());
        }
        if (random.nextInt(5) == 0) {
            int length = random.nextInt(12_000);
            target.fill(STATE_FROM + random.nextInt(range - length), length, (byte) random.nextInt());
        }
        if (random.nextInt(5) == 0) {
            int length = random.nextInt(6_000);
            target.copy(STATE_FROM + random.nextInt(range - length),
                    STATE_FROM + random.nextInt(range - length), length);
        }
        if (workload == Workload.GROWTH && random.nextInt(20) == 0) {
            for (int offset = STATE_FROM; offset < STATE_FROM + range - Long.BYTES; offset += 16) {
                target.putLong(offset, random.nextLong());
            }
        }
        target.putLong(NUMBER_OFFSET, number);
    }

    /** In the child: by puts, or raw through the segment. */
    record OfMapping(AtomicMapping mapping, boolean raw) implements Target {

        private static final ValueLayout.OfLong LONG =
                ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

        @Override
        public void putLong(int offset, long value) {
            if (raw) {
                mapping.segment().set(LONG, offset, value);
            } else {
                mapping.putLong(offset, value);
            }
        }

        @Override
        public void fill(int offset, int length, byte value) {
            if (raw) {
                mapping.segment().asSlice(offset, length).fill(value);
            } else {
                mapping.fill(offset, length, value);
            }
        }

        @Override
        public void copy(int source, int target, int length) {
            if (raw) {
                MemorySegment.copy(mapping.segment(), source, mapping.segment(), target, length);
            } else {
                mapping.copy(source, target, length);
            }
        }

        @Override
        public void resize(int size) throws IOException {
            mapping.resize(size);
        }

        @Override
        public int size() {
            return (int) mapping.size();
        }
    }

    /** In the parent. */
    static final class OfArray implements Target {

        private byte[] bytes = new byte[SIZE];

        byte[] bytes() {
            return bytes;
        }

        @Override
        public void putLong(int offset, long value) {
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(offset, value);
        }

        @Override
        public void fill(int offset, int length, byte value) {
            Arrays.fill(bytes, offset, offset + length, value);
        }

        @Override
        public void copy(int source, int target, int length) {
            System.arraycopy(bytes, source, bytes, target, length);
        }

        @Override
        public void resize(int size) {
            bytes = Arrays.copyOf(bytes, size);
        }

        @Override
        public int size() {
            return bytes.length;
        }
    }
}
