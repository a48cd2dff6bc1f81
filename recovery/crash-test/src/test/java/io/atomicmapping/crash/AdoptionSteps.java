package io.atomicmapping.crash;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * What a library does to its file, step by step; each step is known by the seed and its number. The file
 * begins with the number of the last step.
 */
final class AdoptionSteps {

    static final int PAGE = 4096;
    static final int FIRST_SIZE = 3 * PAGE + 100;
    private static final int SIZE_MAX = 400 * PAGE;
    private static final int STORES_MAX = 24;
    private static final int LONGER_MAX = 5 * PAGE;

    /** Where it happens: real mappings, or an array. */
    interface Target {
        long size() throws IOException;

        void putLong(long offset, long value) throws IOException;

        /** Maps what comes after the end of the file, which makes it longer. */
        void mapMore(long length) throws IOException;

        /** Makes the file longer by writing. */
        void append(byte[] bytes) throws IOException;

        /** Takes back what was done since the last commit. */
        void rollback() throws IOException;

        void commit(long step) throws IOException;
    }

    private AdoptionSteps() {
    }

    static void step(Target target, long seed, long step) throws IOException {
        SplittableRandom random = new SplittableRandom(seed * 1_000_003 + step);
        if (isCommit(seed, step - 1) && random.nextInt(8) == 0) {
            change(target, random);
            target.rollback();
        }
        change(target, random);
        target.putLong(0, step);
        if (isCommit(seed, step)) {
            target.commit(step);
        }
    }

    private static boolean isCommit(long seed, long step) {
        return step == 0 || new SplittableRandom(seed * 7_000_003 + step).nextInt(3) > 0;
    }

    private static void change(Target target, SplittableRandom random) throws IOException {
        stores(target, random, Long.BYTES, target.size());
        long size = target.size();
        if (size < SIZE_MAX && random.nextInt(5) == 0) {
            target.mapMore(1 + random.nextInt(LONGER_MAX));
            stores(target, random, size, target.size());
        }
        if (size < SIZE_MAX && random.nextInt(9) == 0) {
            byte[] bytes = new byte[1 + random.nextInt(LONGER_MAX)];
            random.nextBytes(bytes);
            target.append(bytes);
        }
        stores(target, random, Long.BYTES, size);
    }

    private static void stores(Target target, SplittableRandom random, long from, long to)
            throws IOException {
        long end = to - Long.BYTES + 1;
        for (int i = random.nextInt(STORES_MAX); i > 0 && from < end; i--) {
            target.putLong(random.nextLong(from, end), random.nextLong());
        }
    }

    /** The file in an array: what it must be after the commit of a step. */
    static byte[] after(long seed, long lastStep) throws IOException {
        Model model = new Model();
        for (long step = 1; step <= lastStep; step++) {
            step(model, seed, step);
        }
        return model.committed;
    }

    private static final class Model implements Target {
        private byte[] bytes = new byte[FIRST_SIZE];
        private byte[] committed = bytes.clone();

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public void putLong(long offset, long value) {
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong((int) offset, value);
        }

        @Override
        public void mapMore(long length) {
            bytes = Arrays.copyOf(bytes, (int) (bytes.length + length));
        }

        @Override
        public void append(byte[] more) {
            bytes = Arrays.copyOf(bytes, bytes.length + more.length);
            System.arraycopy(more, 0, bytes, bytes.length - more.length, more.length);
        }

        @Override
        public void rollback() {
            bytes = Arrays.copyOf(committed, bytes.length); // the length stays
        }

        @Override
        public void commit(long step) {
            committed = bytes.clone();
        }
    }
}
