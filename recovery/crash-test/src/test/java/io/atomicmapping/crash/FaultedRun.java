package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.crash.Oracle.Version;
import io.atomicmapping.crash.Step.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;

/**
 * One run of a scripted session on a storage with a fault, and the crashes after it. Asserted is the
 * contract:
 *
 * <ul>
 *   <li>The fault shows as an exception of the right type that tells it, or not at all; never as a hang.
 *   <li>Loads go on, and show what was stored.
 *   <li>Unless a force failed, a sync succeeds once the storage works again.
 *   <li>After a kill or a power cut at that moment, opening shows a commit not older than the last
 *       acknowledged.
 *   <li>No byte that was never committed went into the data file.
 * </ul>
 */
final class FaultedRun {

    /** What was visited. */
    static final class Tally {
        long runs;
        long faults;
        long silent;
        long crashes;

        @Override
        public String toString() {
            return "runs=" + runs + ", faults=" + faults + " (silent=" + silent + "), crashes=" + crashes;
        }
    }

    /**
     * Puts, syncs, range syncs, checkpoints of a 16 KiB ring, its growth, resizes both ways, rollback, close
     * and reopening.
     */
    private static final List<Step> SCRIPT = List.of(
            step(Kind.PUT_LONG, 100, 0, 11), step(Kind.SYNC, 0, 0, 0),
            step(Kind.STORE_RAW, 40_000, 0x40000 + 1500, 12), step(Kind.SYNC, 0, 0, 0),
            step(Kind.PUT_MANY, 20_000, 0x40000 + 7000, 13), step(Kind.PUT_LONG, 70_000, 0x40000, 14),
            step(Kind.SYNC_RANGE, 20_000, 0x40000 + 4000, 0), step(Kind.SYNC, 0, 0, 0),
            step(Kind.PUT_MANY, 30_000, 0x40000 + 8000, 15), step(Kind.SYNC_ASYNC, 0, 0, 0),
            step(Kind.PUT_BYTES, 30_100, 0x40000 + 250, 16), step(Kind.SYNC, 0, 0, 0),
            step(Kind.FILL, 50_000, 0x40000 + 6000, 17), step(Kind.ROLLBACK, 0, 0, 0),
            step(Kind.PUT_MANY, 10_000, 0x40000 + 23_000, 18), step(Kind.SYNC, 0, 0, 0),
            step(Kind.RESIZE, 120_001, 0, 4), step(Kind.PUT_BYTES, 119_900, 0x40000 + 99, 19),
            step(Kind.SYNC, 0, 0, 0),
            step(Kind.RESIZE, 50_001, 0, 4), step(Kind.SYNC, 0, 0, 0),
            step(Kind.RESIZE, 90_000, 0, 4), step(Kind.PUT_LONG, 60_000, 0x40000, 20),
            step(Kind.SYNC, 0, 0, 0),
            step(Kind.PUT_LONG, 10, 0x40000, 21), step(Kind.REOPEN, 100_000, 2, 4),
            step(Kind.UPDATE, 1, 0, 22), step(Kind.SYNC, 0, 0, 0), step(Kind.REOPEN, 0, 1, 4),
            step(Kind.PUT_MANY, 5_000, 0x40000 + 9000, 23), step(Kind.SYNC, 0, 0, 0),
            step(Kind.PUT_LONG, 9, 0x40000, 24));
    private static final int SIZE = 80_000;
    private static final int RANDOM_CRASHES = 2;
    private static final int TOLD_MAX = 60;

    private final SimulatedDisk disk = new SimulatedDisk();
    private final FaultyStorage storage = new FaultyStorage(disk);
    private final boolean raw;
    private final String story;
    private final Tally tally;
    private final Version empty = Version.found(new byte[SIZE], 0);
    private final Ledger<Version> ledger = new Ledger<>(disk, null, new BitSet(), 0);
    private final Oracle oracle = new Oracle(empty, version -> ledger.begin(version)::acknowledge);
    private long opened = Long.MAX_VALUE;

    FaultedRun(boolean raw, String story, Tally tally) {
        this.raw = raw;
        this.story = story + ", raw=" + raw;
        this.tally = tally;
        ledger.inherit(empty, true);
    }

    private static Step step(Kind kind, int at, int length, long value) {
        return new Step(kind, at, length, value);
    }

    FaultyStorage storage() {
        return storage;
    }

    private MappingOptions.Builder options(io.atomicmapping.storage.Storage on) {
        return CrashFixture.options(on);
    }

    /**
     * Runs the script, then crashes.
     *
     * @param lasting whether the fault is one that a mapping does not survive
     * @return whether the fault was hit
     */
    boolean runAndCrash(boolean lasting) throws IOException {
        tally.runs++;
        try {
            run(lasting);
            crash();
            checkHome();
        } catch (AssertionError | RuntimeException | IOException e) {
            throw new AssertionError(story + ": " + e + toldOperations(), e);
        }
        tally.faults += storage.injected() > 0 ? 1 : 0;
        return storage.injected() > 0;
    }

    private String toldOperations() {
        List<Operation> operations = disk.operations();
        StringBuilder text = new StringBuilder();
        int from = Math.max(0, operations.size() - TOLD_MAX);
        for (Operation operation : operations.subList(from, operations.size())) {
            text.append("\n    ").append(operation.begin()).append(' ').append(operation).append(" [")
                    .append(operation.thread()).append(']');
        }
        return text.toString();
    }

    private void run(boolean lasting) throws IOException {
        AtomicMapping mapping;
        try {
            mapping = AtomicMapping.open(CrashFixture.FILE, options(storage).size(SIZE).build());
        } catch (IOException e) {
            assertTells(e);
            return;
        }
        opened = disk.time();
        Session.Place place = new Session.Place(storage, CrashFixture.FILE, null, CrashFixture.RING_BYTES,
                1 << 20, raw, disk::time);
        Session session = new Session(place, mapping, oracle);
        Exception failure = null;
        try {
            session.run(SCRIPT);
        } catch (IOException | UncheckedIOException | IllegalStateException | CompletionException e) {
            assertTells(e);
            failure = e;
        }
        if (failure == null && storage.injected() > 0) {
            tally.silent++;
        }
        if (failure != null && !lasting) {
            makeGood(session, failure);
        }
        try {
            session.close();
        } catch (IOException e) {
            assertTells(e);
        }
    }

    /** The storage works again: so does the mapping, unless the failure was one that it says is final. */
    private void makeGood(Session session, Exception failure) throws IOException {
        storage.repair();
        AtomicMapping mapping = session.mapping();
        if (tellsAll(failure).contains("rollback failed half-way")) {
            return; // and left part of what it was to take back: the mapping has failed
        }
        byte[] working = oracle.working.clone();
        try {
            byte[] actual = CrashFixture.bytes(mapping);
            assertTrue(Arrays.equals(working, actual),
                    () -> "loads after a failure show something else: first at "
                            + Arrays.mismatch(working, actual));
            Version version = oracle.commit(disk.time());
            version.acknowledge(mapping.sync());
        } catch (IllegalStateException e) {
            assertTrue(e.getMessage().contains("open"), () -> "no remedy: " + e);
        } catch (IOException e) {
            assertTells(e); // an asynchronous commit before had failed, and this sync is the first to tell
        }
    }

    private void assertTells(Exception e) {
        assertTrue(storage.injected() > 0, () -> "nothing was injected: " + e);
        String text = tellsAll(e);
        assertTrue(text.contains("injected"), () -> "the error does not tell its cause: " + text);
        assertTrue(text.contains("file"), () -> "the error does not name the file: " + text);
    }

    private static String tellsAll(Exception e) {
        StringBuilder text = new StringBuilder();
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            text.append(cause).append('\n');
        }
        return text.toString();
    }

    private void crash() throws IOException {
        List<Crash> crashes = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(disk.time());
        crashes.add(Crash.at(Crash.Kind.PROCESS_KILL, disk.time()));
        crashes.add(Crash.at(Crash.Kind.POWER_CUT, disk.time()));
        for (int i = 0; i < RANDOM_CRASHES; i++) {
            long time = disk.time() == 0 ? 0 : random.nextLong(disk.time());
            crashes.add(Crash.random(disk, Crash.Kind.POWER_CUT, i == 0 ? disk.time() : time, random));
        }
        for (Crash crash : crashes) {
            tally.crashes++;
            check(crash);
        }
    }

    private void check(Crash crash) throws IOException {
        boolean wasOpened = crash.time() >= opened;
        List<Version> allowed = !wasOpened ? List.of(empty)
                : ledger.promisesAt(crash.time()).allowedStates().stream()
                        .map(Promises.Promise::state).toList();
        SimulatedDisk after = disk.crash(crash);
        SimulatedDisk healthy = CrashFixture.kill(after);
        MappingOptions.Builder options = wasOpened ? options(healthy) : options(healthy).size(SIZE);
        try (AtomicMapping mapping = AtomicMapping.open(CrashFixture.FILE, options.build())) {
            Version found = Version.found(CrashFixture.bytes(mapping), mapping.lastCommit());
            assertTrue(allowed.contains(found),
                    () -> "not a commit that is allowed after " + crash.kind() + " at " + crash.time()
                            + ": found " + found + ", allowed=" + allowed
                            + ", differs from the last of these first at "
                            + Arrays.mismatch(allowed.getLast().content, found.content));
        } catch (NoSuchFileException e) {
            assertTrue(!wasOpened, () -> "the file is gone: " + e);
        }
    }

    private void checkHome() {
        for (Operation operation : disk.operations()) {
            if (operation.begin() > opened && operation.path().equals(CrashFixture.FILE)) {
                long leak = oracle.firstUncommitted(operation.position(), operation.written(),
                        operation.begin());
                assertTrue(leak < 0,
                        () -> "uncommitted byte written home: offset=" + leak + ", operation=" + operation);
            }
        }
    }
}
