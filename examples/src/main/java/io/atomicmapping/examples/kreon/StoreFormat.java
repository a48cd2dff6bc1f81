package io.atomicmapping.examples.kreon;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Where everything is in the file of a {@link KeyValueStore}. Numbers are little-endian, apart from the
 * prefixes of keys, which are bytes.
 *
 * <pre>
 *   file        header page | segment 0 | segment 1 | ..
 *   header      magic "ATOMKREO" | format version | segment bytes | node bytes | root | store version
 *               | entries | segment that the log grows in, or -1 | CRC-32C of all that
 *   segment     one of a table (the first of each group, it describes the group), log records, or nodes
 *   descriptor  in a table, of each segment of its group: kind | bytes used | bytes live | 0
 *   record      bytes of the key, the highest bit set in a pivot | bytes of the value | key | value | up to 8
 *   nodes       a bit for each node of the segment, set if it is part of the tree; then the nodes
 *   node        store version that made it | count | level, 0 for a leaf | 0 | first child | entries
 *   leaf entry  first 12 bytes of the key | offset of its record
 *   inner entry first 12 bytes of the pivot | offset of its record, or its length if that is all | child
 * </pre>
 *
 * <p>A node's number is its offset divided by the node size; 0 is none, also for the root of an empty store.
 * A page of zeros in place of the header, in a file no longer than a new one, is an empty store.
 */
final class StoreFormat {

    static final long MAGIC = 0x4F45524B4D4F5441L; // its bytes in the file read "ATOMKREO"
    static final int FORMAT_VERSION = 1;
    static final int HEADER_BYTES = 4096;

    // In the header.
    static final int MAGIC_OFFSET = 0;
    static final int FORMAT_OFFSET = 8;
    static final int SEGMENT_BYTES_OFFSET = 12;
    static final int NODE_BYTES_OFFSET = 16;
    static final int ROOT_OFFSET = 20;
    static final int VERSION_OFFSET = 24;
    static final int ENTRIES_OFFSET = 32;
    static final int HEAD_OFFSET = 40;
    static final int CRC_OFFSET = 44;
    static final int HEADER_USED_BYTES = 48;

    // In a descriptor.
    static final int DESCRIPTOR_BYTES = 16;
    static final int KIND_OFFSET = 0;
    static final int USED_OFFSET = 4;
    static final int LIVE_OFFSET = 8;
    static final int KIND_FREE = 0;
    static final int KIND_TABLE = 1;
    static final int KIND_LOG = 2;
    static final int KIND_NODES = 3;

    // In a record.
    static final int KEY_LENGTH_OFFSET = 0;
    static final int VALUE_LENGTH_OFFSET = 4;
    static final int KEY_OFFSET = 8;
    static final int PIVOT_FLAG = 1 << 31;
    static final int RECORD_ALIGNMENT = 8;

    // In a node.
    static final int NODE_VERSION_OFFSET = 0;
    static final int COUNT_OFFSET = 8;
    static final int LEVEL_OFFSET = 10;
    static final int FIRST_CHILD_OFFSET = 12;
    static final int NODE_HEADER_BYTES = 16;

    // In an entry of a node.
    static final int PREFIX_BYTES = 12;
    static final int PREFIX_LOW_OFFSET = 8;
    static final int POINTER_OFFSET = 12;
    static final int CHILD_OFFSET = 20;
    static final int LEAF_ENTRY_BYTES = 20;
    static final int INNER_ENTRY_BYTES = 24;

    static final int NO_SEGMENT = -1;
    static final int NO_NODE = 0;
    /** Of nodes above each other; even the smallest nodes are more than half a dozen ways each. */
    static final int DEPTH_MAX = 64;

    static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** Of prefixes: as unsigned numbers they are in the order of their bytes. */
    static final ValueLayout.OfInt PREFIX_INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    static final ValueLayout.OfLong PREFIX_LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private StoreFormat() {
    }

    /** The bytes that a record takes in the log. */
    static long recordBytes(long keyLength, long valueLength) {
        return KEY_OFFSET + keyLength + valueLength + RECORD_ALIGNMENT - 1 & -RECORD_ALIGNMENT;
    }

    static int keyLength(MemorySegment data, long record) {
        return data.get(INT, record + KEY_LENGTH_OFFSET) & ~PIVOT_FLAG;
    }

    static int valueLength(MemorySegment data, long record) {
        return data.get(INT, record + VALUE_LENGTH_OFFSET);
    }

    static boolean isPivot(MemorySegment data, long record) {
        return (data.get(INT, record + KEY_LENGTH_OFFSET) & PIVOT_FLAG) != 0;
    }

    static long recordBytes(MemorySegment data, long record) {
        return recordBytes(keyLength(data, record), valueLength(data, record));
    }

    /** A copy of a record's key. */
    static byte[] key(MemorySegment data, long record) {
        return bytes(data, record + KEY_OFFSET, keyLength(data, record));
    }

    /** A copy of a record's value. */
    static byte[] value(MemorySegment data, long record) {
        return bytes(data, record + KEY_OFFSET + keyLength(data, record), valueLength(data, record));
    }

    private static byte[] bytes(MemorySegment data, long offset, int length) {
        byte[] bytes = new byte[length];
        MemorySegment.copy(data, BYTE, offset, bytes, 0, length);
        return bytes;
    }

    /** As {@link Comparable}: a key to that of a record, as unsigned bytes, the shorter one first. */
    static int compare(MemorySegment key, MemorySegment data, long record) {
        int length = keyLength(data, record);
        long from = record + KEY_OFFSET;
        long different = MemorySegment.mismatch(key, 0, key.byteSize(), data, from, from + length);
        if (different < 0) {
            return 0;
        }
        if (different == key.byteSize()) {
            return -1;
        }
        if (different == length) {
            return 1;
        }
        return Byte.compareUnsigned(key.get(BYTE, different), data.get(BYTE, from + different));
    }
}
