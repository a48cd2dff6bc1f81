package io.atomicmapping.benchmarks.store;

import io.atomicmapping.benchmarks.cell.Cell;
import java.nio.file.Path;

/**
 * How a store is opened.
 *
 * @param directory where its files are, its own
 * @param cell the workload
 * @param fileBytes how much data there is: the size of a file, or of all pages of a key-value store
 * @param records how many 8-byte records a key-value store has in its 8-byte form
 * @param ours how our own differs from its default; only curves and ablations say anything else than nothing
 */
public record Settings(Path directory, Cell cell, long fileBytes, long records, Deviation ours) {

    /**
     * A deviation from our default.
     *
     * @param ringBytes the journal's capacity, 0 for the default
     * @param budgetBytes the memory budget, -1 for the default
     * @param io what the files do otherwise
     */
    public record Deviation(long ringBytes, long budgetBytes, VariantStorage.Variant io) {

        /** The default, as it is raced. */
        public static final Deviation NONE = new Deviation(0, -1, VariantStorage.Variant.NONE);
    }
}
