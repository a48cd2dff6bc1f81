package io.atomicmapping.benchmarks;

import io.atomicmapping.benchmarks.run.AblationsCommand;
import io.atomicmapping.benchmarks.run.AllCommand;
import io.atomicmapping.benchmarks.run.CurvesCommand;
import io.atomicmapping.benchmarks.run.MemoryCommand;
import io.atomicmapping.benchmarks.run.MicroCommand;
import io.atomicmapping.benchmarks.run.RaceCommand;
import io.atomicmapping.benchmarks.run.RecoveryCommand;
import io.atomicmapping.benchmarks.run.ReportCommand;
import io.atomicmapping.benchmarks.run.SizeCommand;
import io.atomicmapping.benchmarks.run.StructuresCommand;
import io.atomicmapping.benchmarks.run.VerifyCommand;
import io.atomicmapping.benchmarks.run.WorkerCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The race: README.md in this module tells what is measured, and how. */
@Command(name = "benchmarks", description = "Races atomic syncs against what a user would pick instead.",
        mixinStandardHelpOptions = true,
        subcommands = {AllCommand.class, RaceCommand.class, CurvesCommand.class, AblationsCommand.class,
            MicroCommand.class, SizeCommand.class, MemoryCommand.class, RecoveryCommand.class,
            VerifyCommand.class, ReportCommand.class, StructuresCommand.class, WorkerCommand.class})
public final class Main {

    private Main() {}

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The command line with all its commands. */
    public static CommandLine commandLine() {
        return new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(Bytes.class, Bytes::parse)
                .registerConverter(java.time.Duration.class, Durations::parse);
    }
}
