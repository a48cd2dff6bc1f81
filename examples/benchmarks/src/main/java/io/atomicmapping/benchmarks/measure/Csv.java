package io.atomicmapping.benchmarks.measure;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.apache.commons.csv.CSVRecord;

/** Rows of a CSV file as records: the components' names are the head line. */
public final class Csv {

    private Csv() {}

    /** Appends a row, below a head line if the file is new. */
    public static void append(Path file, Record row) throws IOException {
        append(file, List.of(row));
    }

    /** Appends rows of one type. */
    public static void append(Path file, List<? extends Record> rows) throws IOException {
        if (rows.isEmpty()) {
            return;
        }
        boolean head = !Files.exists(file);
        Files.createDirectories(file.toAbsolutePath().getParent());
        try (Writer out = Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                CSVPrinter printer = new CSVPrinter(out, CSVFormat.DEFAULT)) {
            if (head) {
                printer.printRecord(Arrays.stream(rows.getFirst().getClass().getRecordComponents())
                        .map(RecordComponent::getName));
            }
            for (Record row : rows) {
                printer.printRecord(values(row));
            }
        }
    }

    private static List<Object> values(Record row) {
        List<Object> values = new ArrayList<>();
        for (RecordComponent component : row.getClass().getRecordComponents()) {
            try {
                values.add(component.getAccessor().invoke(row));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("a record that cannot be read: type=" + row.getClass()
                        .getName(), e);
            }
        }
        return values;
    }

    /** All rows of a file; none if there is no such file. */
    public static <T extends Record> List<T> read(Path file, Class<T> type) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        CSVFormat format = CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get();
        try (Reader in = Files.newBufferedReader(file)) {
            return format.parse(in).stream().map(line -> row(line, type)).toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static <T extends Record> T row(CSVRecord line, Class<T> type) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        Object[] values = Arrays.stream(components).map(component -> value(line.get(component.getName()),
                component.getType())).toArray();
        try {
            return type.getDeclaredConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("a row that is none: type=" + type.getName() + ", line="
                    + line, e);
        }
    }

    private static Object value(String text, Class<?> type) {
        if (type == int.class) {
            return Integer.parseInt(text);
        }
        if (type == long.class) {
            return Long.parseLong(text);
        }
        if (type == double.class) {
            return Double.parseDouble(text);
        }
        if (type == boolean.class) {
            return Boolean.parseBoolean(text);
        }
        return text;
    }
}
