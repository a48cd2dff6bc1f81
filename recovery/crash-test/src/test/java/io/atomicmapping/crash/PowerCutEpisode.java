package io.atomicmapping.crash;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.crash.KillState.Workload;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;

/** A new file on a disk that loses power, and what becomes of it in some lives: {@link PowerCutTest}. */
final class PowerCutEpisode {

    private static final int LIVES_MAX = 30;
    private static final int JOURNAL_ELSEWHERE_ONE_IN = 4;
    private static final int READ_ONLY_ONE_IN = 8;
    private static final int LINES_MAX = 100;

    /** How a life ends. */
    private enum End {
        /** the power fails; the child sees its calls fail, and lives again afterwards */
        CUT,
        /** the power fails, and the child is gone with it */
        CUT_AND_KILL,
        /** only the child is killed */
        KILL,
        /** calls fail as if the child had been killed; it lives again afterwards */
        STOP
    }

    private final PowerCutDisk.Kind kind;
    private final PowerCutChildren children;
    private final Map<String, Long> counts;
    private final SplittableRandom random;
    private final long seed;
    private final Workload workload;
    private final Path journal;
    private final KillOracle oracle;

    private PowerCutDisk disk;
    private volatile boolean killedWhenOff;
    /** of the last life that came to commit: what it commits is another's than any other's */
    private long makerSeed;
    private boolean wasOpen;
    /** the last life was killed: the next one finds what was not forced */
    private boolean wasKilled;
    private String story;

    PowerCutEpisode(PowerCutDisk.Kind kind, PowerCutChildren children, long seed, Map<String, Long> counts) {
        this.kind = kind;
        this.children = children;
        this.counts = counts;
        this.seed = seed;
        random = new SplittableRandom(seed);
        workload = Workload.values()[random.nextInt(Workload.values().length)];
        boolean elsewhere = random.nextInt(JOURNAL_ELSEWHERE_ONE_IN) == 0;
        journal = elsewhere ? kind.mountPoint().resolve("elsewhere.journal") : null;
        oracle = new KillOracle(workload);
        makerSeed = seed;
    }

    void run(long endNanos) throws IOException {
        Files.deleteIfExists(kind.image());
        int lives = 1 + random.nextInt(LIVES_MAX); // few: much of the time it is being created
        powerOn();
        try {
            for (int life = 0; life < lives && System.nanoTime() < endNanos; life++) {
                End end = end();
                story = "seed=" + seed + ", workload=" + workload + ", journal=" + journal + ", life=" + life
                        + ", end=" + end + ", disk=" + kind;
                live(end, seed * LIVES_MAX + life);
            }
        } finally {
            disk.cut(0);
            count("commits", oracle.number());
        }
    }

    private void count(String what, long by) {
        counts.merge(what, by, Long::sum);
    }

    private void powerOn() throws IOException {
        disk = new PowerCutDisk(kind, () -> {
            if (killedWhenOff) {
                children.kill();
            }
        });
    }

    private End end() {
        return switch (random.nextInt(16)) {
            case 0 -> End.KILL;
            case 1 -> End.CUT_AND_KILL;
            // failing calls lose what the kernel holds back, which a killed process does not
            case 2, 3, 4 -> kind.caching().equals("writeback") ? End.KILL : End.STOP;
            default -> End.CUT;
        };
    }

    private void live(End end, long lifeSeed) throws IOException {
        if (wasOpen && random.nextInt(READ_ONLY_ONE_IN) == 0) {
            readOnly();
        }
        killedWhenOff = end == End.CUT_AND_KILL;
        switch (end) {
            case CUT, CUT_AND_KILL -> disk.cutAfter(changes());
            case STOP -> disk.stopAfter(changes());
            case KILL -> disk.cutAfter(0);
        }
        wasKilled = end == End.KILL || end == End.STOP;
        boolean alive = hear(end == End.KILL ? 1 + random.nextInt(LINES_MAX) : -1, lifeSeed);
        count("ends by " + end, 1);
        boolean killed = end == End.CUT_AND_KILL || end == End.KILL;
        if (alive == killed || end != End.KILL && !disk.isOff()) {
            throw new AssertionError((alive ? "calls failed" : "the child ended") + " by itself: " + story);
        }
        switch (end) {
            case CUT, CUT_AND_KILL -> {
                Map<String, Long> figures = disk.cut(random.nextLong() >>> 1);
                count("power cuts", 1);
                count("changes not forced at a cut", figures.get("undecided"));
                count("changes not forced at a cut, kept", figures.get("kept"));
                powerOn();
            }
            case STOP -> disk.resume();
            case KILL -> { }
        }
    }

    /** How many changes the disk sees before it fails: few, so that it fails in openings, or many. */
    private int changes() {
        return 1 + random.nextInt(switch (random.nextInt(wasKilled ? 8 : 4)) {
            case 0 -> 150;
            case 1 -> 400;
            case 2 -> 1_200;
            default -> 40;
        });
    }

    /**
     * Has the child live.
     *
     * @param linesMax kills it a moment after it has said so much
     * @return whether its calls failed and it waits to live again; false if it is gone
     */
    private boolean hear(int linesMax, long lifeSeed) throws IOException {
        children.live(lifeSeed + " " + workload + (journal == null ? "" : " " + journal));
        boolean opened = false;
        boolean down = false;
        int lines = 0;
        String line;
        while (!isLast(down) && (line = children.line(story)) != null) {
            if (line.startsWith("opened ")) {
                opened(line.split(" "), lifeSeed);
                opened = true;
            } else if (line.matches("\\d+")) {
                oracle.acknowledge(Long.parseLong(line));
                count("commits acknowledged", 1);
            } else if (line.startsWith("down ")) {
                down = true;
                count("  " + line.replaceAll("\\d+", "#"), 1);
                if (line.matches(".*(Corrupt|Incompatible)JournalException.*")) {
                    throw new AssertionError("what a crash left is refused: " + line + ", " + story);
                }
            }
            if (++lines == linesMax) {
                children.kill();
            }
        }
        count("ends before the file was open", opened ? 0 : 1);
        return isLast(down);
    }

    /** A child that is killed may still come to say that it is down. */
    private boolean isLast(boolean down) {
        return down && !killedWhenOff;
    }

    private void opened(String[] words, long lifeSeed) throws IOException {
        if (wasOpen && words[2].equals("created")) {
            throw new AssertionError("the file is gone: " + story);
        }
        Path bytes = Path.of(words[3]);
        oracle.verify(Files.readAllBytes(bytes), Long.parseLong(words[1]), makerSeed, story);
        Files.delete(bytes); // not before: a violation leaves it to be looked at
        oracle.acknowledge(Long.parseLong(words[1]));
        count("openings verified", 1);
        makerSeed = lifeSeed;
        wasOpen = true;
    }

    private void readOnly() throws IOException {
        try (AtomicMapping mapping = AtomicMapping.open(kind.mountPoint().resolve("file"),
                MappingOptions.builder().readOnly(true).build())) {
            byte[] actual = mapping.readSegment().toArray(ValueLayout.JAVA_BYTE);
            oracle.verify(actual, mapping.lastCommit(), makerSeed, "read only, before " + story);
        }
        count("openings to read verified", 1);
    }
}
