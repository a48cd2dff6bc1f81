package io.atomicmapping.examples.kreon.ycsb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The numbers that the driver draws are distributed as it says. */
class ZipfianTest {

    private static final int DRAWS = 1_000_000;
    private static final int ITEMS = 1000;

    /**
     * The two most popular are exact, the others an approximation of the paper: within a tenth of what the
     * formula says, added up over the ranks to 10, to 100 and so on.
     */
    @Test
    void ranksAreDrawnInProportionToTheirPower() {
        Zipfian zipfian = new Zipfian(ITEMS);
        SplittableRandom random = new SplittableRandom(1);
        int[] drawn = new int[ITEMS];
        for (int i = 0; i < DRAWS; i++) {
            drawn[(int) zipfian.nextRank(random)]++;
        }
        double zeta = Zipfian.zeta(ITEMS);
        assertEquals(1 / zeta, (double) drawn[0] / DRAWS, 0.002);
        assertEquals(1 / Math.pow(2, Zipfian.THETA) / zeta, (double) drawn[1] / DRAWS, 0.002);
        double expected = 0;
        double actual = 0;
        for (int rank = 0; rank < ITEMS; rank++) {
            expected += 1 / Math.pow(rank + 1, Zipfian.THETA) / zeta;
            actual += (double) drawn[rank] / DRAWS;
            if (rank == 9 || rank == 99 || rank == ITEMS - 1) {
                assertEquals(expected, actual, expected / 10, "up to rank " + rank);
            }
        }
        assertEquals(1, actual, 1e-9);
    }

    @Test
    void itemsAreWithinTheirCountAndThePopularOnesNotFirst() {
        Zipfian zipfian = new Zipfian(ITEMS);
        SplittableRandom random = new SplittableRandom(2);
        int[] drawn = new int[ITEMS];
        for (int i = 0; i < DRAWS; i++) {
            drawn[(int) zipfian.next(random)]++;
        }
        int most = 0;
        for (int item = 0; item < ITEMS; item++) {
            most = drawn[item] > drawn[most] ? item : most;
        }
        assertEquals(Long.remainderUnsigned(Zipfian.hash(0), ITEMS), most);
        assertTrue(most > 0);
        assertEquals(0, new Zipfian(1).next(random));
    }

    @Test
    void hashIsFnv1a() {
        assertEquals(0xA8C7F832281A39C5L, Zipfian.hash(0)); // of eight zero bytes
    }

    @Test
    void operationsAreChosenAsTheWorkloadsSay() {
        Map<Workload, Map<Workload.Operation, Integer>> expected = Map.of(
                Workload.A, Map.of(Workload.Operation.READ, 50, Workload.Operation.UPDATE, 50),
                Workload.B, Map.of(Workload.Operation.READ, 95, Workload.Operation.UPDATE, 5),
                Workload.C, Map.of(Workload.Operation.READ, 100),
                Workload.E, Map.of(Workload.Operation.SCAN, 95, Workload.Operation.INSERT, 5));
        expected.forEach((workload, parts) -> {
            Map<Workload.Operation, Integer> chosen = new EnumMap<>(Workload.Operation.class);
            for (int i = 0; i < 100; i++) {
                chosen.merge(workload.choose((i + 0.5) / 100), 1, Integer::sum);
            }
            assertEquals(parts, chosen, workload.toString());
        });
    }
}
