package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Runs a program in a JVM of its own and kills it with SIGKILL, some nanoseconds after one of its lines.
 *
 * @param random chooses the line and the nanoseconds
 * @param spinNanosMax how long after a line at most
 * @param openingNanosMax how long after the first line at most, for a kill while it opens its file
 * @param mayEndAfter tells the line after which it may end by itself
 */
record KilledJvm(SplittableRandom random, int spinNanosMax, int openingNanosMax,
        Predicate<String> mayEndAfter) {

    /** one that hangs ends then, and its test fails */
    private static final int SECONDS_MAX = 60;
    /** that it opens, that it has opened, and a commit */
    private static final int LINES_MIN = 3;

    /** The command that runs a program with these properties and arguments. */
    static List<String> command(Class<?> program, List<String> properties, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea",
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(properties);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    /**
     * What it said until it was killed: while it opened its file, or after {@value #LINES_MIN} lines and
     * fewer than so many more.
     */
    List<String> run(List<String> command, boolean whileOpening, int linesMore, String story)
            throws IOException {
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        CompletableFuture.delayedExecutor(SECONDS_MAX, TimeUnit.SECONDS)
                .execute(process.toHandle()::destroyForcibly);
        List<String> lines = new ArrayList<>();
        try (BufferedReader out = process.inputReader()) {
            int awaited = whileOpening ? 1 : LINES_MIN + random.nextInt(linesMore);
            for (int i = 0; i < awaited && !hasEnded(lines); i++) {
                String line = out.readLine();
                assertTrue(line != null, () -> "the child ended by itself: " + story + ", said=" + lines);
                lines.add(line);
            }
            spin(random.nextInt(whileOpening ? openingNanosMax : spinNanosMax));
            boolean alive = process.isAlive();
            // Process.destroyForcibly would close the stream with what it still holds
            process.toHandle().destroyForcibly();
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                lines.add(line);
            }
            assertTrue(alive || hasEnded(lines),
                    () -> "the child ended by itself: " + story + ", said=" + lines);
        } finally {
            process.destroyForcibly();
        }
        return lines;
    }

    private boolean hasEnded(List<String> lines) {
        return !lines.isEmpty() && mayEndAfter.test(lines.getLast());
    }

    private static void spin(long nanos) {
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < nanos) {
            Thread.onSpinWait();
        }
    }
}
