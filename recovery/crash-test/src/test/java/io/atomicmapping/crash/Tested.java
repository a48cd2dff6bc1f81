package io.atomicmapping.crash;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.crash.Oracle.Version;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * A mapping as a structure for crash tests, which also sees what only the library promises:
 *
 * <ul>
 *   <li>Reading only shows the same as opening does, and writes nothing.
 *   <li>No byte that was never committed is written to the data file.
 *   <li>After a clean close the data file holds the last commit.
 *   <li>A force that fails ends a run, and what was acknowledged stays.
 * </ul>
 */
final class Tested implements AutoCloseable {

    private static final int FAULT_ONE_IN = 8;
    private static final int FORCES = 60;
    private static final int STEPS_AFTER_A_CRASH = 12;

    private final SimulatedDisk disk;
    private final FaultyStorage faulty;
    private final Session.Place place;
    private final AtomicMapping opened;
    private final Version found;
    private final long openedAt;
    private Oracle oracle;
    private Session session;

    private Tested(SimulatedDisk disk, Session.Place place, long size) throws IOException {
        this.disk = disk;
        this.faulty = new FaultyStorage(disk);
        this.place = place.on(DishonestStorage.over(faulty), disk);
        Version readOnly = readOnly();
        this.opened = AtomicMapping.open(place.file(), this.place.options().size(size).build());
        this.openedAt = disk.time();
        this.found = version(opened);
        this.oracle = new Oracle(found, version -> () -> { });
        if (readOnly != null && readOnly.content.length >= size && !readOnly.equals(found)) {
            opened.close();
            throw new AssertionError("reading only showed " + readOnly + ", opening " + found);
        }
    }

    /** Opens one, of at least a size. */
    static Tested open(SimulatedDisk disk, Session.Place place, long size) throws IOException {
        return new Tested(disk, place, size);
    }

    private Version readOnly() throws IOException {
        long time = disk.time();
        try (AtomicMapping mapping = AtomicMapping.open(place.file(),
                MappingOptions.builder().storage(disk).readOnly(true).build())) {
            return version(mapping);
        } catch (NoSuchFileException e) {
            return null;
        } finally {
            if (disk.time() != time) {
                throw new AssertionError("reading only wrote: " + disk.operations());
            }
        }
    }

    private static Version version(AtomicMapping mapping) {
        byte[] content = new byte[(int) mapping.size()];
        mapping.getBytes(0, content);
        return Version.found(content, mapping.lastCommit());
    }

    /** What it held when it was opened. */
    Version found() {
        return found;
    }

    /** Begins to work, and to tell a ledger of it. */
    Session session(Ledger<Version> ledger) {
        oracle = new Oracle(found, version -> ledger.begin(version)::acknowledge);
        session = new Session(place, opened, oracle);
        return session;
    }

    /** Begins to work by exact verbs. */
    Script script(Ledger<Version> ledger) {
        return new Script(disk, faulty, session(ledger), ledger);
    }

    /** Does random steps; now and then one of the forces in that fails, and ends them. */
    void work(Ledger<Version> ledger, int stepsMax) throws Exception {
        RandomGenerator random = ledger.random();
        Session working = session(ledger);
        if (random.nextInt(FAULT_ONE_IN) == 0) {
            faulty.failForceAfter(random.nextInt(FORCES));
        }
        try {
            if (oracle.size() == 0) {
                working.runAndCheck(new Step(Step.Kind.RESIZE, random.nextInt(Session.SIZE_MAX / 2), 0, -1));
            }
            for (Step step : Step.random(random, found.number() == 0 ? stepsMax : STEPS_AFTER_A_CRASH)) {
                ledger.step(() -> working.runAndCheck(step));
            }
            working.settle();
        } catch (IOException | RuntimeException e) {
            if (faulty.injected() == 0) {
                throw e;
            }
        }
    }

    @Override
    public void close() throws IOException {
        try {
            (session == null ? opened : session.mapping()).close();
        } catch (IOException | RuntimeException e) {
            if (faulty.injected() == 0) {
                throw e;
            }
        }
        checkHome();
        if (faulty.injected() == 0) {
            checkClosed();
        }
    }

    private void checkClosed() throws IOException {
        byte[] home = disk.contents(place.file());
        if (!Arrays.equals(oracle.committed(), home)) {
            throw new AssertionError("data file does not hold the last commit after close: mismatch="
                    + Arrays.mismatch(oracle.committed(), home));
        }
    }

    private void checkHome() {
        for (Operation operation : disk.operations()) {
            if (operation.begin() > openedAt && operation.path().equals(place.file())) {
                long leak = oracle.firstUncommitted(operation.position(), operation.written(),
                        operation.begin());
                if (leak >= 0) {
                    throw new AssertionError("uncommitted byte written home: offset=" + leak
                            + ", operation=" + operation);
                }
            }
        }
    }
}
