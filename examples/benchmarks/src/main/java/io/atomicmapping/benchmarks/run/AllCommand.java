package io.atomicmapping.benchmarks.run;

import io.atomicmapping.benchmarks.Main;
import io.atomicmapping.benchmarks.run.RunOptions.Folders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Everything, in order, and the report. */
@Command(name = "all",
        description = "Everything: durability, race, curves, ablations, micro, size,"
                + " memory, recovery, report.",
        mixinStandardHelpOptions = true)
public final class AllCommand implements Callable<Integer> {

    /** what is left after the race, curves and ablations is for the rest, which takes as long as it takes */
    private static final int RACE_PERCENT = 60;
    private static final int CURVES_PERCENT = 15;
    private static final int ABLATIONS_PERCENT = 15;
    private static final int PERCENT = 100;

    @Mixin
    private Folders folders;

    @Option(names = "--budget", defaultValue = "8h",
            description = "how long it may take, about: ${DEFAULT-VALUE}")
    private Duration budget;

    @Option(names = "--rounds", defaultValue = "3", description = "how many rounds: ${DEFAULT-VALUE}")
    private int rounds;

    @Override
    public Integer call() {
        int failed = 0;
        failed += step("verify");
        failed += step("race", "--rounds", Integer.toString(rounds), "--budget", percent(RACE_PERCENT));
        failed += step("curves", "--rounds", Integer.toString(rounds), "--budget", percent(CURVES_PERCENT));
        failed += step("ablations", "--rounds", Integer.toString(rounds), "--budget",
                percent(ABLATIONS_PERCENT));
        failed += step("micro");
        failed += step("size");
        failed += step("memory");
        failed += step("recovery");
        failed += step("report");
        return failed == 0 ? 0 : 1;
    }

    private String percent(int percent) {
        return budget.toSeconds() * percent / PERCENT + "s";
    }

    private int step(String... command) {
        System.out.println("== " + String.join(" ", command));
        List<String> arguments = new ArrayList<>(List.of(command));
        arguments.addAll(folders.arguments());
        return Main.commandLine().execute(arguments.toArray(String[]::new));
    }
}
