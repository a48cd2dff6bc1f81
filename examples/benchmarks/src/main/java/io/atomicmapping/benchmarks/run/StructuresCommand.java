package io.atomicmapping.benchmarks.run;

import io.atomicmapping.benchmarks.measure.Csv;
import io.atomicmapping.benchmarks.report.Table;
import io.atomicmapping.benchmarks.run.RunOptions.Folders;
import io.atomicmapping.benchmarks.structures.MapRun;
import io.atomicmapping.benchmarks.structures.RacedMaps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The maps of the examples beside those that others embed, with durable commits. Each in a JVM of its own.
 */
@Command(name = "structures", description = "Our maps beside LMDB, MapDB and MVStore, with durable commits.",
        mixinStandardHelpOptions = true)
public final class StructuresCommand implements Callable<Integer> {

    static final String CSV = "structures";

    @Mixin
    private Folders folders;

    @Option(names = "--maps", split = ",", description = "some of them: ${COMPLETION-CANDIDATES}")
    private List<RacedMaps> maps = List.of(RacedMaps.values());

    @Option(names = "--entries", defaultValue = "1000000",
            description = "that a map holds before it is raced: ${DEFAULT-VALUE}")
    private int entries;

    @Option(names = "--values", split = ",", defaultValue = "8,100",
            description = "bytes of a value: ${DEFAULT-VALUE}")
    private List<Integer> values;

    @Option(names = "--puts", split = ",", defaultValue = "1,100,10000",
            description = "puts in a commit: ${DEFAULT-VALUE}")
    private List<Integer> puts;

    @Option(names = "--warm-up", defaultValue = "1.5",
            description = "seconds before each cell: ${DEFAULT-VALUE}")
    private double warmUp;

    @Option(names = "--seconds", defaultValue = "3", description = "seconds of each cell: ${DEFAULT-VALUE}")
    private double seconds;

    @Option(names = "--inside", hidden = true, description = "in the JVM that is measured")
    private boolean inside;

    @Override
    public Integer call() throws Exception {
        if (inside) {
            Path directory = folders.data.resolve(CSV).resolve(maps.getFirst().label());
            Files.createDirectories(directory);
            Csv.append(folders.csv(CSV), new MapRun(maps.getFirst(), entries, values.getFirst(), warmUp,
                    seconds)
                    .race(directory, puts));
            return 0;
        }
        for (int bytes : values) {
            for (RacedMaps map : maps) {
                race(map, bytes);
            }
        }
        System.out.println(table(Csv.read(folders.csv(CSV), MapRun.Seen.class)));
        return 0;
    }

    private void race(RacedMaps map, int bytes) throws IOException, InterruptedException {
        Path directory = folders.data.resolve(CSV).resolve(map.label());
        delete(directory);
        Jvm.settle();
        List<String> arguments = new ArrayList<>(List.of("structures", "--inside", "--maps", map.name(),
                "--entries", Integer.toString(entries), "--values", Integer.toString(bytes),
                "--puts", String.join(",", puts.stream().map(String::valueOf).toList()),
                "--warm-up", Double.toString(warmUp), "--seconds", Double.toString(seconds)));
        arguments.addAll(folders.arguments());
        Path log = folders.results.resolve("logs").resolve(CSV + "-" + map.label() + ".log");
        int code = Jvm.run(Jvm.Start.with(map.jvmFlags()), arguments, log);
        if (code != 0) {
            throw new IOException("a JVM of the race failed: code=" + code + ", map=" + map.label() + ", log="
                    + log);
        }
        delete(directory);
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    /** A row for each cell; puts or gets a second, the newest of each map. */
    static String table(List<MapRun.Seen> seen) {
        List<String> head = new ArrayList<>(List.of("cell"));
        for (RacedMaps map : RacedMaps.values()) {
            head.add(map.label());
        }
        head.addAll(List.of("hash-map to best peer", "btree-map to best peer"));
        Table table = new Table(head.toArray(String[]::new));
        seen.stream().map(StructuresCommand::cell).distinct().forEach(cell -> {
            List<Object> row = new ArrayList<>(List.of(cell));
            for (RacedMaps map : RacedMaps.values()) {
                row.add(rate(seen, cell, map));
            }
            double best = Arrays.stream(RacedMaps.values()).filter(map -> !map.isOurs())
                    .mapToDouble(map -> rate(seen, cell, map).orElse(0)).max().orElse(0);
            for (RacedMaps map : List.of(RacedMaps.HASH_MAP, RacedMaps.BTREE_MAP)) {
                OptionalDouble rate = rate(seen, cell, map);
                row.add(best == 0 || rate.isEmpty() ? OptionalDouble.empty()
                        : OptionalDouble.of(rate.getAsDouble() / best));
            }
            table.row(row.toArray());
        });
        return table.toString();
    }

    private static String cell(MapRun.Seen seen) {
        return seen.work().equals("get") ? "get, values of " + seen.valueBytes()
                : seen.work() + ", values of " + seen.valueBytes() + ", " + seen.putsPerCommit()
                + " a commit";
    }

    private static OptionalDouble rate(List<MapRun.Seen> seen, String cell, RacedMaps map) {
        return seen.stream().filter(each -> each.map().equals(map.label()) && cell(each).equals(cell))
                .mapToDouble(MapRun.Seen::perSecond).reduce((first, second) -> second);
    }
}
