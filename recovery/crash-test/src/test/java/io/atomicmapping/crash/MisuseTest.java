package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A crash test that is written wrongly says so, and what to do; it neither passes nor blames a crash. */
class MisuseTest {

    private static final CrashTest.Workload<Accounts, Object> TRANSFER = (accounts, ledger) -> {
        accounts.transfer(0, 1, 10);
        ledger.commit(accounts::sync);
    };

    private static void assertMisuse(String remedy, CrashTest<?, ?> test) {
        String message = assertThrows(IllegalStateException.class, test::run).getMessage();
        assertTrue(message.contains(remedy), message);
    }

    private static String story(CrashTest<?, ?> wrong, Throwable cause) {
        AssertionError error = assertThrows(AssertionError.class, wrong::run);
        assertSame(cause, error.getCause());
        assertTrue(error.getMessage().contains("No crash is to blame"), error::getMessage);
        return error.getMessage();
    }

    @Test
    void workloadThatCommitsNothing() {
        assertMisuse("ledger.commit(structure::sync)", CrashTest.of(Accounts::open, Accounts::balances)
                .workload((accounts, ledger) -> accounts.sync()).exhaustive());
        assertMisuse("ledger.commit(structure::sync)", CrashTest.of(Accounts::open, Accounts::balances)
                .workload((accounts, ledger) -> accounts.sync()).random(1, 5L));
    }

    @Test
    void withoutAWorkloadItIsTheCreationThatCrashes() {
        assertTrue(CrashTest.of(Accounts::open, Accounts::total).random(1, 5L).run().states() > 0);
    }

    @Test
    void stateWithoutEquals() {
        assertMisuse("tell it as a value with equals", CrashTest.<Accounts, Object>of(Accounts::open,
                accounts -> new StringBuilder(accounts.balances().toString())).workload(TRANSFER)
                        .exhaustive());
    }

    @Test
    void stateThatIsNoCopy() {
        List<Long> shared = new ArrayList<>();
        assertMisuse("tell a copy", CrashTest.<Accounts, Object>of(Accounts::open, accounts -> {
            shared.clear();
            shared.addAll(accounts.balances());
            return shared;
        }).workload(TRANSFER).exhaustive());
    }

    @Test
    void storageThatIsNotUsed() {
        assertMisuse("MappingOptions.builder().storage(storage)", CrashTest.<Accounts, Object>of(
                storage -> Accounts.open(new MemoryStorage()), Accounts::balances).workload(TRANSFER)
                        .exhaustive());
    }

    @Test
    void mappingThatIsNotClosed() {
        record Open(Accounts accounts) implements AutoCloseable {
            @Override
            public void close() { }
        }
        assertMisuse("/data/accounts", CrashTest.of(storage -> new Open(Accounts.open(storage)),
                open -> open.accounts().balances()).workload((open, ledger) -> {
                    open.accounts().transfer(0, 1, 10);
                    ledger.commit(open.accounts()::sync);
                }).random(1, 5L));
    }

    @Test
    void commitThatClosesTheStructure() {
        AssertionError error = assertThrows(AssertionError.class, CrashTest.of(Accounts::open,
                Accounts::balances)
                .workload((accounts, ledger) -> ledger.commit(accounts::close)).exhaustive()::run);
        assertTrue(error.getMessage().contains("ledger.commit(state, action)"), error::getMessage);
    }

    @Test
    void openThatFailsWithoutACrash() {
        IOException cause = new IOException("of its own");
        String story = story(CrashTest.<AtomicMapping, Object>of(storage -> {
            throw cause;
        }, AtomicMapping::size).exhaustive(), cause);
        assertTrue(story.contains("it cannot be opened: java.io.IOException: of its own"), story);
    }

    @Test
    void workloadThatFailsWithoutACrash() {
        IllegalArgumentException cause = new IllegalArgumentException("of its own");
        String story = story(CrashTest.of(Accounts::open, Accounts::balances).workload((accounts, ledger) -> {
            throw cause;
        }).exhaustive(), cause);
        assertTrue(story.contains("the workload failed: java.lang.IllegalArgumentException: of its own"),
                story);
    }

    @Test
    void threadThatFailsWithoutACrash() {
        IOException cause = new IOException("of its own");
        story(CrashTest.of(Accounts::open, Accounts::balances).workload((accounts, ledger) -> ledger.together(
                accounts::sync, () -> {
                    throw cause;
                })).exhaustive(), cause);
    }

    @Test
    void workloadThatDoesNotDoTheSameTwice() {
        AtomicLong clock = new AtomicLong();
        String story = assertThrows(AssertionError.class, CrashTest.of(Accounts::open, Accounts::balances)
                .workload((accounts, ledger) -> {
                    accounts.transfer(0, 1, clock.incrementAndGet());
                    ledger.commit(accounts::sync);
                    ledger.commit(() -> accounts.hastyTransfer(1, 2, 5));
                }).exhaustive()::run).getMessage();
        assertTrue(story.contains("does not do the same twice") && story.contains("ledger.random()"), story);
    }

    @Test
    void nothingToRunAndLimitsOutOfRange() {
        CrashTest<Accounts, List<Long>> test = CrashTest.of(Accounts::open, Accounts::balances);
        assertMisuse("exhaustive() or random(..)", test);
        assertThrows(IllegalArgumentException.class, () -> test.nested(-1));
        assertThrows(IllegalArgumentException.class, () -> test.random(1, 0L));
        assertThrows(IllegalArgumentException.class, () -> test.random(1, Duration.ZERO));
    }

    @Test
    void planThatIsNone() {
        CrashTest<Accounts, List<Long>> test = CrashTest.of(Accounts::open, Accounts::balances);
        for (String plan : List.of("", "open > open", "work seed=x > POWER_CUT@1 > open",
                "work seed=0 > POWER_CUT@1",
                "work seed=0 > POWER_CUT@1 5 > open", "work seed=0 > POWER_CUT > open",
                        "work seed=0 > FIRE@1 > open")) {
            IllegalArgumentException error = assertThrows(IllegalArgumentException.class, () ->
                    test.replay(plan), plan);
            assertEquals(false, error.getMessage().isEmpty());
        }
    }
}
