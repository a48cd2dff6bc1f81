package io.atomicmapping.examples.kreon.ycsb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import picocli.CommandLine;

/** The driver, run as a user runs it. */
class YcsbTest {

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final StringWriter errors = new StringWriter();

    private int run(String... args) {
        PrintStream out = new PrintStream(output, true, StandardCharsets.UTF_8);
        return new CommandLine(new Ycsb(out)).setErr(new PrintWriter(errors, true))
                .setCaseInsensitiveEnumValuesAllowed(true).execute(args);
    }

    @Test
    void tableNumbersAndPictureAreWrittenAndTheStoreIsGone(@TempDir Path folder) throws IOException {
        System.setProperty("java.awt.headless", "true");
        assertEquals(0, run("--target", folder.toString(), "--records", "2000", "--seconds", "1",
                "--workloads", "a,E", "--threads", "3", "--batch", "2"), errors::toString);
        String report = output.toString(StandardCharsets.UTF_8);
        assertTrue(report.contains("update") && report.contains("insert") && report.contains("scan"), report);
        List<String> latencies = Files.readAllLines(folder.resolve("latencies.csv"));
        assertEquals(List.of("workload", "A,READ", "A,UPDATE", "E,SCAN", "E,INSERT"),
                latencies.stream().map(line -> line.replaceFirst("(,operation|,[0-9]).*", "")).toList());
        List<String> timeline = Files.readAllLines(folder.resolve("timeline.csv"));
        assertTrue(timeline.stream().filter(line -> line.startsWith("A,")).count() > 1, timeline::toString);
        String picture = Files.readString(folder.resolve("throughput.svg"));
        assertTrue(picture.contains("<svg") && picture.stripTrailing().endsWith("</svg>"),
                "picture of " + picture.length());
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(3, left.count());
        }
    }

    @Test
    void pictureHasALineForEachWorkload() {
        List<Slice> slices = List.of(new Slice(Workload.B, 0.1, 700, 10, 3),
                new Slice(Workload.B, 0.2, 900, 9, 3));
        XYChart chart = new Report(List.of(new Result(Workload.B, 0.2, Map.of(), slices, 6, 0),
                new Result(Workload.E, 0.2, Map.of(), slices, 6, 0))).chart();
        assertEquals(Set.of("workload B", "workload E"), chart.getSeriesCollection().stream()
                .map(XYSeries::getName).collect(Collectors.toSet()));
        assertArrayEquals(new double[] {0.1, 0.2}, chart.getSeries("workload B").getXData());
        assertArrayEquals(new double[] {700, 900}, chart.getSeries("workload B").getYData());
    }

    @Test
    void wrongArgumentsAreNamed() {
        assertEquals(2, run("--records", "0"));
        assertTrue(errors.toString().contains("--records must be at least 1: value=0"), errors::toString);
        assertEquals(2, run("--node-bytes", "500"));
        assertTrue(errors.toString().contains("nodeBytes=500"), errors::toString);
        assertEquals(2, run("--workloads", "Z"));
        assertTrue(errors.toString().contains("--workloads"), errors::toString);
    }
}
