package io.atomicmapping.examples;

import io.atomicmapping.storage.MemoryStorage;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.util.function.UnaryOperator;

/** A structure in memory, and what it should hold: now, and at the last commit. */
final class Modelled<S extends PieceOwner, M> implements AutoCloseable {

    private final Storage storage = new MemoryStorage();
    private final Opened.Maker<S> maker;
    private final UnaryOperator<M> copy;
    private Opened<S> opened;
    private M model;
    private M committed;

    /** Makes the structure, which holds what the model does. */
    Modelled(Opened.Maker<S> maker, M model, UnaryOperator<M> copy) throws IOException {
        this.maker = maker;
        this.copy = copy;
        this.model = model;
        this.committed = copy.apply(model);
        this.opened = Opened.open(storage, maker);
    }

    S it() {
        return opened.it();
    }

    M model() {
        return model;
    }

    void setModel(M changed) {
        model = changed;
    }

    PersistentHeap heap() {
        return opened.heap();
    }

    void sync() throws IOException {
        opened.mapping().sync();
        committed = copy.apply(model);
    }

    void rollback() {
        opened.mapping().rollback();
        model = copy.apply(committed);
    }

    void reopen() throws IOException {
        opened.close();
        opened = Opened.open(storage, maker);
        model = copy.apply(committed);
    }

    @Override
    public void close() throws IOException {
        opened.close();
    }
}
