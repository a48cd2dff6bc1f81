package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.journal.fault.SeededFault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The catalogue: every {@link SeededFault} and every {@link DishonestStorage} is found by the test that is
 * named for it, which finds nothing without it. Each runs in a JVM of its own, two at a time.
 *
 * <p>The table goes to standard output and to {@code target/seeded-faults.md}, and from there into FAULTS.md.
 */
class SeededFaultsTest {

    private static final List<String> VERDICTS =
            List.of(SeededFaultChild.CAUGHT, SeededFaultChild.PASSED, SeededFaultChild.HANGS);
    private static final int AT_A_TIME = 2;
    private static final int FEWEST_FAULTS = 24;
    private static final int DETECTOR_SECONDS_MAX = 120;
    private static final int ALL_SECONDS_MAX = 300;
    /** a child says itself that it hangs; if not even that, it is killed so much later */
    private static final int GRACE_SECONDS = 30;
    /** for the faults that show as a hang; with any other a hang finds nothing, the machine may be slow */
    private static final int HANG_SECONDS = 10;

    /** A test that finds faults, run in the children by {@link SeededFaultChild}. */
    private enum Detector {
        SHORT_COMMITS(Scenario.COMMITS),
        SHORT_CHECKPOINT(Scenario.CHECKPOINT),
        SHORT_JOURNAL_GROWTH(Scenario.JOURNAL_GROWTH),
        SHORT_RAW_STORES(Scenario.RAW_STORES),
        SHORT_RESIZES(Scenario.RESIZES),
        FOREIGN_BYTES(BarriersTest.class, "bytesOfAnotherProgramAreOnDiskWithTheFirstCommit"),
        ZEROS(BarriersTest.class, "zerosOverCommittedBytesAreOnDisk"),
        SYNC(BarriersTest.class, "syncThatReturnedIsOnDisk"),
        RANGE_SYNC(BarriersTest.class, "rangeSyncThatReturnedIsOnDiskToItsLastLine"),
        CHECKPOINTS(BarriersTest.class, "commitsThatWereCheckpointedAreOnDisk"),
        CHECKPOINT_END(BarriersTest.class, "checkpointEndsWhereTheCommittedSizeDoes"),
        GROWTH_BY_OPENING(BarriersTest.class, "growthByOpeningIsAllOrNothingAndOnDiskWhenItReturns"),
        CUT_AT_CLOSE(BarriersTest.class, "cutByACommitStaysThroughACloseAndIsOnDiskAfterIt"),
        ROT_IN_A_SLOT(RotTest.class, "rotInASlotIsMended"),
        ROT_BEFORE_A_MARK(RotTest.class, "rotInARecordThatAMarkFollowsIsRefused"),
        ROT_IN_THE_LAST_RECORD(RotTest.class, "rotInTheLastRecordIsAnEarlierCommitOrRefused"),
        OLD_SLOTS(RotTest.class, "slotsThatWerePutBackAreRefused"),
        LAPS(GroupsTest.class, "recordsOfAnEarlierLapDoNotFollowTheLast"),
        TORN_GROUP(GroupsTest.class, "tornGroupIsItsFirstWholeCommits"),
        DROPPED_RECORDS(GroupsTest.class, "droppedRecordsStayDroppedBehindTheNextSessionsFirst"),
        FAILED_GROUP(GroupsTest.class, "groupWhoseForceFailedIsWrittenAnewByRecovery"),
        FAILED_SHARED_COMMIT(GroupsTest.class, "failedForceIsToldToAllWhoShareTheCommit"),
        CUT_IN_ONE_COMMIT(CutsTest.class, "bytesCutAndRegrownByOneCommitReadZero"),
        CUT_AND_REGROWN_IN_THE_RING(CutsTest.class,
                "bytesOfACommitInTheRingThatALaterOneCutAndRegrewReadZero"),
        CUT_IN_THE_RING(CutsTest.class, "bytesOfACommitInTheRingThatALaterOneCutReadZero"),
        CUT_AT_HOME(CutsTest.class, "bytesAtHomeThatCommitsCutAndRegrewReadZero"),
        LOST_JOURNAL(BoundTest.class, "journalThatIsLostAfterAPowerCutIsMissed"),
        JOURNAL_ELSEWHERE(BoundTest.class, "journalElsewhereIsFoundAfterAPowerCut"),
        FIRST_OPENING_ELSEWHERE(BoundTest.class, "firstOpeningWithAJournalElsewhereCanBeCutAnywhere"),
        CHANGED_DATA_FILE(BoundTest.class, "dataFileThatWasChangedWithoutItsJournalIsRefused"),
        SECOND_STORE(BarriersTest.class, "secondStoreToAPageIsOnDisk"),
        STORE_AFTER_A_RANGE_SYNC(BarriersTest.class,
                "storeAfterARangeSyncOfItsPageIsOnDiskWithTheOther"),
        OPEN_UPDATE(SectionsTest.class, "commitWaitsForAnOpenUpdate"),
        TWO_THREADS_IN_A_PAGE(SectionsTest.class, "linesOfOnePageThatTwoThreadsMarkAreAllCommitted"),
        COMMITS_IN_FLIGHT(SectionsTest.class, "checkpointBesideTwoCommitsInFlightWritesWhatIsDurable"),
        CHECKPOINT_BESIDE_STORES(SectionsTest.class, "checkpointBesideStoresWritesWhatIsDurable"),
        OVER_BUDGET(RealFilesTest.class, "uncommittedStoresStayInTheirPagesOverBudget"),
        RAW_OVER_BUDGET(RealFilesTest.class, "rawStoresStayInTheirPagesOverBudget"),
        CHECKPOINTS_BESIDE_COMMITS(RealFilesTest.class, "commitsBesideCheckpointsAreNotLost"),
        FULL_RING(RealFilesTest.class, "commitsThatWaitForRoomAndPagesHandedBackDoNotWaitForEachOther"),
        FAILED_APPEND(InFlightTest.class, "whatIsSealedWhileAnAppendFailsFailsWithIt"),
        FAILED_RESIZE(InFlightTest.class, "growthWhoseCommitFailedIsInTheNext"),
        GROUP_OF_RANGES(InFlightTest.class, "everyRangeOfAGroupIsCommitted"),
        GAPS(RealFilesTest.class, "bytesThatAreNotCommittedDoNotGoHomeBetweenOthers"),
        FAILED_FORCES(FaultSweepTest.class, "forceThatFailsIsFinal"),
        FAILED_WRITES(FaultSweepTest.class, "writeThatFailsHalfWayIsAnErrorAndCanBeMadeGood"),
        FULL_DISK(FullHomeTest.class, "commitIntoAHoleTakesItsSpaceBeforeItIsAcknowledged"),
        FAILED_ASYNC_COMMIT(CrashExamplesTest.class, "syncBehindAnAsynchronousCommitThatFailsFailsToo"),
        KILL_THEN_POWER_CUT(CrashExamplesTest.class, "recordWhoseForceFailedIsWrittenAnewByRecovery"),
        FAILED_CREATION(CrashExamplesTest.class, "journalOfACreationThatFailedDoesNotOutliveItsDataFile"),
        ADOPTED_MAPPINGS(AdoptedFilesTest.class, "storesOfEveryMappingAreCommitted"),
        ADOPTED_GROWTH(AdoptedFilesTest.class, "aFileMadeLongerIsCutByAKill"),
        ADOPTED_TAIL(AdoptedFilesTest.class, "theLastPageIsAsCommittedAfterAKill"),
        ADOPTED_TAIL_AFTER_A_CHECKPOINT(AdoptedFilesTest.class,
                "theLastPageIsAsCommittedAfterACheckpointAndAKill"),
        ADOPTED_TAIL_ROLLED_BACK(AdoptedFilesTest.class, "theLastPageIsRolledBack"),
        ADOPTED_TAIL_TAKEN_BACK(AdoptedFilesTest.class, "whatIsTakenBackInTheLastPageStaysSo"),
        APPENDED_BYTES(AdoptedFilesTest.class, "appendedBytesAreCommitted"),
        KILLED_OPENING(CrashExamplesTest.class, "nameThatAKilledOpeningLeftInTheCacheIsForcedBeforeACommit");

        private final Class<?> test;
        private final String claim;
        private final Scenario scenario;

        Detector(Class<?> test, String claim) {
            this(test, claim, null);
        }

        /** Every crash of a short run. */
        Detector(Scenario scenario) {
            this(ExhaustiveTest.class, "everyCrashOfAShortRunLeavesOneCommit", scenario);
        }

        Detector(Class<?> test, String claim, Scenario scenario) {
            this.test = test;
            this.claim = claim;
            this.scenario = scenario;
        }

        String argument() {
            return test.getName() + "#" + claim + (scenario == null ? "" : "#" + scenario);
        }

        @Override
        public String toString() {
            return test.getSimpleName() + "." + claim + (scenario == null ? "" : "(" + scenario + ")");
        }
    }

    /** A fault to seed, how, and what is to find it. */
    private record Seed(String name, String option, Detector detector, int secondsMax) { }

    /** What came of one. */
    private record Outcome(Seed seed, boolean caught, long millis, String story) {
        @Override
        public String toString() {
            return "| %s | `%s` | %,d | %s |".formatted(seed.name, seed.detector, millis,
                    story.replace("|", "\\|"));
        }
    }

    private static Detector detectorOf(SeededFault fault) {
        return switch (fault) {
            case BODY_CHECKSUM_UNCHECKED, HEADER_CHECKSUM_UNCHECKED, HEADER_CHECKSUM_WITHOUT_LENGTH ->
                    Detector.ROT_IN_THE_LAST_RECORD;
            case SLOT_CHECKSUM_UNCHECKED, SLOT_CHECKSUM_WITHOUT_LAST_SAMPLES, ONE_SLOT_WRITTEN ->
                    Detector.ROT_IN_A_SLOT;
            case GENERATION_KEPT_AT_GROWTH -> Detector.GROWTH_BY_OPENING;
            case REWRITTEN_ONLY_TO_THE_RINGS_END -> Detector.FAILED_GROUP;
            case FAILURE_NOT_TOLD_TO_FOLLOWERS -> Detector.FAILED_SHARED_COMMIT;
            case CUT_WITHIN_A_COMMIT_NOT_SEEN -> Detector.CUT_AND_REGROWN_IN_THE_RING;
            case STUB_AFTER_ATTRIBUTE -> Detector.FIRST_OPENING_ELSEWHERE;
            case SALT_UNCHANGED -> Detector.DROPPED_RECORDS;
            case PROOF_IGNORED, WITNESSES_NOT_AT_EVERY_SECTOR, MARK_FORGOTTEN -> Detector.ROT_BEFORE_A_MARK;
            case NEWER_GENERATION_IGNORED -> Detector.OLD_SLOTS;
            case DURABLE_LSN_AHEAD -> Detector.TORN_GROUP;
            case FAILED_FORCE_RETRIED -> Detector.FAILED_FORCES;
            case ACCEPTED_RECORDS_NOT_REWRITTEN -> Detector.KILL_THEN_POWER_CUT;
            case CLIPPING_FORGOTTEN, HOME_CUT_WHILE_MAPPED -> Detector.CUT_IN_THE_RING;
            case ZEROING_FORGOTTEN -> Detector.CUT_AT_HOME;
            case SMALLEST_SIZE_FORGOTTEN -> Detector.CUT_IN_ONE_COMMIT;
            case ATTRIBUTE_LATE -> Detector.LOST_JOURNAL;
            case STUB_LATE -> Detector.JOURNAL_ELSEWHERE;
            case SAMPLES_UNCHECKED -> Detector.CHANGED_DATA_FILE;
            case SEAL_WITHOUT_WAITING -> Detector.OPEN_UPDATE;
            case SECOND_STORE_NOT_TOLD -> Detector.SECOND_STORE;
            case LATER_ENTRY_OF_A_PAGE_IGNORED -> Detector.STORE_AFTER_A_RANGE_SYNC;
            case BIAS_NOT_REVOKED -> Detector.TWO_THREADS_IN_A_PAGE;
            case CHECKPOINT_WITHOUT_TWINS -> Detector.CHECKPOINT_BESIDE_STORES;
            case CHECKPOINT_WITHOUT_SEALED_IMAGES, YOUNGER_IMAGE_WINS, BEFORE_IMAGE_FORGOTTEN ->
                    Detector.COMMITS_IN_FLIGHT;
            case COMPLETION_IN_TWO_STEPS -> Detector.CHECKPOINTS_BESIDE_COMMITS;
            case RECYCLED_UNCOMMITTED -> Detector.OVER_BUDGET;
            case RECYCLED_IN_KERNEL_MODE -> Detector.RAW_OVER_BUDGET;
            case ROOM_AWAITED_INSIDE_EXCLUSION -> Detector.FULL_RING;
            case FAILED_APPEND_NOT_MERGED_BACK -> Detector.FAILED_WRITES;
            case FAILED_COMMIT_NOT_TOLD -> Detector.FAILED_ASYNC_COMMIT;
            case SPACE_NOT_RESERVED -> Detector.FULL_DISK;
            case LAP_UNCHECKED -> Detector.LAPS;
            case GAPS_FILLED_AS_SEEN -> Detector.GAPS;
            case LATER_SEALED_NOT_TAKEN_BACK -> Detector.FAILED_APPEND;
            case FAILED_RESIZE_FORGOTTEN -> Detector.FAILED_RESIZE;
            case RANGE_OF_A_GROUP_FORGOTTEN -> Detector.GROUP_OF_RANGES;
            case RANGE_WITHOUT_ITS_LAST_LINE -> Detector.RANGE_SYNC;
            case CHECKPOINT_NOT_CLIPPED -> Detector.CHECKPOINT_END;
            case TRIM_FORGOTTEN -> Detector.CUT_AT_CLOSE;
            case REPLAY_IN_WRONG_ORDER -> Detector.SHORT_CHECKPOINT;
            case TWIN_FORGOTTEN -> Detector.ZEROS;
            case KERNEL_COMMIT_NOT_HOME -> Detector.SHORT_RAW_STORES;
            case GROWTH_LIMIT_LATE -> Detector.SHORT_RESIZES;
            case ONLY_FIRST_MAPPING_SCANNED -> Detector.ADOPTED_MAPPINGS;
            case ADOPTED_LENGTH_LIMITED -> Detector.ADOPTED_GROWTH;
            case ADOPTED_TAIL_NOT_CUT -> Detector.ADOPTED_TAIL;
            case LAST_RECORD_NOT_KEPT -> Detector.ADOPTED_TAIL_AFTER_A_CHECKPOINT;
            case ADOPTED_TAIL_NOT_MENDED -> Detector.ADOPTED_TAIL_ROLLED_BACK;
            case ADOPTED_TAIL_NOT_PARTED -> Detector.ADOPTED_TAIL_TAKEN_BACK;
            case APPENDED_BYTES_NOT_GATHERED -> Detector.APPENDED_BYTES;
        };
    }

    private static Detector detectorOf(DishonestStorage fault) {
        return switch (fault) {
            case ATTRIBUTE_NOT_FORCED -> Detector.LOST_JOURNAL;
            case STUB_NOT_FORCED, STUB_DIRECTORY_NOT_FORCED -> Detector.JOURNAL_ELSEWHERE;
            case ACKNOWLEDGED_BEFORE_FORCE -> Detector.SYNC;
            case CHECKPOINT_BEFORE_HOME_FORCED -> Detector.CHECKPOINTS;
            case GROWTH_NOT_FORCED -> Detector.GROWTH_BY_OPENING;
            case TRIM_NOT_FORCED -> Detector.CUT_AT_CLOSE;
            case FOUND_NAMES_NOT_FORCED, FOUND_JOURNAL_ELSEWHERE_NOT_FORCED -> Detector.KILLED_OPENING;
            case TAKEN_BACK_NAME_NOT_FORCED -> Detector.FAILED_CREATION;
            case FOREIGN_BYTES_NOT_FORCED -> Detector.FOREIGN_BYTES;
            case SLOTS_NOT_FORCED, SLOTS_OVERWRITTEN_IN_PLACE -> Detector.SHORT_CHECKPOINT;
            case NEW_RING_NOT_FORCED -> Detector.SHORT_JOURNAL_GROWTH;
            case NEW_RING_DIRECTORY_NOT_FORCED, RECOVERED_HOME_NOT_FORCED -> Detector.SHORT_COMMITS;
            case REWRITTEN_RECORDS_NOT_FORCED -> Detector.KILL_THEN_POWER_CUT;
        };
    }

    private static List<Seed> seeds() {
        List<Seed> seeds = new ArrayList<>();
        for (DishonestStorage fault : DishonestStorage.values()) {
            seeds.add(new Seed(fault.name(), "-D" + DishonestStorage.PROPERTY + "=" + fault,
                    detectorOf(fault), DETECTOR_SECONDS_MAX));
        }
        for (SeededFault fault : SeededFault.values()) {
            boolean hangs = fault == SeededFault.ROOM_AWAITED_INSIDE_EXCLUSION;
            seeds.add(new Seed(fault.name(), "-Dio.atomicmapping.seededFault=" + fault, detectorOf(fault),
                    hangs ? HANG_SECONDS : DETECTOR_SECONDS_MAX));
        }
        return seeds;
    }

    @Test
    void everySeededFaultIsCaughtByItsTest() throws Exception {
        List<Seed> seeds = seeds();
        assertTrue(seeds.size() >= FEWEST_FAULTS, "faults: " + seeds.size());
        long begin = System.nanoTime();
        List<Outcome> outcomes = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME)) {
            List<Future<Outcome>> running = seeds.stream().map(seed -> threads.submit(() -> run(seed)))
                    .toList();
            for (Future<Outcome> outcome : running) {
                outcomes.add(outcome.get());
            }
        }
        report(outcomes, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin));
        List<Outcome> missed = outcomes.stream().filter(outcome -> !outcome.caught).toList();
        assertTrue(missed.isEmpty(), () -> "faults that nothing found: " + missed);
    }

    /**
     * Or what they find with a fault would say nothing. The short runs are visited whole in ExhaustiveTest,
     * in every build.
     */
    @Test
    void detectorsFindNothingWithoutAFault() throws Exception {
        List<Detector> all = Stream.of(Detector.values()).filter(detector -> detector.scenario == null)
                .toList();
        try (ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME)) {
            int half = all.size() / 2;
            List<Future<String>> running = Stream.of(all.subList(0, half), all.subList(half, all.size()))
                    .map(part -> threads.submit(() -> child(null, part, ALL_SECONDS_MAX))).toList();
            for (Future<String> lastLine : running) {
                String line = lastLine.get();
                assertTrue(line.startsWith(SeededFaultChild.PASSED) && line.endsWith("hits=0"),
                        () -> "a detector fails without a fault: " + line);
            }
        }
    }

    private static Outcome run(Seed seed) throws IOException, InterruptedException {
        String line = child(seed.option, List.of(seed.detector), seed.secondsMax);
        String[] parts = line.split(" ", 3);
        String story = parts[2].replace(seed.detector.claim + ": ", "");
        boolean caught = line.startsWith(SeededFaultChild.CAUGHT)
                || seed.secondsMax == HANG_SECONDS && line.startsWith(SeededFaultChild.HANGS);
        return new Outcome(seed, caught, Long.parseLong(parts[1]), story);
    }

    /** The last line of a child; one that ends without it is broken, which is no way to find a fault. */
    private static String child(String option, List<Detector> detectors, int secondsMax)
            throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = new ArrayList<>(List.of(java, "-ea", "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx512m", "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=/dev/null", "--enable-native-access=ALL-UNNAMED",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=off"));
        if (option != null) {
            command.add(option);
            // who finds it counts, not how shortly it is told
            command.add("-Datomicmapping.crash.shrinkSeconds=0");
            command.add("-Datomicmapping.crash.stories=target/seeded-faults/"
                    + option.substring(option.indexOf('=') + 1));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), SeededFaultChild.class.getName(),
                Integer.toString(secondsMax)));
        detectors.forEach(detector -> command.add(detector.argument()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        CompletableFuture.delayedExecutor(secondsMax + GRACE_SECONDS, TimeUnit.SECONDS)
                .execute(process::destroyForcibly);
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        return Arrays.stream(output.split("\n"))
                .filter(line -> VERDICTS.stream().anyMatch(line::startsWith))
                .findFirst().orElseThrow(() -> new AssertionError("child broke: status=" + status
                        + ", command=" + command + ", said=" + output));
    }

    private static void report(List<Outcome> outcomes, long seconds) throws IOException {
        StringBuilder table = new StringBuilder("| fault | found by | ms | as |\n|---|---|---|---|\n");
        outcomes.forEach(outcome -> table.append(outcome).append('\n'));
        long caught = outcomes.stream().filter(Outcome::caught).count();
        System.out.println("seeded faults: caught=" + caught + " of " + outcomes.size()
                + ", seconds=" + seconds + "\n" + table);
        Path target = Path.of("target");
        if (Files.isDirectory(target)) {
            Files.writeString(target.resolve("seeded-faults.md"), table);
        }
    }
}
