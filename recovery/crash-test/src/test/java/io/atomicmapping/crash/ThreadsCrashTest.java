package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Many threads store and sync at once. What a crash leaves cuts no section in two, breaks no chain of stores
 * that happen one before the other on different threads, and holds everything that was acknowledged.
 */
class ThreadsCrashTest {

    private static final Path FILE = Path.of("/data/shared");
    private static final long PAGE = 4096;
    private static final int MOVERS = 2;
    private static final int ROUNDS = 9;
    private static final long STATES = 500;

    /** Where things lie: each in a page of its own. */
    private static long moved(int mover) {
        return mover * PAGE;
    }

    private static long account(int mover, int side) {
        return (2 + 2 * mover + side) * PAGE;
    }

    private static final long PING = 6 * PAGE;
    private static final long PONG = 7 * PAGE;

    /** That a cell, which only grows, has reached a value. */
    private record Reached(long cell, long value) { }

    private static AtomicMapping open(Storage storage) throws IOException {
        MappingOptions options = MappingOptions.builder().storage(storage).size(8 * PAGE).maxSize(1 << 20)
                .journalCapacity(16384).build();
        return AtomicMapping.open(FILE, options);
    }

    @Test
    void crashCutsNoSectionBreaksNoChainAndLosesNothingAcknowledged() {
        CrashReport report = CrashTest.checking(ThreadsCrashTest::open, ThreadsCrashTest::check)
                .workload(ThreadsCrashTest::work).random(5, STATES).run();
        System.out.println(report);
        assertTrue(report.states() >= STATES, report::toString);
    }

    private static void check(AtomicMapping mapping, Promises<Reached> promises) {
        for (int mover = 0; mover < MOVERS; mover++) {
            long moved = mapping.getLong(moved(mover));
            assertEquals(-moved, mapping.getLong(account(mover, 0)), "a section was cut: mover=" + mover);
            assertEquals(moved, mapping.getLong(account(mover, 1)), "a section was cut: mover=" + mover);
        }
        long ping = mapping.getLong(PING);
        long pong = mapping.getLong(PONG);
        assertTrue(pong <= ping && ping <= pong + 1, "a chain is broken: ping=" + ping + ", pong=" + pong);
        for (Reached reached : promises.acknowledged()) {
            long value = mapping.getLong(reached.cell());
            assertTrue(value >= reached.value(), "lost: " + reached + ", found=" + value);
        }
    }

    private static void work(AtomicMapping mapping, Ledger<Reached> ledger) throws Exception {
        List<Callable<Void>> work = new ArrayList<>();
        for (int mover = 0; mover < MOVERS; mover++) {
            int number = mover;
            work.add(() -> move(mapping, ledger, number));
        }
        AtomicLong turn = new AtomicLong();
        work.add(() -> play(mapping, ledger, PING, turn, 0));
        work.add(() -> play(mapping, ledger, PONG, turn, 1));
        try (ExecutorService threads = Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            for (Future<Void> done : threads.invokeAll(work)) {
                done.get();
            }
        }
    }

    /** Moves an amount between two pages in a section, and says so in a third; syncs now and then. */
    private static Void move(AtomicMapping mapping, Ledger<Reached> ledger, int mover) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            long moved = mapping.getLong(moved(mover)) + 1;
            mapping.update(() -> {
                mapping.putLong(account(mover, 0), -moved);
                Thread.yield();
                mapping.putLong(account(mover, 1), moved);
                mapping.putLong(moved(mover), moved);
            });
            if (round % 3 == mover) {
                ledger.commit(new Reached(moved(mover), moved), mapping::sync);
            }
        }
        return null;
    }

    /**
     * Stores outside any section, when it is its turn: each store happens before the next, which the other
     * thread makes.
     */
    private static Void play(AtomicMapping mapping, Ledger<Reached> ledger, long cell, AtomicLong turn,
            int parity) throws Exception {
        if (parity == 0 && mapping.getLong(PONG) < mapping.getLong(PING)) {
            mapping.putLong(PONG, mapping.getLong(PING)); // a crash came between the two
        }
        for (int round = 0; round < ROUNDS; round++) {
            while (turn.get() % 2 != parity) {
                Thread.onSpinWait();
                Thread.yield();
            }
            long value = mapping.getLong(cell) + 1;
            mapping.putLong(cell, value);
            turn.incrementAndGet();
            if (round % 4 == parity) {
                ledger.commit(new Reached(cell, value), mapping::sync);
            }
        }
        return null;
    }
}
