package io.atomicmapping.benchmarks.structures;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.examples.Codec;
import io.atomicmapping.examples.PersistentBTreeMap;
import io.atomicmapping.examples.PersistentHashMap;
import io.atomicmapping.examples.PersistentHeap;
import java.io.IOException;
import java.nio.file.Path;

/** Ours, of both kinds, in a file that begins small. */
abstract class OurMap implements RacedMap {

    private static final long FIRST_SIZE = 1 << 20;

    final PersistentHeap heap;

    private OurMap(Path directory) throws IOException {
        heap = PersistentHeap.open(AtomicMapping.open(directory.resolve("ours"),
                MappingOptions.builder().size(FIRST_SIZE).build()));
    }

    @Override
    public void commit() throws IOException {
        heap.mapping().sync();
    }

    @Override
    public void close() throws IOException {
        System.out.println(heap.mapping().stats() + ", size=" + heap.mapping().size()); // into the log
        heap.mapping().close();
    }

    /** The hash map. */
    static final class OfHash extends OurMap {
        private final PersistentHashMap<Long, byte[]> map =
                PersistentHashMap.open(heap, "map", Codec.LONG, Codec.BYTES);

        OfHash(Path directory) throws IOException {
            super(directory);
        }

        @Override
        public void put(long key, byte[] value) throws IOException {
            map.put(key, value);
        }

        @Override
        public byte[] get(long key) {
            return map.get(key);
        }
    }

    /** The ordered map. */
    static final class OfTree extends OurMap {
        private final PersistentBTreeMap<Long, byte[]> map =
                PersistentBTreeMap.open(heap, "map", Codec.LONG, Codec.BYTES);

        OfTree(Path directory) throws IOException {
            super(directory);
        }

        @Override
        public void put(long key, byte[] value) throws IOException {
            map.put(key, value);
        }

        @Override
        public byte[] get(long key) {
            return map.get(key);
        }
    }
}
