package io.atomicmapping.examples.chronicle;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Lives of {@link Writer}s on one machine, each ended at a random moment, and what each has left. A file that
 * is as it should be goes on to the next life, for some lives; else the next begins with none.
 */
final class CrashRun implements AutoCloseable {

    private static final int LIVES_OF_A_FILE_MAX = 10;
    private static final int COMMITS_MAX = 60;
    private static final int SPIN_NANOS_MAX = 3_000_000;
    private static final int ENDED_OPENING_ONE_IN = 5;
    private static final int OPENING_NANOS_MAX = 60_000_000;

    /** How the map is used. */
    enum Mode {
        /** Chronicle Map alone; its file is forced while nobody is in it. */
        PLAIN("Chronicle Map"),
        /** {@link FailureAtomicChronicleMap}. */
        ADOPTED("Chronicle Map, adopted"),
        /** Adopted, but operations run in no section: commits may cut them in two. */
        CARELESS("adopted, no sections");

        private final String title;

        Mode(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    /** What the ordinary opening has found. */
    enum Verdict {
        /** what one commit had made durable, and not less than was acknowledged */
        EXACT,
        /** a lock is held by nobody who lives: each use of its segment would fail after a minute */
        LOCKED,
        /** a state that once was, but older than what was acknowledged */
        LOST,
        /** entries that no commit ever left together */
        WRONG,
        /** an exception while it was opened or read */
        UNREADABLE,
        /** the JVM that looked at it died or hung */
        DIED;

        String title() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Mode mode;
    private final Machine machine;
    private final ChildJvms children;
    private final SplittableRandom random;
    private final Map<Verdict, Integer> verdicts = new EnumMap<>(Verdict.class);
    private final List<String> stories = new ArrayList<>();
    private long seed;
    private int livesOfFile;
    private long acknowledgedCommit;
    private long[] acknowledged = new long[Workload.THREADS];
    private long commits;
    private int endedOpening;

    /** Lives on a machine, of children that others may use when this is done. */
    CrashRun(Mode mode, Machine machine, ChildJvms children, long seed) {
        this.mode = mode;
        this.machine = machine;
        this.children = children;
        this.random = new SplittableRandom(seed);
    }

    Map<Verdict, Integer> verdicts() {
        return verdicts;
    }

    int count(Verdict verdict) {
        return verdicts.getOrDefault(verdict, 0);
    }

    /** What was wrong, one line for each life that left something else than it should. */
    List<String> stories() {
        return stories;
    }

    long commits() {
        return commits;
    }

    int endedOpening() {
        return endedOpening;
    }

    /** Has some lives, and tells each verdict. */
    void live(int lives, Consumer<Verdict> progress) throws IOException {
        for (int life = 0; life < lives; life++) {
            if (livesOfFile == 0) {
                erase();
            }
            machine.on();
            ChildJvm writer = children.writer();
            String story = "mode=" + mode + ", seed=" + seed + ", life=" + livesOfFile + " of its file";
            run(writer, story);
            Verdict verdict = inspect(story);
            verdicts.merge(verdict, 1, Integer::sum);
            progress.accept(verdict);
            livesOfFile = verdict == Verdict.EXACT ? (livesOfFile + 1) % LIVES_OF_A_FILE_MAX : 0;
        }
    }

    private void erase() throws IOException {
        machine.erase();
        seed = random.nextInt(1 << 20);
        acknowledgedCommit = 0;
        acknowledged = new long[Workload.THREADS];
    }

    private void require(boolean holds, String what) throws IOException {
        children.require(holds, what);
    }

    private void run(ChildJvm writer, String story) throws IOException {
        // a plain map that was killed while it was made is another story: it keeps its opener waiting
        boolean opening = mode != Mode.PLAIN && random.nextInt(ENDED_OPENING_ONE_IN) == 0;
        Path remembered = machine.remembered();
        writer.tell(mode + " " + seed + " " + machine.file() + (remembered == null ? "" : " " + remembered));
        String first = writer.line(ChildJvms.WAITING_SECONDS_MAX);
        require("opening".equals(first), "writer ended by itself: " + story);
        long before = acknowledgedCommit;
        for (int awaited = opening ? 0 : 1 + random.nextInt(COMMITS_MAX); awaited > 0; awaited--) {
            String line = writer.line(ChildJvms.WAITING_SECONDS_MAX);
            require(line != null, "writer ended by itself: " + story);
            acknowledge(line);
        }
        spin(random.nextInt(opening ? OPENING_NANOS_MAX : SPIN_NANOS_MAX));
        require(writer.isAlive(), "writer ended by itself: " + story);
        machine.off(writer, random);
        for (String line = writer.line(ChildJvms.WAITING_SECONDS_MAX); line != null;
                line = writer.line(ChildJvms.WAITING_SECONDS_MAX)) {
            acknowledge(line);
        }
        writer.close();
        endedOpening += opening ? 1 : 0;
        commits += acknowledgedCommit - before;
    }

    /** What was durable when the line was said. */
    private void acknowledge(String line) {
        String[] words = line.split(" ");
        acknowledgedCommit = Long.parseLong(words[0]);
        for (int thread = 0; thread < Workload.THREADS; thread++) {
            acknowledged[thread] = Long.parseLong(words[1 + thread]);
        }
    }

    private static void spin(long nanos) {
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < nanos) {
            Thread.onSpinWait();
        }
    }

    private Verdict inspect(String story) throws IOException {
        String line = children.inspect(mode + " " + seed + " " + machine.file());
        if (line == null) {
            stories.add(Verdict.DIED + ": " + story);
            return Verdict.DIED;
        }
        String[] words = line.split(" ", 3 + Workload.THREADS);
        Verdict verdict = Verdict.valueOf(words[0]);
        String told = words[2 + Workload.THREADS];
        if (verdict == Verdict.EXACT && isOlder(words)) {
            verdict = Verdict.LOST;
            told = "found=" + line + ", acknowledged=" + acknowledgedCommit + Arrays.toString(acknowledged);
        }
        if (verdict != Verdict.EXACT) {
            stories.add(verdict + ": " + told + ", " + story);
        }
        return verdict;
    }

    private boolean isOlder(String[] words) {
        boolean older = mode != Mode.PLAIN && Long.parseLong(words[1]) < acknowledgedCommit;
        for (int thread = 0; thread < Workload.THREADS; thread++) {
            older |= Long.parseLong(words[2 + thread]) < acknowledged[thread];
        }
        return older;
    }

    @Override
    public void close() throws IOException {
        machine.close();
    }
}
