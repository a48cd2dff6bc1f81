package io.atomicmapping.crash;

import java.nio.file.Path;

/** Short runs of which every crash is visited. */
enum Scenario {

    /** A few commits of a few pages, one of them of several sectors; what is not committed is lost. */
    COMMITS(9000, 1, script -> script.fill(10, 8, 1).fill(4096, 8, 1).sync()
            .fill(600, 8, 2).fill(8900, 100, 2).sync().fill(1030, 980, 3).sync().fill(0, 2000, 4)),

    /** A journal elsewhere, with its stub. */
    JOURNAL_ELSEWHERE(4096, 1, script -> script.fill(10, 8, 1).sync().fill(600, 8, 2).sync()),

    /** A file system without attributes, and direct writes of 4 KiB; recoveries are crashed two deep. */
    NO_ATTRIBUTES(4096, 2, script -> script.fill(10, 8, 1).sync().fill(600, 8, 2).sync()),

    /** A checkpoint in the background, and commits beside and behind it. */
    CHECKPOINT(4096, 1, script -> {
        for (int i = 1; i <= 7; i++) {
            script.fill(100, 1300, i).sync();
        }
        script.awaitCheckpoints(1).fill(100, 8, 42).sync();
    }),

    /** Records at the end of the ring and at its beginning, and one in two pieces. */
    RING_WRAP(4096, 1, script -> {
        for (int i = 1; i <= 20; i++) {
            script.fill(100, 1300, i).sync();
        }
    }),

    /**
     * A ring that has gone round: where the next record belongs lies a whole one of the lap before, under the
     * same salt.
     */
    RING_LAP(4096, 1, script -> {
        for (int i = 1; i <= 36; i++) {
            script.fill(100, 8, i).sync();
        }
        script.watchFromHere().fill(100, 8, 37).sync().fill(100, 8, 38).sync();
    }),

    /** A ring that is full to its last byte, after a cut: a checkpoint is in flight all the while. */
    RING_FULL(0, 1, script -> {
        script.resize(16_384).fill(14_200, 300, 9).sync().reopen();
        script.resize(14_000).sync().holdCheckpoints().fillRing().letCheckpointsGo();
    }),

    /** A journal that is made larger by an opening, and a data file of more pages than a slot has samples. */
    JOURNAL_GROWTH(40_000, 1, script -> script.fill(0, 8, 1).sync().reopen(32_768).fill(100, 8, 3).sync()),

    /**
     * A commit that is larger than the ring, which grows for it. Most of its bytes are zeros, as the new ring
     * is, so that every state of it can be visited; not those of the checkpoint behind it, which changes 34
     * sectors of the data file at once.
     */
    COMMIT_LARGER_THAN_THE_RING(24_576, 0, script -> {
        for (int i = 0; i < 9; i++) {
            script.fill(2000 * i, 2000, 1).sync();
        }
        script.reopen().fill(20_000, 8, 1).sync().watchFromHere();
        script.fill(0, 18_000, 0).fill(9000, 8, 2).fill(17_990, 10, 3).sync();
        script.fill(100, 8, 4).sync().watchUntilHere();
    }),

    /** Larger, smaller, larger again, and empty: what was cut off reads zero. */
    RESIZES(0, 1, script -> script.resize(5000).fill(3500, 1500, 1).sync().reopen()
            .resize(12288).fill(8192, 10, 2).sync().resize(3600).sync()
            .resize(8192).fill(7500, 692, 3).sync().resize(0).sync()),

    /** Lines are committed before others that were stored earlier. */
    RANGE_SYNC(8192, 1, script -> script.fill(0, 200, 1).fill(4096, 200, 1).sync(64, 10).fill(50, 100, 2)
            .sync(4156, 10).sync().fill(0, 64, 3).rollback().fill(640, 8, 4).sync()),

    /** Several records behind one force, in a new file, whose space is taken meanwhile. */
    GROUP_IN_A_NEW_FILE(4096, 1, script -> script.resize(9000).groupOfCommits(4)),

    /** Several records behind one force, after a cut. */
    GROUP(0, 1, script -> script.resize(16_384).fill(5600, 100, 9).fill(14_300, 100, 9).sync().reopen()
            .resize(5400).sync().resize(9000).groupOfCommits(3)),

    /** A mapping that is idle leaves a mark, which proves that the record before it was on disk. */
    MARK(4096, 1, script -> script.fill(10, 8, 1).sync().awaitMark().fill(600, 700, 2).sync()
            .awaitMark()),

    /** Opening replays a record and drops a torn one; that opening crashes, and that after it. */
    REPLAY_OF_A_TORN_TAIL(4096, 2,
            script -> script.watchFromHere().fill(10, 8, 1).sync().fill(300, 600, 2).sync()),

    /** The same with a group of records, of which any may be missing. */
    REPLAY_OF_A_GROUP(4096, 2, script -> script.watchFromHere().groupOfCommits(3)),

    /** The same with a record that lies in two pieces, at the end of the ring and at its beginning. */
    REPLAY_OF_A_RING_WRAP(4096, 2, script -> {
        for (int i = 1; i <= 10; i++) {
            script.fill(100, 1300, i).sync();
        }
        script.awaitCheckpoints(1).watchFromHere().fill(100, 1300, 11).sync().fill(100, 8, 42).sync();
    }),

    /** The same with a cut, and a growth behind it. */
    REPLAY_OF_RESIZES(0, 2, script -> script.resize(8192).fill(4600, 700, 1).sync().reopen().watchFromHere()
            .resize(5000).sync().resize(9000).fill(8190, 10, 2).sync()),

    /**
     * A record whose force failed: the cache has it, and no force brings it to the disk unless it is written
     * anew.
     */
    FAILED_FORCE(4096, 1, script -> script.fill(0, 8, 1).sync().fill(600, 1200, 2).syncThatFails()),

    /** The same, and the cache has dropped it, too. */
    LOST_FORCE(4096, 1, script -> script.fill(0, 8, 1).sync().fill(600, 1200, 2).syncThatFailsAndLosesIt()),

    /** Stores that the kernel would find. */
    RAW_STORES(8192, 1, script -> script.fill(0, 8, 1).sync().fillRaw(700, 8, 2).sync()
            .fillRaw(4096, 600, 3).sync().fillRaw(0, 8, 4));

    /** What is done in a run. */
    private interface Play {
        void run(Script script) throws Exception;
    }

    private final int size;
    private final int depth;
    private final Play play;

    Scenario(int size, int depth, Play play) {
        this.size = size;
        this.depth = depth;
        this.play = play;
    }

    /** Visits it, and tells a table what the disks looked like. */
    CrashReport visit(FormatFeature.Table seen) {
        SimulatedDisk nowhere = new SimulatedDisk();
        Session.Place place = new Session.Place(nowhere, Path.of("/data/file"),
                this == JOURNAL_ELSEWHERE ? Path.of("/log/journal") : null, 16384, 1 << 20, true,
                nowhere::time);
        return CrashTest.of(storage -> {
            seen.see((SimulatedDisk) storage, this);
            return Tested.open((SimulatedDisk) storage, place, size);
        }, Tested::found)
                .workload((tested, ledger) -> play.run(tested.script(ledger)))
                .on(this == NO_ATTRIBUTES ? new DiskTraits(4096, false) : DiskTraits.USUAL)
                .named(name()).exhaustive().nested(depth).run();
    }
}
