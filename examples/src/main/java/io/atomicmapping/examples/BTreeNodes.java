package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The nodes of a {@link BTree}: pages with slots and records.
 *
 * <pre>
 *   node     level, records, begin of the records, dead bytes among them: 2 bytes each | slots | records
 *   slot     2 bytes: where a record begins in the node; the slots are in the order of the keys
 *   record   2 bytes: bytes of the key | 2 bytes: bytes of the value | key | value
 * </pre>
 *
 * <p>Records are added before those that are there, and stay where they are: so a new one dirties its own
 * lines, the node's first one, and those of some slots. Of a record that was removed the bytes are dead,
 * until the records are moved together to make room.
 *
 * <p>Source: slotted pages, G. Graefe, "Modern B-Tree Techniques", Foundations and Trends in Databases, 2011.
 * Called under the write lock of who has the tree; what only loads, under its read lock, too.
 */
final class BTreeNodes {

    /** A piece of one page. */
    static final int NODE_BYTES = (int) (SizeClasses.PAGE - HeapFormat.PIECE_HEADER);
    static final int CAPACITY = NODE_BYTES - 8;
    static final int SLOT = 2;
    static final int RECORD_HEADER = 4;
    /** So that a node holds four at least, and any record fits into either half of a node. */
    static final int LARGEST_RECORD = CAPACITY / 4 - SLOT;

    /** Set in a record's number of value bytes: they only tell where the value is. */
    private static final int ELSEWHERE = 0x8000;
    private static final int SLOTS = 8;
    private static final VarHandle SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    private final PersistentHeap heap;
    private final AtomicMapping mapping;
    /** of the change that has the write lock: a node as it is, and as it shall be */
    private final byte[] before = new byte[NODE_BYTES];
    private final byte[] after = new byte[NODE_BYTES];

    BTreeNodes(PersistentHeap heap) {
        this.heap = heap;
        this.mapping = heap.mapping();
    }

    // ---- what a node is ----

    /** Makes a piece of {@link #NODE_BYTES} a node. */
    void create(long node, int level) {
        setHeader(node, level, 0, NODE_BYTES, 0);
    }

    private void setHeader(long node, int level, int count, int begin, int dead) {
        mapping.putLong(node, level | (long) count << 16 | (long) begin << 32 | (long) dead << 48);
    }

    int level(long node) {
        return mapping.getShort(node) & 0xFFFF;
    }

    int count(long node) {
        return mapping.getShort(node + 2) & 0xFFFF;
    }

    private int begin(long node) {
        return mapping.getShort(node + 4) & 0xFFFF;
    }

    private int dead(long node) {
        return mapping.getShort(node + 6) & 0xFFFF;
    }

    /** The bytes that slots and records take which are not dead. */
    int used(long node) {
        return NODE_BYTES - begin(node) - dead(node) + SLOT * count(node);
    }

    boolean hasRoom(long node, int recordBytes) {
        return used(node) + SLOT + recordBytes <= CAPACITY;
    }

    private long record(long node, int index) {
        return node + (mapping.getShort(node + SLOTS + (long) SLOT * index) & 0xFFFF);
    }

    int keyBytes(long node, int index) {
        return mapping.getShort(record(node, index)) & 0xFFFF;
    }

    byte[] key(long node, int index) {
        long record = record(node, index);
        return Bytes.copy(mapping, record + RECORD_HEADER, mapping.getShort(record) & 0xFFFF);
    }

    /** Where a value begins. */
    long value(long node, int index) {
        long record = record(node, index);
        return record + RECORD_HEADER + (mapping.getShort(record) & 0xFFFF);
    }

    int valueBytes(long node, int index) {
        return mapping.getShort(record(node, index) + 2) & ~ELSEWHERE & 0xFFFF;
    }

    /** Whether the bytes of a value only tell where it is. */
    boolean isElsewhere(long node, int index) {
        return (mapping.getShort(record(node, index) + 2) & ELSEWHERE) != 0;
    }

    int longestKey(long node) {
        int longest = 0;
        for (int i = count(node) - 1; i >= 0; i--) {
            longest = Math.max(longest, keyBytes(node, i));
        }
        return longest;
    }

    /** The value of an inner node's record: another node. */
    long child(long node, int index) {
        return mapping.getLong(value(node, index));
    }

    private int recordBytes(long node, int index) {
        long record = record(node, index);
        return RECORD_HEADER + (mapping.getShort(record) & 0xFFFF)
                + (mapping.getShort(record + 2) & ~ELSEWHERE & 0xFFFF);
    }

    /** The record with a key; if there is none, -1 less the record that it would come before. */
    int find(long node, byte[] key) {
        int low = 0;
        int high = count(node) - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            long record = record(node, middle);
            int order = Bytes.compare(key, mapping, record + RECORD_HEADER,
                    mapping.getShort(record) & 0xFFFF);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                high = middle - 1;
            } else {
                low = middle + 1;
            }
        }
        return -1 - low;
    }

    /** The record of an inner node whose child has a key, if any has: the first one's key is empty. */
    int findChild(long node, byte[] key) {
        int found = find(node, key);
        return found >= 0 ? found : -2 - found;
    }

    // ---- changes ----

    /** Adds a record before another; there must be room. */
    void insert(long node, int index, byte[] key, byte[] value, boolean elsewhere) {
        int bytes = RECORD_HEADER + key.length + value.length;
        int count = count(node);
        if (SLOTS + SLOT * (count + 1) + bytes > begin(node)) {
            moveTogether(node);
        }
        int begin = begin(node) - bytes;
        SHORTS.set(after, 0, (short) key.length);
        SHORTS.set(after, 2, (short) (elsewhere ? value.length | ELSEWHERE : value.length));
        System.arraycopy(key, 0, after, RECORD_HEADER, key.length);
        System.arraycopy(value, 0, after, RECORD_HEADER + key.length, value.length);
        mapping.putBytes(node + begin, after, 0, bytes);

        int behind = SLOT * (count - index);
        long slot = node + SLOTS + (long) SLOT * index;
        SHORTS.set(after, 0, (short) begin);
        mapping.getBytes(slot, after, SLOT, behind);
        mapping.putBytes(slot, after, 0, SLOT + behind);
        setHeader(node, level(node), count + 1, begin, dead(node));
    }

    void remove(long node, int index) {
        int bytes = recordBytes(node, index);
        int behind = SLOT * (count(node) - index - 1);
        long slot = node + SLOTS + (long) SLOT * index;
        mapping.copy(slot + SLOT, slot, behind);
        setHeader(node, level(node), count(node) - 1, begin(node), dead(node) + bytes);
    }

    void replaceValue(long node, int index, byte[] value) {
        mapping.putBytes(value(node, index), value);
    }

    /** Moves the records from one on to a new node, at the right. */
    void split(long node, int from, long right) {
        create(right, level(node));
        int moved = copyRecords(node, from, null, right);
        setHeader(node, level(node), from, begin(node), dead(node) + moved);
    }

    /** The first record of the right half: the halves have about as many bytes. */
    int middle(long node) {
        int count = count(node);
        int half = used(node) / 2;
        int index = 0;
        for (int bytes = 0; bytes < half && index < count - 1; index++) {
            bytes += SLOT + recordBytes(node, index);
        }
        return index;
    }

    /** Makes the first record's key empty, as an inner node's is. */
    void dropFirstKey(long node) {
        byte[] child = Bytes.copy(mapping, value(node, 0), Long.BYTES);
        remove(node, 0);
        insert(node, 0, new byte[0], child, false);
    }

    /** What a node and the one at its right would use together. */
    int usedTogether(long left, long right, int separatorBytes) {
        return used(left) + used(right) + (level(left) == 0 ? 0 : separatorBytes);
    }

    /** Moves all records of a node to the one at its left, and frees it; there must be room. */
    void merge(long left, long right, byte[] separator) {
        moveTogether(left);
        copyRecords(right, 0, level(left) == 0 ? null : separator, left);
        heap.free(right);
    }

    /** Appends records to a node that has room, the first under another key, and returns their bytes. */
    private int copyRecords(long source, int from, byte[] firstKey, long target) {
        int sourceCount = count(source);
        int count = count(target);
        int begin = begin(target);
        int end = begin;
        int copied = 0;
        mapping.getBytes(source, before);
        for (int i = from; i < sourceCount; i++) {
            int record = (short) SHORTS.get(before, SLOTS + SLOT * i) & 0xFFFF;
            int keyBytes = (short) SHORTS.get(before, record) & 0xFFFF;
            short valueHeader = (short) SHORTS.get(before, record + 2);
            int valueBytes = valueHeader & ~ELSEWHERE & 0xFFFF;
            copied += RECORD_HEADER + keyBytes + valueBytes;
            byte[] key = i == from && firstKey != null ? firstKey : before;
            int keyAt = key == before ? record + RECORD_HEADER : 0;
            int newKeyBytes = key == before ? keyBytes : key.length;
            begin -= RECORD_HEADER + newKeyBytes + valueBytes;
            SHORTS.set(after, begin, (short) newKeyBytes);
            SHORTS.set(after, begin + 2, valueHeader);
            System.arraycopy(key, keyAt, after, begin + RECORD_HEADER, newKeyBytes);
            System.arraycopy(before, record + RECORD_HEADER + keyBytes, after,
                    begin + RECORD_HEADER + newKeyBytes, valueBytes);
            SHORTS.set(after, SLOTS + SLOT * (count + i - from), (short) begin);
        }
        int added = sourceCount - from;
        mapping.putBytes(target + begin, after, begin, end - begin);
        mapping.putBytes(target + SLOTS + (long) SLOT * count, after, SLOTS + SLOT * count, SLOT * added);
        setHeader(target, level(target), count + added, begin, dead(target));
        return copied;
    }

    /** Leaves no dead bytes among the records. */
    private void moveTogether(long node) {
        if (dead(node) == 0) {
            return;
        }
        int count = count(node);
        int begin = NODE_BYTES;
        mapping.getBytes(node, before);
        for (int i = 0; i < count; i++) {
            int record = (short) SHORTS.get(before, SLOTS + SLOT * i) & 0xFFFF;
            int bytes = RECORD_HEADER + ((short) SHORTS.get(before, record) & 0xFFFF)
                    + ((short) SHORTS.get(before, record + 2) & ~ELSEWHERE & 0xFFFF);
            begin -= bytes;
            System.arraycopy(before, record, after, begin, bytes);
            SHORTS.set(after, SLOTS + SLOT * i, (short) begin);
        }
        mapping.putBytes(node + begin, after, begin, NODE_BYTES - begin);
        mapping.putBytes(node + SLOTS, after, SLOTS, SLOT * count);
        setHeader(node, level(node), count, begin, 0);
    }
}
