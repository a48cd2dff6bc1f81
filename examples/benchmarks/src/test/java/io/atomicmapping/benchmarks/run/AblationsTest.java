package io.atomicmapping.benchmarks.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.benchmarks.Main;
import io.atomicmapping.benchmarks.cell.Cell;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AblationsTest {

    private static final Path PATCHES = Path.of("ablations");
    private static final String RUN = "run: ";

    static List<Path> patches() throws IOException {
        try (Stream<Path> files = Files.list(PATCHES)) {
            return files.filter(file -> file.toString().endsWith(".patch")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("patches")
    void aPatchAppliesToTheEngineAsItIs(Path patch) throws Exception {
        Process git = new ProcessBuilder("git", "apply", "--check", patch.toAbsolutePath().toString())
                .directory(Path.of("../..").toFile()).redirectErrorStream(true).start();
        String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, git.waitFor(), said);
    }

    @ParameterizedTest
    @MethodSource("patches")
    void aPatchSaysWhatIsRunAndIsInTheTable(Path patch) throws IOException {
        String run = Files.readAllLines(patch).stream().filter(line -> line.startsWith(RUN)).findFirst()
                .orElseThrow();
        List<String> arguments = Arrays.asList(run.substring(RUN.length()).split(" "));
        String cells = arguments.get(arguments.indexOf("--cells") + 1);
        for (String cell : cells.split(",")) {
            assertEquals(cell, Cell.parse(cell).name());
        }
        String name = patch.getFileName().toString().replace(".patch", "");
        assertTrue(Files.readString(Path.of("ABLATIONS.md")).contains("`" + name + "`"), name);
    }

    @Test
    void theDefaultAndThePatchedEngineAreNeighbours() {
        Path classes = Path.of("classes");
        List<Entry> entries = AblationsCommand.pairs("one-list", List.of("random-1", "random-16"), List.of(),
                classes);
        assertEquals(List.of("default", "one-list", "default", "one-list"),
                entries.stream().map(Entry::variant).toList());
        assertEquals(Arrays.asList(null, classes, null, classes), entries.stream().map(Entry::patched)
                .toList());
        assertEquals(List.of("patch-one-list"), entries.stream().map(Entry::group).distinct().toList());
    }

    @Test
    void aPatchWithoutItsClassesIsRefused() {
        assertNotEquals(0, Main.commandLine().execute("ablations", "--patch", "one-list"));
        assertNotEquals(0, Main.commandLine().execute("ablations", "--patch", "one-list", "--classes",
                "none"));
    }
}
