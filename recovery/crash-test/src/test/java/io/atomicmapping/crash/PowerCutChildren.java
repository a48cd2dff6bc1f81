package io.atomicmapping.crash;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The child JVM of {@link PowerCutTest}: one at a time, a new one when the last was killed. */
final class PowerCutChildren implements AutoCloseable {

    /** a life that hangs is ended then, and the test fails */
    private static final int SILENCE_SECONDS_MAX = 60;
    private static final List<String> TIERS = List.of("WRITE_PROTECTION", "PRIVATE_PAGES", "COMPARE_ALL");
    private static final List<String> HANDED_ON =
            List.of("io.atomicmapping.seededFault", DishonestStorage.PROPERTY);

    private final Path directory;
    private final Path file;
    private volatile Process child;
    private BufferedReader said;
    private int started;

    PowerCutChildren(Path directory, Path file) {
        this.directory = directory;
        this.file = file;
    }

    /** Where a child leaves the bytes that it found. */
    Path found() {
        return directory.resolve("found");
    }

    int started() {
        return started;
    }

    /** Tells the child to live again. */
    void live(String how) throws IOException {
        if (child == null) {
            start();
        }
        new PrintStream(child.getOutputStream(), true).println(how);
    }

    private void start() throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = new ArrayList<>(List.of(java, "-ea", "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC", "-Xmx256m", "--enable-native-access=ALL-UNNAMED",
                "-Dio.atomicmapping.kernelTier=" + TIERS.get(started++ % TIERS.size())));
        HANDED_ON.stream().filter(name -> System.getProperty(name) != null).forEach(name ->
                command.add("-D" + name + "=" + System.getProperty(name)));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), PowerCutChild.class.getName(),
                file.toString(), found().toString()));
        child = new ProcessBuilder(command).directory(directory.toFile())
                .redirectError(directory.resolve("errors").toFile()).start();
        said = child.inputReader();
    }

    /** The next line that the child says, or null once it is gone. */
    String line(String story) throws IOException {
        Process speaker = child;
        CompletableFuture<Void> silence = new CompletableFuture<>();
        silence.completeOnTimeout(null, SILENCE_SECONDS_MAX, TimeUnit.SECONDS).thenRun(() -> {
            System.out.println("the child is silent, and is killed: " + story);
            speaker.toHandle().destroyForcibly();
        });
        try {
            String line = said.readLine();
            if (line == null) {
                child = null;
            }
            return line;
        } finally {
            silence.cancel(false);
        }
    }

    /** Kills the child. What it has said can still be heard. */
    void kill() {
        Process killed = child;
        if (killed != null) {
            // Process.destroyForcibly would close the stream with what it still holds
            killed.toHandle().destroyForcibly();
        }
    }

    @Override
    public void close() {
        kill();
    }
}
