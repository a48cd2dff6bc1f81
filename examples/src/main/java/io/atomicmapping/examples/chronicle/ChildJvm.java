package io.atomicmapping.examples.chronicle;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A program of this package in a JVM of its own, spoken with line by line. */
final class ChildJvm implements AutoCloseable {

    private final Process process;
    private final BufferedReader said;
    private final PrintStream told;

    private ChildJvm(Process process) {
        this.process = process;
        this.said = process.inputReader();
        this.told = new PrintStream(process.getOutputStream(), true);
    }

    /** Starts one, which gets ready meanwhile. */
    static ChildJvm start(Class<?> program, Path log) throws IOException {
        return new ChildJvm(new ProcessBuilder(JvmFlags.command(program, List.of()))
                .directory(log.getParent().toFile())
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile())).start());
    }

    void tell(String line) {
        told.println(line);
    }

    /** The next line, or null once the process has ended; one that is silent for too long is killed. */
    String line(int secondsMax) throws IOException {
        CompletableFuture<Void> silence = new CompletableFuture<>();
        silence.completeOnTimeout(null, secondsMax, TimeUnit.SECONDS).thenRun(this::kill);
        try {
            return said.readLine();
        } finally {
            silence.cancel(false);
        }
    }

    /** SIGKILL. What was said before can still be read. */
    void kill() {
        // Process.destroyForcibly would close the stream with what it still holds
        process.toHandle().destroyForcibly();
    }

    /** Returns once it is gone. What was said before can still be read. */
    void awaitEnd() {
        process.onExit().join();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
