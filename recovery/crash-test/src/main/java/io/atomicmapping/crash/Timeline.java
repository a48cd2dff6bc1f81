package io.atomicmapping.crash;

import io.atomicmapping.crash.Chapter.Event;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/** A chapter as a drawing: time from left to right, a row for what the workload says and one for each file. */
final class Timeline {

    private static final int STEP = 22;
    private static final int ROW = 46;
    private static final int LEFT = 190;

    private final Chapter chapter;
    private final List<Path> rows;
    private final StringBuilder svg = new StringBuilder();

    private Timeline(Chapter chapter) {
        this.chapter = chapter;
        this.rows = chapter.events().stream().map(Event::operation).filter(Objects::nonNull).map(Operation::path).distinct()
                .toList();
    }

    static String svg(Chapter chapter) {
        return new Timeline(chapter).draw();
    }

    private String draw() {
        int width = LEFT + (chapter.events().size() + 3) * STEP;
        int height = (rows.size() + 1) * ROW + 30;
        svg.append(format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\">", width, height));
        row("workload", 0, width);
        for (int i = 0; i < rows.size(); i++) {
            row(rows.get(i).toString(), i + 1, width);
        }
        int x = LEFT;
        for (Event event : chapter.events()) {
            if (event.operation() == null) {
                said(event, x);
            } else {
                done(event, x);
            }
            x += STEP;
        }
        end(x, height);
        return svg.append("</svg>").toString();
    }

    private void row(String name, int index, int width) {
        int y = index * ROW + 24;
        svg.append(format("<text x=\"4\" y=\"%d\" class=\"name\">%s</text><line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\""
                + " class=\"row\"/>", y + 4, StoryPage.escape(shortened(name)), LEFT - 8, y, width, y));
    }

    private static String shortened(String name) {
        return name.length() <= 28 ? name : "..." + name.substring(name.length() - 25);
    }

    private void said(Event event, int x) {
        svg.append(format("<path d=\"M%d 12 v24 l12 -6 l-12 -6\" class=\"said\"><title>%s</title></path>", x,
                StoryPage.escape(event.text())));
    }

    private void done(Event event, int x) {
        Operation operation = event.operation();
        int y = (rows.indexOf(operation.path()) + 1) * ROW + 24;
        String title = StoryPage.escape(event.time() + "  " + event.text() + Teller.fate(event, chapter.crash()) + "\n"
                + Teller.at(operation).strip());
        String style = event.isInFlight(chapter.crash()) ? "flight" : "";
        if (operation.isForce()) {
            svg.append(format("<rect x=\"%d\" y=\"%d\" width=\"5\" height=\"34\" class=\"force %s\"><title>%s</title></rect>",
                    x + 6, y - 17, style, title));
            return;
        }
        String fate = event.fate() == null ? "sure" : event.fate().name().toLowerCase(Locale.ROOT);
        svg.append(format("<rect x=\"%d\" y=\"%d\" width=\"17\" height=\"20\" rx=\"%d\" class=\"%s %s\"><title>%s</title></rect>",
                x, y - 10, operation.isOfEntries() ? 9 : 2, fate, style, title));
        svg.append(format("<text x=\"%d\" y=\"%d\" class=\"letter\">%s</text>", x + 8, y + 4, letter(operation)));
    }

    private static String letter(Operation operation) {
        return switch (operation.kind()) {
            case WRITE, WRITE_DIRECT -> "W";
            case SET_LENGTH -> "L";
            case ZERO -> "0";
            case ALLOCATE -> "S";
            case SET_ATTRIBUTE -> "A";
            case CREATE -> "+";
            case DELETE -> "-";
            case RENAME -> "R";
            default -> "";
        };
    }

    private void end(int x, int height) {
        String what = chapter.crash() == null ? "wrong" : chapter.crash().name();
        svg.append(format("<line x1=\"%d\" y1=\"4\" x2=\"%d\" y2=\"%d\" class=\"crash\"/><text x=\"%d\" y=\"%d\" class=\"crashed\">"
                + "%s</text>", x + 4, x + 4, height - 14, x - 60, height - 2, what));
    }

    private static String format(String template, Object... values) {
        return String.format(Locale.ROOT, template, values);
    }

    /** What the drawing's marks mean, as marks of the same style. */
    static String legend() {
        return Stream.of("sure", "kept", "torn", "lost").map(fate -> "<span class=\"key " + fate + "\"></span> " + fate + " ")
                .reduce("", String::concat) + "<span class=\"key force\"></span> force; dashed: in flight; flags: what the"
                + " workload said; W write, L length, 0 zeros, S space, A attribute, + created, - deleted, R renamed";
    }
}
