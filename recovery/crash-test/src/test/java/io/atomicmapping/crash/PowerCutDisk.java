package io.atomicmapping.crash;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One life of the machine that {@code src/test/c/powercut.c} plays: from power on to power cut. */
final class PowerCutDisk {

    private static final int ANSWER_SECONDS = 30;
    private static final int OFF_SECONDS = 2;

    private final Process process;
    private final PrintStream commands;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final CountDownLatch off = new CountDownLatch(1);

    /**
     * Which disk.
     *
     * @param program what {@link #compile} made
     * @param directory where the image, the mount point and a log of the last life are
     * @param caching what the kernel caches: {@code cached}, {@code writeback} or {@code direct}
     * @param traits what the disk lacks or does wrong, or {@code honest}
     */
    record Kind(Path program, Path directory, String caching, String traits) {

        Path image() {
            return directory.resolve("image");
        }

        Path mountPoint() {
            return directory.resolve("mounted");
        }

        Path log() {
            return directory.resolve("log");
        }
    }

    /** Turns the power on, and mounts what the disk holds. Once calls fail {@code whenOff} is run. */
    PowerCutDisk(Kind kind, Runnable whenOff) throws IOException {
        process = new ProcessBuilder(kind.program.toString(), kind.image().toString(),
                kind.mountPoint().toString(), kind.caching, kind.traits, kind.log().toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        commands = new PrintStream(process.getOutputStream(), true);
        Thread.ofPlatform().daemon().start(() -> read(whenOff));
        answer("mounted");
    }

    /** Makes the program, with the C compiler and libfuse3 of this machine. */
    static Path compile(Path directory) throws IOException {
        Path program = directory.resolve("powercut");
        List<String> command = new ArrayList<>(List.of("cc", "-std=gnu11", "-O2", "-Wall", "-Wextra",
                "-Werror", "-o", program.toString(), "src/test/c/powercut.c", "src/test/c/disk.c"));
        String flags = run(List.of("pkg-config", "--cflags", "--libs", "fuse3"));
        command.addAll(List.of(flags.strip().split(" +")));
        run(command);
        return program;
    }

    private static String run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        int status = waitFor(process);
        if (status != 0) {
            throw new IOException("cannot make the disk, it needs cc, pkg-config and libfuse3-dev: status="
                    + status + ", command=" + command + ", said=" + said);
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

    private void read(Runnable whenOff) {
        try (BufferedReader out = process.inputReader()) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.equals("off")) {
                    whenOff.run();
                    off.countDown();
                } else {
                    answers.add(line);
                }
            }
            answers.add("the end");
        } catch (IOException e) {
            answers.add(e.toString());
        }
    }

    private String answer(String expected) throws IOException {
        try {
            String answer = answers.poll(ANSWER_SECONDS, TimeUnit.SECONDS);
            if (answer == null || !answer.startsWith(expected)) {
                throw new IOException("the disk gave no answer, it needs FUSE and root: expected=" + expected
                        + ", answer=" + answer);
            }
            return answer;
        } catch (InterruptedException e) {
            throw new IOException("interrupted while the disk is awaited", e);
        }
    }

    /** The power fails before one of the next changes, begins or ends of forces; 0 for never. */
    void cutAfter(int changes) throws IOException {
        command("arm " + changes);
    }

    /** As {@link #cutAfter}, but the process seems to be killed: its calls fail until {@link #resume}. */
    void stopAfter(int changes) throws IOException {
        command("halt " + changes);
    }

    void resume() throws IOException {
        command("go");
    }

    private void command(String line) throws IOException {
        commands.println(line);
        answer("ok");
    }

    /** Whether the power has failed, or the process was stopped; told a little later than the calls fail. */
    boolean isOff() throws IOException {
        try {
            return off.await(OFF_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IOException("interrupted while the disk is awaited", e);
        }
    }

    /**
     * Cuts the power, where it is not off yet. What is left is in the image.
     *
     * @param seed decides what of the unforced is lost
     * @return figures by their names
     */
    Map<String, Long> cut(long seed) throws IOException {
        commands.println("cut " + seed);
        String answer = answer("cut");
        waitFor(process);
        return Stream.of(answer.split(" ")).skip(1).map(word -> word.split("="))
                .collect(Collectors.toMap(word -> word[0], word -> Long.parseLong(word[1])));
    }
}
