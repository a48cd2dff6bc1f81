package io.atomicmapping.benchmarks.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the adapters of maps promise: a commit is there after a reopening, a page that is read is a copy. */
class MapWriterTest {

    @TempDir
    private Path folder;

    private void aPageThatWasReadIsACopy(Function<Path, KeyValue> opening) throws Exception {
        byte[] ones = filled(1);
        try (KeyValue store = opening.apply(folder)) {
            KeyValue.Writer writer = store.writer();
            writer.begin();
            writer.putPage(7, ones.clone());
            writer.commit();
            Arrays.fill(writer.page(7), (byte) 2);
            assertArrayEquals(ones, writer.page(7));
            writer.putPage(8, filled(3));
            writer.commit();
        }
        try (KeyValue store = opening.apply(folder)) {
            assertArrayEquals(ones, store.writer().page(7));
            assertArrayEquals(filled(3), store.writer().page(8));
        }
    }

    private static byte[] filled(int value) {
        byte[] page = new byte[4096];
        Arrays.fill(page, (byte) value);
        return page;
    }

    @Test
    void ofMvStore() throws Exception {
        aPageThatWasReadIsACopy(MvStoreKeyValue::new);
    }

    @Test
    void ofMapDb() throws Exception {
        aPageThatWasReadIsACopy(MapDbKeyValue::new);
    }
}
