package io.atomicmapping.benchmarks.report;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import org.apache.commons.statistics.descriptive.Median;

/**
 * What is said of several rounds: medians, and ratios that are taken in each round before their median is.
 */
public final class Statistics {

    private Statistics() {}

    /** The median of some values; none of none. */
    public static OptionalDouble median(List<Double> values) {
        return values.isEmpty() ? OptionalDouble.empty()
                : OptionalDouble.of(Median.withDefaults().evaluate(values.stream()
                .mapToDouble(Double::doubleValue).toArray()));
    }

    /**
     * The median of the ratios in the rounds that have both: what slowed a whole round down falls out.
     *
     * @param numerators values by round
     * @param denominators values by round
     */
    public static OptionalDouble inRoundRatio(Map<Integer, Double> numerators, Map<Integer,
            Double> denominators) {
        return median(numerators.entrySet().stream()
                .filter(entry -> denominators.getOrDefault(entry.getKey(), 0.0) > 0)
                .map(entry -> entry.getValue() / denominators.get(entry.getKey())).toList());
    }

    /** In each round the best of several, as said by a choice of two. */
    public static Map<Integer, Double> inEachRound(List<Map<Integer, Double>> several,
            BinaryOperator<Double> choice) {
        Map<Integer, Double> result = new TreeMap<>();
        several.forEach(values -> values.forEach((round, value) -> result.merge(round, value, choice)));
        return result;
    }
}
