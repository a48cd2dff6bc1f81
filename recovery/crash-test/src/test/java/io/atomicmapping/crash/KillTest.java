package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.crash.KillState.Workload;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
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
 * Child JVMs that commit to a real file without end, killed with SIGKILL at random moments: after some
 * acknowledged commits and some nanoseconds, or while they open what the one before left. What each leaves is
 * one commit, not older than the last that it acknowledged.
 */
@Execution(ExecutionMode.CONCURRENT)
class KillTest {

    private static final String SEED = "atomicmapping.kill.seed";
    private static final int KILLS_WANTED =
            Integer.getInteger("atomicmapping.kill.kills", LongRun.isWanted() ? 300 : 40);
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
    private KillOracle oracle;

    @ParameterizedTest
    @EnumSource
    void commitsSurviveKills(Workload workload) throws IOException {
        kill(workload, (KILLS_WANTED + Workload.values().length - 1) / Workload.values().length);
    }

    private void kill(Workload workload, int kills) throws IOException {
        Path file = directory.resolve("file");
        oracle = new KillOracle(workload);
        int opened = 0;
        int phase = random.nextInt(KILLED_OPENING_ONE_IN);
        for (int kill = 0; kill < kills; kill++) {
            String story = "-D" + SEED + "=" + seed + ", workload=" + workload + ", kill=" + kill;
            boolean whileOpening = kill % KILLED_OPENING_ONE_IN == phase;
            opened += child(file, workload, TIERS.get(kill % TIERS.size()), whileOpening, story) ? 1 : 0;
            // now and then the next child is the one to recover, and may be killed at it
            if (random.nextInt(3) != 0) {
                verify(file, story);
            }
        }
        verify(file, "-D" + SEED + "=" + seed + ", workload=" + workload + ", at the end");
        assertTrue(opened > kills / 2, "children that came to commit: " + opened);
        System.out.println("kills of child processes: workload=" + workload + ", kills=" + kills
                + ", while opening=" + (kills - opened) + ", commits=" + oracle.number()
                + ", acknowledged=" + oracle.acknowledged() + ", violations=0, seed=" + seed);
    }

    /** Runs a child until its kill; true if it had opened the file by then. */
    private boolean child(Path file, Workload workload, String tier, boolean whileOpening, String story)
            throws IOException {
        Process process = new ProcessBuilder(command(file, workload, tier))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        CompletableFuture.delayedExecutor(CHILD_SECONDS_MAX, TimeUnit.SECONDS)
                .execute(process.toHandle()::destroyForcibly);
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
            // Process.destroyForcibly would close the stream with what it still holds
            process.toHandle().destroyForcibly();
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                lines.add(line);
            }
        } finally {
            process.destroyForcibly();
        }
        lines.stream().filter(line -> line.matches("\\d+")).forEach(line ->
                oracle.acknowledge(Long.parseLong(line)));
        return lines.stream().anyMatch(line -> line.startsWith("opened"));
    }

    private List<String> command(Path file, Workload workload, String tier) {
        return List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea",
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED",
                "-Dio.atomicmapping.kernelTier=" + tier, "-cp", System.getProperty("java.class.path"),
                KillChild.class.getName(), file.toString(), Long.toString(seed), workload.name());
    }

    private static void spin(long nanos) {
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < nanos) {
            Thread.onSpinWait();
        }
    }

    private void verify(Path file, String story) throws IOException {
        try (AtomicMapping mapping = AtomicMapping.open(file, KillChild.options().build())) {
            byte[] actual = new byte[(int) mapping.size()];
            mapping.getBytes(0, actual);
            oracle.verify(actual, mapping.lastCommit(), seed, story);
        }
    }
}
