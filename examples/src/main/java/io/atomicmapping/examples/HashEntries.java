package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The entries of a {@link PersistentHashMap}: pieces with bytes of the key, bytes of the value, key, value.
 */
final class HashEntries {

    private static final VarHandle INTS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int KEY_BYTES = 0;
    private static final int VALUE_BYTES = 4;
    private static final int KEY = 8;
    /** Up to this size they are put together in an array and stored at once. */
    private static final int SMALL = 4096;

    private final PersistentHeap heap;
    private final AtomicMapping mapping;
    /** of the change that has the map's write lock */
    private final byte[] entry = new byte[SMALL];

    HashEntries(PersistentHeap heap) {
        this.heap = heap;
        this.mapping = heap.mapping();
    }

    long add(byte[] key, byte[] value) throws IOException {
        long added = heap.allocate((long) KEY + key.length + value.length);
        write(added, key, value);
        return added;
    }

    /** Stores another value in the place of the one there, if it fits as well. */
    boolean replace(long at, byte[] key, byte[] value) {
        int oldBytes = mapping.getInt(at + VALUE_BYTES);
        if (oldBytes == value.length) {
            mapping.putBytes(at + KEY + key.length, value);
            return true;
        }
        if (sizeClass(key.length, oldBytes) == sizeClass(key.length, value.length)) {
            write(at, key, value);
            return true;
        }
        return false;
    }

    private static int sizeClass(int keyBytes, int valueBytes) {
        return HeapPieces.sizeClass((long) KEY + keyBytes + valueBytes);
    }

    private void write(long at, byte[] key, byte[] value) {
        INTS.set(entry, KEY_BYTES, key.length);
        INTS.set(entry, VALUE_BYTES, value.length);
        if ((long) key.length + value.length <= SMALL - KEY) {
            System.arraycopy(key, 0, entry, KEY, key.length);
            System.arraycopy(value, 0, entry, KEY + key.length, value.length);
            mapping.putBytes(at, entry, 0, KEY + key.length + value.length);
        } else {
            mapping.putBytes(at, entry, 0, KEY);
            mapping.putBytes(at + KEY, key);
            mapping.putBytes(at + KEY + key.length, value);
        }
    }

    boolean hasKey(long at, byte[] key) {
        return mapping.getInt(at + KEY_BYTES) == key.length && Bytes.equal(key, mapping, at + KEY);
    }

    byte[] key(long at) {
        return Bytes.copy(mapping, at + KEY, mapping.getInt(at + KEY_BYTES));
    }

    byte[] value(long at) {
        long value = at + KEY + mapping.getInt(at + KEY_BYTES);
        return Bytes.copy(mapping, value, mapping.getInt(at + VALUE_BYTES));
    }
}
