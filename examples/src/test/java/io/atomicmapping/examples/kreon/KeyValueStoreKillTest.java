package io.atomicmapping.examples.kreon;

import static io.atomicmapping.examples.kreon.SmallStores.bytes;
import static io.atomicmapping.examples.kreon.SmallStores.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that writes into a store on a real file, from several threads, is killed with SIGKILL, again and
 * again: what it was told to be durable is there, and nothing is half there. {@code
 * -Datomicmapping.kreon.kills=200} makes more of them.
 */
class KeyValueStoreKillTest {

    private static final int KILLS = Integer.getInteger("atomicmapping.kreon.kills", 6);
    private static final int THREADS = 3;
    private static final int KEYS = 100;
    private static final int LINES_MAX = 3000;

    private static KeyValueStore open(Path file) throws IOException {
        return KeyValueStore.open(file, StoreOptions.builder().segmentBytes(16384).nodeBytes(256)
                .journalCapacity(1 << 20).build());
    }

    /** Each thread counts in two entries, of which one is named after the count: so it deletes, too. */
    private static void count(KeyValueStore store, int thread, PrintStream out) throws IOException {
        byte[] counter = bytes("counter " + thread);
        byte[] last = store.get(counter);
        for (long i = last == null ? 1 : Long.parseLong(text(last)) + 1;; i++) {
            WriteBatch batch = new WriteBatch().put(counter, bytes("" + i))
                    .put(name(thread, i), new byte[(int) (i % 300)]);
            if (i > KEYS) {
                batch.delete(name(thread, i - KEYS));
            }
            store.write(batch);
            out.println(thread + " " + i);
        }
    }

    private static byte[] name(int thread, long i) {
        return bytes("an entry of thread " + thread + " " + i);
    }

    /** The process that is killed. */
    static final class Child {

        private Child() {
        }

        public static void main(String[] args) throws IOException {
            KeyValueStore store = open(Path.of(args[0]));
            for (int i = 0; i < THREADS; i++) {
                int thread = i;
                Thread.ofPlatform().start(() -> {
                    try {
                        count(store, thread, System.out);
                    } catch (IOException | RuntimeException e) {
                        System.out.println("failed " + e);
                    }
                });
            }
        }
    }

    @Test
    void acknowledgedWritesSurviveKills(@TempDir Path directory) throws IOException, InterruptedException {
        Path file = directory.resolve("store");
        Random random = new Random();
        long[] acknowledged = new long[THREADS];
        long replayed = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            runAndKill(file, 1 + random.nextInt(LINES_MAX), acknowledged);
            try (KeyValueStore store = open(file)) {
                store.verify();
                replayed += store.mapping().recovery().commitsReplayed();
                check(store, acknowledged);
            }
        }
        System.out.println("kills=" + KILLS + ", counts=" + List.of(acknowledged[0], acknowledged[1],
                acknowledged[2]) + ", commits replayed=" + replayed);
        assertTrue(replayed > 0, "no kill left anything to recover");
    }

    private static void runAndKill(Path file, int lines, long[] acknowledged)
            throws IOException, InterruptedException {
        List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("java.class.path"), Child.class.getName(), file.toString());
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        List<String> told = new ArrayList<>();
        try (BufferedReader output = process.inputReader()) {
            for (int i = 0; i < lines; i++) {
                told.add(output.readLine());
            }
            assertTrue(process.toHandle().destroyForcibly()); // the process's own method closes the pipe
            output.lines().forEach(told::add); // acknowledged before the kill, read after it
        }
        process.waitFor();
        for (String line : told) {
            String[] words = line.split(" ");
            if (words.length == 2 && words[1].matches("[0-9]+") && !line.equals(told.getLast())) {
                acknowledged[Integer.parseInt(words[0])] = Long.parseLong(words[1]);
            } else {
                assertEquals(told.getLast(), line, "only the last line may be cut off");
            }
        }
    }

    private static void check(KeyValueStore store, long[] acknowledged) {
        long entries = 0;
        for (int thread = 0; thread < THREADS; thread++) {
            byte[] counter = store.get(bytes("counter " + thread));
            long count = counter == null ? 0 : Long.parseLong(text(counter));
            assertTrue(count >= acknowledged[thread] && count <= acknowledged[thread] + 2,
                    "thread=" + thread + ", count=" + count + ", acknowledged=" + acknowledged[thread]);
            for (long i = Math.max(1, count - KEYS + 1); i <= count; i++) {
                assertEquals((int) (i % 300), store.get(name(thread, i)).length);
            }
            entries += (counter == null ? 0 : 1) + Math.min(count, KEYS);
            acknowledged[thread] = count;
        }
        assertEquals(entries, store.size());
    }
}
