package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The library's calls of its storage against what strace(1) sees of the same run: nothing happens to a file
 * that did not come through the seam, in no other order. And what the kernel can answer: interrupted calls,
 * forces that fail.
 */
class StraceTest {

    private static final String CHANGING =
            "pwrite64,write,pwritev,pwritev2,writev,fdatasync,fsync,sync_file_range,msync,fallocate,"
                    + "ftruncate,truncate,rename,renameat,renameat2,unlink,unlinkat,link,linkat,fsetxattr,"
                    + "setxattr,fremovexattr,openat,mmap,copy_file_range,sendfile";
    private static final Pattern LINE =
            Pattern.compile("(\\d+) +(\\w+)\\((.*?)(?:\\) += (-?\\d+|0x\\w+).*| <unfinished \\.\\.\\.>)");
    private static final Pattern PATH_OF_DESCRIPTOR = Pattern.compile("^\\d+<([^>]*)>.*");
    private static final int SECONDS_MAX = 120;
    private static final int FAILING_FORCES = 8;
    /** of the two directories, though they are one, the new journal, and the attribute twice */
    private static final int FAILING_FORCES_OF_NAMES = 5;

    @TempDir
    Path directory;

    @BeforeEach
    void straceIsThere() throws IOException, InterruptedException {
        boolean works;
        try {
            works = new ProcessBuilder("strace", "-f", "-o", "/dev/null", "true").redirectErrorStream(true)
                    .start().waitFor() == 0;
        } catch (IOException e) {
            works = false;
        }
        if (!works) {
            System.out.println("STRACE IS MISSING OR MAY NOT TRACE: the seam is not compared with system"
                    + " calls. Install it (apt-get install strace), or allow ptrace.");
        }
        assumeTrue(works, "strace cannot run here");
    }

    private List<String> run(List<String> before, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-ea",
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData",
                "--enable-native-access=ALL-UNNAMED", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                "-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        CompletableFuture.delayedExecutor(SECONDS_MAX, TimeUnit.SECONDS).execute(() ->
                process.descendants().forEach(ProcessHandle::destroyForcibly));
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        assertTrue(output.contains(SeamScript.DONE), () -> "the child did not come to its end: " + output);
        return output.lines().toList();
    }

    @Test
    void recordedOperationsAreTheSystemCalls() throws IOException, InterruptedException {
        run(List.of(), SeamScript.class, directory.toString(), "interrupt");
        Files.createFile(directory.resolve("file.journal.new")); // half made when the system crashed
        Path trace = directory.resolve("trace");
        List<String> strace =
                List.of("strace", "-f", "-y", "-s", "0", "-e", "trace=" + CHANGING, "-o", trace.toString());
        List<String> output = run(strace, SeamScript.class, directory.toString(), "all");
        Map<String, List<String>> recorded = byFile(output.stream()
                .filter(line -> line.startsWith(SeamScript.RECORDED))
                .map(line -> line.substring(SeamScript.RECORDED.length())).toList());
        Map<String, List<String>> traced = byFile(traced(trace));
        assertEquals(recorded.keySet(), traced.keySet());
        recorded.forEach((file, operations) -> assertEquals(String.join("\n", operations),
                String.join("\n", traced.get(file)), "what is done to " + file));
        Set<String> kinds = recorded.values().stream().flatMap(List::stream).map(line -> line.split(" ")[0])
                .collect(Collectors.toSet());
        Set<String> expectedKinds = Set.of("pwrite64", "fdatasync", "fsync", "fallocate", "ftruncate",
                "rename", "unlink", "fsetxattr", "create");
        assertEquals(expectedKinds, kinds, "kinds of operations in the script");
        System.out.println("seam and strace agree: files=" + recorded.size() + ", operations="
                + recorded.values().stream().mapToInt(List::size).sum());
    }

    /** The operations of each file, in their order; a rename is one of both its names. */
    private Map<String, List<String>> byFile(List<String> lines) {
        Map<String, List<String>> byFile = new TreeMap<>();
        for (String line : lines) {
            String[] words = line.split(" ");
            byFile.computeIfAbsent(words[1], file -> new ArrayList<>()).add(line);
            if (words[0].equals("rename")) {
                byFile.computeIfAbsent(words[2], file -> new ArrayList<>()).add(line);
            }
        }
        return byFile;
    }

    /** What changes a file of the directory, in the words of {@link SeamScript}. */
    private List<String> traced(Path trace) throws IOException {
        List<String> operations = new ArrayList<>();
        for (String line : Files.readAllLines(trace)) {
            Matcher matcher = LINE.matcher(line);
            if (line.contains(directory.toString()) && matcher.matches()) {
                boolean failed = matcher.group(4) != null && matcher.group(4).startsWith("-");
                String operation = failed ? null : operation(matcher.group(2), matcher.group(3));
                if (operation != null) {
                    operations.add(operation);
                }
            }
        }
        return operations;
    }

    private static String operation(String call, String text) {
        String[] arguments = text.split(", ");
        Matcher descriptor = PATH_OF_DESCRIPTOR.matcher(text);
        String path = descriptor.matches() ? descriptor.group(1) : "";
        return switch (call) {
            case "pwrite64" -> "pwrite64 " + path + " " + arguments[3] + " " + arguments[2];
            case "fallocate" -> "fallocate " + path + " " + arguments[2] + " " + arguments[3];
            case "ftruncate" -> "ftruncate " + path + " " + arguments[1];
            case "fdatasync", "fsync", "fsetxattr" -> call + " " + path;
            case "rename" -> "rename " + quoted(arguments[0]) + " " + quoted(arguments[1]);
            case "unlink" -> "unlink " + quoted(arguments[0]);
            case "openat" -> text.contains("O_CREAT") ? "create " + quoted(arguments[1]) : null;
            case "mmap" -> text.contains("MAP_SHARED") && text.contains("PROT_WRITE") ? "mmap " + text : null;
            default -> call + " " + text;
        };
    }

    private static String quoted(String argument) {
        return argument.substring(1, argument.length() - 1);
    }

    /** Every second system call that can be is interrupted by a signal. */
    @Test
    void interruptedSystemCallsAreMadeAgain() throws IOException, InterruptedException {
        Path honest = Files.createDirectory(directory.resolve("honest"));
        Path interrupted = Files.createDirectory(directory.resolve("interrupted"));
        String injection = "inject=pwrite64,fdatasync,fsync,fallocate,ftruncate,pread64:error=EINTR:when=3+2";
        Function<Path, List<String>> strace = where -> where == honest ? List.of()
                : List.of("strace", "-f", "-e", "trace=pwrite64,fdatasync,fsync,fallocate,ftruncate,pread64",
                        "-P", where.resolve("file").toString(),
                        "-P", where.resolve("file.journal").toString(),
                        "-P", where.resolve("file.journal.new").toString(),
                        "-e", injection, "-o", directory.resolve("trace").toString());
        for (Path where : List.of(honest, interrupted)) {
            run(strace.apply(where), SeamScript.class, where.toString(), "interrupt");
            run(strace.apply(where), SeamScript.class, where.toString(), "all");
        }
        long count = Files.readAllLines(directory.resolve("trace")).stream()
                .filter(line -> line.contains("EINTR")).count();
        assertTrue(count > 10, "interrupted calls: " + count);
        assertEquals(-1, Files.mismatch(honest.resolve("file"), interrupted.resolve("file")));
        System.out.println("system calls interrupted: " + count);
    }

    /** The kernel fails a force, of one journal after the other: what was acknowledged before is there. */
    @Test
    void forceThatTheKernelFailsIsFinal() throws IOException, InterruptedException {
        for (int passing = 0; passing < FAILING_FORCES; passing++) {
            failingForce("fdatasync", passing);
        }
    }

    /** The same for those of attributes, of new files and of directories. */
    @Test
    void forceOfANameThatTheKernelFailsIsAnError() throws IOException, InterruptedException {
        for (int passing = 0; passing < FAILING_FORCES_OF_NAMES; passing++) {
            failingForce("fsync", passing);
        }
    }

    private void failingForce(String call, int passing) throws IOException, InterruptedException {
        Path file = directory.resolve("file" + passing);
        List<String> output = run(List.of("strace", "-f", "-e", "trace=" + call, "-e",
                "inject=" + call + ":error=EIO:when=" + (passing + 1), "-o", "/dev/null"),
                FailingForces.class, file.toString());
        long acknowledged = output.stream().filter(line -> line.matches("\\d+")).mapToLong(Long::parseLong)
                .max().orElse(0);
        assertTrue(output.stream().anyMatch(line -> line.startsWith("failed ") && line.contains("EIO")),
                () -> call + " " + passing + ": " + output);
        if (!Files.exists(file)) {
            assertEquals(0, acknowledged, "created and gone");
            return;
        }
        try (AtomicMapping mapping = AtomicMapping.open(file)) {
            assertTrue(mapping.lastCommit() >= acknowledged,
                    () -> "lost: " + acknowledged + " of " + mapping.lastCommit());
            for (long number = 1; number <= mapping.lastCommit(); number++) {
                assertEquals(number, mapping.getLong(number * 5000));
            }
        }
    }

    /** Commits until it is told that it cannot; then it must be told so again. */
    static final class FailingForces {
        public static void main(String[] arguments) {
            try (AtomicMapping mapping = AtomicMapping.open(Path.of(arguments[0]), 1 << 20)) {
                try {
                    for (long number = 1; number < 100; number++) {
                        mapping.putLong(number * 5000, number);
                        System.out.println(mapping.sync());
                    }
                } catch (IOException e) {
                    tell(e);
                    refuses(mapping);
                }
            } catch (IOException e) {
                tell(e);
            }
            System.out.println(SeamScript.DONE);
        }

        private static void tell(Throwable e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                System.out.println("failed " + cause);
            }
        }

        private static void refuses(AtomicMapping mapping) throws IOException {
            try {
                mapping.sync();
                System.out.println("A SYNC AFTER A FAILED FORCE RETURNED");
                Runtime.getRuntime().halt(1);
            } catch (IllegalStateException e) {
                System.out.println("refused " + e);
            }
        }
    }
}
