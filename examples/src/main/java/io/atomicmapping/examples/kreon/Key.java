package io.atomicmapping.examples.kreon;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** A key that is looked for: its bytes, and the first twelve of them, padded with zeros, as numbers. */
final class Key {

    final byte[] bytes;
    final MemorySegment segment;
    final long high;
    final int low;

    Key(byte[] bytes) {
        this.bytes = bytes;
        this.segment = MemorySegment.ofArray(bytes);
        MemorySegment prefix = bytes.length >= StoreFormat.PREFIX_BYTES ? segment
                : MemorySegment.ofArray(Arrays.copyOf(bytes, StoreFormat.PREFIX_BYTES));
        this.high = prefix.get(StoreFormat.PREFIX_LONG, 0);
        this.low = prefix.get(StoreFormat.PREFIX_INT, StoreFormat.PREFIX_LOW_OFFSET);
    }

    /**
     * As {@link Comparable}, to the key of an entry of a node. Only where the prefixes are equal the log is
     * looked at, or for a pivot that is no longer than a prefix its length.
     */
    int compareTo(MemorySegment data, MemorySegment node, long entry) {
        int order = Long.compareUnsigned(high, node.get(StoreFormat.PREFIX_LONG, entry));
        if (order == 0) {
            order = Integer.compareUnsigned(low,
                    node.get(StoreFormat.PREFIX_INT, entry + StoreFormat.PREFIX_LOW_OFFSET));
        }
        if (order != 0) {
            return order;
        }
        long pointer = node.get(StoreFormat.LONG, entry + StoreFormat.POINTER_OFFSET);
        return Nodes.isInline(pointer) ? Integer.compare(bytes.length, (int) pointer)
                : StoreFormat.compare(segment, data, pointer);
    }
}
