package io.atomicmapping.examples.kreon.ycsb;

import io.atomicmapping.examples.kreon.StoreStats;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** What came of the runs: a table to be read, numbers for other programs, and a picture. */
final class Report {

    private static final int WIDTH = 1000;
    private static final int HEIGHT = 500;
    private static final double NANOS_PER_MICRO = TimeUnit.MICROSECONDS.toNanos(1);
    private static final double[] PERCENTILES = {50, 90, 99, 99.9, 100};
    private static final double MEBI = 1 << 20;

    private final List<Result> results;

    Report(List<Result> results) {
        this.results = results;
    }

    void print(PrintStream out, StoreStats stats) {
        out.printf(Locale.ROOT, "%n%-8s %-7s %11s %9s   latency in us: %9s %9s %9s %9s %9s%n", "workload",
                "", "operations", "a second", "p50", "p90", "p99", "p99.9", "most");
        for (Result result : results) {
            out.printf(Locale.ROOT, "%-8s %-7s %,11d %,9.0f   %,d commits, %.1f MiB journaled%n",
                    result.workload(), "all", result.operations(), result.operations() / result.seconds(),
                    result.commits(), result.bytesJournaled() / MEBI);
            result.latencies().forEach((operation, histogram) -> {
                StringBuilder columns = new StringBuilder();
                for (double percentile : PERCENTILES) {
                    columns.append(String.format(Locale.ROOT, " %,9.1f", micros(histogram, percentile)));
                }
                out.printf(Locale.ROOT, "%-8s %-7s %,11d %,9.0f   %14s%s%n", "",
                        operation.name().toLowerCase(Locale.ROOT), histogram.getTotalCount(),
                        histogram.getTotalCount() / result.seconds(), "", columns);
            });
        }
        out.printf(Locale.ROOT, "%n%,d entries; file %.1f MiB, of it index %.1f, live log %.1f,"
                + " dead log %.1f, free %.1f; %.1f MiB moved by compaction%n%n", stats.entries(),
                stats.fileBytes() / MEBI,
                stats.indexBytes() / MEBI, stats.liveLogBytes() / MEBI, stats.deadLogBytes() / MEBI,
                stats.freeBytes() / MEBI, stats.movedBytes() / MEBI);
    }

    private static double micros(Histogram histogram, double percentile) {
        return histogram.getValueAtPercentile(percentile) / NANOS_PER_MICRO;
    }

    /** Writes the files into a folder; returns them. */
    List<Path> write(Path folder) throws IOException {
        Files.createDirectories(folder);
        List<String> timeline = new ArrayList<>();
        timeline.add("workload,seconds,operations_per_second,p99_us,commits");
        List<String> latencies = new ArrayList<>();
        latencies.add("workload,operation,count,p50_us,p90_us,p99_us,p99.9_us,max_us");
        for (Result result : results) {
            result.slices().forEach(slice -> timeline.add(String.format(Locale.ROOT, "%s,%.3f,%.1f,%.1f,%d",
                    slice.workload(), slice.seconds(), slice.operationsPerSecond(), slice.p99Micros(),
                    slice.commits())));
            result.latencies().forEach((operation, histogram) -> {
                StringBuilder line = new StringBuilder(result.workload() + "," + operation + ","
                        + histogram.getTotalCount());
                for (double percentile : PERCENTILES) {
                    line.append(String.format(Locale.ROOT, ",%.1f", micros(histogram, percentile)));
                }
                latencies.add(line.toString());
            });
        }
        return List.of(Files.write(folder.resolve("timeline.csv"), timeline),
                Files.write(folder.resolve("latencies.csv"), latencies),
                draw(folder.resolve("throughput.svg")));
    }

    private Path draw(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            ChartEncoder.saveChart(chart(), out, "svg");
        }
        return file;
    }

    /** Throughput over time, a line for each workload. */
    XYChart chart() {
        XYChart chart = new XYChartBuilder().width(WIDTH).height(HEIGHT).title("operations a second")
                .xAxisTitle("seconds").build();
        chart.getStyler().setYAxisMin(0.0);
        chart.getStyler().setYAxisDecimalPattern("#,##0");
        for (Result result : results) {
            double[] seconds = result.slices().stream().mapToDouble(Slice::seconds).toArray();
            double[] rates = result.slices().stream().mapToDouble(Slice::operationsPerSecond).toArray();
            chart.addSeries("workload " + result.workload(), seconds, rates).setMarker(SeriesMarkers.NONE);
        }
        return chart;
    }
}
