package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** The crash test for users: what is sound passes, what is wrong is found, its story leads to the line. */
class CrashTestTest {

    private static CrashTest<Accounts, List<Long>> sound() {
        return CrashTest.of(Accounts::open, Accounts::balances)
                .workload((accounts, ledger) -> {
                    for (int i = 0; i < 3; i++) {
                        accounts.transfer(i, (i + 1) % Accounts.COUNT, 10);
                        ledger.commit(accounts::sync);
                    }
                })
                .invariant(accounts -> assertEquals(Accounts.COUNT * Accounts.EACH, accounts.total()));
    }

    private static CrashTest<Accounts, List<Long>> hasty() {
        return CrashTest.of(Accounts::open, Accounts::balances)
                .workload((accounts, ledger) -> {
                    accounts.transfer(0, 1, 10);
                    ledger.commit(accounts::sync);
                    ledger.commit(() -> accounts.hastyTransfer(1, 2, 5));
                });
    }

    private static String story(CrashTest<?, ?> wrong) {
        return assertThrows(AssertionError.class, wrong::run).getMessage();
    }

    @Test
    void soundStructureSurvivesEveryCrashOfItAndOfItsRecovery() {
        CrashReport report = sound().exhaustive().nested(1).run();
        System.out.println(report);
        assertTrue(report.states() > 500, report::toString);
        assertTrue(report.nestedStates() > 500, report::toString);
        assertEquals(0, report.sampledMoments());
    }

    @Test
    void syncBetweenTwoStepsIsFoundAndItsPlaceIsNamed() {
        String story = story(hasty().exhaustive());
        assertTrue(story.contains("found [90, 105, 100]"), story);
        assertTrue(story.contains("allowed: in flight    commit 2 at CrashTestTest.hasty"), story);
        assertTrue(Pattern.compile("last force that had returned: .* of accounts.journal"
                + " at Accounts.withdraw\\(Accounts.java:\\d+\\) < Accounts.hastyTransfer")
                .matcher(story).find(), story);
    }

    @Test
    void planOfAStoryFailsAgainInTheSameWay() {
        String story = story(hasty().exhaustive());
        Matcher plan = Pattern.compile("\\.replay\\(\"(.*)\"\\)").matcher(story);
        assertTrue(plan.find(), story);
        String again = story(hasty().replay(plan.group(1)));
        assertEquals(story.lines().limit(4).toList(), again.lines().limit(4).toList());
    }

    @Test
    void storyIsAlsoAPageWithADrawing() throws IOException {
        String story = story(hasty().named("a hasty transfer").exhaustive());
        Matcher link = Pattern.compile("As a page: (file:.*)").matcher(story);
        assertTrue(link.find(), story);
        String page = Files.readString(Path.of(URI.create(link.group(1))));
        assertTrue(page.contains("<svg") && page.contains("process kill")
                && page.contains("/data/accounts.journal"), page);
        assertTrue(page.contains("class=\"differs\">page 1<"), page);
    }

    @Test
    void randomRunsFindItToo() {
        String story = story(hasty().random(7, 1000L));
        assertTrue(story.contains("found [90, 105, 100]"), story);
    }

    @Test
    void checkJudgesPromisesThatAreNoStates() {
        CrashTest<Accounts, Integer> counted =
                CrashTest.<Accounts, Integer>checking(Accounts::open, (accounts, promises) -> {
            long transferred = Accounts.EACH - accounts.balances().get(0);
            assertTrue(transferred >= promises.acknowledged().size(),
                    promises.acknowledged() + " " + accounts.balances());
            assertTrue(transferred <= promises.acknowledged().size() + promises.inFlight().size());
        }).workload((accounts, ledger) -> {
            for (int i = 1; i <= 3; i++) {
                accounts.transfer(0, 1, 1);
                ledger.commit(i, accounts::sync);
            }
        });
        assertTrue(counted.exhaustive().nested(1).run().states() > 100);
    }

    @Property(tries = 5)
    void worksInsideAProperty(@ForAll @IntRange(min = 1, max = 50) int amount) {
        CrashTest.of(Accounts::open, Accounts::balances).workload((accounts, ledger) -> {
            accounts.transfer(0, 2, amount);
            ledger.commit(accounts::sync);
        }).exhaustive().run();
    }

    @Test
    void failureWithoutACrashIsNotBlamedOnOne() {
        String story = story(CrashTest.of(Accounts::open, Accounts::balances).workload((accounts, ledger) -> {
            throw new IllegalStateException("of its own");
        }).exhaustive());
        assertTrue(story.contains("of its own") && story.contains("No crash is to blame"), story);
    }
}
