package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A map of either kind, for what both must do.
 *
 * @param owner the map
 * @param putter its put
 * @param getter its get
 * @param remover its remove
 * @param counter its size
 * @param iterable its entries
 */
record StoredMap(PieceOwner owner, Putter putter, UnaryOperator<String> getter, Predicate<String> remover,
        LongSupplier counter, Iterable<Map.Entry<String, String>> iterable) implements PieceOwner {

    /** The kinds. */
    enum Kind {
        HASH {
            @Override
            StoredMap open(PersistentHeap heap, String name) {
                var map = PersistentHashMap.open(heap, name, Codec.STRING, Codec.STRING);
                return new StoredMap(map, map::put, map::get, map::remove, map::size, map);
            }
        },
        TREE {
            @Override
            StoredMap open(PersistentHeap heap, String name) {
                var map = PersistentBTreeMap.open(heap, name, Codec.STRING, Codec.STRING);
                return new StoredMap(map, map::put, map::get, map::remove, map::size, map);
            }
        };

        abstract StoredMap open(PersistentHeap heap, String name);
    }

    /** Stores a value. */
    interface Putter {
        boolean put(String key, String value) throws IOException;
    }

    void put(String key, String value) throws IOException {
        putter.put(key, value);
    }

    String get(String key) {
        return getter.apply(key);
    }

    void remove(String key) {
        remover.test(key);
    }

    /** All of them, each found by its key, too. */
    Map<String, String> entries() {
        Map<String, String> entries = new TreeMap<>();
        for (Map.Entry<String, String> entry : iterable) {
            entries.put(entry.getKey(), entry.getValue());
            assertEquals(entry.getValue(), get(entry.getKey()));
        }
        assertEquals(entries.size(), counter.getAsLong());
        return entries;
    }

    @Override
    public void forEachPiece(LongConsumer action) {
        owner.forEachPiece(action);
    }
}
