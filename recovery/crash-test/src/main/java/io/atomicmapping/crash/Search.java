package io.atomicmapping.crash;

import io.atomicmapping.crash.Recording.Course;

/** Runs what a {@link CrashTest} asks for, and tells the first violation. */
final class Search<S extends AutoCloseable, M> {

    private final String name;
    private final Subject<S, M> subject;
    private final DiskTraits traits;
    private final CrashReport report;

    Search(String name, Subject<S, M> subject, DiskTraits traits) {
        this.name = name;
        this.subject = subject;
        this.traits = traits;
        this.report = new CrashReport(name);
    }

    CrashReport report() {
        return report;
    }

    /** Every crash of one run, and of the recoveries, so many in a row. */
    void exhaust(int depth) {
        Recording<S, M> first = Recording.first(subject, traits, Course.working(0));
        report.addRun();
        fail(first.failure() != null ? first : new Explorer<S, M>(report).exhaust(first, depth));
    }

    void random(Budget budget, int depth) {
        fail(new RandomRuns<>(subject, traits, report, depth).run(budget.startingAfter(report.states())));
    }

    CrashReport replay(Plan plan) {
        Recording<S, M> again = plan.replay(subject, traits);
        tell(again.failure() == null ? null : again);
        return report;
    }

    private void fail(Recording<S, M> wrong) {
        tell(wrong == null ? null : new Shrinker<>(wrong, traits).shortest());
    }

    private void tell(Recording<S, M> wrong) {
        if (wrong != null) {
            Story story = new Story(name, wrong, report);
            String page = wrong.crash() == null ? "" : "\n  As a page: " + new StoryPage(story).write();
            throw new AssertionError(story + page, wrong.failure());
        }
    }
}
