package io.atomicmapping.benchmarks.store;

import java.nio.file.Path;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.LongDataType;

/**
 * H2's MVStore: a chunk is appended at a commit and forced. In its best form: typed maps, and a cache that
 * holds them.
 */
final class MvStoreKeyValue implements KeyValue {

    private static final int CACHE_MEBIBYTES = 1024;

    private final MVStore store;
    private final MVMap<Long, Long> words;
    private final MVMap<Long, byte[]> pages;

    MvStoreKeyValue(Path directory) {
        store = new MVStore.Builder().fileName(directory.resolve("mvstore.db").toString())
                .autoCommitDisabled()
                .cacheSize(CACHE_MEBIBYTES).open();
        words = store.openMap("words", new MVMap.Builder<Long, Long>().keyType(LongDataType.INSTANCE)
                .valueType(LongDataType.INSTANCE));
        pages = store.openMap("pages", new MVMap.Builder<Long, byte[]>().keyType(LongDataType.INSTANCE)
                .valueType(ByteArrayDataType.INSTANCE));
    }

    @Override
    public Writer writer() {
        return new MapWriter(words, pages, key -> pages.get(key).clone(), () -> {
            store.commit();
            store.sync();
        });
    }

    @Override
    public void close() {
        store.close();
    }
}
