package io.atomicmapping.examples.chronicle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import net.openhft.chronicle.hash.impl.VanillaChronicleHash;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adoption without the class that makes it comfortable: what it does to Chronicle Map, what not to do. */
@Tag("chronicle")
class AdoptedChronicleMapTest {

    @TempDir
    private Path directory;

    static ChronicleMapBuilder<Long, byte[]> builder() {
        return ChronicleMapBuilder.of(Long.class, byte[].class).name("test").entries(1_000)
                .averageValueSize(100).maxBloatFactor(100).actualSegments(4);
    }

    private Path file() {
        return directory.resolve("map");
    }

    private ChronicleMap<Long, byte[]> map() throws IOException {
        return builder().createPersistedTo(file().toFile());
    }

    @Test
    void programInTheReadmeRuns() throws IOException {
        String file = directory.resolve("stock").toString();
        Stock.main(new String[] {file});
        Stock.main(new String[] {file});
        try (ChronicleMap<String, Long> stock = ChronicleMapBuilder.of(String.class, Long.class)
                .averageKey("apples").entries(1_000).createPersistedTo(Path.of(file).toFile())) {
            assertEquals(-20, stock.get("apples"));
            assertEquals(20, stock.get("pears"));
        }
    }

    @Test
    void programInTheReadmeIsTheOneThatRuns() throws IOException {
        String source = Files.readString(Path.of(
                "src/main/java/io/atomicmapping/examples/chronicle/Stock.java"));
        String begin = "(String[] args) throws IOException {\n";
        String body = source.substring(source.indexOf(begin) + begin.length(),
                source.indexOf("\n    }\n}\n"));
        String readme = Files.readString(Path.of("../README.md"));
        assertTrue(readme.contains("```java\n" + body.stripIndent() + "\n```\n"), "README.md differs");
    }

    @Test
    void afterTheCloseTheMapGoesOnAsItAlwaysWas() throws IOException {
        try (ChronicleMap<Long, byte[]> map = map()) {
            try (AtomicMapping mapping = AtomicMapping.adopt(file())) {
                map.put(1L, new byte[10]);
                mapping.sync();
                map.put(2L, new byte[20]);
            }
            assertEquals(1, map.size(), "what was not committed is gone");
            map.put(3L, new byte[30]);
            for (long key = 4; key < 3_000; key++) { // grows
                map.put(key, new byte[100]);
            }
        }
        try (ChronicleMap<Long, byte[]> map = map()) {
            assertEquals(2_998, map.size());
            assertArrayEquals(new byte[30], map.get(3L));
        }
    }

    @Test
    void mapMayBeAdoptedAgainAndAgain() throws IOException {
        try (ChronicleMap<Long, byte[]> map = map()) {
            long last = 0;
            for (long round = 0; round < 5; round++) {
                try (AtomicMapping mapping = AtomicMapping.adopt(file())) {
                    assertTrue(mapping.lastCommit() >= last, "commits go on being counted");
                    for (long key = 0; key < 700; key++) {
                        map.put(round * 700 + key, new byte[100]);
                    }
                    last = mapping.sync();
                }
            }
            assertEquals(3_500, map.size());
        }
        try (ChronicleMap<Long, byte[]> map = map()) {
            assertEquals(3_500, map.size());
        }
    }

    @Test
    void lockHeldOutsideASectionIsCommittedAndRefusedAtTheNextOpening() throws Exception {
        Path copy = directory.resolve("copy");
        Files.createDirectory(copy);
        try (ChronicleMap<Long, byte[]> map = map(); AtomicMapping mapping = AtomicMapping.adopt(file())) {
            map.put(1L, new byte[10]);
            mapping.sync();
            CountDownLatch held = new CountDownLatch(1);
            CountDownLatch release = new CountDownLatch(1);
            FutureTask<Void> holder = new FutureTask<>(() -> {
                try (var context = map.queryContext(1L)) {
                    context.updateLock().lock();
                    held.countDown();
                    release.await();
                }
                return null;
            });
            Thread.ofPlatform().start(holder);
            held.await();
            mapping.sync(); // beside an operation that is in no section
            for (String name : new String[] {"map", "map.journal"}) {
                Files.copy(directory.resolve(name), copy.resolve(name));
            }
            release.countDown();
            holder.get();
        }
        IOException refused = assertThrows(IOException.class,
                () -> FailureAtomicChronicleMap.open(builder(), copy.resolve("map")));
        assertTrue(refused.getMessage().contains("recoverPersistedTo"), refused::toString);
        assertTrue(refused.getMessage().contains("lock=0x40000000"), refused::toString);
        try (ChronicleMap<Long, byte[]> map = builder().recoverPersistedTo(
                copy.resolve("map").toFile(), true)) {
            assertArrayEquals(new byte[10], map.get(1L));
        }
        try (var map = FailureAtomicChronicleMap.open(builder(), copy.resolve("map"))) {
            map.put(1L, new byte[20]);
            map.commit();
        }
    }

    @Test
    void mapClosedBeforeTheMappingIsAnErrorNotADeadJvm() throws IOException {
        AtomicMapping mapping;
        try (ChronicleMap<Long, byte[]> map = map()) {
            mapping = AtomicMapping.adopt(file());
            map.put(1L, new byte[10]);
            mapping.sync();
            map.put(2L, new byte[10]);
        }
        IOException refused = assertThrows(IOException.class, mapping::sync);
        assertTrue(refused.getMessage().contains("unmapped"), refused::toString);
        mapping.close();
        try (ChronicleMap<Long, byte[]> map = map()) {
            assertEquals(1, map.size());
        }
    }

    /** Why {@link FailureAtomicChronicleMap#rollback} opens the map anew. */
    @Test
    void whatChronicleKeepsOnTheHeapIsNotRolledBack() throws IOException {
        try (ChronicleMap<Long, byte[]> map = map(); AtomicMapping mapping = AtomicMapping.adopt(file())) {
            VanillaChronicleHash<?, ?, ?, ?> hash = (VanillaChronicleHash<?, ?, ?, ?>) map;
            map.put(1L, new byte[10]);
            mapping.sync();
            fillUntilGrown(map, hash, 2);
            mapping.rollback();
            assertEquals(1, map.size());
            assertEquals(0, hash.globalMutableState().getAllocatedExtraTierBulks());
            assertEquals(2, hash.tierBulkOffsets.size());
            assertThrows(RuntimeException.class, () -> fillUntilGrown(map, hash, 1));
        }
        try (ChronicleMap<Long, byte[]> map = map()) {
            assertEquals(1, map.size());
        }
    }

    private static void fillUntilGrown(ChronicleMap<Long, byte[]> map, VanillaChronicleHash<?, ?, ?, ?> hash,
            int bulks) {
        for (long key = 2; hash.globalMutableState().getAllocatedExtraTierBulks() < bulks; key++) {
            map.put(key, new byte[100]);
        }
    }

    @Test
    void processThatLeavesWithoutClosingKeepsWhatItHasCommitted() throws IOException, InterruptedException {
        Process child = new ProcessBuilder(JvmFlags.command(LeavingChild.class, List.of(file().toString())))
                .redirectErrorStream(true).directory(directory.toFile()).start();
        String said = new String(child.getInputStream().readAllBytes());
        assertEquals(0, child.waitFor(), said);
        assertTrue(said.contains("4000 entries"), said);
        AtomicMapping.recover(file());
        try (ChronicleMap<Long, byte[]> map = map()) {
            assertEquals(2_000, map.size());
            assertEquals(2_000, map.keySet().stream().filter(key -> key < 2_000).count());
        }
    }

    @Test
    void forcingByTheOtherLibraryPromisesNothing() throws IOException {
        try (ChronicleMap<Long, byte[]> map = map(); AtomicMapping mapping = AtomicMapping.adopt(file())) {
            map.put(1L, new byte[10]);
            mapping.sync();
            byte[] committed = Files.readAllBytes(file());
            map.put(1L, new byte[20]);
            ((VanillaChronicleHash<?, ?, ?, ?>) map).msync();
            assertArrayEquals(committed, Files.readAllBytes(file()));
            mapping.rollback();
            assertArrayEquals(new byte[10], map.get(1L));
        }
    }
}
