package io.atomicmapping.benchmarks.report;

import io.atomicmapping.benchmarks.measure.Result;
import io.atomicmapping.benchmarks.store.Stores;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * The results of one group, asked for by cell and store. A run that was made again counts with its last
 * result.
 */
public final class Results {

    private final List<Result> all;

    /** Those of a group among all. */
    public Results(List<Result> all, String group) {
        this.all = all.stream().filter(result -> result.group().equals(group)).toList();
    }

    /** The cells, in the order in which they were raced first. */
    public List<String> cells() {
        return all.stream().map(Result::cell).distinct().toList();
    }

    /** The stores of a cell. */
    public List<String> stores(String cell) {
        return all.stream().filter(result -> result.cell().equals(cell)).map(Result::store).distinct()
                .toList();
    }

    /** The variants, in order. */
    public List<String> variants() {
        return all.stream().map(Result::variant).distinct().toList();
    }

    /** A figure of a store in a cell, by round. */
    public Map<Integer, Double> byRound(String cell, String store, ToDoubleFunction<Result> figure) {
        return byRound(cell, store, "", figure);
    }

    /** A figure of a variant. */
    public Map<Integer, Double> byRound(String cell, String store, String variant,
            ToDoubleFunction<Result> figure) {
        Map<Integer, Double> values = new TreeMap<>();
        all.stream().filter(result -> result.cell().equals(cell) && result.variant().equals(variant)
                && result.store().equals(store)).forEach(result -> values.put(result.round(),
                figure.applyAsDouble(result)));
        return values;
    }

    /** The median of a figure over the rounds. */
    public OptionalDouble median(String cell, String store, ToDoubleFunction<Result> figure) {
        return Statistics.median(List.copyOf(byRound(cell, store, figure).values()));
    }

    /** The last note that a store left in a cell. */
    public String note(String cell, String store) {
        return all.stream().filter(result -> result.cell().equals(cell) && result.store().equals(store))
                .map(Result::note).reduce("", (first, second) -> second);
    }

    /** Commits a second of the best durable and atomic peer in each round. */
    public Map<Integer, Double> bestDurablePeer(String cell) {
        return best(cell, Stores.Kind.DURABLE);
    }

    /** Commits a second of the best that is durable and not atomic: msync and pwrite in place. */
    public Map<Integer, Double> bestInPlace(String cell) {
        return best(cell, Stores.Kind.NOT_ATOMIC);
    }

    private Map<Integer, Double> best(String cell, Stores.Kind kind) {
        return Statistics.inEachRound(Arrays.stream(Stores.values()).filter(store -> store.kind() == kind)
                .map(store -> byRound(cell, store.label(), Result::rate)).toList(), Math::max);
    }

    /**
     * Commits a second of a variant by round, in the one cell that it was run in: a curve has a cell for each
     * point.
     */
    public Map<Integer, Double> ratesOfVariant(String variant) {
        Map<Integer, Double> rates = new TreeMap<>();
        ofVariant(variant).forEach(result -> rates.put(result.round(), result.rate()));
        return rates;
    }

    /** The results of a store in a cell, as they were made. */
    public List<Result> of(String cell, String store) {
        return all.stream().filter(result -> result.cell().equals(cell) && result.store().equals(store))
                .toList();
    }

    /** The last results of a variant, whatever cell and store it is of. */
    public List<Result> ofVariant(String variant) {
        return all.stream().filter(result -> result.variant().equals(variant)).toList();
    }
}
