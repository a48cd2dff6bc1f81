package io.atomicmapping.examples.chronicle;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How a JVM that uses Chronicle Map is started: with the flags in {@code jvm.flags}, their one place. */
final class JvmFlags {

    private static final String FLAGS = "jvm.flags";
    /** of the library: how it finds stores, and a fault for tests to find */
    private static final List<String> HANDED_ON =
            List.of("io.atomicmapping.kernelTier", "io.atomicmapping.seededFault");

    private JvmFlags() {}

    /** The flags, without the comments between them. */
    static List<String> read() {
        try (InputStream flags = JvmFlags.class.getResourceAsStream(FLAGS)) {
            return new String(flags.readAllBytes(), StandardCharsets.UTF_8).lines()
                    .filter(line -> !line.startsWith("#")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The command that runs a class of this package on the class path: Chronicle Map is no module. */
    static List<String> command(Class<?> program, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
        if (program.desiredAssertionStatus()) {
            command.add("-ea");
        }
        command.addAll(read());
        for (String name : HANDED_ON) {
            if (System.getProperty(name) != null) {
                command.add("-D" + name + "=" + System.getProperty(name));
            }
        }
        String modules = System.getProperty("jdk.module.path");
        command.addAll(List.of("-cp", modules == null ? System.getProperty("java.class.path") : modules,
                program.getName()));
        command.addAll(arguments);
        return command;
    }
}
