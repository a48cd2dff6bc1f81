package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Starts a named application of a user in a JVM of its own, which denies whatever no flag allows. */
@Timeout(60)
class ModulePathTest {

    private static final String FLAG = "--enable-native-access=io.atomicmapping.journal";
    private static final String CLASS_PATH_FLAG = "--enable-native-access=ALL-UNNAMED";

    private static final String DESCRIPTOR = "module app { requires io.atomicmapping.core; }";
    private static final String APPLICATION = """
            package app;

            import io.atomicmapping.AtomicMapping;
            import java.lang.foreign.ValueLayout;
            import java.nio.file.Path;

            public final class Main {
                public static void main(String[] args) throws Exception {
                    Path file = Path.of(args[0]);
                    try (AtomicMapping mapping = AtomicMapping.open(file, 10_000)) {
                        mapping.putLong(0, 42);
                        System.out.println("commit " + mapping.sync());
                        mapping.segment().set(ValueLayout.JAVA_LONG, 4096, 43);
                        System.out.println("commit " + mapping.sync());
                    }
                    try (AtomicMapping mapping = AtomicMapping.open(file)) {
                        System.out.println(mapping.getLong(0) + " " + mapping.getLong(4096));
                    }
                }
            }
            """;

    @TempDir
    private Path directory;
    private Path application;
    private String modulePath;

    @BeforeEach
    void compileApplication() throws IOException {
        Path sources = Files.createDirectories(directory.resolve("src/app"));
        Path descriptor = Files.writeString(directory.resolve("src/module-info.java"), DESCRIPTOR);
        Path main = Files.writeString(sources.resolve("Main.java"), APPLICATION);
        application = directory.resolve("app");
        String libraries = libraries();
        modulePath = application + File.pathSeparator + libraries;
        int status = ToolProvider.findFirst("javac").orElseThrow().run(System.out, System.err,
                "-p", libraries, "-d", application.toString(), descriptor.toString(), main.toString());
        assertEquals(0, status, "application does not compile against the modules");
    }

    @Test
    void namedApplicationRunsWithOneFlag() throws IOException, InterruptedException {
        ChildJvm.Ended ended = run("--illegal-native-access=deny", "--sun-misc-unsafe-memory-access=deny",
                FLAG, "-p", modulePath, "-m", "app/app.Main");
        assertEquals("commit 1\ncommit 2\n42 43\n", ended.output());
        assertEquals(0, ended.status());
    }

    @Test
    void withoutTheFlagTheErrorGivesItForTheModulePath() throws IOException, InterruptedException {
        ChildJvm.Ended ended = run("--illegal-native-access=deny", "-p", modulePath, "-m", "app/app.Main");
        assertNotEquals(0, ended.status());
        assertTrue(ended.output().contains(FLAG), ended.output());
    }

    @Test
    void withoutTheFlagTheErrorGivesItForTheClassPath() throws IOException, InterruptedException {
        ChildJvm.Ended ended = run("--illegal-native-access=deny", "-cp", modulePath, "app.Main");
        assertNotEquals(0, ended.status());
        assertTrue(ended.output().contains(CLASS_PATH_FLAG), ended.output());
    }

    @Test
    void coreExportsItsApiAndNothingElse() {
        ModuleDescriptor core = ModuleFinder.of(paths(libraries())).find("io.atomicmapping.core")
                .orElseThrow().descriptor();
        Set<String> exported = core.exports().stream().map(ModuleDescriptor.Exports::source)
                .collect(Collectors.toSet());
        assertEquals(Set.of("io.atomicmapping"), exported);
        assertTrue(core.opens().isEmpty(), () -> "opens=" + core.opens());
    }

    /**
     * What a user of core has on the module path: all that is on this class path but tests and their
     * libraries.
     */
    private static String libraries() {
        Path tests = Path.of("target", "test-classes").toAbsolutePath();
        return Arrays.stream(paths(System.getProperty("java.class.path")))
                .filter(path -> !path.equals(tests))
                .filter(path -> path.toString().matches(".*(atomic-mapping|jctools|slf4j|target.classes).*"))
                .map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    private static Path[] paths(String joined) {
        return Arrays.stream(joined.split(File.pathSeparator)).map(Path::of).toArray(Path[]::new);
    }

    private ChildJvm.Ended run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
        command.addAll(List.of(arguments));
        command.add(directory.resolve("data").toString());
        return ChildJvm.run(command);
    }
}
