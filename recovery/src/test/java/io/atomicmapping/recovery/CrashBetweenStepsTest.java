package io.atomicmapping.recovery;

import static io.atomicmapping.recovery.Fixture.ELSEWHERE;
import static io.atomicmapping.recovery.Fixture.FILE;
import static io.atomicmapping.recovery.Fixture.JOURNAL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.journal.JournalFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Stops before every single change that a scenario makes to files, once as a kill and once as a power cut;
 * then again before every change of the opening that follows. What opens at last must be one commit, and it
 * must open.
 */
class CrashBetweenStepsTest {

    private static final Path[] FILES = {FILE, JOURNAL, ELSEWHERE};
    private static final int CHANGES_MAX = 1_000;

    /** A part of a scenario. */
    @FunctionalInterface
    private interface Steps {
        void run(Fixture fixture) throws IOException;
    }

    /** What was before, what is cut, and how it is opened after. */
    enum Scenario {
        CREATE(f -> { },
                f -> f.open(10_000),
                f -> f.open(10_000)),
        CREATE_WITH_JOURNAL_ELSEWHERE(f -> { },
                f -> elsewhere(f).open(10_000),
                f -> elsewhere(f).open(10_000)),
        OPEN_PLAIN_FILE(f -> f.create(FILE, new byte[] {1, 2, 3}),
                f -> f.open(),
                f -> f.open()),
        OPEN_CLEAN(f -> clean(f),
                f -> f.open(),
                f -> f.open()),
        GROW_CLEAN(f -> clean(f),
                f -> f.open(20_000),
                f -> f.open(), 20_000),
        RECOVER(f -> interrupted(f),
                f -> f.open(),
                f -> f.open()),
        RECOVER_AND_GROW(f -> interrupted(f),
                f -> f.open(20_000),
                f -> f.open(), 20_000),
        RECOVER_WHAT_WAS_NOT_FORCED(f -> clean(f),
                f -> f.open().fill(0, 4_000, 7).append().fill(500, 3_000, 8).append(),
                f -> f.open()),
        RECOVER_INTO_A_LARGER_RING(f -> interrupted(f),
                f -> largerRing(f).open(),
                f -> f.open()),
        CLOSE(f -> interrupted(f),
                f -> f.open().put(3, 3).commit().resize(4_000).commit().closeClean(),
                f -> f.open()),
        CLOSE_THEN_GROW(f -> interrupted(f),
                f -> f.open().put(3, 3).commit().closeClean(),
                f -> f.open(20_000), 20_000),
        COMMIT(f -> clean(f),
                f -> f.open().put(3, 3).commit().put(4, 4).commit().mark()
                        .put(5, 5).append().put(6, 6).append().force(),
                f -> f.open()),
        CHECKPOINT(f -> clean(f),
                f -> f.open().put(3, 3).commit().checkpoint()
                        .resize(12_000).put(11_000, 4).commit().checkpoint().put(5, 5).commit(),
                f -> f.open()),
        GROW_RING(f -> clean(f),
                f -> f.open().put(3, 3).commit().checkpoint().growRing(40_000).put(5, 5).commit(),
                f -> f.open()),
        MOVE_JOURNAL_AWAY(f -> clean(f),
                f -> elsewhere(f).open().put(3, 3).commit(),
                f -> f.open()),
        MOVE_JOURNAL_AWAY_AND_OPEN_THERE(f -> clean(f),
                f -> elsewhere(f).open(),
                f -> elsewhere(f).open()),
        MOVE_JOURNAL_BACK(f -> clean(elsewhere(f)),
                f -> beside(f).open().put(3, 3).commit(),
                f -> f.open()),
        OPEN_CLEAN_ELSEWHERE(f -> clean(elsewhere(f)),
                f -> noOption(f).open().put(3, 3).commit(),
                f -> f.open()),
        CLEAN_JOURNAL_DELETED(f -> clean(f).delete(JOURNAL),
                f -> f.open().put(3, 3).commit(),
                f -> f.open());

        private final Steps before;
        private final Steps cut;
        private final Steps after;
        private final long grownSize;

        Scenario(Steps before, Steps cut, Steps after) {
            this(before, cut, after, -1);
        }

        /** With a size that the file may have besides that of a commit. */
        Scenario(Steps before, Steps cut, Steps after, long grownSize) {
            this.grownSize = grownSize;
            this.before = before;
            this.cut = cut;
            this.after = after;
        }

        private static Fixture clean(Fixture f) throws IOException {
            return f.open(10_000).fill(0, 10_000, 1).commit().put(9_000, 2).commit().closeClean();
        }

        private static Fixture interrupted(Fixture f) throws IOException {
            return f.open(10_000).fill(0, 10_000, 1).commit().checkpoint()
                    .resize(6_000).commit().resize(9_000).put(8_000, 2).commit().kill();
        }

        private static Fixture elsewhere(Fixture f) {
            f.journalOption = ELSEWHERE;
            return f;
        }

        private static Fixture beside(Fixture f) {
            f.journalOption = JOURNAL;
            return f;
        }

        private static Fixture noOption(Fixture f) {
            f.journalOption = null;
            return f;
        }

        private static Fixture largerRing(Fixture f) {
            f.capacityBytes = 2 * JournalFormat.RING_BYTES_MIN;
            return f;
        }
    }

    @ParameterizedTest
    @EnumSource
    void crashAnywhereLeavesOneCommit(Scenario scenario) throws IOException {
        cutEverywhere(scenario, true);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CLEAN_JOURNAL_DELETED") // it would hold the number
    void crashAnywhereLeavesOneCommitWithoutAttributes(Scenario scenario) throws IOException {
        cutEverywhere(scenario, false);
    }

    private void cutEverywhere(Scenario scenario, boolean attributes) throws IOException {
        for (int cutAt = 0; ; cutAt++) {
            assertTrue(cutAt < CHANGES_MAX);
            Fixture fixture = new Fixture();
            fixture.through = new CrashingStorage(fixture.storage, attributes, Integer.MAX_VALUE);
            scenario.before.run(fixture);
            fixture.durableCommit = fixture.commits.size() - 1;
            CrashingStorage cut = new CrashingStorage(fixture.storage.copy(), attributes, cutAt, FILES);
            fixture.through = cut;
            boolean completed = completes(() -> scenario.cut.run(fixture));
            String what = scenario + ", cut before change " + cutAt;
            reopenWithCuts(scenario, fixture, cut::afterKill, what + " by a kill");
            reopenWithCuts(scenario, fixture, cut::afterPowerCut, what + " by a power cut");
            if (completed) {
                assertEquals(cutAt, cut.changes());
                return;
            }
        }
    }

    /** What a crash left, in a storage that stops again before a change. */
    @FunctionalInterface
    private interface Left {
        CrashingStorage until(int changesBeforeCrash) throws IOException;
    }

    /** Opens what a crash left; then cuts that opening before each of its changes, and opens again. */
    private void reopenWithCuts(Scenario scenario, Fixture before, Left left, String what)
            throws IOException {
        for (int cutAt = 0; ; cutAt++) {
            CrashingStorage second = left.until(cutAt);
            boolean completed = completes(() -> scenario.after.run(reader(before, second)));
            String twice = what + ", then before change " + cutAt + " of the opening";
            verify(scenario, before, second.afterKill(Integer.MAX_VALUE), twice + " by a kill");
            verify(scenario, before, second.afterPowerCut(Integer.MAX_VALUE), twice + " by a power cut");
            if (completed) {
                return;
            }
        }
    }

    private static Fixture reader(Fixture before, CrashingStorage through) {
        Fixture fixture = new Fixture();
        fixture.journalOption = before.journalOption;
        fixture.through = through;
        fixture.checksHome = false;
        return fixture;
    }

    private static boolean completes(org.junit.jupiter.api.function.Executable steps) {
        try {
            steps.execute();
            return true;
        } catch (Throwable e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof CrashingStorage.Crash) {
                    return false;
                }
            }
            throw new AssertionError(e);
        }
    }

    private static void verify(Scenario scenario, Fixture expected, CrashingStorage left, String what)
            throws IOException {
        Fixture actual = reader(expected, left);
        try {
            scenario.after.run(actual);
        } catch (IOException e) {
            throw new AssertionError(what, e);
        }
        long commit = actual.files.lastCommit();
        byte[] bytes = actual.homeOpen();
        if (expected.commits.isEmpty()) {
            assertEquals(0, commit, what);
            assertTrue(bytes.length == 3 || Arrays.equals(bytes, new byte[10_000]), what);
        } else {
            assertTrue(commit >= expected.durableCommit && commit < expected.commits.size(), what
                    + " gives commit " + commit + " where " + expected.durableCommit + " was durable");
            byte[] wanted = expected.committed(commit);
            assertTrue(Arrays.equals(bytes, wanted) || bytes.length == scenario.grownSize
                    && Arrays.equals(bytes, Arrays.copyOf(wanted, bytes.length)), what + " gives other "
                    + "bytes than commit " + commit);
        }
        actual.kill();
    }
}
