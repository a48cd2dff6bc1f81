package io.atomicmapping.benchmarks.report;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;

/**
 * JMH's results of one file.
 *
 * @param scores by benchmark
 * @param errors half of the 99.9 percent interval
 * @param allocated bytes an operation
 */
public record Micro(Map<String, Double> scores, Map<String, Double> errors, Map<String, Double> allocated) {

    private static final String ALLOCATED = ":gc.alloc.rate.norm";

    /** Reads a file; nothing if it is missing. */
    public static Micro read(Path csv) throws IOException {
        Micro result = new Micro(new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
        if (!Files.exists(csv)) {
            return result;
        }
        CSVFormat format = CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get();
        try (Reader in = Files.newBufferedReader(csv)) {
            for (CSVRecord line : format.parse(in)) {
                String name = line.get("Benchmark");
                int secondary = name.indexOf(':');
                String method = name.substring(name.lastIndexOf('.', secondary < 0 ? name.length()
                        : secondary) + 1);
                double score = Double.parseDouble(line.get("Score"));
                if (secondary < 0) {
                    result.scores.put(method, score);
                    result.errors.put(method, Double.parseDouble(line.get("Score Error (99.9%)")));
                } else if (name.endsWith(ALLOCATED)) {
                    result.allocated.put(method.substring(0, method.indexOf(':')), score);
                }
            }
        }
        return result;
    }
}
