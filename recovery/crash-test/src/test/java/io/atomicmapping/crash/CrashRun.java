package io.atomicmapping.crash;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.crash.Oracle.Version;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * A mapping on a simulated disk, opened, worked with and closed; then the crashes that could have happened, each followed by
 * another run on what it left.
 *
 * <ul>
 *   <li>What opening finds is exactly a version that the crash before allowed; reading only finds the same, and writes
 *       nothing.
 *   <li>No byte that was never committed is written to the data file.
 *   <li>A force that fails ends a run; what was acknowledged stays.
 *   <li>An opening that returned is durable itself: what it showed is the oldest that a later crash may show.
 * </ul>
 */
final class CrashRun {

    /** What was visited, over all runs. Not safe for use by several threads. */
    static final class Tally {
        long runs;
        long crashes;
        long kills;
        long operations;
        long faults;

        @Override
        public String toString() {
            return "runs=" + runs + ", crashes=" + crashes + ", kills=" + kills + ", operations=" + operations
                    + ", failed forces=" + faults;
        }
    }

    private static final long NO_FAULT = Long.MAX_VALUE;
    private static final int FAULT_ONE_IN = 8;
    private static final int FORCES = 60;

    private final Session.Place place;
    private final SimulatedDisk disk;
    private final List<Version> possible;
    private final boolean created;
    private final String history;
    private final Tally tally;
    private Oracle oracle;
    private long opened = Long.MAX_VALUE;

    private CrashRun(Session.Place place, SimulatedDisk disk, List<Version> possible, boolean created, String history,
            Tally tally) {
        this.place = place.on(disk, disk);
        this.disk = disk;
        this.possible = possible;
        this.created = created;
        this.history = history;
        this.tally = tally;
    }

    /**
     * The first run, on an empty disk.
     *
     * @param place how the mapping is opened; on which disk does not matter
     */
    static CrashRun first(Session.Place place, SimulatedDisk disk, int size, String history, Tally tally) {
        Version empty = new Version(new byte[size], 0);
        empty.acknowledge(0, 0);
        return new CrashRun(place, disk, List.of(empty), false, history, tally);
    }

    /** The run after a crash of this one. */
    private CrashRun after(Crash crash) {
        boolean wasOpened = crash.time() >= opened;
        List<Version> allowed = wasOpened ? oracle.possibleAt(crash.time()) : possible;
        tally.crashes++;
        tally.kills += crash.kind() == Crash.Kind.PROCESS_KILL ? 1 : 0;
        return new CrashRun(place, disk.crash(crash), restarted(allowed), created || wasOpened,
                history + "\n  then " + crash + " of " + disk.time() + new Story(disk, crash), tally);
    }

    /** Versions keep their content and number; what comes after begins anew with the new disk's time. */
    private static List<Version> restarted(List<Version> versions) {
        List<Version> fresh = new ArrayList<>();
        for (Version version : versions) {
            Version copy = new Version(version.content, 0);
            copy.acknowledge(version.number(), 0);
            fresh.add(copy);
        }
        return fresh;
    }

    /** Opens, checks, does the steps, closes, checks again; now and then one of the forces in that fails. */
    void work(List<Step> steps, RandomGenerator random) {
        work(steps, random.nextInt(FAULT_ONE_IN) == 0 ? random.nextInt(FORCES) : NO_FAULT);
    }

    private void work(List<Step> steps, long forcesBefore) {
        tally.runs++;
        FaultyStorage faulty = new FaultyStorage(disk);
        faulty.failForceAfter(forcesBefore);
        try {
            Version readOnly = readOnly();
            use(DishonestStorage.over(forcesBefore == NO_FAULT ? disk : faulty), steps, readOnly);
            if (faulty.injected() == 0) {
                checkClosed();
            }
        } catch (IOException | RuntimeException | AssertionError e) {
            if (faulty.injected() == 0 || e instanceof AssertionError) {
                throw new AssertionError(e + "\nhistory: " + history + "\nforces before one fails: " + forcesBefore
                        + "\nsteps: " + steps, e);
            }
            tally.faults++;
        }
        checkHome();
        tally.operations += disk.operations().size();
    }

    private void use(Storage storage, List<Step> steps, Version readOnly) throws IOException {
        AtomicMapping mapping = AtomicMapping.open(place.file(), options().storage(storage).build());
        opened = disk.time();
        Version found = match(mapping);
        if (readOnly != null && readOnly != found) {
            throw new AssertionError("reading only showed " + readOnly + ", opening " + found);
        }
        found.acknowledge(mapping.lastCommit(), 0);
        oracle = new Oracle(found);
        try (Session session = new Session(place.on(storage, disk), mapping, oracle)) {
            session.run(steps);
        }
    }

    private MappingOptions.Builder options() {
        return created ? place.options() : place.options().size(possible.getFirst().content.length);
    }

    private Version readOnly() throws IOException {
        long time = disk.time();
        try (AtomicMapping mapping = AtomicMapping.open(place.file(),
                MappingOptions.builder().storage(disk).readOnly(true).build())) {
            return created || mapping.size() == possible.getFirst().content.length ? match(mapping) : null;
        } catch (NoSuchFileException e) {
            if (created) {
                throw e;
            }
            return null;
        } finally {
            if (disk.time() != time) {
                throw new AssertionError("reading only wrote: " + disk.operations());
            }
        }
    }

    /** The possible version that the mapping shows. */
    private Version match(AtomicMapping mapping) {
        byte[] actual = new byte[(int) mapping.size()];
        mapping.getBytes(0, actual);
        Version found = null;
        for (Version version : possible) {
            boolean unknown = version.number() < 0; // its sync failed: nobody was told a number
            if ((unknown || version.number() == mapping.lastCommit()) && Arrays.equals(version.content, actual)) {
                found = version;
            }
        }
        if (found == null) {
            throw new AssertionError(describe(mapping, actual));
        }
        return found;
    }

    private String describe(AtomicMapping mapping, byte[] actual) {
        StringBuilder text = new StringBuilder("not a state that this crash allows: found commit=" + mapping.lastCommit()
                + " size=" + actual.length + ", recovery=" + mapping.recovery());
        for (Version version : possible) {
            text.append("\n  allowed: ").append(version);
            int from = Arrays.mismatch(version.content, actual);
            if (from >= 0 && version.number() == mapping.lastCommit()) {
                int differing = 0;
                for (int i = 0; i < Math.min(actual.length, version.content.length); i++) {
                    differing += actual[i] == version.content[i] ? 0 : 1;
                }
                text.append(", differs first at ").append(from).append(", in bytes=").append(differing);
            }
        }
        return text.toString();
    }

    /** After a clean close the data file holds the committed bytes, and needs nothing else. */
    private void checkClosed() throws IOException {
        if (!Arrays.equals(oracle.committed(), disk.contents(place.file()))) {
            throw new AssertionError("data file does not hold the last commit after close: mismatch="
                    + Arrays.mismatch(oracle.committed(), disk.contents(place.file())));
        }
    }

    private void checkHome() {
        if (oracle == null) {
            return;
        }
        for (Operation operation : disk.operations()) {
            if (operation.begin() > opened && operation.path().equals(place.file())) {
                long leak = oracle.firstUncommitted(operation.position(), operation.written(), operation.begin());
                if (leak >= 0) {
                    throw new AssertionError("uncommitted byte written home: offset=" + leak + ", time=" + operation.begin()
                            + ", operation=" + operation);
                }
            }
        }
    }

    /**
     * Crashes at random times, and does the same to each run after a crash.
     *
     * @param count how many crashes of this run
     * @param depth how many crashes in a row
     * @param followingSteps what is done after a crash
     */
    void crash(SplittableRandom random, int count, int depth, List<Step> followingSteps) {
        for (int i = 0; i < count; i++) {
            crashOnce(random, depth, followingSteps);
        }
    }

    private void crashOnce(SplittableRandom random, int depth, List<Step> followingSteps) {
        Crash.Kind kind = random.nextInt(3) == 0 ? Crash.Kind.PROCESS_KILL : Crash.Kind.POWER_CUT;
        // the opening is short, and all of recovery is in it
        long until = random.nextInt(3) == 0 ? Math.min(opened, disk.time()) : disk.time();
        long time = random.nextInt(8) == 0 ? until : random.nextLong(until + 1);
        CrashRun next = after(Crash.random(disk, kind, time, random));
        int length = random.nextInt(Math.min(8, followingSteps.size() + 1));
        int from = random.nextInt(followingSteps.size() - length + 1);
        next.work(followingSteps.subList(from, from + length), random);
        if (depth > 1) {
            next.crash(random, 1 + random.nextInt(2), depth - 1, followingSteps);
        }
    }
}
