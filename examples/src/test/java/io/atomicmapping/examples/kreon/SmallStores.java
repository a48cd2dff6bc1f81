package io.atomicmapping.examples.kreon;

import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Stores with small nodes and segments, so that few entries make many levels and much to compact. */
final class SmallStores {

    static final Path FILE = Path.of("/data/store");

    private SmallStores() {
    }

    static StoreOptions.Builder options(Storage storage) {
        return StoreOptions.builder().segmentBytes(1024).nodeBytes(128).maxBytes(4 << 20)
                .journalCapacity(65536).storage(storage);
    }

    static KeyValueStore open(Storage storage) throws IOException {
        return KeyValueStore.open(FILE, options(storage).build());
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** All that a store has, read by a scan. */
    static Map<String, String> entries(KeyValueStore store) {
        Map<String, String> entries = new TreeMap<>();
        try (Scan scan = store.ascend(null, null)) {
            scan.forEachRemaining(entry -> entries.put(text(entry.key()), text(entry.value())));
        }
        return entries;
    }

    static List<String> keys(Scan scan) {
        List<String> keys = new ArrayList<>();
        try (scan) {
            scan.forEachRemaining(entry -> keys.add(text(entry.key())));
        }
        return keys;
    }

    static void verify(KeyValueStore store) {
        try {
            store.verify();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
