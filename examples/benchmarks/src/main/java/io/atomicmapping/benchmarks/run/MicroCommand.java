package io.atomicmapping.benchmarks.run;

import io.atomicmapping.benchmarks.run.RunOptions.Folders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The JMH benchmarks. */
@Command(name = "micro",
        description = "JMH: single stores, loads, sections and syncs, and what they allocate.",
        mixinStandardHelpOptions = true)
public final class MicroCommand implements Callable<Integer> {

    private static final int TWO = 2;

    @Mixin
    private Folders folders;

    @Option(names = "--include", defaultValue = ".*",
            description = "a pattern of benchmark names: ${DEFAULT-VALUE}")
    private String include;

    @Option(names = "--forks", defaultValue = "3", description = "JVMs for each: ${DEFAULT-VALUE}")
    private int forks;

    @Option(names = "--iterations", defaultValue = "5", description = "measured in each: ${DEFAULT-VALUE}")
    private int iterations;

    @Option(names = "--seconds", defaultValue = "2", description = "for each iteration: ${DEFAULT-VALUE}")
    private int seconds;

    @Override
    public Integer call() throws Exception {
        Files.createDirectories(folders.results);
        run("SingleThread.*" + include, 1);
        run("TwoThreads.*" + include, 1);
        run("TwoThreads.*" + include, TWO);
        return 0;
    }

    private void run(String pattern, int threads) throws Exception {
        String name = pattern.startsWith("TwoThreads") ? "two-threads-" + threads : "single";
        Path csv = folders.csv("micro-" + name);
        Path data = Files.createDirectories(folders.data.resolve("micro")).toAbsolutePath();
        Options options = new OptionsBuilder().include(pattern).threads(threads).forks(forks)
                .warmupIterations(iterations)
                .warmupTime(TimeValue.seconds(seconds)).measurementIterations(iterations)
                .measurementTime(TimeValue.seconds(seconds)).addProfiler(GCProfiler.class)
                .jvmArgsAppend("-Dbenchmarks.data=" + data).resultFormat(ResultFormatType.CSV)
                .result(csv.toString())
                .shouldFailOnError(true).build();
        try {
            new Runner(options).run();
        } catch (NoBenchmarksException e) {
            System.out.println("no benchmark is called so: pattern=" + pattern);
        }
    }
}
