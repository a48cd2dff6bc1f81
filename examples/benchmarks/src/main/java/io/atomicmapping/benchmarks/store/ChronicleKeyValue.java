package io.atomicmapping.benchmarks.store;

import java.io.IOException;
import java.nio.file.Path;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;

/**
 * Chronicle Map, persisted to a file that is never forced: not durable, the ceiling of what memory allows.
 */
final class ChronicleKeyValue implements KeyValue {

    private final ChronicleMap<Long, Long> words;
    private final ChronicleMap<Long, byte[]> pages;

    ChronicleKeyValue(Path directory, Form form, long records) throws IOException {
        if (form == Form.WORDS) {
            words = ChronicleMapBuilder.of(Long.class, Long.class).name("words").entries(records)
                    .createPersistedTo(directory.resolve("chronicle-words").toFile());
            pages = null;
        } else {
            words = null;
            pages = ChronicleMapBuilder.of(Long.class, byte[].class).name("pages").entries(records)
                    .constantValueSizeBySample(new byte[4096])
                    .createPersistedTo(directory.resolve("chronicle-pages").toFile());
        }
    }

    @Override
    public boolean takesManyWriters() {
        return true;
    }

    @Override
    public Writer writer() {
        return new MapWriter(words, pages, key -> pages.get(key), () -> {
            // It has nothing that makes them durable.
        });
    }

    @Override
    public void close() {
        if (words != null) {
            words.close();
        } else {
            pages.close();
        }
    }
}
