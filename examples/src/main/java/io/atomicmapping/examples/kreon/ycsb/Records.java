package io.atomicmapping.examples.kreon.ycsb;

import io.atomicmapping.examples.kreon.Entry;
import io.atomicmapping.examples.kreon.KeyValueStore;
import io.atomicmapping.examples.kreon.Scan;
import io.atomicmapping.examples.kreon.WriteBatch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;

/**
 * The records of a run, and what is done with them. Their keys are hashes, so that what is inserted comes
 * anywhere in the order.
 */
final class Records {

    private static final int LOAD_BATCH = 500;
    private static final int SCAN_LENGTH_MAX = 100;

    private final KeyValueStore store;
    private final int valueBytes;
    private final long loaded;
    private final Zipfian popular;
    private final AtomicLong inserted;

    Records(KeyValueStore store, long count, int valueBytes) {
        this.store = store;
        this.valueBytes = valueBytes;
        this.loaded = count;
        this.popular = new Zipfian(count);
        this.inserted = new AtomicLong(count);
    }

    static byte[] key(long number) {
        return ("user" + Long.toUnsignedString(Zipfian.hash(number))).getBytes(StandardCharsets.US_ASCII);
    }

    private byte[] value(RandomGenerator random) {
        byte[] value = new byte[valueBytes];
        random.nextBytes(value);
        return value;
    }

    /** Puts all of them, some hundred in a commit. */
    void load(RandomGenerator random, LongConsumer progress) throws IOException {
        WriteBatch batch = new WriteBatch();
        for (long i = 0; i < loaded; i++) {
            batch.put(key(i), value(random));
            if (batch.size() == LOAD_BATCH || i == loaded - 1) {
                store.write(batch);
                batch.clear();
                progress.accept(i + 1);
            }
        }
    }

    /**
     * Does an operation, and checks what it reads.
     *
     * @param updates how many updates or inserts share a commit
     */
    void run(Workload.Operation operation, int updates, RandomGenerator random) throws IOException {
        switch (operation) {
            case READ -> read(popular.next(random));
            case SCAN -> scan(popular.next(random), 1 + random.nextInt(SCAN_LENGTH_MAX));
            case UPDATE, INSERT -> {
                WriteBatch batch = new WriteBatch();
                for (int i = 0; i < updates; i++) {
                    boolean insert = operation == Workload.Operation.INSERT;
                    long number = insert ? inserted.getAndIncrement() : popular.next(random);
                    batch.put(key(number), value(random));
                }
                store.write(batch);
            }
        }
    }

    private void read(long number) {
        byte[] value = store.get(key(number));
        if (value == null || value.length != valueBytes) {
            throw new IllegalStateException("record is missing or has another length: number=" + number);
        }
    }

    private void scan(long number, int length) {
        byte[] from = key(number);
        try (Scan scan = store.ascend(from, null)) {
            for (int i = 0; i < length && scan.hasNext(); i++) {
                Entry entry = scan.next();
                if (entry.value().length != valueBytes) {
                    throw new IllegalStateException("value has another length: bytes="
                            + entry.value().length);
                }
            }
        }
    }
}
