package io.atomicmapping;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Another JVM with the class path of this one, for what might end the process or needs another user. */
final class ChildJvm {

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
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        return new Ended(process.waitFor(), output);
    }
}
