package io.atomicmapping.benchmarks.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** A table in Markdown. */
public final class Table {

    private static final double TEN = 10;
    private static final double HUNDRED = 100;
    private static final double THOUSAND = 1000;

    private final List<String> lines = new ArrayList<>();

    /** With a head line: the first column is text, the others are figures. */
    public Table(String... head) {
        lines.add("| " + String.join(" | ", head) + " |");
        lines.add("|---" + "|---:".repeat(head.length - 1) + "|");
    }

    /** Adds a row. */
    public Table row(Object... cells) {
        lines.add("| " + String.join(" | ", Arrays.stream(cells).map(Table::text).toList()) + " |");
        return this;
    }

    private static String text(Object cell) {
        return switch (cell) {
            case OptionalDouble value -> value.isPresent() ? number(value.getAsDouble()) : "-";
            case Double value -> number(value);
            default -> cell.toString().replace("|", "/");
        };
    }

    /** Three digits, more before the point. */
    public static String number(double value) {
        double size = Math.abs(value);
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return "-";
        }
        int digits = size >= HUNDRED ? 0 : size >= TEN ? 1 : size >= 1 ? 2 : 3;
        return String.format(Locale.ROOT, size >= THOUSAND ? "%,." + digits + "f" : "%." + digits + "f",
                value);
    }

    @Override
    public String toString() {
        return String.join("\n", lines) + "\n";
    }
}
