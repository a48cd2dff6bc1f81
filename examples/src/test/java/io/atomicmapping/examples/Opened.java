package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.crash.CrashTest;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;

/** A structure, the heap that it is in, and the mapping of that: for crash tests and properties. */
record Opened<S extends PieceOwner>(AtomicMapping mapping, PersistentHeap heap, S it)
        implements AutoCloseable {

    static final String ROOT = "it";

    /** How a structure is opened in its heap. */
    interface Maker<S> {
        S open(PersistentHeap heap, String name);
    }

    static <S extends PieceOwner> Opened<S> open(Storage storage, Maker<S> maker) throws IOException {
        MappingOptions options = MappingOptions.builder().storage(storage).size(4096).maxSize(8 << 20)
                .journalCapacity(65536).build();
        AtomicMapping mapping = AtomicMapping.open(Path.of("/data/it"), options);
        PersistentHeap heap = PersistentHeap.open(mapping);
        return new Opened<>(mapping, heap, maker.open(heap, ROOT));
    }

    static <S extends PieceOwner, M> CrashTest<Opened<S>, M> crashTest(Maker<S> maker,
            CrashTest.State<Opened<S>, M> state) {
        return CrashTest.of((Storage storage) -> open(storage, maker), state)
                .invariant(opened -> HeapCheck.of(opened.heap(), opened.it()));
    }

    @Override
    public void close() throws IOException {
        mapping.close();
    }
}
