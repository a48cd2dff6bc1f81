package io.atomicmapping.benchmarks.structures;

import java.nio.file.Path;
import java.util.Map;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.type.ByteArrayDataType;
import org.h2.mvstore.type.LongDataType;
import org.mapdb.DB;
import org.mapdb.DBMaker;
import org.mapdb.Serializer;

/** Peers that are maps of Java themselves. */
final class JavaPeers {

    private static final int CACHE_MEBIBYTES = 1024;

    private JavaPeers() {}

    private static RacedMap raced(Map<Long, byte[]> map, Runnable commit, Runnable close) {
        return new RacedMap() {
            @Override
            public void put(long key, byte[] value) {
                map.put(key, value);
            }

            @Override
            public byte[] get(long key) {
                return map.get(key);
            }

            @Override
            public void commit() {
                commit.run();
            }

            @Override
            public void close() {
                close.run();
            }
        };
    }

    /** MapDB with its write-ahead log; a tree with the values in its nodes. */
    static RacedMap mapDbTree(Path directory) {
        DB db = DBMaker.fileDB(directory.resolve("mapdb").toFile()).transactionEnable().make();
        Map<Long, byte[]> map = db.treeMap("map", Serializer.LONG, Serializer.BYTE_ARRAY).createOrOpen();
        return raced(map, db::commit, db::close);
    }

    /** MapDB with its write-ahead log; a hash table. */
    static RacedMap mapDbHash(Path directory) {
        DB db = DBMaker.fileDB(directory.resolve("mapdb").toFile()).transactionEnable().make();
        Map<Long, byte[]> map = db.hashMap("map", Serializer.LONG, Serializer.BYTE_ARRAY).createOrOpen();
        return raced(map, db::commit, db::close);
    }

    /** H2's MVStore: typed, with a cache that holds it all; a commit is forced. */
    static RacedMap mvStore(Path directory) {
        MVStore store = new MVStore.Builder().fileName(directory.resolve("mvstore").toString())
                .autoCommitDisabled().cacheSize(CACHE_MEBIBYTES).open();
        MVMap<Long, byte[]> map = store.openMap("map", new MVMap.Builder<Long, byte[]>()
                .keyType(LongDataType.INSTANCE).valueType(ByteArrayDataType.INSTANCE));
        return raced(map, () -> {
            store.commit();
            store.sync();
        }, store::close);
    }
}
