package io.atomicmapping.benchmarks.store;

import java.util.Map;
import java.util.function.LongFunction;

/**
 * Writes to a store that is a map in Java, where everything since the last commit belongs to the next one.
 *
 * @param words the records of 8 bytes; null if the store has pages only
 * @param pages those of 4 KiB; null if it has words only
 * @param copyOfPage loads a page that may be changed at will
 * @param durably makes what was put durable, where the store can
 */
record MapWriter(Map<Long, Long> words, Map<Long, byte[]> pages, LongFunction<byte[]> copyOfPage,
        Runnable durably) implements KeyValue.Writer {

    @Override
    public void begin() {
        // It began with the end of the last one.
    }

    @Override
    public void putWord(long key, long value) {
        words.put(key, value);
    }

    @Override
    public byte[] page(long key) {
        return copyOfPage.apply(key);
    }

    @Override
    public void putPage(long key, byte[] value) {
        pages.put(key, value);
    }

    @Override
    public void commit() {
        durably.run();
    }
}
