package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.crash.KillState.Workload;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Child JVMs that commit to a real file without end, killed with SIGKILL at random moments: after some acknowledged commits
 * and some nanoseconds, or while they open what the one before left. What each leaves is one commit, not older than the last
 * that it acknowledged.
 */
@Execution(ExecutionMode.CONCURRENT)
class KillTest {

    private static final String SEED = "atomicmapping.kill.seed";
    private static final int KILLS_WANTED = Integer.getInteger("atomicmapping.kill.kills", 40);
    private static final int KILLED_OPENING_ONE_IN = 4;
    private static final int SPIN_NANOS_MAX = 2_000_000;
    private static final int OPENING_NANOS_MAX = 150_000_000;
    /** a child that hangs ends then, and its test fails */
    private static final int CHILD_SECONDS_MAX = 60;
    private static final List<String> TIERS = List.of("WRITE_PROTECTION", "PRIVATE_PAGES", "COMPARE_ALL");

    @TempDir
    Path directory;

    private final long seed = Long.getLong(SEED, System.nanoTime() % 1_000_000);
    private final SplittableRandom random = new SplittableRandom(seed);
    private final KillState.OfArray model = new KillState.OfArray();
    private long modelNumber;
    private long acknowledged;

    @ParameterizedTest
    @EnumSource
    void commitsSurviveKills(Workload workload) throws IOException {
        kill(workload, (KILLS_WANTED + Workload.values().length - 1) / Workload.values().length);
    }

    private void kill(Workload workload, int kills) throws IOException {
        Path file = directory.resolve("file");
        int opened = 0;
        int phase = random.nextInt(KILLED_OPENING_ONE_IN);
        for (int kill = 0; kill < kills; kill++) {
            String story = "-D" + SEED + "=" + seed + ", workload=" + workload + ", kill=" + kill;
            boolean whileOpening = kill % KILLED_OPENING_ONE_IN == phase;
            opened += child(file, workload, TIERS.get(kill % TIERS.size()), whileOpening, story) ? 1 : 0;
            // now and then the next child is the one to recover, and may be killed at it
            if (random.nextInt(3) != 0) {
                verify(file, workload, story);
            }
        }
        verify(file, workload, "-D" + SEED + "=" + seed + ", workload=" + workload + ", at the end");
        assertTrue(opened > kills / 2, "children that came to commit: " + opened);
        System.out.println("kills of child processes: workload=" + workload + ", kills=" + kills + ", while opening="
                + (kills - opened) + ", commits=" + modelNumber + ", acknowledged=" + acknowledged + ", violations=0, seed="
                + seed);
    }

    /** Runs a child until its kill; true if it had opened the file by then. */
    private boolean child(Path file, Workload workload, String tier, boolean whileOpening, String story) throws IOException {
        Process process = new ProcessBuilder(command(file, workload, tier)).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        CompletableFuture.delayedExecutor(CHILD_SECONDS_MAX, TimeUnit.SECONDS).execute(process.toHandle()::destroyForcibly);
        List<String> lines = new ArrayList<>();
        try (BufferedReader out = process.inputReader()) {
            int awaited = whileOpening ? 1 : 3 + random.nextInt(40);
            for (int i = 0; i < awaited; i++) {
                String line = out.readLine();
                assertTrue(line != null, () -> "the child ended by itself: " + story + ", said=" + lines);
                lines.add(line);
            }
            spin(random.nextInt(whileOpening ? OPENING_NANOS_MAX : SPIN_NANOS_MAX));
            assertTrue(process.isAlive(), () -> "the child ended by itself: " + story + ", said=" + lines);
            process.toHandle().destroyForcibly(); // Process.destroyForcibly would close the stream with what it still holds
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                lines.add(line);
            }
        } finally {
            process.destroyForcibly();
        }
        lines.stream().filter(line -> line.matches("\\d+")).forEach(line ->
                acknowledged = Math.max(acknowledged, Long.parseLong(line)));
        return lines.stream().anyMatch(line -> line.startsWith("opened"));
    }

    private List<String> command(Path file, Workload workload, String tier) {
        return List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea", "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-Dio.atomicmapping.kernelTier=" + tier, "-cp",
                System.getProperty("java.class.path"), KillChild.class.getName(), file.toString(), Long.toString(seed),
                workload.name());
    }

    private static void spin(long nanos) {
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < nanos) {
            Thread.onSpinWait();
        }
    }

    private void verify(Path file, Workload workload, String story) throws IOException {
        byte[] actual;
        long number;
        try (AtomicMapping mapping = AtomicMapping.open(file, KillChild.options().build())) {
            number = mapping.lastCommit();
            actual = new byte[(int) mapping.size()];
            mapping.getBytes(0, actual);
            checkCounters(mapping, story);
        }
        assertFalse(number < acknowledged, () -> "an acknowledged commit is lost: acknowledged=" + acknowledged + ", found="
                + number + ", " + story);
        while (modelNumber < number) {
            modelNumber++;
            KillState.advance(model, workload, seed, modelNumber);
        }
        assertEquals(model.size(), actual.length, () -> "size of commit " + number + ", " + story);
        int from = KillState.STATE_FROM;
        int mismatch = Arrays.mismatch(Arrays.copyOfRange(model.bytes(), from, model.size()),
                Arrays.copyOfRange(actual, from, actual.length));
        assertEquals(-1, mismatch, () -> "bytes of commit " + number + " from " + from + ", " + story);
        assertArrayEquals(Arrays.copyOf(model.bytes(), KillState.SEEN_OFFSET), Arrays.copyOf(actual, KillState.SEEN_OFFSET));
    }

    /** No commit cuts an update in two, nor holds what was seen without what was there to see. */
    private static void checkCounters(AtomicMapping mapping, String story) {
        for (int thread = 0; thread < KillState.THREADS; thread++) {
            long first = mapping.getLong(KillState.firstCounter(thread));
            long second = mapping.getLong(KillState.secondCounter(thread));
            long seen = mapping.getLong(KillState.seen(thread));
            assertEquals(first, second, () -> "an update was cut in two, " + story);
            assertTrue(seen <= first, () -> "seen " + seen + " of " + first + ", " + story);
        }
    }
}
