package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.recovery.TailCase;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every crash of short runs, and of the recoveries from them, leaves one commit; and the runs are such that
 * whatever can happen to an operation happens, with every way in which a journal can then end.
 */
class ExhaustiveTest {

    private static final int STATES_MIN = 30;
    private static final Map<Scenario, CrashReport> REPORTS = new EnumMap<>(Scenario.class);
    private static final FormatFeature.Table FORMAT = new FormatFeature.Table();

    private static CrashReport report(Scenario scenario) {
        CrashReport report = REPORTS.get(scenario);
        if (report == null) {
            report = scenario.visit(FORMAT);
            REPORTS.put(scenario, report);
            System.out.println(report);
        }
        return report;
    }

    @ParameterizedTest
    @EnumSource
    void everyCrashOfAShortRunLeavesOneCommit(Scenario scenario) {
        CrashReport report = report(scenario);
        assertTrue(report.states() > STATES_MIN, report::toString);
        assertEquals(0, report.sampledMoments(), report::toString);
        assertEquals(0, report.nestedSampledMoments(), report::toString);
    }

    @Test
    void everyOpeningThatReplaysIsCrashedAtEveryMomentInEveryWay() {
        Map<String, Integer> crashed = new TreeMap<>();
        for (Scenario scenario : Scenario.values()) {
            report(scenario).crashedRecoveries()
                    .forEach((tail, count) -> crashed.merge(tail, count, Integer::sum));
        }
        System.out.println("recoveries of which every crash was visited, by the tail that they found: "
                + crashed);
        for (TailCase tail : TailCase.values()) {
            assertEquals(!tail.isCorrupt(), crashed.containsKey(tail.name()), tail::name);
        }
    }

    @Test
    void whateverTheFormatSaysThatFilesCanLookLikeIsSeen() {
        for (Scenario scenario : Scenario.values()) {
            report(scenario);
        }
        System.out.println(FORMAT);
        assertEquals(List.of(), FORMAT.missing());
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
                        wrong.add(kind + " " + fate + " " + tail
                                + (seen ? ": seen, though " + reason : ": never seen"));
                    }
                }
            }
        }
        assertEquals(List.of(), wrong);
    }
}
