package io.atomicmapping.benchmarks.store;

import java.io.IOException;

/**
 * A key-value store as the race needs it: pages or words by their number. A writer is used by one thread at a
 * time; if the store takes one writer only, the race sees to it that there is one.
 */
interface KeyValue extends AutoCloseable {

    /** What a record holds. */
    enum Form {
        /** 4 KiB: an 8-byte store reads, changes and puts a page */
        PAGES,
        /** 8 bytes: its best form for an 8-byte store */
        WORDS
    }

    /** Takes the changes of one transaction after another. */
    interface Writer {

        void begin() throws Exception;

        void putWord(long key, long value) throws Exception;

        /** A page's bytes as the transaction sees them, to be changed at will. */
        byte[] page(long key) throws Exception;

        void putPage(long key, byte[] value) throws Exception;

        /** Durable when this returns. */
        void commit() throws Exception;
    }

    Writer writer() throws Exception;

    @Override
    void close() throws IOException;

    /** Whether several writers can have a transaction open at once. */
    default boolean takesManyWriters() {
        return false;
    }

    /** Ends the first filling: from here on each commit is durable. */
    default void loaded() throws Exception {
    }
}
