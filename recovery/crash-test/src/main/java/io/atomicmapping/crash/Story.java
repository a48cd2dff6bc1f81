package io.atomicmapping.crash;

import java.util.List;

/** How a violation came about, told from the record. */
final class Story {

    private static final int TOLD_MAX = 40;
    private static final int LOST_MAX = 8;

    private final String name;
    private final Recording<?, ?> wrong;
    private final CrashReport report;
    private final List<Chapter> chapters;
    private final String note;

    /**
     * Prepares it.
     *
     * @param note what else there is to say, or empty
     */
    Story(String name, Recording<?, ?> wrong, CrashReport report, String note) {
        this.note = note;
        this.name = name;
        this.wrong = wrong;
        this.report = report;
        this.chapters = Chapter.of(wrong);
    }

    List<Chapter> chapters() {
        return chapters;
    }

    String name() {
        return name;
    }

    Recording<?, ?> wrong() {
        return wrong;
    }

    /** What is wrong. */
    String claim() {
        Throwable failure = wrong.failure();
        boolean told = failure instanceof AssertionError && failure.getMessage() != null;
        String message = told ? failure.getMessage() : failure.toString();
        return wrong.phase() == Recording.Phase.JUDGING && told ? message : wrong.phase().failed + ": "
                + message;
    }

    /** From what the recording can be made again. */
    String plan() {
        return Plan.of(wrong).toString();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(name).append(": ").append(claim());
        if (wrong.crash() == null) {
            return text.append("\n  No crash is to blame: there was none, and the disk was empty at first.")
                    .append(" The cause is below.").toString();
        }
        text.append("\n\n  ").append(moral());
        text.append("\n  To replay it: .replay(\"").append(plan()).append("\")");
        text.append(note.isEmpty() ? "" : "\n  " + note);
        for (int i = 0; i < chapters.size(); i++) {
            text.append("\n\n  ").append(i + 1).append(". ").append(chapters.get(i).title()).append('\n');
            tell(chapters.get(i), text);
        }
        return text.append("\n  Visited until then: ").append(report.figures()).toString();
    }

    /** The last crash in a few sentences: what it cut in two. */
    String moral() {
        Chapter last = chapters.get(chapters.size() - 2);
        Crash crash = last.crash();
        String verdict = Verdict.of(wrong, last);
        StringBuilder text = new StringBuilder(verdict).append(verdict.isEmpty() ? "" : "\n  ");
        text.append("The last crash: a ").append(crash.name());
        Operation next = last.next();
        text.append(next == null ? " after everything."
                : " before " + Teller.briefly(next) + Teller.at(next) + ".");
        List<String> open = wrong.promises().all().stream().filter(promise -> !promise.acknowledged())
                .map(promise -> promise.name()).toList();
        if (!open.isEmpty()) {
            text.append("\n  In flight then: ").append(String.join("; ", open)).append('.');
        }
        Operation force = last.lastForce();
        if (force != null) {
            text.append("\n  The last force that had returned: ").append(Teller.briefly(force))
                    .append(Teller.at(force)).append('.');
        }
        List<String> lost = last.events().stream()
                .filter(event -> event.fate() == Crash.Fate.LOST || event.fate() == Crash.Fate.TORN)
                .map(event -> Teller.briefly(event.operation()) + Teller.fate(event, crash)
                        + Teller.at(event.operation()))
                .toList();
        text.append("\n  Lost: ").append(lost.isEmpty() ? "nothing." : "");
        lost.stream().limit(LOST_MAX).forEach(each -> text.append("\n    ").append(each));
        return text.append(lost.size() > LOST_MAX ? "\n    and more: " + (lost.size() - LOST_MAX) : "")
                .toString();
    }

    private void tell(Chapter chapter, StringBuilder text) {
        if (chapter.recording().before() != null) {
            Recording<?, ?> recording = chapter.recording();
            Tails.reports(recording.before().disk().crash(recording.crash()))
                    .forEach(report -> text.append("     found: ")
                            .append(report.replace("\n", "\n            ")).append('\n'));
        }
        List<Chapter.Event> events = chapter.events();
        int from = Math.max(0, events.size() - TOLD_MAX);
        if (from > 0) {
            text.append("     ... ").append(from).append(" events before\n");
        }
        String place = "";
        for (Chapter.Event event : events.subList(from, events.size())) {
            if (event.operation() == null) {
                text.append("  ---- ").append(event.text()).append('\n');
                continue;
            }
            if (!event.by().equals(place)) {
                place = event.by();
                text.append("     by ").append(place).append(":\n");
            }
            text.append("     %5d  %s%s%n".formatted(event.time(), event.text(),
                    Teller.fate(event, chapter.crash())));
        }
        if (chapter.crash() != null) {
            text.append("  ==== ").append(chapter.crash().name()).append('\n');
        } else {
            text.append("  ==== wrong: ").append(claim().lines().findFirst().orElse("")).append('\n');
        }
    }
}
