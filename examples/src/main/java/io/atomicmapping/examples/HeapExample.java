package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A list of notes by one's own pointers: what is allocated and linked in one update cannot leak. */
final class HeapExample {

    private static final String ROOT = "newest note";
    // A note: the offset of the one before, how many bytes, bytes.
    private static final long BEFORE = 0;
    private static final long LENGTH = 8;
    private static final long TEXT = 12;

    public static void main(String[] args) throws Exception {
        Path file = Examples.newFile("notes");
        try (AtomicMapping mapping = AtomicMapping.open(file, PersistentHeap.HEADER_BYTES)) {
            PersistentHeap heap = PersistentHeap.open(mapping);
            add(heap, "what is allocated, and where it is linked, become durable together");
            add(heap, "the mapping grows where it has to");
            mapping.sync();
            add(heap, "never committed");
            mapping.rollback(); // the piece is free again, and the mapping as small as before
        }
        try (AtomicMapping mapping = AtomicMapping.open(file)) {
            PersistentHeap heap = PersistentHeap.open(mapping);
            int notes = 0;
            for (long note = heap.root(ROOT); note != 0; note = mapping.getLong(note + BEFORE)) {
                byte[] text = new byte[mapping.getInt(note + LENGTH)];
                mapping.getBytes(note + TEXT, text);
                System.out.println(new String(text, StandardCharsets.UTF_8));
                notes++;
            }
            Examples.require(notes == 2, "two notes are committed");
            System.out.println(HeapCheck.of(heap, action -> { // throws where a byte is not accounted for
                for (long note = heap.root(ROOT); note != 0; note = mapping.getLong(note + BEFORE)) {
                    action.accept(note);
                }
            }));
        }
    }

    private static void add(PersistentHeap heap, String text) throws IOException {
        AtomicMapping mapping = heap.mapping();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        mapping.update(() -> { // no sync comes between the allocation and the link
            long note = heap.allocate(TEXT + bytes.length);
            mapping.putLong(note + BEFORE, heap.root(ROOT));
            mapping.putInt(note + LENGTH, bytes.length);
            mapping.putBytes(note + TEXT, bytes);
            heap.setRoot(ROOT, note);
        });
    }
}
