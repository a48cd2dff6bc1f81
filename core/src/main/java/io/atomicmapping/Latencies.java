package io.atomicmapping;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A histogram of durations: 32 buckets for each power of two of nanoseconds, so a figure is right to about
 * 3 percent.
 *
 * <p>Design note: HdrHistogram does this and more, but the library's users get no further dependency for
 * three figures.
 */
final class Latencies {

    private static final int STEPS_SHIFT = 5;
    private static final int STEPS = 1 << STEPS_SHIFT;

    private final AtomicLongArray counts = new AtomicLongArray(STEPS * 60);
    private volatile long maxNanos;

    void record(long nanos) {
        counts.getAndIncrement(bucket(nanos));
        if (nanos > maxNanos) {
            maxNanos = nanos;
        }
    }

    private static int bucket(long nanos) {
        if (nanos < STEPS) {
            return (int) Math.max(0, nanos);
        }
        int power = 63 - Long.numberOfLeadingZeros(nanos);
        return (power - STEPS_SHIFT + 1 << STEPS_SHIFT) + (int) (nanos >>> power - STEPS_SHIFT) - STEPS;
    }

    private static long lowestOf(int bucket) {
        if (bucket < STEPS) {
            return bucket;
        }
        int power = (bucket >>> STEPS_SHIFT) + STEPS_SHIFT - 1;
        return (long) (STEPS + (bucket & STEPS - 1)) << power - STEPS_SHIFT;
    }

    /** The duration that a fraction of all do not exceed, 0 if there are none. */
    long percentile(double fraction) {
        long total = 0;
        for (int i = 0; i < counts.length(); i++) {
            total += counts.get(i);
        }
        long rank = (long) Math.ceil(total * fraction);
        long seen = 0;
        for (int i = 0; i < counts.length() && rank > 0; i++) {
            seen += counts.get(i);
            if (seen >= rank) {
                return Math.min(lowestOf(i + 1) - 1, maxNanos);
            }
        }
        return 0;
    }

    long max() {
        return maxNanos;
    }
}
