package io.atomicmapping.benchmarks.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class StatisticsTest {

    @Test
    void theMedianIsTheMiddleOneOrBetweenTheTwo() {
        assertEquals(OptionalDouble.of(3), Statistics.median(List.of(9.0, 1.0, 3.0)));
        assertEquals(OptionalDouble.of(2), Statistics.median(List.of(1.0, 3.0)));
        assertEquals(OptionalDouble.empty(), Statistics.median(List.of()));
    }

    /**
     * Round 2 is ten times slower for both: the ratio of the medians would be 10, that of the rounds is 2.
     */
    @Test
    void ratiosAreTakenInEachRoundBeforeTheMedian() {
        assertEquals(OptionalDouble.of(2), Statistics.inRoundRatio(Map.of(1, 200.0, 2, 20.0, 3, 200.0),
                Map.of(1, 100.0, 2, 10.0, 3, 100.0)));
        assertEquals(OptionalDouble.of(3), Statistics.inRoundRatio(Map.of(1, 10.0, 2, 900.0, 3, 60.0),
                Map.of(1, 10.0, 2, 300.0, 3, 10.0)));
    }

    @Test
    void aRoundThatOneOfTheTwoMissedDoesNotCount() {
        assertEquals(OptionalDouble.of(4), Statistics.inRoundRatio(Map.of(1, 8.0, 2, 5.0), Map.of(1, 2.0, 3,
                1.0)));
        assertEquals(OptionalDouble.empty(), Statistics.inRoundRatio(Map.of(1, 8.0), Map.of(2, 1.0)));
        assertEquals(OptionalDouble.empty(), Statistics.inRoundRatio(Map.of(1, 8.0), Map.of(1, 0.0)));
    }

    @Test
    void theBestPeerIsTheBestOfEachRound() {
        assertEquals(Map.of(1, 5.0, 2, 7.0, 3, 1.0),
                Statistics.inEachRound(List.of(Map.of(1, 5.0, 2, 6.0), Map.of(1, 4.0, 2, 7.0, 3, 1.0)),
                Math::max));
    }
}
