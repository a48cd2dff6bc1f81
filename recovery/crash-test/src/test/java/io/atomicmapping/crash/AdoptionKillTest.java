package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Child JVMs whose library's file is adopted, killed with SIGKILL at random moments, as {@link KillTest}
 * does. What each leaves, recovered, is the bytes and the length of one commit, not older than the last that
 * was told.
 */
@Execution(ExecutionMode.CONCURRENT)
class AdoptionKillTest {

    private static final String SEED = "atomicmapping.kill.seed";
    private static final int KILLS_WANTED =
            Integer.getInteger("atomicmapping.kill.kills", LongRun.isWanted() ? 300 : 12);
    private static final int KILLED_OPENING_ONE_IN = 4;
    private static final int SPIN_NANOS_MAX = 3_000_000;
    private static final int OPENING_NANOS_MAX = 200_000_000;
    private static final int LINES_MORE = 60;
    private static final List<String> TIERS = List.of("WRITE_PROTECTION", "PRIVATE_PAGES", "COMPARE_ALL");

    @TempDir
    Path directory;

    private final long seed = Long.getLong(SEED, System.nanoTime() % 1_000_000);
    private final SplittableRandom random = new SplittableRandom(seed);
    private final KilledJvm jvm =
            new KilledJvm(random, SPIN_NANOS_MAX, OPENING_NANOS_MAX, line -> line.startsWith("closed"));
    private long told;
    private int files;

    @Test
    void commitsOfAnAdoptedFileSurviveKills() throws IOException {
        Path file = newFile();
        int opened = 0;
        long steps = 0;
        for (int kill = 0; kill < KILLS_WANTED; kill++) {
            String story = "-D" + SEED + "=" + seed + ", file=" + files + ", kill=" + kill;
            boolean whileOpening = kill % KILLED_OPENING_ONE_IN == KILLED_OPENING_ONE_IN - 1;
            opened += child(file, TIERS.get(kill % TIERS.size()), kill % 2 == 0, whileOpening, story) ? 1 : 0;
            if (random.nextInt(3) != 0) { // else the next child is to recover, and may be killed at it
                verify(file, story);
            }
            if (Files.size(file) > 200 * AdoptionSteps.PAGE) {
                verify(file, story);
                steps += told;
                file = newFile();
            }
        }
        verify(file, "-D" + SEED + "=" + seed + ", at the end");
        assertTrue(opened > KILLS_WANTED / 2, "children that came to commit: " + opened);
        System.out.println("kills of children with adopted files: kills=" + KILLS_WANTED + ", while opening="
                + (KILLS_WANTED - opened) + ", steps=" + (steps + told) + ", violations=0, seed=" + seed);
    }

    private Path newFile() throws IOException {
        told = 0;
        files++;
        return Files.write(directory.resolve("file" + files), new byte[AdoptionSteps.FIRST_SIZE]);
    }

    /** Runs a child until its kill; true if it had adopted the file by then. */
    private boolean child(Path file, String tier, boolean queried, boolean whileOpening, String story)
            throws IOException {
        List<String> command = KilledJvm.command(AdoptionKillChild.class,
                List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                        "-Dio.atomicmapping.kernelTier=" + tier,
                        "-Dio.atomicmapping.queryMappings=" + queried),
                file.toString(), Long.toString(seed));
        List<String> lines = jvm.run(command, whileOpening, LINES_MORE, story);
        lines.stream().filter(line -> line.startsWith("committed ")).forEach(line ->
                told = Math.max(told, Long.parseLong(line.substring("committed ".length()))));
        return lines.stream().anyMatch(line -> line.startsWith("opened"));
    }

    private void verify(Path file, String story) throws IOException {
        AtomicMapping.recover(file);
        byte[] actual = Files.readAllBytes(file);
        long step = ByteBuffer.wrap(actual).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        assertTrue(step >= told, () -> "lost: " + story + ", told=" + told + ", found=" + step);
        assertArrayEquals(AdoptionSteps.after(seed, step), actual, () -> story + ", step=" + step);
        told = step;
    }
}
