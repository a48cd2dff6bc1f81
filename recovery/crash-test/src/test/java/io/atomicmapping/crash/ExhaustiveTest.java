package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.recovery.TailCase;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every crash of short runs, and of the recoveries from them, leaves one commit; and the runs are such that whatever can happen
 * to an operation happens, with every way in which a journal can then end.
 */
class ExhaustiveTest {

    private static final Map<Scenario, CrashReport> REPORTS = new EnumMap<>(Scenario.class);

    private static CrashReport report(Scenario scenario) {
        CrashReport report = REPORTS.get(scenario);
        if (report == null) {
            report = scenario.visit();
            REPORTS.put(scenario, report);
            System.out.println(report);
        }
        return report;
    }

    @ParameterizedTest
    @EnumSource
    void everyCrashOfAShortRunLeavesOneCommit(Scenario scenario) {
        CrashReport report = report(scenario);
        assertTrue(report.nestedStates() > 500, report::toString);
        assertTrue(report.sampledMoments() == 0 || scenario == Scenario.JOURNAL_GROWTH, report::toString);
    }

    @Test
    void everyPossibleFateOfEveryOperationIsSeenWithEveryTailAndNoImpossibleOne() {
        Coverage coverage = new Coverage();
        for (Scenario scenario : Scenario.values()) {
            coverage.add(report(scenario).coverage());
        }
        System.out.println("fates of operations by tail: K kept, T torn, L lost\n" + coverage);
        List<String> wrong = new ArrayList<>();
        for (Operation.Kind kind : Operation.Kind.values()) {
            for (TailCase tail : TailCase.values()) {
                for (Crash.Fate fate : Crash.Fate.values()) {
                    String reason = FateRules.reason(kind, fate, tail);
                    boolean seen = coverage.has(kind, fate, tail.name());
                    if (seen != (reason == null)) {
                        wrong.add(kind + " " + fate + " " + tail + (seen ? ": seen, though " + reason : ": never seen"));
                    }
                }
            }
        }
        assertEquals(List.of(), wrong);
    }
}
