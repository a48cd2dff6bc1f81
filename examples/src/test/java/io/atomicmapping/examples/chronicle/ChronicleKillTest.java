package io.atomicmapping.examples.chronicle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.examples.chronicle.CrashRun.Mode;
import io.atomicmapping.examples.chronicle.CrashRun.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes that change a Chronicle Map are killed with SIGKILL at random moments, some while they open it.
 * Adopted, it is each time exactly one commit, opened by the ordinary {@code createPersistedTo}; Chronicle
 * Map alone, forced after each batch, is not, which also shows that the looking finds what is wrong.
 *
 * <p>More kills than a build has time for: {@code -Datomicmapping.chronicle.kills=200}.
 */
@Tag("chronicle")
class ChronicleKillTest {

    private static final String SEED = "atomicmapping.chronicle.seed";
    private static final int KILLS = Integer.getInteger("atomicmapping.chronicle.kills", 5);
    private static final int LIVES_UNTIL_WRONG_MAX = 60;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path logs;
    private static ChildJvms children;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private Path directory;

    private final long seed = Long.getLong(SEED, System.nanoTime() % 1_000_000);

    @BeforeAll
    static void makeChildren() {
        children = new ChildJvms(logs.resolve("children.log"));
    }

    @AfterAll
    static void endChildren() {
        children.close();
    }

    private CrashRun run(Mode mode, Machine machine) {
        return new CrashRun(mode, machine, children, seed);
    }

    private void tell(String what, CrashRun run) {
        System.out.println(what + ": " + run.verdicts() + ", commits=" + run.commits()
                + ", ended while opening=" + run.endedOpening() + ", -D" + SEED + "=" + seed);
        run.stories().forEach(story -> System.out.println("  " + story));
    }

    private void assertExactEachTime(Machine machine, String what) throws IOException {
        try (CrashRun run = run(Mode.ADOPTED, machine)) {
            run.live(KILLS, verdict -> { });
            tell(what, run);
            assertEquals(KILLS, run.count(Verdict.EXACT), () -> run.stories().toString());
            assertTrue(run.commits() >= KILLS, "commits");
        }
    }

    private void assertWrongSoon(Mode mode, Machine machine, String what) throws IOException {
        try (CrashRun run = run(mode, machine)) {
            for (int life = 0; life < LIVES_UNTIL_WRONG_MAX && run.stories().isEmpty(); life++) {
                run.live(1, verdict -> { });
            }
            tell(what, run);
            assertTrue(!run.stories().isEmpty(), LIVES_UNTIL_WRONG_MAX + " lives left one commit each");
        }
    }

    @Test
    void adoptedMapIsOneCommitAfterEachKill() throws IOException {
        assertExactEachTime(new Machine.Kills(directory), "adopted, kills");
    }

    @Test
    void adoptedMapIsOneCommitAfterEachSimulatedPowerCut() throws IOException {
        assertExactEachTime(new Machine.PowerCuts(directory), "adopted, kills and power cuts");
    }

    @Test
    void plainMapIsNotAfterKills() throws IOException {
        assertWrongSoon(Mode.PLAIN, new Machine.Kills(directory), "plain, kills");
    }

    @Test
    void plainMapIsNotAfterSimulatedPowerCuts() throws IOException {
        assertWrongSoon(Mode.PLAIN, new Machine.PowerCuts(directory), "plain, kills and power cuts");
    }

    /** Why everything that happens in the map is to be in a section. */
    @Test
    void adoptedMapWithoutSectionsIsNotAfterKills() throws IOException {
        assertWrongSoon(Mode.CARELESS, new Machine.Kills(directory), "adopted without sections, kills");
    }
}
