package io.atomicmapping.examples.chronicle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.examples.chronicle.CrashRun.Mode;
import io.atomicmapping.examples.chronicle.CrashRun.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Chronicle Map on a file system that loses power, adopted and alone.
 *
 * <p>Not part of a build: it needs FUSE, root, a C compiler and libfuse3. The README has the command.
 */
@Tag("chronicle")
@Tag("power-cut")
class ChroniclePowerCutTest {

    private static final String SEED = "atomicmapping.chronicle.seed";
    private static final int POWER_CUTS = Integer.getInteger("atomicmapping.chronicle.powercuts", 25);

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    /** As many power cuts as {@code -Datomicmapping.chronicle.powercuts} says. */
    @ParameterizedTest
    @CsvSource({"ADOPTED, cached", "ADOPTED, writeback", "PLAIN, cached", "PLAIN, writeback"})
    void onlyTheAdoptedMapSurvivesPowerCuts(Mode mode, String caching) throws IOException {
        long seed = Long.getLong(SEED, System.nanoTime() % 1_000_000);
        PowerCutMachine machine = new PowerCutMachine(directory, caching);
        try (ChildJvms children = new ChildJvms(directory.resolve("children.log"));
                CrashRun run = new CrashRun(mode, machine, children, seed)) {
            run.live(POWER_CUTS, verdict -> { });
            System.out.println("power cuts: " + mode + ", caching=" + caching + ", cuts=" + machine.cuts()
                    + ", " + run.verdicts() + ", commits=" + run.commits() + ", ended while opening="
                    + run.endedOpening() + ", -D" + SEED + "=" + seed);
            run.stories().forEach(story -> System.out.println("  " + story));
            if (mode == Mode.ADOPTED) {
                assertEquals(POWER_CUTS, run.count(Verdict.EXACT), () -> run.stories().toString());
            } else {
                assertTrue(run.count(Verdict.EXACT) < POWER_CUTS, "each power cut left one commit");
            }
        }
    }
}
