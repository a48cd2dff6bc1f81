package io.atomicmapping.crash;

import io.atomicmapping.crash.Chapter.Event;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A chapter as a drawing: time from left to right, a row for what the workload says, one for each file, and
 * one for where in the program all this was done.
 */
final class Timeline {

    private static final int STEP = 22;
    private static final int ROW = 46;
    private static final int LEFT = 190;

    private final Chapter chapter;
    private final List<Path> rows;
    private final List<String> places = new ArrayList<>();
    private final StringBuilder svg = new StringBuilder();

    private Timeline(Chapter chapter) {
        this.chapter = chapter;
        this.rows = chapter.events().stream().map(Event::operation).filter(Objects::nonNull)
                .map(Operation::path).distinct().toList();
    }

    /** The drawing, and what its letters for places mean. */
    static String html(Chapter chapter) {
        Timeline timeline = new Timeline(chapter);
        StringBuilder html = new StringBuilder(timeline.draw()).append("<p class=\"places\">");
        for (int i = 0; i < timeline.places.size(); i++) {
            html.append("<b>").append(place(i)).append("</b> ")
                    .append(StoryPage.escape(timeline.places.get(i))).append("<br>");
        }
        return html.append("</p>").toString();
    }

    private static String place(int index) {
        return String.valueOf((char) ('a' + index % 26)) + (index < 26 ? "" : String.valueOf(index / 26));
    }

    private String draw() {
        int width = LEFT + (chapter.events().size() + 3) * STEP;
        int height = (rows.size() + 2) * ROW + 20;
        svg.append(format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\">", width,
                height));
        row("workload", 0, width);
        for (int i = 0; i < rows.size(); i++) {
            row(rows.get(i).toString(), i + 1, width);
        }
        row("done by", rows.size() + 1, width);
        doneBy();
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
        svg.append(format("<text x=\"4\" y=\"%d\" class=\"name\">%s</text>"
                + "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" class=\"row\"/>",
                y + 4, StoryPage.escape(shortened(name)), LEFT - 8, y, width, y));
    }

    /** A bar under what was done in one place of the program in a row. */
    private void doneBy() {
        List<Event> events = chapter.events();
        int y = (rows.size() + 1) * ROW + 24;
        for (int from = 0, to; from < events.size(); from = to) {
            to = from + 1;
            if (events.get(from).operation() == null) {
                continue;
            }
            String by = events.get(from).by();
            while (to < events.size() && isBy(events.get(to), by)) {
                to++;
            }
            if (!places.contains(by)) {
                places.add(by);
            }
            svg.append(format("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"16\" class=\"by\">"
                    + "<title>%s</title></rect>"
                    + "<text x=\"%d\" y=\"%d\" class=\"letter\">%s</text>", LEFT + from * STEP, y - 8,
                    (to - from) * STEP - 4,
                    StoryPage.escape(by), LEFT + (from + to) * STEP / 2 - 2, y + 4,
                            place(places.indexOf(by))));
        }
    }

    private static boolean isBy(Event event, String by) {
        return event.operation() != null && event.by().equals(by);
    }

    private static String shortened(String name) {
        return name.length() <= 28 ? name : "..." + name.substring(name.length() - 25);
    }

    private void said(Event event, int x) {
        svg.append(format("<path d=\"M%d 12 v24 l12 -6 l-12 -6\" class=\"said\"><title>%s</title></path>"
                + "<text x=\"%d\" y=\"46\" class=\"letter\">%s</text>", x, StoryPage.escape(event.text()), x
                + 5, event.mark()));
    }

    private void done(Event event, int x) {
        Operation operation = event.operation();
        int y = (rows.indexOf(operation.path()) + 1) * ROW + 24;
        String title = StoryPage.escape(event.time() + "  " + event.text()
                + Teller.fate(event, chapter.crash()) + "\n" + event.by());
        String style = event.isInFlight(chapter.crash()) ? "flight" : "";
        if (operation.isForce()) {
            svg.append(format("<rect x=\"%d\" y=\"%d\" width=\"5\" height=\"34\" class=\"force %s\">"
                    + "<title>%s</title></rect>",
                    x + 6, y - 17, style, title));
            return;
        }
        String fate = event.fate() == null ? "sure" : event.fate().name().toLowerCase(Locale.ROOT);
        svg.append(format("<rect x=\"%d\" y=\"%d\" width=\"17\" height=\"20\" rx=\"%d\" class=\"%s %s\">"
                + "<title>%s</title></rect>",
                x, y - 10, operation.isOfEntries() ? 9 : 2, fate, style, title));
        svg.append(format("<text x=\"%d\" y=\"%d\" class=\"letter\">%s</text>", x + 8, y + 4,
                letter(operation)));
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
            case COPY_PERMISSIONS -> "P";
            case ROT, REVERT -> "X";
            case FORCE, FORCE_ALL, FORCE_DIRECTORY -> "";
        };
    }

    private void end(int x, int height) {
        String what = chapter.crash() == null ? "wrong" : chapter.crash().name();
        svg.append(format("<line x1=\"%d\" y1=\"4\" x2=\"%d\" y2=\"%d\" class=\"crash\"/>"
                + "<text x=\"%d\" y=\"%d\" class=\"crashed\">%s</text>",
                x + 4, x + 4, height - 18, x - 60, height - 6, what));
    }

    private static String format(String template, Object... values) {
        return String.format(Locale.ROOT, template, values);
    }

    /** What the drawing's marks mean, as marks of the same style. */
    static String legend() {
        return Stream.of("sure", "kept", "torn", "lost")
                .map(fate -> "<span class=\"key " + fate + "\"></span> " + fate + " ")
                .reduce("", String::concat)
                + "<span class=\"key force\"></span> force; dashed: in flight when the"
                + " crash came.<br>Sure: a force covers it, or a kill could not lose it. Kept, torn, lost:"
                + " what became of what it could lose.<br>W write, L length, 0 zeros, S space, A attribute,"
                + " P permissions, + created, - deleted, R renamed, X rotten or dropped.<br>Flags are what"
                + " the workload said: 1? commit 1 begins, 1! it is acknowledged."
                + " A pointer on a mark shows more.";
    }
}
