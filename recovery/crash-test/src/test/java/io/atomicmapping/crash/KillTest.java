package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.crash.KillState.Workload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
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
    private static final int LINES_MORE = 40;
    private static final List<String> TIERS = List.of("WRITE_PROTECTION", "PRIVATE_PAGES", "COMPARE_ALL");

    @TempDir
    Path directory;

    private final long seed = Long.getLong(SEED, System.nanoTime() % 1_000_000);
    private final SplittableRandom random = new SplittableRandom(seed);
    private final KilledJvm jvm = new KilledJvm(random, SPIN_NANOS_MAX, OPENING_NANOS_MAX, line -> false);
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
        List<String> command = KilledJvm.command(KillChild.class,
                List.of("-Dio.atomicmapping.kernelTier=" + tier),
                file.toString(), Long.toString(seed), workload.name());
        List<String> lines = jvm.run(command, whileOpening, LINES_MORE, story);
        lines.stream().filter(line -> line.matches("\\d+")).forEach(line ->
                oracle.acknowledge(Long.parseLong(line)));
        return lines.stream().anyMatch(line -> line.startsWith("opened"));
    }

    private void verify(Path file, String story) throws IOException {
        try (AtomicMapping mapping = AtomicMapping.open(file, KillChild.options().build())) {
            byte[] actual = new byte[(int) mapping.size()];
            mapping.getBytes(0, actual);
            oracle.verify(actual, mapping.lastCommit(), seed, story);
        }
    }
}
