package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import java.nio.file.Path;
import java.util.Map;

/** Measurements under their times: ranges, the newest first, and old ones removed. */
final class BTreeExample {

    private static final long FIRST = 1_700_000_000_000L;
    private static final long MILLIS_BETWEEN = 250;
    private static final int MEASUREMENTS = 100_000;
    private static final int PUTS_A_COMMIT = 5000;
    private static final long MINUTE = 60_000;

    public static void main(String[] args) throws Exception {
        Path file = Examples.newFile("measurements");
        try (AtomicMapping mapping = Examples.openGrowing(file)) {
            PersistentBTreeMap<Long, String> byTime = open(mapping);
            long begin = System.nanoTime();
            for (int i = 0; i < MEASUREMENTS; i++) {
                byTime.put(FIRST + i * MILLIS_BETWEEN, "%.1f degrees".formatted(20 + Math.sin(i / 1e4)));
                if ((i + 1) % PUTS_A_COMMIT == 0) {
                    mapping.sync();
                }
            }
            System.out.printf("%,d measurements in %,d ms%n", byTime.size(),
                    (System.nanoTime() - begin) / 1_000_000);

            long last = byTime.lastEntry().getKey();
            BTreeRange<Long, String> lastMinute = byTime.entries().tailMap(last - MINUTE, false);
            System.out.printf("in the last minute %d, the newest: %s%n", lastMinute.size(),
                    lastMinute.descendingMap().firstEntry());
            Map.Entry<Long, String> before = byTime.lowerEntry(FIRST + 1000);
            System.out.printf("before the second second: %s%n", before);
            Examples.require(lastMinute.size() == MINUTE / MILLIS_BETWEEN, "a minute has 240 measurements");
            Examples.require(before.getKey() == FIRST + 1000 - MILLIS_BETWEEN, "the one before");

            while (byTime.firstEntry().getKey() < last - 10 * MINUTE) {
                byTime.pollFirstEntry();
            }
            mapping.sync(); // the nodes that got empty are used again
        }
        try (AtomicMapping mapping = AtomicMapping.open(file)) {
            System.out.printf("%,d are left, found again%n", open(mapping).size());
            Examples.require(open(mapping).size() == 10 * MINUTE / MILLIS_BETWEEN + 1,
                    "ten minutes are left");
        }
    }

    private static PersistentBTreeMap<Long, String> open(AtomicMapping mapping) {
        return PersistentBTreeMap.open(PersistentHeap.open(mapping), "by time", Codec.LONG, Codec.STRING);
    }
}
