package io.atomicmapping;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Another JVM with the class path of this one, for what might end the process or needs another user. */
final class ChildJvm {

    /** after so long it hangs: reading its output could not be interrupted by a test's timeout */
    private static final int SECONDS_MAX = 120;

    /** How it ended, and all it said. */
    record Ended(int status, String output) { }

    private ChildJvm() {
    }

    static Ended run(List<String> before, Class<?> main, String... arguments) throws IOException,
            InterruptedException {
        return run(before, System.getProperty("java.class.path"), main, arguments);
    }

    static Ended run(List<String> before, String classPath, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(before);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=/dev/null",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "--enable-native-access=ALL-UNNAMED", "-cp",
                classPath, main.getName()));
        command.addAll(List.of(arguments));
        return run(command);
    }

    /** Runs any command to its end, which it is given if it does not find it by itself. */
    static Ended run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        CompletableFuture.delayedExecutor(SECONDS_MAX, TimeUnit.SECONDS).execute(process::destroyForcibly);
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), output);
    }
}
