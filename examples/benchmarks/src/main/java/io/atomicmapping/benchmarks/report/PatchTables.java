package io.atomicmapping.benchmarks.report;

import io.atomicmapping.benchmarks.measure.Result;
import io.atomicmapping.benchmarks.run.AblationsCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What patches of the engine are worth: each beside the default that ran in turn with it. */
final class PatchTables {

    private static final String FOLDER_OF_DEFAULT = AblationsCommand.DEFAULT + "-[0-9]+";

    private final Path results;
    private final List<Result> all;

    PatchTables(Path results, List<Result> all) {
        this.results = results;
        this.all = all;
    }

    String render(String notMeasured) throws IOException {
        List<String> groups = all.stream().map(Result::group)
                .filter(group -> group.startsWith(AblationsCommand.PATCH)).distinct().sorted().toList();
        Table stores = new Table("patch", "cell", "default, commits/s", "patched", "patched / default",
                "p99 us, default", "p99 us, patched", "device B / commit, default", "patched", "rounds");
        groups.forEach(group -> store(stores, group));
        Table micro = new Table("patch", "benchmark", "default", "patched", "patched / default", "rounds");
        boolean any = false;
        for (Path folder : folders()) {
            any |= micro(micro, folder);
        }
        return (groups.isEmpty() ? "" : stores + "\n") + (any ? micro + MICRO_NOTE : "")
                + (groups.isEmpty() && !any ? notMeasured : "");
    }

    private static final String MICRO_NOTE = """

            Where no threads are named: nanoseconds, less is better. Else stores a microsecond, more is
            better.
            """;

    private void store(Table table, String group) {
        Results runs = new Results(all, group);
        String patch = group.substring(AblationsCommand.PATCH.length());
        for (String cell : runs.cells()) {
            String store = runs.stores(cell).getFirst();
            Map<Integer, Double> base = runs.byRound(cell, store, AblationsCommand.DEFAULT, Result::rate);
            Map<Integer, Double> patched = runs.byRound(cell, store, patch, Result::rate);
            table.row(patch, cell, median(base), median(patched), Statistics.inRoundRatio(patched, base),
                    median(runs.byRound(cell, store, AblationsCommand.DEFAULT, Result::commitMicrosP99)),
                    median(runs.byRound(cell, store, patch, Result::commitMicrosP99)),
                    median(runs.byRound(cell, store, AblationsCommand.DEFAULT, Result::deviceBytesPerCommit)),
                    median(runs.byRound(cell, store, patch, Result::deviceBytesPerCommit)), patched.size());
        }
    }

    private List<Path> folders() throws IOException {
        if (!Files.isDirectory(results)) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(results)) {
            return folders.filter(folder -> Files.isDirectory(folder)
                    && folder.getFileName().toString().startsWith(AblationsCommand.PATCH)).sorted().toList();
        }
    }

    private static boolean micro(Table table, Path folder) throws IOException {
        String patch = folder.getFileName().toString().substring(AblationsCommand.PATCH.length());
        Map<String, Map<Integer, Double>> base = new TreeMap<>();
        Map<String, Map<Integer, Double>> patched = new TreeMap<>();
        try (Stream<Path> runs = Files.list(folder)) {
            for (Path run : runs.toList()) {
                String name = run.getFileName().toString();
                int round = Integer.parseInt(name.substring(name.lastIndexOf('-') + 1));
                Map<String, Map<Integer, Double>> side = name.matches(FOLDER_OF_DEFAULT) ? base : patched;
                scores(run).forEach((benchmark, score) ->
                        side.computeIfAbsent(benchmark, key -> new TreeMap<>()).put(round, score));
            }
        }
        patched.forEach((benchmark, scores) -> {
            Map<Integer, Double> beside = base.getOrDefault(benchmark, Map.of());
            table.row(patch, benchmark, median(beside), median(scores),
                    Statistics.inRoundRatio(scores, beside), scores.size());
        });
        return !patched.isEmpty();
    }

    private static Map<String, Double> scores(Path run) throws IOException {
        Map<String, Double> scores = new TreeMap<>(Micro.read(run.resolve("micro-single.csv")).scores());
        for (int threads = 1; threads <= 2; threads++) {
            String suffix = ", threads: " + threads;
            Micro.read(run.resolve("micro-two-threads-" + threads + ".csv")).scores()
                    .forEach((benchmark, score) -> scores.put(benchmark + suffix, score));
        }
        return scores;
    }

    private static OptionalDouble median(Map<Integer, Double> values) {
        return Statistics.median(List.copyOf(values.values()));
    }
}
