package io.atomicmapping.benchmarks.report;

import io.atomicmapping.benchmarks.cell.Cell;
import io.atomicmapping.benchmarks.measure.Csv;
import io.atomicmapping.benchmarks.measure.Result;
import io.atomicmapping.benchmarks.measure.Slice;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.IChart;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The pictures, as SVG, so that they are text where they are committed. */
public final class Pictures {

    private static final int WIDTH = 1400;
    private static final int HEIGHT = 700;
    private static final double MILLIS = 1000;
    private static final int LABEL_DEGREES = 60;
    private static final double TEN = 10;

    private final Path results;
    private final Path target;

    /** From a results folder into a folder. */
    public Pictures(Path results, Path target) throws IOException {
        this.results = results;
        this.target = Files.createDirectories(target);
    }

    /** Draws all; returns the files. */
    public List<Path> draw() throws IOException {
        List<Result> all = Csv.read(results.resolve("results.csv"), Result.class);
        Results race = new Results(all, "race");
        List<Path> files = new ArrayList<>();
        if (!race.cells().isEmpty()) {
            files.add(bars("commits-per-second", "commits a second", race, race.cells(), Result::rate));
            List<String> words = race.cells().stream().filter(cell -> !cell.contains("page")).toList();
            files.add(bars("device-bytes-per-changed-byte", "bytes to the device for a changed byte", race,
                    words,
                    result -> result.deviceBytesPerCommit() / Cell.parse(result.cell()).changedBytes()));
        }
        for (String curve : List.of("threads", "dirty-set", "file-size", "ring-size")) {
            Results points = new Results(all, curve);
            if (!points.cells().isEmpty()) {
                files.add(curve(curve, points));
            }
        }
        Path timelines = results.resolve("timelines");
        if (Files.exists(timelines)) {
            try (Stream<Path> found = Files.list(timelines)) {
                for (Path timeline : found.filter(Pictures::isDrawn).sorted().toList()) {
                    files.add(timeline(timeline));
                }
            }
        }
        return files;
    }

    private static boolean isDrawn(Path timeline) {
        String name = timeline.getFileName().toString();
        return name.startsWith("race_") && name.contains("_random-") && name.endsWith("_1.csv")
                && (name.contains("_ours") || name.contains("_floor-delta") || name.contains("_rocksdb_")
                || name.contains("_sqlite_"));
    }

    private Path save(IChart chart, String name) throws IOException {
        Path file = target.resolve(name + ".svg");
        try (OutputStream out = Files.newOutputStream(file)) {
            ChartEncoder.saveChart(chart, out, "svg");
        }
        return file;
    }

    /** For values that are logarithms already: a logarithmic axis of XChart takes no gaps. */
    private static CategoryChart logarithmic(CategoryChart chart) {
        chart.getStyler().setYAxisTickLabelsFormattingFunction(value -> Table.number(Math.pow(TEN, value)));
        return chart;
    }

    /** A group of bars for each cell, a bar for each store; logarithmic, since stores differ by thousands. */
    private Path bars(String name, String title, Results race, List<String> cells,
            ToDoubleFunction<Result> figure)
            throws IOException {
        CategoryChart chart = logarithmic(new CategoryChartBuilder().width(WIDTH).height(HEIGHT)
                .title(title).build());
        chart.getStyler().setXAxisLabelRotation(LABEL_DEGREES);
        TreeSet<String> stores = new TreeSet<>();
        cells.forEach(cell -> stores.addAll(race.stores(cell)));
        for (String store : stores) {
            List<Double> values = new ArrayList<>();
            for (String cell : cells) {
                OptionalDouble median = race.median(cell, store, figure);
                values.add(median.isPresent() && median.getAsDouble() > 0
                        ? Math.log10(median.getAsDouble()) : null);
            }
            if (values.stream().anyMatch(value -> value != null)) {
                chart.addSeries(store, cells, values);
            }
        }
        return save(chart, name);
    }

    private Path curve(String name, Results points) throws IOException {
        CategoryChart chart = logarithmic(new CategoryChartBuilder().width(WIDTH / 2).height(HEIGHT / 2)
                .title("commits a second by " + name).build());
        Map<String, Double> rates = new TreeMap<>();
        for (String variant : points.variants()) {
            Statistics.median(points.ofVariant(variant).stream().map(Result::rate).toList())
                    .ifPresent(median -> rates.put(variant, median));
        }
        List<String> variants = points.variants().stream().filter(rates::containsKey).toList();
        chart.addSeries("ours", variants, variants.stream().map(rates::get).map(Math::log10).toList());
        return save(chart, "curve-" + name);
    }

    /** Latency over time, and the moments at which a checkpoint ended. */
    private Path timeline(Path csv) throws IOException {
        List<Slice> slices = Csv.read(csv, Slice.class);
        String name = csv.getFileName().toString().replace(".csv", "");
        XYChart chart = new XYChartBuilder().width(WIDTH).height(HEIGHT / 2).title(name
                + ": latency of a commit, us")
                .xAxisTitle("seconds").build();
        chart.getStyler().setYAxisLogarithmic(true);
        List<Slice> busy = slices.stream().filter(slice -> slice.commits() > 0 && slice.p50Micros() > 0)
                .toList();
        if (busy.isEmpty()) {
            return save(chart, "timeline-" + name);
        }
        double[] seconds = busy.stream().mapToDouble(slice -> slice.millis() / MILLIS).toArray();
        line(chart, "p50", seconds, busy.stream().mapToDouble(Slice::p50Micros).toArray());
        line(chart, "p99", seconds, busy.stream().mapToDouble(Slice::p99Micros).toArray());
        line(chart, "max", seconds, busy.stream().mapToDouble(Slice::maxMicros).toArray());
        checkpoints(chart, busy);
        return save(chart, "timeline-" + name);
    }

    private static void line(XYChart chart, String name, double[] x, double[] y) {
        chart.addSeries(name, x, y).setMarker(SeriesMarkers.NONE);
    }

    private static void checkpoints(XYChart chart, List<Slice> slices) {
        List<Double> moments = new ArrayList<>();
        List<Double> heights = new ArrayList<>();
        long before = 0;
        double low = slices.stream().mapToDouble(Slice::p50Micros).min().orElseThrow();
        for (Slice slice : slices) {
            if (slice.checkpoints() > before) {
                moments.add(slice.millis() / MILLIS);
                heights.add(low);
            }
            before = slice.checkpoints();
        }
        if (!moments.isEmpty()) {
            XYSeries series = chart.addSeries("a checkpoint ended", moments, heights);
            series.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
            series.setMarker(SeriesMarkers.DIAMOND);
        }
    }
}
