package io.atomicmapping.crash;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A list of numbers: how many, where they are, and they themselves. All ways to add one but two are
 * wrong.
 */
record Numbers(AtomicMapping mapping) implements AutoCloseable {

    static final long VALUES = 4096;

    static AtomicMapping mapping(Storage storage, String file) throws IOException {
        return AtomicMapping.open(Path.of(file), MappingOptions.builder().storage(storage).size(4 * VALUES)
                .maxSize(1 << 20).journalCapacity(16384).build());
    }

    static Numbers open(Storage storage) throws IOException {
        return new Numbers(mapping(storage, "/data/numbers"));
    }

    long count() {
        return mapping.getLong(0);
    }

    long place(long index) {
        return VALUES + mapping.getLong(64) + index * Long.BYTES;
    }

    List<Long> values() {
        List<Long> values = new ArrayList<>();
        for (long i = 0; i < count(); i++) {
            values.add(mapping.getLong(place(i)));
        }
        return values;
    }

    void add(long value) {
        mapping.putLong(place(count()), value);
        mapping.putLong(0, count() + 1);
    }

    void addAtOnce(long value) {
        mapping.update(() -> add(value));
    }

    void sync() throws IOException {
        mapping.sync();
    }

    void countFirst(long value) throws IOException {
        mapping.putLong(0, count() + 1);
        mapping.sync();
        mapping.putLong(place(count() - 1), value);
        mapping.sync();
    }

    void syncTheValueOnly(long value) throws IOException {
        add(value);
        mapping.sync(place(count() - 1), Long.BYTES);
    }

    void syncWithoutWaiting(long value) {
        add(value);
        mapping.syncAsync();
    }

    void moveEveryFourth(long value) throws IOException {
        if (count() == 4) {
            mapping.putLong(64, VALUES);
            mapping.sync();
            mapping.copy(VALUES, 2 * VALUES, 4 * Long.BYTES);
        }
        add(value);
    }

    void countFirstRaw(long value) throws IOException {
        MemorySegment all = mapping.segment();
        all.set(ValueLayout.JAVA_LONG, place(count()), value);
        all.set(ValueLayout.JAVA_LONG, 0, count() + 1);
        mapping.sync(0, Long.BYTES);
        mapping.sync(VALUES, VALUES);
    }

    @Override
    public void close() throws IOException {
        mapping.close();
    }
}
