package io.atomicmapping.crash;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A story as a page for a browser, complete in itself: what is wrong, a timeline of each run, the pages that
 * differ, and the whole text.
 */
final class StoryPage {

    private static final String DIRECTORY = "atomicmapping.crash.stories";
    private static final String STYLE = """
            body { font: 15px/1.5 sans-serif; margin: 2em; max-width: 1500px; color: #222 }
            h1 { overflow-wrap: anywhere }
            pre { background: #f6f6f6; padding: 1em; overflow-x: auto; font-size: 12px }
            .claim { border-left: 5px solid #c22; white-space: pre-wrap; background: #fdf0f0 }
            .moral { white-space: pre-wrap }
            .drawing { overflow-x: auto; border: 1px solid #ddd; padding: 6px }
            .name { font: 12px sans-serif } .letter { font: 11px sans-serif; text-anchor: middle; \
            pointer-events: none }
            .row { stroke: #ddd } .said { fill: #46a; stroke: #46a } .crash { stroke: #c22; stroke-width: 3 }
            .crashed { fill: #c22; font: bold 12px sans-serif }
            .sure { fill: #bdb; background: #bdb } .kept { fill: #9cf; background: #9cf }
            .torn { fill: #fb5; background: #fb5; stroke: #c22 } \
            .lost { fill: #fff; background: #fff; stroke: #c22; stroke-width: 2 }
            .by { fill: #eef; stroke: #99b } .places { font: 12px monospace; margin: 4px }
            .force { fill: #222; background: #222 } \
            .flight { stroke-dasharray: 3 2; stroke: #c22; stroke-width: 2 }
            .key { display: inline-block; width: 14px; height: 14px; border: 1px solid #999 }
            td { vertical-align: top; font: 12px monospace; padding: 0 8px } td.differs { background: #fdd }
            """;

    private static final int BYTES_SHOWN = 16;

    private final Story story;

    StoryPage(Story story) {
        this.story = story;
    }

    /**
     * Writes it to the directory that a property names, else to {@code target/crash-stories}.
     *
     * @return where it lies, or why it does not
     */
    String write() {
        Path file = Path.of(System.getProperty(DIRECTORY, "target/crash-stories")).toAbsolutePath()
                .resolve(Text.fileName(story.name()) + ".html");
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, html());
            return file.toUri().toString();
        } catch (IOException e) {
            return "none, it could not be written: " + e;
        }
    }

    private String html() {
        StringBuilder page = new StringBuilder("<!doctype html>\n<html lang=\"en\"><head>")
                .append("<meta charset=\"utf-8\"><title>").append(escape(story.name())).append("</title>")
                .append("<style>\n").append(STYLE).append("</style></head><body>\n")
                .append("<h1>").append(escape(story.name())).append("</h1>\n")
                .append("<pre class=\"claim\">").append(escape(story.claim())).append("</pre>\n")
                .append("<pre class=\"moral\">").append(escape(story.moral())).append("</pre>\n")
                .append("<p>").append(Timeline.legend()).append("</p>\n");
        for (int i = 0; i < story.chapters().size(); i++) {
            Chapter chapter = story.chapters().get(i);
            page.append("<h2>").append(i + 1).append(". ").append(escape(chapter.title())).append("</h2>\n")
                    .append("<div class=\"drawing\">").append(Timeline.html(chapter)).append("</div>\n");
        }
        pagesThatDiffer(page);
        return page.append("<h2>The whole story</h2>\n<pre>").append(escape(story.toString()))
                .append("</pre>\n</body></html>\n").toString();
    }

    /** The files after the wrong recovery, beside those that they should have been like. */
    private void pagesThatDiffer(StringBuilder page) {
        Recording<?, ?> wrong = story.wrong();
        Recording<?, ?> sound = wrong.sound();
        page.append("<h2>Pages that differ</h2>\n<p>Between the files that this recovery left, and those"
                + " that a recovery leaves after a ").append(sound.crash().name())
                .append(" at time ").append(sound.crash().time())
                .append(" that loses nothing. The journal is left out.</p>\n<table>");
        Map<Path, byte[]> expected = contents(sound.disk());
        contents(wrong.disk()).forEach((path, found) -> {
            byte[] other = expected.getOrDefault(path, new byte[0]);
            boolean isJournal = path.toString().endsWith(".journal");
            long end = isJournal ? 0 : Math.max(found.length, other.length);
            for (long at = 0; at < end; at += FileImage.PAGE_BYTES) {
                row(page, path, at, found, other);
            }
        });
        page.append("</table>\n");
    }

    private static void row(StringBuilder page, Path path, long at, byte[] found, byte[] expected) {
        int differing = 0;
        long first = -1;
        for (long i = at; i < at + FileImage.PAGE_BYTES; i++) {
            int left = i < found.length ? found[(int) i] : -1000;
            int right = i < expected.length ? expected[(int) i] : -1000;
            if (left != right) {
                differing++;
                first = first < 0 ? i : first;
            }
        }
        if (differing > 0) {
            long from = first - first % BYTES_SHOWN;
            page.append("<tr><td>").append(escape(path.toString())).append("</td><td class=\"differs\">page ")
                    .append(at / FileImage.PAGE_BYTES).append("</td><td>bytes that differ: ")
                    .append(differing)
                    .append(", the first at ").append(first).append("</td><td>from ").append(from).append(
                    ":<br>left&nbsp;&nbsp;")
                    .append(bytes(found, from, expected)).append("<br>other&nbsp;").append(bytes(expected,
                    from, found))
                    .append("</td></tr>\n");
        }
    }

    private static String bytes(byte[] file, long from, byte[] other) {
        StringBuilder text = new StringBuilder();
        for (int i = (int) from; i < Math.min(file.length, from + BYTES_SHOWN); i++) {
            boolean differs = i >= other.length || file[i] != other[i];
            String digits = String.format(Locale.ROOT, "%02x", file[i]);
            text.append(differs ? "<b>" + digits + "</b> " : digits + " ");
        }
        return text.isEmpty() ? "nothing, the file is shorter" : text.toString();
    }

    private static Map<Path, byte[]> contents(SimulatedDisk disk) {
        Map<Path, byte[]> contents = new TreeMap<>();
        for (Path path : disk.paths()) {
            try {
                contents.put(path, disk.contents(path));
            } catch (IOException e) {
                throw new AssertionError("a disk at rest has the files that it names", e);
            }
        }
        return contents;
    }

    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
