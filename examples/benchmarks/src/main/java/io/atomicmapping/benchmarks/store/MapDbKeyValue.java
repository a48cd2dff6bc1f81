package io.atomicmapping.benchmarks.store;

import java.nio.file.Path;
import org.mapdb.BTreeMap;
import org.mapdb.DB;
import org.mapdb.DBMaker;
import org.mapdb.HTreeMap;
import org.mapdb.Serializer;

/**
 * MapDB with its write-ahead log: a tree of words, whose nodes hold their values, or a hash table of pages.
 */
final class MapDbKeyValue implements KeyValue {

    private final DB db;
    private final BTreeMap<Long, Long> words;
    private final HTreeMap<Long, byte[]> pages;

    MapDbKeyValue(Path directory) {
        db = DBMaker.fileDB(directory.resolve("mapdb.db").toFile()).transactionEnable().make();
        words = db.treeMap("words", Serializer.LONG, Serializer.LONG).createOrOpen();
        pages = db.hashMap("pages", Serializer.LONG, Serializer.BYTE_ARRAY).createOrOpen();
    }

    @Override
    public Writer writer() {
        return new MapWriter(words, pages, pages::get, db::commit);
    }

    @Override
    public void close() {
        db.close();
    }
}
