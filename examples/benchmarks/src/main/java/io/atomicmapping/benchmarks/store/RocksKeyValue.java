package io.atomicmapping.benchmarks.store;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.rocksdb.CompressionType;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * RocksDB: a write batch a commit, its log forced ({@code sync=true}), group commit by itself. In its best
 * form: the log's files are used again, so that a force need not make a new length durable; no compression of
 * random bytes.
 */
final class RocksKeyValue implements KeyValue {

    private static final int LOGS_RECYCLED = 4;

    static {
        RocksDB.loadLibrary();
    }

    private final Options options;
    private final WriteOptions durable = new WriteOptions().setSync(true);
    private final RocksDB db;

    RocksKeyValue(Path directory) throws RocksDBException {
        options = new Options().setCreateIfMissing(true).setCompressionType(CompressionType.NO_COMPRESSION)
                .setRecycleLogFileNum(LOGS_RECYCLED).setIncreaseParallelism(Runtime.getRuntime()
                .availableProcessors());
        db = RocksDB.open(options, directory.toString());
    }

    @Override
    public boolean takesManyWriters() {
        return true;
    }

    @Override
    public Writer writer() {
        WriteBatch batch = new WriteBatch();
        byte[] keyBytes = new byte[Long.BYTES];
        byte[] wordBytes = new byte[Long.BYTES];
        ByteBuffer keyBuffer = ByteBuffer.wrap(keyBytes);
        ByteBuffer wordBuffer = ByteBuffer.wrap(wordBytes);
        return new Writer() {
            @Override
            public void begin() {
                batch.clear();
            }

            private byte[] key(long key) {
                keyBuffer.putLong(0, key);
                return keyBytes;
            }

            @Override
            public void putWord(long key, long value) throws RocksDBException {
                wordBuffer.putLong(0, value);
                batch.put(key(key), wordBytes);
            }

            /**
             * Not what the batch holds: a page that is hit twice in one loses the first change, in its
             * favour.
             */
            @Override
            public byte[] page(long key) throws RocksDBException {
                return db.get(key(key));
            }

            @Override
            public void putPage(long key, byte[] value) throws RocksDBException {
                batch.put(key(key), value);
            }

            @Override
            public void commit() throws RocksDBException {
                db.write(durable, batch);
            }
        };
    }

    @Override
    public void loaded() throws RocksDBException {
        try (FlushOptions flush = new FlushOptions().setWaitForFlush(true)) {
            db.flush(flush);
        }
        db.compactRange();
    }

    @Override
    public void close() {
        db.close();
        durable.close();
        options.close();
    }
}
