package io.atomicmapping.benchmarks.store;

import static org.lmdbjava.DbiFlags.MDB_CREATE;
import static org.lmdbjava.DbiFlags.MDB_INTEGERKEY;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.lmdbjava.ByteBufferProxy;
import org.lmdbjava.Dbi;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.Txn;

/** LMDB with its defaults: copy-on-write pages, written and forced at each commit, then its meta page. */
final class LmdbKeyValue implements KeyValue {

    private static final long MAP_BYTES = 64L << 30;
    private static final String NAME = "records";

    private final Env<ByteBuffer> env;
    private final Dbi<ByteBuffer> records;

    LmdbKeyValue(Path directory) {
        // Read-ahead is for files larger than memory: without it, it is faster here.
        env = Env.create(ByteBufferProxy.PROXY_OPTIMAL).setMapSize(MAP_BYTES).setMaxDbs(1)
                .open(directory.toFile(), EnvFlags.MDB_NORDAHEAD, EnvFlags.MDB_NOTLS);
        records = env.openDbi(NAME, MDB_CREATE, MDB_INTEGERKEY);
    }

    @Override
    public Writer writer() {
        ByteBuffer keyBuffer = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder());
        ByteBuffer word = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer pageBuffer = ByteBuffer.allocateDirect(4096);
        return new Writer() {
            private Txn<ByteBuffer> transaction;

            @Override
            public void begin() {
                transaction = env.txnWrite();
            }

            private ByteBuffer key(long key) {
                return keyBuffer.clear().putLong(key).flip();
            }

            @Override
            public void putWord(long key, long value) {
                records.put(transaction, key(key), word.clear().putLong(value).flip());
            }

            @Override
            public byte[] page(long key) {
                byte[] page = new byte[4096];
                records.get(transaction, key(key)).get(0, page);
                return page;
            }

            @Override
            public void putPage(long key, byte[] value) {
                records.put(transaction, key(key), pageBuffer.clear().put(value).flip());
            }

            @Override
            public void commit() {
                transaction.commit();
                transaction.close();
            }
        };
    }

    @Override
    public void close() {
        env.close();
    }
}
