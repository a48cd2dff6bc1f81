package io.atomicmapping.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.crash.CrashReport;
import io.atomicmapping.crash.CrashTest;
import io.atomicmapping.crash.Ledger;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** After any crash a hash map holds what it held at a sync: the last that returned, or one in flight. */
class PersistentHashMapCrashTest {

    /** A map, and the mapping that it lives in. */
    private record Stored(AtomicMapping mapping, PersistentHashMap map) implements AutoCloseable {

        static Stored open(Storage storage) throws IOException {
            MappingOptions options = MappingOptions.builder().storage(storage)
                    .size(PersistentHashMap.HEADER_BYTES).maxSize(1 << 20).journalCapacity(65536).build();
            AtomicMapping mapping = AtomicMapping.open(Path.of("/data/map"), options);
            return new Stored(mapping, PersistentHashMap.open(mapping, 0));
        }

        Map<String, String> entries() {
            Map<String, String> entries = new TreeMap<>();
            for (PersistentHashMap.Entry entry : map) {
                entries.put(text(entry.key()), text(entry.value()));
            }
            return entries;
        }

        void put(String key, String value) throws IOException {
            map.put(bytes(key), bytes(value));
        }

        /** Deliberately wrong: the key is gone, durably, before it is there under its new name. */
        void renameHastily(String from, String to) throws IOException {
            byte[] value = map.get(bytes(from));
            map.remove(bytes(from));
            mapping.sync();
            map.put(bytes(to), value);
            mapping.sync();
        }

        @Override
        public void close() throws IOException {
            mapping.close();
        }

        private static byte[] bytes(String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }

        private static String text(byte[] bytes) {
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    private static CrashTest<Stored, Map<String, String>> test() {
        return CrashTest.of(Stored::open, Stored::entries)
                .invariant(stored -> assertEquals(stored.entries().size(), stored.map().size()));
    }

    @Test
    void everyCrashOfAFewCommits() {
        CrashReport report = test().workload((stored, ledger) -> {
            stored.put("a", "1");
            ledger.commit(stored.mapping()::sync);
            stored.put("b", "2");
            stored.map().remove(Stored.bytes("a"));
            ledger.commit(stored.mapping()::sync);
        }).exhaustive().nested(1).run();
        System.out.println(report);
        assertTrue(report.states() > 200, report::toString);
    }

    @Test
    void randomChangesAndCrashes() {
        CrashReport report = test().workload((stored, ledger) -> {
            for (int i = 0; i < 40; i++) {
                ledger.step(() -> change(stored, ledger));
            }
        }).random(3, 400L).run();
        System.out.println(report);
        assertEquals(400, report.states());
    }

    private static void change(Stored stored, Ledger<Map<String, String>> ledger) throws Exception {
        RandomGenerator random = ledger.random();
        String key = "key " + random.nextInt(30);
        switch (random.nextInt(5)) {
            case 0 -> stored.map().remove(Stored.bytes(key));
            case 1 -> ledger.commit(stored.mapping()::sync);
            case 2 -> stored.mapping().rollback();
            default -> stored.put(key, "v".repeat(random.nextInt(300)));
        }
    }

    @Test
    void renameThatSyncsInBetweenIsFoundAndItsLineIsNamed() {
        CrashTest<Stored, Map<String, String>> wrong = test().workload((stored, ledger) -> {
            stored.put("old", "1");
            ledger.commit(stored.mapping()::sync);
            ledger.commit(() -> stored.renameHastily("old", "new"));
        }).exhaustive();
        String story = assertThrows(AssertionError.class, wrong::run).getMessage();
        assertTrue(story.contains("found {}"), story);
        assertTrue(story.lines().anyMatch(line -> line.contains("last force that had returned")
                && line.contains("Stored.renameHastily(PersistentHashMapCrashTest.java:")), story);
    }
}
