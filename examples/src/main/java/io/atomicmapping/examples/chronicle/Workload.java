package io.atomicmapping.examples.chronicle;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;

/**
 * What threads do to a map, step by step, as a function of a seed alone. Each thread keeps in the map how
 * many steps it has done, so a map says by itself what it must hold; and what it has seen of the others.
 *
 * <ul>
 *   <li>A step is a few puts, removes and replacements, and the thread's new count: one section.
 *   <li>Threads share no keys, but segments, tiers and pages.
 *   <li>The map begins small, and grows by many tiers. Some values are larger than a page.
 * </ul>
 */
final class Workload {

    static final int THREADS = 3;

    private static final int ENTRIES = 1_000;
    private static final int VALUE_BYTES = 100;
    private static final int BLOAT_FACTOR_MAX = 100;
    private static final int LARGE_BYTES_MAX = 10_000;
    private static final int KEYS_MAX = 5_000;
    private static final int KEYS_FIRST = 200;

    private final long seed;

    /** What happens to a key in a step. */
    private enum Operation { PUT, REMOVE, REPLACE, PUT_IF_ABSENT }

    /** Of a key: in which step it was stored last. */
    @FunctionalInterface
    private interface Change {
        void accept(Operation operation, long key, int valueBytes);
    }

    Workload(long seed) {
        this.seed = seed;
    }

    /** How the map is opened: too small for what comes, so that it grows. */
    static ChronicleMapBuilder<Long, byte[]> builder() {
        return ChronicleMapBuilder.of(Long.class, byte[].class).name("workload").entries(ENTRIES)
                .averageValueSize(VALUE_BYTES).maxBloatFactor(BLOAT_FACTOR_MAX).actualSegments(4);
    }

    // ---- in the child ----

    /** The next step of a thread. */
    void step(ChronicleMap<Long, byte[]> map, int thread) {
        long[] seen = progress(map);
        seen[thread]++;
        changes(thread, seen[thread], (operation, key, valueBytes) -> {
            byte[] value = value(key, seen[thread], valueBytes);
            switch (operation) {
                case PUT -> map.put(key, value);
                case REMOVE -> map.remove(key);
                case REPLACE -> map.replace(key, value);
                case PUT_IF_ABSENT -> map.putIfAbsent(key, value);
            }
        });
        ByteBuffer count = ByteBuffer.allocate(THREADS * Long.BYTES);
        count.asLongBuffer().put(seen);
        map.put(countKey(thread), count.array());
    }

    /** How many steps each thread has done. */
    static long[] progress(ChronicleMap<Long, byte[]> map) {
        long[] progress = new long[THREADS];
        for (int thread = 0; thread < THREADS; thread++) {
            progress[thread] = counts(map.get(countKey(thread)))[thread];
        }
        return progress;
    }

    private static long[] counts(byte[] value) {
        long[] counts = new long[THREADS];
        if (value != null) {
            ByteBuffer.wrap(value).asLongBuffer().get(counts);
        }
        return counts;
    }

    private static long countKey(int thread) {
        return -1 - thread;
    }

    private void changes(int thread, long step, Change change) {
        SplittableRandom random = new SplittableRandom((seed * THREADS + thread) * 1_000_003 + step);
        int keys = (int) Math.min(KEYS_MAX, KEYS_FIRST + step);
        for (int i = random.nextInt(3); i >= 0; i--) {
            int kind = random.nextInt(100);
            Operation operation = kind < 60 ? Operation.PUT : kind < 75 ? Operation.REMOVE
                    : kind < 90 ? Operation.REPLACE : Operation.PUT_IF_ABSENT;
            long key = ((long) thread << 32) + random.nextInt(keys);
            int most = random.nextInt(100) == 0 ? LARGE_BYTES_MAX : 2 * VALUE_BYTES;
            change.accept(operation, key, random.nextInt(most));
        }
    }

    private static byte[] value(long key, long step, int bytes) {
        byte[] value = new byte[bytes];
        Arrays.fill(value, (byte) (key * 31 + step));
        if (bytes >= 2 * Long.BYTES) {
            ByteBuffer.wrap(value).putLong(key).putLong(step);
        }
        return value;
    }

    // ---- the oracle ----

    /**
     * What is wrong with a map, or null if it holds exactly what the steps that it counts have left: found by
     * its own iteration, and again key by key.
     */
    String verify(ChronicleMap<Long, byte[]> map) {
        long[] progress = progress(map);
        for (int thread = 0; thread < THREADS; thread++) {
            long[] seen = counts(map.get(countKey(thread)));
            for (int other = 0; other < THREADS; other++) {
                if (seen[other] > progress[other]) {
                    return "not one cut: thread " + thread + " has seen step " + seen[other] + " of thread "
                            + other + ", whose last is " + progress[other];
                }
            }
        }
        Map<Long, byte[]> expected = expected(progress);
        long[] surplus = {Long.MIN_VALUE};
        int[] found = {0};
        map.forEach((key, value) -> {
            if (key < 0 && key >= -THREADS) {
                return;
            }
            found[0]++;
            if (!Arrays.equals(value, expected.get(key))) {
                surplus[0] = key;
            }
        });
        if (surplus[0] != Long.MIN_VALUE) {
            return "another value by iteration: key=" + surplus[0];
        }
        if (found[0] != expected.size()) {
            return "entries by iteration: expected=" + expected.size() + ", found=" + found[0];
        }
        for (Map.Entry<Long, byte[]> entry : expected.entrySet()) {
            if (!Arrays.equals(entry.getValue(), map.get(entry.getKey()))) {
                return "another value by key: key=" + entry.getKey();
            }
        }
        return null;
    }

    private Map<Long, byte[]> expected(long[] progress) {
        Map<Long, byte[]> expected = new HashMap<>();
        for (int thread = 0; thread < THREADS; thread++) {
            for (long i = 1; i <= progress[thread]; i++) {
                long step = i;
                changes(thread, step, (operation, key, valueBytes) -> {
                    byte[] value = value(key, step, valueBytes);
                    switch (operation) {
                        case PUT -> expected.put(key, value);
                        case REMOVE -> expected.remove(key);
                        case REPLACE -> expected.replace(key, value);
                        case PUT_IF_ABSENT -> expected.putIfAbsent(key, value);
                    }
                });
            }
        }
        return expected;
    }
}
