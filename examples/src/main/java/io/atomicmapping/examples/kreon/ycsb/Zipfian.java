package io.atomicmapping.examples.kreon.ycsb;

import java.util.random.RandomGenerator;

/**
 * Numbers below a count of which few are drawn often, and scattered over all of them: number {@code i} in the
 * order of popularity is drawn in proportion to {@code 1 / (i + 1)^0.99}, and stands for the item that a hash
 * makes of it. Immutable.
 *
 * <p>Source: J. Gray et al., "Quickly generating billion-record synthetic databases", SIGMOD 1994, figure 3;
 * the scattering: B. Cooper et al., "Benchmarking cloud serving systems with YCSB", SoCC 2010.
 */
final class Zipfian {

    static final double THETA = 0.99;
    private static final double HALF_TO_THETA = Math.pow(0.5, THETA);
    private static final long FNV_OFFSET = 0xCBF29CE484222325L;
    private static final long FNV_PRIME = 0x100000001B3L;

    private final long items;
    private final double zeta;
    private final double alpha = 1 / (1 - THETA);
    private final double eta;

    Zipfian(long items) {
        this.items = items;
        this.zeta = zeta(items);
        this.eta = (1 - Math.pow(2.0 / items, 1 - THETA)) / (1 - zeta(2) / zeta);
    }

    static double zeta(long items) {
        double sum = 0;
        for (long i = 1; i <= items; i++) {
            sum += 1 / Math.pow(i, THETA);
        }
        return sum;
    }

    /** A rank: 0 for the most popular. */
    long nextRank(RandomGenerator random) {
        double u = random.nextDouble();
        double uz = u * zeta;
        if (uz < 1) {
            return 0;
        }
        if (uz < 1 + HALF_TO_THETA) {
            return 1;
        }
        return Math.min(items - 1, (long) (items * Math.pow(eta * u - eta + 1, alpha)));
    }

    /** An item; popular ones lie anywhere. */
    long next(RandomGenerator random) {
        return Long.remainderUnsigned(hash(nextRank(random)), items);
    }

    /** FNV-1a of the number's bytes. */
    static long hash(long number) {
        long hash = FNV_OFFSET;
        for (int i = 0; i < Long.SIZE; i += Byte.SIZE) {
            hash = (hash ^ (number >>> i & 0xFF)) * FNV_PRIME;
        }
        return hash;
    }
}
