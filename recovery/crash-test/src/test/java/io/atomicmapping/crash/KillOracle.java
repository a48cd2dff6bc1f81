package io.atomicmapping.crash;

import io.atomicmapping.crash.KillState.Workload;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * What a child of {@link KillTest} or {@link PowerCutTest} may leave: one commit of {@link KillState}, not
 * older than the last that was acknowledged.
 */
final class KillOracle {

    private final Workload workload;
    private final KillState.OfArray model = new KillState.OfArray();
    private long number;
    private long acknowledged;

    KillOracle(Workload workload) {
        this.workload = workload;
    }

    /** A commit was acknowledged, or found by an opening that returned: it must not be lost any more. */
    void acknowledge(long commit) {
        acknowledged = Math.max(acknowledged, commit);
    }

    long acknowledged() {
        return acknowledged;
    }

    /** The last commit that was verified. */
    long number() {
        return number;
    }

    /**
     * Fails unless the bytes are what a commit left.
     *
     * @param actual the whole file
     * @param commit its last commit
     * @param seed of the child that made the commits since the last that was verified
     * @param story tells where they were found
     */
    void verify(byte[] actual, long commit, long seed, String story) throws IOException {
        if (commit < Math.max(acknowledged, number)) {
            throw new AssertionError("an acknowledged commit is lost: acknowledged=" + acknowledged
                    + ", verified=" + number + ", found=" + commit + ", " + story);
        }
        while (number < commit) {
            number++;
            KillState.advance(model, workload, seed, number);
        }
        if (actual.length != model.size()) {
            throw new AssertionError("size of commit " + commit + ": expected=" + model.size()
                    + ", actual=" + actual.length + ", " + story);
        }
        verifyBytes(actual, 0, KillState.SEEN_OFFSET, story);
        verifyBytes(actual, KillState.STATE_FROM, actual.length, story);
        verifyCounters(actual, story);
    }

    private void verifyBytes(byte[] actual, int from, int to, String story) {
        int mismatch = Arrays.mismatch(model.bytes(), from, to, actual, from, to);
        if (mismatch >= 0) {
            throw new AssertionError("bytes of commit " + number + ": offset=" + (from + mismatch)
                    + ", " + story);
        }
    }

    /** No commit cuts an update in two, nor holds what was seen without what was there to see. */
    private static void verifyCounters(byte[] actual, String story) {
        ByteBuffer bytes = ByteBuffer.wrap(actual).order(ByteOrder.LITTLE_ENDIAN);
        for (int thread = 0; thread < KillState.THREADS; thread++) {
            long first = bytes.getLong(KillState.firstCounter(thread));
            long second = bytes.getLong(KillState.secondCounter(thread));
            long seen = bytes.getLong(KillState.seen(thread));
            if (first != second || seen > first) {
                throw new AssertionError("an update was cut in two: first=" + first + ", second=" + second
                        + ", seen=" + seen + ", " + story);
            }
        }
    }
}
