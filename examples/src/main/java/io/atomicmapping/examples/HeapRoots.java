package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;

/** The names of a {@link PersistentHeap}, a list of pieces. Called under the heap's lock, in a section. */
final class HeapRoots {

    // In a root's piece.
    private static final long NEXT = 0;
    private static final long VALUE = 8;
    private static final long NAME_BYTES = 16;
    private static final long NAME = 20;

    private final PersistentHeap heap;
    private final HeapPieces pieces;
    private final AtomicMapping mapping;
    private final long first;

    HeapRoots(PersistentHeap heap, HeapPieces pieces) {
        this.heap = heap;
        this.pieces = pieces;
        this.mapping = heap.mapping();
        this.first = heap.base() + HeapFormat.ROOTS;
    }

    static byte[] bytes(String name) {
        byte[] bytes = Codec.STRING.encode(name);
        if (bytes.length == 0 || bytes.length > PersistentHeap.LONGEST_NAME) {
            throw new IllegalArgumentException("length of a root's name out of range: bytes=" + bytes.length
                    + ", min=1, max=" + PersistentHeap.LONGEST_NAME + ", name=" + name);
        }
        return bytes;
    }

    long get(byte[] name) {
        long root = mapping.getLong(linkTo(name));
        return root == 0 ? 0 : mapping.getLong(root + VALUE);
    }

    /** Returns what the name stood for. */
    long set(byte[] name, long value) throws IOException {
        long link = linkTo(name);
        long root = mapping.getLong(link);
        long before = root == 0 ? 0 : mapping.getLong(root + VALUE);
        if (before == value) {
            return before;
        }
        if (root == 0) {
            root = pieces.take(HeapPieces.sizeClass(NAME + name.length));
            mapping.putLong(root + NEXT, 0);
            mapping.putInt(root + NAME_BYTES, name.length);
            mapping.putBytes(root + NAME, name);
            mapping.putLong(link, root);
        }
        if (value == 0) {
            mapping.putLong(link, mapping.getLong(root + NEXT));
            pieces.giveBack(root);
        } else {
            mapping.putLong(root + VALUE, value);
        }
        mapping.putLong(heap.base() + HeapFormat.ROOTS_STAMP, heap.nextStamp(heap.rootsStamp()));
        return before;
    }

    List<String> names() {
        List<String> names = new ArrayList<>();
        forEachPiece(root -> names.add(Codec.STRING.decode(name(root))));
        return names;
    }

    void forEachPiece(LongConsumer action) {
        for (long root = mapping.getLong(first); root != 0; root = mapping.getLong(root + NEXT)) {
            action.accept(root);
        }
    }

    private byte[] name(long root) {
        byte[] name = new byte[mapping.getInt(root + NAME_BYTES)];
        mapping.getBytes(root + NAME, name);
        return name;
    }

    /** The place that holds the offset of a name's root, or 0 if the name stands for nothing. */
    private long linkTo(byte[] name) {
        long link = first;
        long root = mapping.getLong(link);
        while (root != 0 && !Arrays.equals(name(root), name)) {
            link = root + NEXT;
            root = mapping.getLong(link);
        }
        return link;
    }
}
