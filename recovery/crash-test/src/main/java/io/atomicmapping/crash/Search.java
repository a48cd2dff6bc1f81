package io.atomicmapping.crash;

import io.atomicmapping.crash.Recording.Course;
import java.util.List;

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
        report.addRun(first.commits());
        if (first.failure() == null) {
            Misuse.check(first);
            Misuse.requireCommits(subject, first.commits());
        }
        fail(first.failure() != null ? first : new Explorer<S, M>(report).exhaust(first, depth));
    }

    void random(Budget budget, int depth) {
        fail(new RandomRuns<>(subject, traits, report, depth).run(budget.startingAfter(report.states())));
        Misuse.requireCommits(subject, report.commits());
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
        if (wrong == null) {
            return;
        }
        if (wrong.failure() instanceof IllegalStateException misuse && Misuse.isBy(misuse)) {
            throw misuse;
        }
        Recording<S, M> again = wrong.crash() == null ? wrong : Plan.of(wrong).placed().replay(subject,
                traits);
        Recording<S, M> placed = isLike(wrong, again) ? again : wrong;
        Story story = new Story(name, placed, report, differences(wrong, again));
        String page = placed.crash() == null ? "" : "\n  As a page: " + new StoryPage(story).write();
        throw new AssertionError(story + page, placed.failure());
    }

    /**
     * Whether it failed in the same way once it was made again: with the places of all operations, as
     * recoveries lack them.
     */
    private static boolean isLike(Recording<?, ?> wrong, Recording<?, ?> again) {
        return again.failure() != null && Symptom.of(again).equals(Symptom.of(wrong))
                && again.chain().size() == wrong.chain().size();
    }

    private static String differences(Recording<?, ?> wrong, Recording<?, ?> again) {
        if (wrong == again) {
            return "";
        }
        List<String> first = told(wrong);
        List<String> second = told(again);
        for (int i = 0; i < Math.min(first.size(), second.size()); i++) {
            if (!first.get(i).equals(second.get(i))) {
                return "The workload does not do the same twice: it told of \"" + first.get(i)
                        + "\", then of \"" + second.get(i)
                        + "\".\n  Let it take chance from ledger.random(), and no time of day, or this cannot"
                        + " be replayed. Where threads take turns, try again.";
            }
        }
        return isLike(wrong, again) ? ""
                : "Made again it did not fail: its threads took turns differently. The replay may find"
                + " nothing; try it again.";
    }

    private static List<String> told(Recording<?, ?> any) {
        Ledger<?> ledger = any.chain().getFirst().ledger();
        return ledger == null ? List.of() : ledger.entries().stream().map(Ledger.Entry::toString).toList();
    }
}
