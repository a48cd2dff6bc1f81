package io.atomicmapping.benchmarks.store;

import io.atomicmapping.benchmarks.cell.Batch;
import io.atomicmapping.benchmarks.cell.Offsets;
import io.atomicmapping.benchmarks.cell.Unit;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Races a key-value store: a commit is a transaction. It is filled once, in key order, and goes on with what
 * it holds in later runs. Where it takes one writer only, threads take turns, as its users must; so they do
 * wherever a page is read, changed and put, or changes would be lost.
 */
final class KeyValueStore implements Store {

    /** Opens a store in a directory. */
    interface Opening {
        KeyValue open(Path directory, KeyValue.Form form, long records) throws Exception;
    }

    private static final String FILLED = "filled";
    private static final int LOAD_BATCH_BYTES = 4 << 20;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class,
            ByteOrder.LITTLE_ENDIAN);

    private final KeyValue store;
    private final KeyValue.Form form;
    private final long records;
    private final boolean oneAtATime;
    private final ReentrantLock turn = new ReentrantLock();

    KeyValueStore(Settings settings, KeyValue.Form form, Opening opening) throws Exception {
        this.form = form;
        this.records = form == KeyValue.Form.WORDS ? settings.records()
                : settings.fileBytes() / Unit.PAGE.bytes();
        Path filled = settings.directory().resolve(FILLED);
        if (!Files.exists(filled)) {
            fill(settings.directory(), opening);
            Files.createFile(filled);
        }
        store = opening.open(settings.directory(), form, records);
        boolean readsFirst = form == KeyValue.Form.PAGES && settings.cell().unit() == Unit.WORD;
        oneAtATime = !store.takesManyWriters() || readsFirst;
    }

    private void fill(Path directory, Opening opening) throws Exception {
        int recordBytes = form == KeyValue.Form.WORDS ? Unit.WORD.bytes() : Unit.PAGE.bytes();
        long batch = LOAD_BATCH_BYTES / recordBytes;
        byte[] page = new byte[Unit.PAGE.bytes()];
        SplittableRandom random = new SplittableRandom(records);
        try (KeyValue empty = opening.open(directory, form, records)) {
            KeyValue.Writer writer = empty.writer();
            for (long key = 0; key < records; key++) {
                if (key % batch == 0) {
                    writer.begin();
                }
                if (form == KeyValue.Form.WORDS) {
                    writer.putWord(key, Offsets.mix(key));
                } else {
                    random.nextBytes(page);
                    writer.putPage(key, page.clone());
                }
                if (key % batch == batch - 1 || key == records - 1) {
                    writer.commit();
                }
            }
            empty.loaded();
        }
    }

    @Override
    public Session session() throws Exception {
        KeyValue.Writer writer = store.writer();
        return new Session() {
            @Override
            public void store(Batch batch) throws Exception {
                if (oneAtATime) {
                    turn.lock();
                }
                boolean stored = false;
                try {
                    writer.begin();
                    for (int i = 0; i < batch.count(); i++) {
                        put(writer, batch, i);
                    }
                    stored = true;
                } finally {
                    if (!stored && oneAtATime) {
                        turn.unlock(); // no sync will follow
                    }
                }
            }

            @Override
            public void sync() throws Exception {
                try {
                    writer.commit();
                } finally {
                    if (oneAtATime) {
                        turn.unlock();
                    }
                }
            }
        };
    }

    private void put(KeyValue.Writer writer, Batch batch, int index) throws Exception {
        long offset = batch.offset(index);
        if (form == KeyValue.Form.WORDS) {
            writer.putWord(offset / Unit.WORD.bytes() % records, batch.value(index));
            return;
        }
        long key = offset / Unit.PAGE.bytes();
        if (batch.unit() == Unit.PAGE) {
            writer.putPage(key, batch.page(index));
            return;
        }
        byte[] page = writer.page(key);
        LONG.set(page, (int) (offset % Unit.PAGE.bytes()), batch.value(index));
        writer.putPage(key, page);
    }

    @Override
    public String note() {
        return records + (form == KeyValue.Form.WORDS ? " records of 8 bytes" : " records of 4 KiB")
                + (oneAtATime ? ", one writer at a time" : "");
    }

    @Override
    public void close() throws IOException {
        store.close();
    }
}
