package io.atomicmapping.benchmarks.report;

import io.atomicmapping.benchmarks.measure.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;

/** What it ran on: figures without that mean nothing. */
final class Machine {

    private static final int GIBI_SHIFT = 20;

    private Machine() {}

    static String describe(Path data) throws IOException {
        Path existing = data.toAbsolutePath();
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        String memoryKib = value("/proc/meminfo", "MemTotal").replaceAll("\\D", "");
        return String.join("\n",
                "- " + LocalDate.now() + ", Linux " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch") + ", Java " + Runtime.version(),
                "- " + value("/proc/cpuinfo", "model name") + ", "
                        + Runtime.getRuntime().availableProcessors() + " processors, "
                        + (Long.parseLong(memoryKib) >> GIBI_SHIFT) + " GiB of memory",
                "- " + Files.getFileStore(existing).type() + " on " + Device.of(existing).name()) + "\n";
    }

    private static String value(String file, String key) throws IOException {
        return Files.readString(Path.of(file)).lines().filter(line -> line.startsWith(key)).findFirst()
                .map(line -> line.substring(line.indexOf(':') + 1).strip()).orElse("unknown");
    }
}
