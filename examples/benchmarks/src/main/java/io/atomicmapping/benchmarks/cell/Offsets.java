package io.atomicmapping.benchmarks.cell;

import java.util.function.LongSupplier;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.distribution.RejectionInversionZipfSampler;
import org.apache.commons.rng.sampling.distribution.SharedStateDiscreteSampler;
import org.apache.commons.rng.simple.RandomSource;

/**
 * The places that one thread stores to, in order. Random ones are drawn beforehand, {@value #POOL} of them,
 * and repeat after that: else drawing them, above all Zipf's, would be a large part of what is measured.
 */
public final class Offsets {

    static final int POOL = 1 << 22;
    private static final int PAGE_BYTES = Unit.PAGE.bytes();
    private static final int WORDS_IN_PAGE = PAGE_BYTES / Unit.WORD.bytes();
    private static final double ZIPF_EXPONENT = 0.99;

    private final LongSupplier source;

    private Offsets(LongSupplier source) {
        this.source = source;
    }

    /**
     * The places of a thread.
     *
     * @param cell the workload
     * @param fileBytes the size of the file, a multiple of the page size
     * @param thread which of the cell's threads
     * @param seed from which the random ones are drawn
     */
    public static Offsets of(Cell cell, long fileBytes, int thread, long seed) {
        UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(mix(seed + thread));
        long units = fileBytes / cell.unit().bytes();
        int pool = Math.max(POOL / cell.threads(), cell.pages());
        return new Offsets(switch (cell.places()) {
            case RANDOM -> pooled(() -> random.nextLong(units) * cell.unit().bytes(), pool);
            case ZIPFIAN -> pooled(scattered(units, cell.unit(), random), pool);
            case SEQUENTIAL -> pageAfterPage(fileBytes / PAGE_BYTES, cell, thread);
            case DENSE -> unitAfterUnit(units, cell, thread);
        });
    }

    /** The next places. */
    public void next(long[] target, int count) {
        for (int i = 0; i < count; i++) {
            target[i] = source.getAsLong();
        }
    }

    private static LongSupplier pooled(LongSupplier drawn, int size) {
        long[] pool = new long[size];
        for (int i = 0; i < size; i++) {
            pool[i] = drawn.getAsLong();
        }
        return new LongSupplier() {
            private int at;

            @Override
            public long getAsLong() {
                long offset = pool[at];
                at = at + 1 == pool.length ? 0 : at + 1;
                return offset;
            }
        };
    }

    /**
     * Ranks by Zipf's law, each at a place of its own but for collisions: neighbours in rank are none in the
     * file.
     */
    private static LongSupplier scattered(long units, Unit unit, UniformRandomProvider random) {
        int ranks = (int) Math.min(units, Integer.MAX_VALUE);
        SharedStateDiscreteSampler zipf = RejectionInversionZipfSampler.of(random, ranks, ZIPF_EXPONENT);
        return () -> Long.remainderUnsigned(mix(zipf.sample()), units) * unit.bytes();
    }

    /** One store in each page; a lap later it is the next word's turn. Threads begin at equal distances. */
    private static LongSupplier pageAfterPage(long pages, Cell cell, int thread) {
        return new LongSupplier() {
            private long page = pages * thread / cell.threads();
            private int word;

            @Override
            public long getAsLong() {
                long offset = page * PAGE_BYTES + (cell.unit() == Unit.PAGE ? 0
                        : (long) word * Unit.WORD.bytes());
                if (++page == pages) {
                    page = 0;
                    word = (word + 1) % WORDS_IN_PAGE;
                }
                return offset;
            }
        };
    }

    private static LongSupplier unitAfterUnit(long units, Cell cell, int thread) {
        return new LongSupplier() {
            private long at = units * thread / cell.threads();

            @Override
            public long getAsLong() {
                long offset = at * cell.unit().bytes();
                at = at + 1 == units ? 0 : at + 1;
                return offset;
            }
        };
    }

    /** A bijection of 64 bits that scatters neighbours: the finalizer of SplitMix64. */
    public static long mix(long value) {
        long z = value + 0x9E37_79B9_7F4A_7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D0_49BB_1331_11EBL;
        return z ^ (z >>> 31);
    }
}
