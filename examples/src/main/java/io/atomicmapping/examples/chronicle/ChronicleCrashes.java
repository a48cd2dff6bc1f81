package io.atomicmapping.examples.chronicle;

import io.atomicmapping.examples.chronicle.CrashRun.Mode;
import io.atomicmapping.examples.chronicle.CrashRun.Verdict;
import io.atomicmapping.examples.program.Programs;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The program: Chronicle Map alone and Chronicle Map adopted, side by side, under the same threads, killed
 * with SIGKILL at random moments, with and without a power cut after it.
 */
@Command(name = "chronicle-crashes", sortOptions = false, description =
        "Kills processes that change a Chronicle Map, and looks at what each leaves: Chronicle Map alone,"
        + " forced after each batch, and the same map adopted by AtomicMapping. The exit status is 1 if the"
        + " adopted one was ever anything else than exactly one commit.")
public final class ChronicleCrashes implements Callable<Integer> {

    private static final int SHOWN_STORIES = 3;

    @Option(names = "--lives", defaultValue = "5", paramLabel = "N",
            description = "How many processes are killed in each of four runs; default: ${DEFAULT-VALUE}.")
    private int lives;

    @Option(names = "--seed", paramLabel = "SEED",
            description = "Chooses what is stored, and when to kill; by default another one each time.")
    private Long seed;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Shows this.")
    private boolean help;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    private final PrintStream out;

    /** One row of the report. */
    private record Row(String end, Mode mode, CrashRun run) { }

    /** The program, with its report on standard output. */
    public ChronicleCrashes() {
        this(System.out);
    }

    ChronicleCrashes(PrintStream out) {
        this.out = out;
    }

    /**
     * Runs the program and exits: with 0 if the adopted map was exactly one commit after each crash, else
     * with 1; with 2 for wrong arguments.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        System.exit(new CommandLine(new ChronicleCrashes()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        Programs.requireAtLeast(spec, "--lives", lives, 1);
        long begin = System.nanoTime();
        long used = seed == null ? new Random().nextInt(1_000_000) : seed;
        Path directory = Files.createTempDirectory("chronicle-crashes");
        List<Row> rows = new ArrayList<>();
        try (ProgressBar bar = Programs.progress("crashes", 4L * lives);
                ChildJvms children = new ChildJvms(directory.resolve("children.log"))) {
            for (Mode mode : new Mode[] {Mode.PLAIN, Mode.ADOPTED}) {
                for (boolean power : new boolean[] {false, true}) {
                    rows.add(crash(mode, power, directory, children, used, bar));
                }
            }
        }
        report(rows, used, System.nanoTime() - begin);
        boolean exact = rows.stream().filter(row -> row.mode == Mode.ADOPTED)
                .allMatch(row -> row.run.count(Verdict.EXACT) == lives);
        if (!exact) {
            out.println("WRONG: the adopted map must be exact each time; everything is in " + directory);
            return 1;
        }
        Programs.delete(directory);
        return 0;
    }

    private Row crash(Mode mode, boolean power, Path parent, ChildJvms children, long used, ProgressBar bar)
            throws IOException {
        String end = power ? "kill, then power cut" : "kill";
        Path directory = Files.createDirectory(parent.resolve(mode + (power ? "-power" : "-kill")));
        Machine machine = power ? new Machine.PowerCuts(directory) : new Machine.Kills(directory);
        bar.setExtraMessage(" " + mode.title() + ", " + end);
        try (CrashRun run = new CrashRun(mode, machine, children, used)) {
            run.live(lives, verdict -> bar.step());
            return new Row(end, mode, run);
        }
    }

    private void report(List<Row> rows, long used, long nanos) {
        out.printf("%n%-24s %-22s %7s %7s", "", "ended by", "commits", "crashes");
        for (Verdict verdict : Verdict.values()) {
            out.printf(" %10s", verdict.title());
        }
        out.println();
        for (Row row : rows) {
            out.printf("%-24s %-22s %,7d %7d", row.mode.title(), row.end, row.run.commits(), lives);
            for (Verdict verdict : Verdict.values()) {
                out.printf(" %10d", row.run.count(verdict));
            }
            out.println();
        }
        for (Row row : rows) {
            row.run.stories().stream().limit(SHOWN_STORIES).forEach(out::println);
        }
        out.printf("seed %d, %.1f s%n", used, nanos / 1e9);
    }
}
