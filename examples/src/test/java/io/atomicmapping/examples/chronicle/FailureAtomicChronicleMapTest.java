package io.atomicmapping.examples.chronicle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import net.openhft.chronicle.hash.impl.VanillaChronicleHash;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Chronicle Map's own behaviour while what it has mapped is adopted. */
@Tag("chronicle")
class FailureAtomicChronicleMapTest {

    private static final int ENTRIES = 1_000;
    private static final int VALUE_BYTES = 100;

    @TempDir
    private Path directory;

    private FailureAtomicChronicleMap<Long, byte[]> open() throws IOException {
        return FailureAtomicChronicleMap.open(builder(), file());
    }

    private static ChronicleMapBuilder<Long, byte[]> builder() {
        return ChronicleMapBuilder.of(Long.class, byte[].class).name("test").entries(ENTRIES)
                .averageValueSize(VALUE_BYTES).maxBloatFactor(100).actualSegments(4);
    }

    private Path file() {
        return directory.resolve("map");
    }

    private static byte[] value(long key, int bytes) {
        byte[] value = new byte[bytes];
        Arrays.fill(value, (byte) (key * 7 + 1));
        return value;
    }

    private static Map<Long, byte[]> content(FailureAtomicChronicleMap<Long, byte[]> map) {
        return map.compute(HashMap::new);
    }

    private static void assertContent(Map<Long, byte[]> expected,
            FailureAtomicChronicleMap<Long, byte[]> map) {
        Map<Long, byte[]> actual = content(map);
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((key, value) -> assertArrayEquals(value, actual.get(key), () -> "key=" + key));
        expected.forEach((key, value) -> assertArrayEquals(value, map.get(key), () -> "key=" + key));
        assertEquals(expected.size(), map.<Integer>compute(Map::size));
    }

    private static int bulks(FailureAtomicChronicleMap<Long, byte[]> map) {
        return map.compute(it -> ((VanillaChronicleHash<?, ?, ?, ?>) it).globalMutableState()
                .getAllocatedExtraTierBulks());
    }

    // ---- commits ----

    @Test
    void closeKeepsWhatWasCommittedAndNothingElse() throws IOException {
        try (var map = open()) {
            map.put(1L, value(1, 10));
            map.put(2L, value(2, 10));
            long commit = map.commit();
            assertEquals(commit, map.lastCommit());
            map.put(3L, value(3, 10));
            map.remove(1L);
            map.replace(2L, value(9, 20));
        }
        try (var map = open()) {
            assertContent(Map.of(1L, value(1, 10), 2L, value(2, 10)), map);
        }
    }

    @Test
    void nothingReachesTheFileBeforeACommit() throws IOException {
        try (var map = open()) {
            for (long key = 0; key < 50; key++) {
                map.put(key, value(key, VALUE_BYTES));
            }
            map.commit();
            byte[] committed = Files.readAllBytes(file());
            for (long key = 0; key < 50; key++) {
                map.put(key, value(key + 1, VALUE_BYTES));
                map.remove(key / 2);
            }
            assertArrayEquals(committed, Files.readAllBytes(file()));
            map.commit();
            assertFalse(Arrays.equals(committed, Files.readAllBytes(file())));
        }
    }

    @Test
    void commitOfNothingIsTheLastOne() throws IOException {
        try (var map = open()) {
            map.put(1L, value(1, 10));
            long commit = map.commit();
            assertEquals(commit, map.commit());
            map.get(1L); // takes a lock inside the file, and gives it back
            assertEquals(commit, map.commit());
        }
    }

    // ---- rollback ----

    @Test
    void rollbackTakesBackPutsRemovesAndReplacementsInALiveMap() throws IOException {
        Map<Long, byte[]> expected = new HashMap<>();
        try (var map = open()) {
            for (long key = 0; key < 300; key++) {
                map.put(key, value(key, VALUE_BYTES));
                expected.put(key, value(key, VALUE_BYTES));
            }
            map.commit();
            for (int round = 0; round < 3; round++) {
                for (long key = 0; key < 300; key += 3) {
                    map.remove(key);
                    map.replace(key + 1, value(key, 5));
                    map.put(key + 1_000, value(key, 400));
                }
                map.rollback();
                assertContent(expected, map);
            }
            map.put(1L, value(77, 30)); // and it goes on
            expected.put(1L, value(77, 30));
            map.commit();
        }
        try (var map = open()) {
            assertContent(expected, map);
        }
    }

    @Test
    void rollbackTakesBackGrowthAndTheMapGrowsAgain() throws IOException {
        Map<Long, byte[]> expected = new HashMap<>();
        try (var map = open()) {
            for (long key = 0; key < 200; key++) {
                map.put(key, value(key, VALUE_BYTES));
                expected.put(key, value(key, VALUE_BYTES));
            }
            map.commit();
            int before = bulks(map);
            for (int round = 0; round < 3; round++) {
                for (long key = 200; bulks(map) < before + 3; key++) {
                    map.put(key, value(key, 4 * VALUE_BYTES));
                }
                map.rollback();
                assertEquals(before, bulks(map));
                assertContent(expected, map);
            }
            for (long key = 200; bulks(map) < before + 3; key++) {
                map.put(key, value(key + round(key), 4 * VALUE_BYTES));
                expected.put(key, value(key + round(key), 4 * VALUE_BYTES));
            }
            map.commit();
            assertContent(expected, map);
        }
        try (var map = open()) {
            assertContent(expected, map);
        }
    }

    private static long round(long key) {
        return key % 5;
    }

    // ---- growth ----

    @Test
    void mapGrowsOverManyTiersBetweenCommitsAndInThem() throws IOException {
        Map<Long, byte[]> expected = new HashMap<>();
        try (var map = open()) {
            for (long key = 0; bulks(map) < 12; key++) {
                map.put(key, value(key, VALUE_BYTES));
                expected.put(key, value(key, VALUE_BYTES));
                if (key % 100 == 0) {
                    map.commit();
                }
                if (key % 7 == 0) {
                    map.remove(key / 2);
                    expected.remove(key / 2);
                }
            }
            assertContent(expected, map);
            map.commit();
            assertContent(expected, map);
        }
        try (var map = open()) {
            assertTrue(bulks(map) >= 12);
            assertContent(expected, map);
        }
    }

    @Test
    void growthThatWasNotCommittedIsGoneAfterAClose() throws IOException {
        long length;
        try (var map = open()) {
            map.put(1L, value(1, 10));
            map.commit();
            length = Files.size(file());
            for (long key = 2; bulks(map) < 3; key++) {
                map.put(key, value(key, VALUE_BYTES));
            }
        }
        assertEquals(length, Files.size(file()));
        try (var map = open()) {
            assertContent(Map.of(1L, value(1, 10)), map);
        }
    }

    @Test
    void valuesOfManyChunksAndPages() throws IOException {
        Map<Long, byte[]> expected = new HashMap<>();
        try (var map = open()) {
            for (long key = 0; key < 40; key++) {
                int bytes = 1 << key % 15; // 1 to 16384
                map.put(key, value(key, bytes));
                expected.put(key, value(key, bytes));
                map.commit();
            }
            map.put(3L, value(5, 20_000));
            map.rollback();
            assertContent(expected, map);
        }
        try (var map = open()) {
            assertContent(expected, map);
        }
    }

    // ---- iteration ----

    @Test
    void iterationsAndRemovalsInThem() throws IOException {
        try (var map = open()) {
            for (long key = 0; key < 3_000; key++) { // several tiers
                map.put(key, value(key, VALUE_BYTES));
            }
            map.commit();
            map.update(it -> it.entrySet().removeIf(entry -> entry.getKey() % 2 == 0));
            map.update(it -> it.forEachEntry(entry -> {
                if (entry.key().get() % 3 == 0) {
                    entry.doRemove();
                }
            }));
            Set<Long> expected = new HashSet<>();
            for (long key = 1; key < 3_000; key++) {
                if (key % 2 != 0 && key % 3 != 0) {
                    expected.add(key);
                }
            }
            assertEquals(expected, map.compute(it -> new HashSet<>(it.keySet())));
            map.commit();
            map.update(ChronicleMap::clear);
            assertTrue(map.<Boolean>compute(Map::isEmpty));
            map.rollback();
            assertEquals(expected, map.compute(it -> new HashSet<>(it.keySet())));
        }
        try (var map = open()) {
            assertEquals(1_000, map.<Integer>compute(Map::size));
        }
    }

    // ---- threads ----

    @Test
    void threadsThatStoreCommitAndIterate() throws Exception {
        int threads = 4;
        int perThread = 1_500;
        Map<Long, byte[]> expected = new HashMap<>();
        try (var map = open()) {
            List<FutureTask<Void>> tasks = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                long first = (long) thread * perThread;
                tasks.add(new FutureTask<>(() -> {
                    for (long key = first; key < first + perThread; key++) {
                        map.put(key, value(key, VALUE_BYTES));
                        if (key % 3 == 0) {
                            map.remove(key);
                        }
                        if (key % 500 == 0) {
                            map.commit();
                        }
                        if (key % 700 == 0) {
                            content(map);
                        }
                    }
                    return null;
                }));
                for (long key = first; key < first + perThread; key++) {
                    if (key % 3 != 0) {
                        expected.put(key, value(key, VALUE_BYTES));
                    }
                }
            }
            tasks.forEach(Thread::startVirtualThread);
            for (FutureTask<Void> task : tasks) {
                task.get(2, TimeUnit.MINUTES);
            }
            map.commit();
            assertContent(expected, map);
            assertTrue(bulks(map) > 4, "growth");
        }
        try (var map = open()) {
            assertContent(expected, map);
        }
    }

    @Test
    void commitWaitsForWhoeverHoldsALock() throws Exception {
        try (var map = open()) {
            map.put(1L, value(1, 10));
            CountDownLatch held = new CountDownLatch(1);
            CountDownLatch release = new CountDownLatch(1);
            FutureTask<Void> holder = new FutureTask<>(() -> {
                map.update(it -> {
                    try (var context = it.queryContext(1L)) {
                        context.updateLock().lock();
                        held.countDown();
                        release.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
                return null;
            });
            Thread.ofPlatform().start(holder);
            held.await();
            FutureTask<Long> commit = new FutureTask<>(map::commit);
            Thread.ofPlatform().start(commit);
            assertThrows(TimeoutException.class,
                    () -> commit.get(300, TimeUnit.MILLISECONDS));
            release.countDown();
            holder.get();
            commit.get();
        }
        try (ChronicleMap<Long, byte[]> map = builder().createPersistedTo(file().toFile())) {
            assertNull(FailureAtomicChronicleMap.heldLock(map));
        }
    }

    // ---- misuse ----

    @Test
    void whatWouldWaitForItselfIsRefused() throws IOException {
        FailureAtomicChronicleMap<Long, byte[]> map = open();
        map.update(it -> {
            assertThrows(IllegalStateException.class, map::commit);
            assertThrows(IllegalStateException.class, map::rollback);
            assertThrows(IllegalStateException.class, map::close);
        });
        map.put(1L, value(1, 10));
        map.commit();
        map.close();
        map.close();
        assertThrows(IllegalStateException.class, () -> map.get(1L));
        assertThrows(IllegalStateException.class, map::commit);
        assertThrows(IllegalStateException.class, map::rollback);
    }

    @Test
    void exceptionLeavesSectionAndLocks() throws IOException, InterruptedException, ExecutionException {
        try (var map = open()) {
            assertThrows(ArithmeticException.class, () -> map.update(it -> {
                it.put(1L, value(1, 10));
                throw new ArithmeticException();
            }));
            assertThrows(RuntimeException.class, () -> map.put(2L, new byte[10_000_000])); // too large
            FutureTask<Long> other = new FutureTask<>(map::commit);
            Thread.ofPlatform().start(other);
            other.get();
            map.rollback();
            assertContent(Map.of(1L, value(1, 10)), map);
        }
    }

    @Test
    void secondOpeningIsRefused() throws IOException {
        try (var map = open()) {
            map.put(1L, value(1, 10));
            map.commit();
            IOException refused = assertThrows(IOException.class, this::open);
            assertTrue(refused.getMessage().contains(file().toString()), refused::toString);
            map.put(2L, value(2, 10));
            map.commit();
        }
        try (var map = open()) {
            assertEquals(2, map.<Integer>compute(Map::size));
        }
    }

    @Test
    void journalWithoutItsFileIsNoNewMap() throws IOException {
        try (var map = open()) {
            map.put(1L, value(1, 10));
            map.commit();
        }
        Path elsewhere = directory.resolve("elsewhere");
        Files.move(file(), elsewhere);
        assertThrows(IOException.class, this::open);
        assertFalse(Files.exists(file()));
        Files.move(elsewhere, file());
        try (var map = open()) {
            assertContent(Map.of(1L, value(1, 10)), map);
        }
    }

    @Test
    void mapThatWasBeingMadeIsMadeAgain() throws IOException {
        Files.write(directory.resolve("map.being-made"), new byte[1234]);
        try (var map = open()) {
            map.put(1L, value(1, 10));
            map.commit();
        }
        assertFalse(Files.exists(directory.resolve("map.being-made")));
    }
}
