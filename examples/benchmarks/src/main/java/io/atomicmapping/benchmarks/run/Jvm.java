package io.atomicmapping.benchmarks.run;

import io.atomicmapping.benchmarks.Main;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Another JVM of the same kind: one for each store and round, so that none inherits another's compiled code
 * or heap.
 */
final class Jvm {

    private static final String HEAP = "-Xmx4g";
    private static final long TIMEOUT_MINUTES = 60; // filling a store of many records is the longest

    private Jvm() {}

    /**
     * How a JVM is started.
     *
     * @param before what the command line begins with, such as strace
     * @param flags for this JVM, besides those that all have
     * @param patched classes that come before all others, or null
     */
    record Start(List<String> before, List<String> flags, Path patched) {

        /** With some flags. */
        static Start with(List<String> flags) {
            return new Start(List.of(), flags, null);
        }

        private String classPath() {
            String classPath = System.getProperty("java.class.path");
            return patched == null ? classPath : patched + File.pathSeparator + classPath;
        }
    }

    /**
     * Runs a command of ours and waits for it.
     *
     * @param start how
     * @param arguments the command and its options
     * @param log takes all it says
     * @return its exit code
     */
    static int run(Start start, List<String> arguments, Path log) throws IOException, InterruptedException {
        Files.createDirectories(log.toAbsolutePath().getParent());
        List<String> command = new ArrayList<>(start.before);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(HEAP, "--enable-native-access=ALL-UNNAMED"));
        command.addAll(start.flags);
        command.addAll(List.of("-cp", start.classPath(), Main.class.getName()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
        try {
            if (!process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES)) {
                throw new IOException("a JVM of the race hangs: minutes=" + TIMEOUT_MINUTES + ", log=" + log);
            }
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }

    /** The same without anything special, for which any failure is one of the caller. */
    static void run(List<String> arguments, Path log) throws IOException, InterruptedException {
        int code = run(Start.with(List.of()), arguments, log);
        if (code != 0) {
            throw new IOException("a JVM of the race failed: code=" + code + ", command="
                    + arguments.getFirst() + ", log="
                    + log);
        }
    }

    /** Waits until the disk has everything: one run's dirty pages are not the next one's burden. */
    static void settle() throws IOException, InterruptedException {
        new ProcessBuilder("sync").inheritIO().start().waitFor();
    }
}
