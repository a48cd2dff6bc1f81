package io.atomicmapping.crash;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.RandomDistribution;

/**
 * One step of a random workload. What it means is decided when it is run: the numbers are reduced to the size
 * then, so that any sequence of steps, also a shrunk one, can be run.
 *
 * @param kind what is done
 * @param at where, or how large
 * @param length how much
 * @param value what is stored, or a seed for more of it
 */
record Step(Kind kind, int at, int length, long value) {

    /** What is done, and how often. */
    enum Kind {
        PUT_BYTE(2), PUT_SHORT(1), PUT_INT(1), PUT_LONG(6), PUT_FLOAT(1), PUT_DOUBLE(1), PUT_BYTES(5),
        PUT_SEGMENT(2), PUT_MANY(4), FILL(3), COPY(4), COMPARE_AND_SET_LONG(1), COMPARE_AND_SET_INT(1),
        GET_AND_ADD(1), PUT_RELEASE(1), STORE_RAW(4), UPDATE(2), PUT_SAME(1), SYNC(9), SYNC_RANGE(4),
        SYNC_ASYNC(4), ROLLBACK(2), RESIZE(2), RESIZE_A_LITTLE(2), REOPEN(1), IDLE(0);

        private final int frequency;

        Kind(int frequency) {
            this.frequency = frequency;
        }
    }

    private static final int NUMBER_MAX = 1 << 20;
    /** Each as often as its frequency. */
    private static final List<Kind> KINDS = Arrays.stream(Kind.values())
            .flatMap(kind -> Collections.nCopies(kind.frequency, kind).stream()).toList();
    private static final int IDLE_ONE_IN = 500;

    /** Any sequence of 1 to so many steps. */
    static Arbitrary<List<Step>> sequences(int max) {
        Arbitrary<Integer> numbers = Arbitraries.integers().between(0, NUMBER_MAX - 1)
                .withDistribution(RandomDistribution.uniform()).withoutEdgeCases();
        Arbitrary<Long> values = Arbitraries.longs().withDistribution(RandomDistribution.uniform())
                .withoutEdgeCases();
        return Combinators.combine(Arbitraries.of(KINDS), numbers, numbers, values).as(Step::new).list()
                .ofMinSize(1).ofMaxSize(max);
    }

    /** A random sequence of 1 to so many steps, now and then with one that waits. */
    static List<Step> random(RandomGenerator random, int max) {
        List<Step> steps = new ArrayList<>();
        for (int i = random.nextInt(max); i >= 0; i--) {
            Kind kind = random.nextInt(IDLE_ONE_IN) == 0 ? Kind.IDLE
                    : KINDS.get(random.nextInt(KINDS.size()));
            steps.add(new Step(kind, random.nextInt(NUMBER_MAX), random.nextInt(NUMBER_MAX),
                    random.nextLong()));
        }
        return steps;
    }

    @Override
    public String toString() {
        return kind + "(" + at + ", " + length + ", " + value + "L)";
    }
}
