package io.atomicmapping.crash;

import java.nio.file.Path;

/** Short runs of which every crash is visited. */
enum Scenario {

    /** A few commits of a few pages, one of them of several sectors; what is not committed is lost. */
    COMMITS(9000, 1, script -> script.fill(10, 8, 1).fill(4096, 8, 1).sync().fill(600, 8, 2).fill(8900, 100, 2).sync()
            .fill(1000, 1500, 3).sync().fill(0, 2000, 4)),

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

    /** A ring that is full to its last byte, after a cut; of the last record most sectors are zeros, as the ring was. */
    RING_FULL(0, 1, script -> {
        script.resize(16_384).fill(14_000, 1100, 9).sync().reopen().resize(14_000).sync();
        for (int i = 0; i < 5; i++) {
            script.fill(1432 * i, 1432, 1).sync();
        }
        script.resize(14_500).fill(0, 5 * 1432, 0).fill(12_288, 300, 2).fill(13_000, 300, 2).sync();
    }),

    /** A commit that is larger than the ring, which grows. */
    JOURNAL_GROWTH(24576, 1, script -> script.fill(0, 8, 1).sync().fill(0, 17_000, 2).sync().fill(100, 8, 3).sync()),

    /** Larger, smaller, larger again, and empty: what was cut off reads zero. */
    RESIZES(0, 1, script -> script.resize(5000).fill(3500, 1500, 1).sync().reopen().resize(12288).fill(8192, 10, 2).sync().resize(3600)
            .sync().resize(8192).fill(7500, 692, 3).sync().resize(0).sync()),

    /** Lines are committed before others that were stored earlier. */
    RANGE_SYNC(8192, 1, script -> script.fill(0, 200, 1).fill(4096, 200, 1).sync(64, 10).fill(50, 100, 2).sync(4156, 10).sync()
            .fill(0, 64, 3).rollback().fill(640, 8, 4).sync()),

    /** Several records behind one force, in a new file, whose space is taken meanwhile. */
    GROUP_IN_A_NEW_FILE(4096, 1, script -> script.resize(9000).groupOfCommits()),

    /** Several records behind one force, after a cut. */
    GROUP(0, 1, script -> script.resize(16_384).fill(5500, 400, 9).fill(14_000, 1100, 9).sync().reopen().resize(5400).sync()
            .resize(9000).groupOfCommits()),

    /** A record whose force failed: the cache has it, and no force brings it to the disk unless it is written anew. */
    FAILED_FORCE(4096, 1, script -> script.fill(0, 8, 1).sync().fill(600, 1200, 2).syncThatFails()),

    /** The same, and the cache has dropped it, too. */
    LOST_FORCE(4096, 1, script -> script.fill(0, 8, 1).sync().fill(600, 1200, 2).syncThatFailsAndLosesIt()),

    /** Stores that the kernel would find. */
    RAW_STORES(8192, 1, script -> script.fill(0, 8, 1).sync().fillRaw(700, 8, 2).sync().fillRaw(4096, 600, 3).sync()
            .fillRaw(0, 8, 4));

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

    CrashReport visit() {
        SimulatedDisk nowhere = new SimulatedDisk();
        Session.Place place = new Session.Place(nowhere, Path.of("/data/file"),
                this == JOURNAL_ELSEWHERE ? Path.of("/log/journal") : null, 16384, 1 << 20, true, nowhere::time);
        return CrashTest.of(storage -> Tested.open((SimulatedDisk) storage, place, size), Tested::found)
                .workload((tested, ledger) -> play.run(tested.script(ledger)))
                .on(this == NO_ATTRIBUTES ? new DiskTraits(4096, false) : DiskTraits.USUAL)
                .named(name()).exhaustive().nested(depth).run();
    }
}
