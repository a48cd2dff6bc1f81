package io.atomicmapping.benchmarks.run;

import io.atomicmapping.benchmarks.Bytes;
import io.atomicmapping.benchmarks.measure.Span;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How runs are made, given to the race and handed on to each JVM of it. */
final class RunOptions {

    @Mixin
    Folders folders;

    @Option(names = "--file-size", defaultValue = "1G", description = "the data: ${DEFAULT-VALUE}")
    Bytes fileSize;

    @Option(names = "--records", defaultValue = "16777216",
            description = "8-byte records that a key-value store holds before it is raced: ${DEFAULT-VALUE};"
                    + " as many as the file has words are 134217728, and take long to fill in")
    long records;

    @Option(names = "--warm-up", defaultValue = "5",
            description = "seconds before it is measured: ${DEFAULT-VALUE}")
    double warmUp;

    @Option(names = "--seconds", defaultValue = "10",
            description = "seconds measured, at least: ${DEFAULT-VALUE}")
    double seconds;

    @Option(names = "--seconds-max", defaultValue = "300",
            description = "seconds measured, at most, where the ring is slow to fill: ${DEFAULT-VALUE}")
    double secondsMax;

    @Option(names = "--ring-fills", defaultValue = "5",
            description = "how often a journal's ring is filled while it is measured: ${DEFAULT-VALUE}")
    double ringFills;

    @Option(names = "--commits", defaultValue = "0",
            description = "measure so many commits instead, without warm-up: ${DEFAULT-VALUE}")
    long commits;

    Span span() {
        return new Span(warmUp, seconds, Math.max(seconds, secondsMax), ringFills, commits);
    }

    /** As arguments of another JVM. */
    List<String> arguments() {
        List<String> arguments = new ArrayList<>(folders.arguments());
        arguments.addAll(List.of("--file-size", fileSize.toString(), "--records", Long.toString(records),
                "--warm-up",
                Double.toString(warmUp), "--seconds", Double.toString(seconds), "--seconds-max",
                Double.toString(secondsMax), "--ring-fills", Double.toString(ringFills), "--commits",
                Long.toString(commits)));
        return arguments;
    }

    /** Where everything is. */
    static final class Folders {

        static final String DEFAULT = "${sys:benchmarks.target:-target}";

        @Option(names = "--data", defaultValue = DEFAULT + "/race-data",
                description = "where the stores keep their files, on the disk that is measured:"
                        + " ${DEFAULT-VALUE}")
        Path data;

        @Option(names = "--results", defaultValue = DEFAULT + "/race",
                description = "where CSV files, logs and pictures go: ${DEFAULT-VALUE}")
        Path results;

        List<String> arguments() {
            return List.of("--data", data.toString(), "--results", results.toString());
        }

        Path csv(String name) {
            return results.resolve(name + ".csv");
        }
    }
}
