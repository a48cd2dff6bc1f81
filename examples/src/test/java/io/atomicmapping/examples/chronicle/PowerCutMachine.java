package io.atomicmapping.examples.chronicle;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A machine whose power fails for real: its files are on the FUSE file system of the crash tests, which keeps
 * what was forced, and of all else a random part, sector by sector. Needs FUSE, root, a C compiler and
 * libfuse3.
 */
final class PowerCutMachine implements Machine {

    private static final String SOURCES = "../recovery/crash-test/src/test/c/";

    private final Path directory;
    private final String caching;
    private final Path program;
    private Process disk;
    private PrintStream commands;
    private BufferedReader answers;
    private int cuts;

    /** Compiles the disk. The kernel caches as told: {@code cached} or {@code writeback}. */
    PowerCutMachine(Path directory, String caching) throws IOException {
        this.directory = directory;
        this.caching = caching;
        program = directory.resolve("powercut");
        Files.createDirectories(directory.resolve("mounted"));
        List<String> command = new ArrayList<>(List.of("cc", "-std=gnu11", "-O2", "-o", program.toString(),
                SOURCES + "powercut.c", SOURCES + "disk.c"));
        String flags = run(List.of("pkg-config", "--cflags", "--libs", "fuse3"));
        command.addAll(List.of(flags.strip().split(" +")));
        run(command);
    }

    private static String run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        if (waitFor(process) != 0) {
            throw new IOException("cannot make the disk, it needs cc, pkg-config and libfuse3-dev: command="
                    + command + ", said=" + said);
        }
        return said;
    }

    private static int waitFor(Process process) throws IOException {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            throw new IOException("interrupted while a process is awaited", e);
        }
    }

    int cuts() {
        return cuts;
    }

    @Override
    public Path file() {
        return directory.resolve("mounted").resolve("map");
    }

    @Override
    public Path remembered() {
        return null;
    }

    @Override
    public void erase() throws IOException {
        cut(0);
        Files.deleteIfExists(directory.resolve("image"));
    }

    @Override
    public void on() throws IOException {
        if (disk == null) {
            disk = new ProcessBuilder(program.toString(), directory.resolve("image").toString(),
                    directory.resolve("mounted").toString(), caching, "honest")
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            commands = new PrintStream(disk.getOutputStream(), true);
            answers = disk.inputReader();
            String answer = answers.readLine();
            if (!"mounted".equals(answer)) {
                throw new IOException("the disk is not mounted, it needs FUSE and root: answer=" + answer);
            }
        }
    }

    /**
     * The process goes with the power, and with it all that the kernel has not written; or it is killed a
     * moment earlier, and the kernel writes what it had mapped when it ends, as it may at any time.
     */
    @Override
    public void off(ChildJvm writer, SplittableRandom random) throws IOException {
        if (random.nextInt(3) != 0) {
            writer.kill();
            writer.awaitEnd();
        }
        cut(1 + random.nextInt(1 << 30));
        writer.kill();
        cuts++;
        on();
    }

    private void cut(long seed) throws IOException {
        if (disk != null) {
            commands.println("cut " + seed);
            String answer = answers.readLine();
            if (answer == null || !answer.startsWith("cut")) {
                throw new IOException("the disk did not lose its power: answer=" + answer);
            }
            waitFor(disk);
            disk = null;
        }
    }

    @Override
    public void close() throws IOException {
        cut(0);
    }
}
