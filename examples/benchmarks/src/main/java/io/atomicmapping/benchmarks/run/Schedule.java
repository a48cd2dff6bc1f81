package io.atomicmapping.benchmarks.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Makes runs in rounds: all entries in turn, then all again, so that what changes on the machine meets every
 * store. A budget shortens the runs, and ends the schedule where even that is not enough.
 */
final class Schedule {

    /** opening, filling the file anew where that is done, settling: seen here, for the plan only */
    private static final double OVERHEAD_SECONDS = 8;
    private static final double SECONDS_MIN = 1;
    private static final double LONGEST_TO_MEAN = 2;

    private final RunOptions options;
    private final List<Entry> entries;
    private final int rounds;
    private final long deadlineNanos;
    private final List<String> failures = new ArrayList<>();

    /**
     * Plans it.
     *
     * @param budget how long all of it may take; null for as long as it takes
     */
    Schedule(RunOptions options, List<Entry> entries, int rounds, Duration budget) {
        this.options = options;
        this.entries = entries;
        this.rounds = rounds;
        this.deadlineNanos = budget == null ? Long.MAX_VALUE : budget.toNanos();
        if (budget != null) {
            double each = secondsEach(budget, entries.size() * rounds, options.warmUp);
            options.secondsMax = Math.min(options.secondsMax, each * LONGEST_TO_MEAN);
            options.seconds = Math.min(options.seconds, each);
        }
    }

    static double secondsEach(Duration budget, int runs, double warmUp) {
        double each = (double) budget.toSeconds() / Math.max(1, runs) - OVERHEAD_SECONDS - warmUp;
        return Math.max(SECONDS_MIN, each / LONGEST_TO_MEAN); // some need the longest, most the least
    }

    /** Runs it; returns how many runs failed. What they said is in the logs. */
    int run() throws IOException, InterruptedException {
        System.out.printf("%d runs in %d rounds, each of %.0f s warm-up and %.0f to %.0f s measured%n",
                entries.size() * rounds, rounds, options.warmUp, options.seconds, options.secondsMax);
        Path plan = options.folders.results.resolve("plan.txt");
        Files.createDirectories(options.folders.results);
        Files.writeString(plan, String.join(" ", options.arguments()));
        long begin = System.nanoTime();
        try (ProgressBar bar = new ProgressBarBuilder().setTaskName("race").setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(5_000).setInitialMax((long) entries.size() * rounds).build()) {
            for (int round = 1; round <= rounds; round++) {
                for (Entry entry : entries) {
                    if (System.nanoTime() - begin > deadlineNanos) {
                        failures.add("the budget ended in round " + round + ", before " + entry.label());
                        return report();
                    }
                    bar.setExtraMessage(entry.label());
                    run(entry, round);
                    bar.step();
                }
            }
        }
        return report();
    }

    private void run(Entry entry, int round) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(entry.arguments(round));
        // An option is given once: what an entry says, else what is common.
        List<String> common = new ArrayList<>(options.arguments());
        for (int i = 0; i < common.size(); i += 2) {
            if (!arguments.contains(common.get(i))) {
                arguments.addAll(common.subList(i, i + 2));
            }
        }
        Path log = options.folders.results.resolve("logs").resolve(entry.label().replace(' ', '_') + "_"
                + round + ".log");
        int code = Jvm.run(new Jvm.Start(List.of(), entry.store()
                .jvmFlags(), entry.patched()), arguments, log);
        if (code != 0) {
            failures.add(entry.label() + ", round " + round + ": code " + code + ", " + log);
        }
    }

    private int report() {
        failures.forEach(failure -> System.out.println("FAILED: " + failure));
        return failures.size();
    }
}
