package io.atomicmapping.examples.program;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** A program's arguments, its progress, and the folder that it leaves or not. */
public final class Programs {

    private static final int UPDATE_MILLIS = 100;

    private Programs() {
    }

    /**
     * Refuses a number that is too small.
     *
     * @param spec the program
     * @param option the option's name
     * @param value its value
     * @param least the least that it can be
     * @throws CommandLine.ParameterException if it is less
     */
    public static void requireAtLeast(CommandSpec spec, String option, long value, long least) {
        if (value < least) {
            throw new CommandLine.ParameterException(spec.commandLine(),
                    option + " must be at least " + least + ": value=" + value);
        }
    }

    /**
     * Shows on the terminal how far it is.
     *
     * @param name what is done
     * @param steps how many steps that are
     * @return the bar, to be stepped and closed
     */
    public static ProgressBar progress(String name, long steps) {
        return new ProgressBarBuilder().setTaskName(name).setInitialMax(steps)
                .setUpdateIntervalMillis(UPDATE_MILLIS).build();
    }

    /**
     * Deletes a folder and all that is in it.
     *
     * @param folder the folder
     * @throws IOException if something cannot be deleted
     */
    public static void delete(Path folder) throws IOException {
        List<Path> all;
        try (Stream<Path> tree = Files.walk(folder)) {
            all = tree.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : all) {
            Files.delete(path);
        }
    }
}
