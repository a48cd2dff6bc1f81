package io.atomicmapping.examples.kreon;

import static io.atomicmapping.examples.kreon.SmallStores.bytes;
import static io.atomicmapping.examples.kreon.SmallStores.keys;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Deletes from either end, beside nodes that are full: what is left of a node finds no room there, and takes
 * a child over instead.
 */
class ShrinkingTest {

    private static final int KEYS = 400;

    @Test
    void deletesFromEitherEndLeaveTheRest() throws IOException {
        for (int seed = 0; seed < 40; seed++) {
            try (KeyValueStore store = SmallStores.open(new MemoryStorage())) {
                shrink(store, new Random(seed), seed % 2 == 0);
            }
        }
    }

    private static void shrink(KeyValueStore store, Random random, boolean fromTheTop) throws IOException {
        NavigableSet<String> model = new TreeSet<>();
        WriteBatch batch = new WriteBatch();
        for (int i = 0; i < KEYS; i += 2) {
            put(batch, model, fromTheTop ? i : KEYS - i);
        }
        for (int i = 0; i < KEYS; i++) {
            put(batch, model, 1 + 2 * random.nextInt(KEYS / 2));
        }
        store.write(batch);
        while (!model.isEmpty()) {
            batch.clear();
            for (int i = random.nextInt(20); i >= 0 && !model.isEmpty(); i--) {
                batch.delete(bytes(fromTheTop ? model.pollLast() : model.pollFirst()));
            }
            store.write(batch);
            store.verify();
            assertEquals(List.copyOf(model), keys(store.ascend(null, null)));
            for (String key : model) {
                assertEquals(0, store.get(bytes(key)).length, key);
            }
        }
    }

    private static void put(WriteBatch batch, NavigableSet<String> model, int number) {
        String key = String.format("%04d", number);
        batch.put(bytes(key), new byte[0]);
        model.add(key);
    }
}
