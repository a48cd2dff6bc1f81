package io.atomicmapping.benchmarks.structures;

import java.io.IOException;

/** A map of numbers to bytes whose commits are durable, used by one thread. */
interface RacedMap extends AutoCloseable {

    /** Puts an entry; it may be cut off until the next commit. The value is not used afterwards. */
    void put(long key, byte[] value) throws Exception;

    /** A copy of a value. */
    byte[] get(long key) throws Exception;

    /** Makes all puts since the last commit durable, all or nothing. */
    void commit() throws Exception;

    @Override
    void close() throws IOException;
}
