package io.atomicmapping.benchmarks.structures;

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

/** LMDB with its defaults, keys as integers, and a transaction from commit to commit. */
final class LmdbMap implements RacedMap {

    private static final long MAP_BYTES = 64L << 30;
    private static final int LARGEST_VALUE = 4096;

    private final Env<ByteBuffer> env;
    private final Dbi<ByteBuffer> records;
    private final ByteBuffer keyBuffer = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder());
    private final ByteBuffer valueBuffer = ByteBuffer.allocateDirect(LARGEST_VALUE);
    /** null between a commit and the next put */
    private Txn<ByteBuffer> transaction;

    LmdbMap(Path directory) {
        // Read-ahead is for files larger than memory: without it, it is faster here.
        env = Env.create(ByteBufferProxy.PROXY_OPTIMAL).setMapSize(MAP_BYTES).setMaxDbs(1)
                .open(directory.toFile(), EnvFlags.MDB_NORDAHEAD, EnvFlags.MDB_NOTLS);
        records = env.openDbi("records", MDB_CREATE, MDB_INTEGERKEY);
    }

    private ByteBuffer key(long key) {
        return keyBuffer.clear().putLong(key).flip();
    }

    @Override
    public void put(long key, byte[] value) {
        if (transaction == null) {
            transaction = env.txnWrite();
        }
        records.put(transaction, key(key), valueBuffer.clear().put(value).flip());
    }

    @Override
    public byte[] get(long key) {
        try (Txn<ByteBuffer> reading = env.txnRead()) {
            ByteBuffer value = records.get(reading, key(key));
            if (value == null) {
                return null;
            }
            byte[] copy = new byte[value.remaining()];
            value.get(copy);
            return copy;
        }
    }

    @Override
    public void commit() {
        if (transaction != null) {
            transaction.commit();
            transaction.close();
            transaction = null;
        }
    }

    @Override
    public void close() {
        if (transaction != null) {
            transaction.close();
        }
        env.close();
    }
}
