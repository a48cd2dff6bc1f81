package io.atomicmapping.benchmarks.store;

import io.atomicmapping.benchmarks.cell.Batch;

/** What one thread does with a store. A {@code store} is followed by a {@code sync} of the same thread. */
public interface Session {

    /** Makes the stores of a batch, not durable yet. */
    void store(Batch batch) throws Exception;

    /** Makes them durable. */
    void sync() throws Exception;
}
