package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.nio.file.Path;
import java.util.Iterator;

/**
 * Events that are appended, and a reader that keeps its position in the same mapping: nothing is read twice.
 */
final class LogExample {

    private static final int EVENTS = 50_000;
    private static final int EVENTS_A_COMMIT = 1000;

    public static void main(String[] args) throws Exception {
        Path file = Examples.newFile("events");
        long read = 0;
        for (int opening = 0; opening < 3; opening++) {
            try (AtomicMapping mapping = Examples.openGrowing(file)) {
                PersistentHeap heap = PersistentHeap.open(mapping);
                PersistentLog<String> events = PersistentLog.open(heap, "events", Codec.STRING);
                System.out.printf("positions %,d to %,d, the reader is at %,d%n", events.first(),
                        events.end(),
                        heap.root("position"));
                for (int i = 0; i < EVENTS; i++) {
                    events.append("event " + events.end());
                    if ((i + 1) % EVENTS_A_COMMIT == 0) {
                        mapping.sync();
                    }
                }
                read += readHalf(heap, events);
                Examples.require(read == heap.root("position"), "the reader went on where it was");
                events.append("never committed"); // has a position that another event will get
            }
        }
    }

    /** Reads half of what is new, and trims it: its position and the trim are in one commit. */
    private static long readHalf(PersistentHeap heap, PersistentLog<String> events) throws Exception {
        long from = heap.root("position");
        long to = from + (events.end() - from) / 2;
        Iterator<String> scan = events.scan(from);
        for (long position = from; position < to; position++) {
            Examples.require(scan.next().equals("event " + position), "each event is at its position");
        }
        heap.mapping().update(() -> {
            heap.setRoot("position", to);
            events.trim(to);
        });
        heap.mapping().sync();
        return to - from;
    }
}
