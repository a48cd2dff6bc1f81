package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.crash.Oracle.Version;
import io.atomicmapping.journal.JournalFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** A mapping with verbs for short, exact runs: each does the same to the mapping and to its oracle. */
final class Script {

    private static final int RECORD_BYTES = 3 * SimulatedDisk.SECTOR_BYTES;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final SimulatedDisk disk;
    private final FaultyStorage faulty;
    private final Session session;
    private final Oracle oracle;

    private final Ledger<Version> ledger;
    private final CountDownLatch homeForced = new CountDownLatch(1);

    Script(SimulatedDisk disk, FaultyStorage faulty, Session session, Ledger<Version> ledger) {
        this.disk = disk;
        this.ledger = ledger;
        this.faulty = faulty;
        this.session = session;
        this.oracle = session.oracle;
    }

    private AtomicMapping mapping() {
        return session.mapping();
    }

    Script fill(int offset, int length, int value) {
        mapping().fill(offset, length, (byte) value);
        Arrays.fill(oracle.working, offset, offset + length, (byte) value);
        return this;
    }

    Script fillRaw(int offset, int length, int value) {
        mapping().segment().asSlice(offset, length).fill((byte) value);
        Arrays.fill(oracle.working, offset, offset + length, (byte) value);
        return this;
    }

    Script resize(int size) throws IOException {
        mapping().resize(size);
        oracle.resize(size);
        return this;
    }

    Script sync() throws IOException {
        Version version = oracle.commit(disk.time());
        version.acknowledge(mapping().sync());
        return this;
    }

    Script sync(int offset, int length) throws IOException {
        Version version = oracle.commit(offset, length, Oracle.LINE_BYTES, disk.time());
        version.acknowledge(mapping().sync(offset, length));
        return this;
    }

    /** A sync whose force fails: what it wrote may be lost, though programs still read it. */
    Script syncThatFails() {
        faulty.failForceAfter(0);
        return failingSync();
    }

    /** A sync whose force fails, and what it wrote is dropped from the cache. */
    Script syncThatFailsAndLosesIt() {
        faulty.loseForceAfter(0);
        return failingSync();
    }

    private Script failingSync() {
        oracle.commit(disk.time());
        assertThrows(IOException.class, () -> mapping().sync());
        return this;
    }

    Script rollback() throws IOException {
        mapping().rollback();
        oracle.rollback();
        return this;
    }

    /** Closes and opens it again, as large as it is. */
    Script reopen() throws IOException {
        session.runAndCheck(new Step(Step.Kind.REOPEN, 0, 1, 0));
        return this;
    }

    /** The same, with a journal of another size. */
    Script reopen(long journalCapacity) throws IOException {
        session.reopen(journalCapacity);
        return this;
    }

    /** Only from here on the run is crashed. */
    Script watchFromHere() {
        ledger.watchFromHere();
        return this;
    }

    /** From here on the run is not crashed. */
    Script watchUntilHere() {
        ledger.watchUntilHere();
        return this;
    }

    /** Checkpoints do not get on from here on. */
    Script holdCheckpoints() {
        disk.holdForces(path -> !isOfJournal(path), homeForced);
        return this;
    }

    /** Checkpoints get on. */
    Script letCheckpointsGo() {
        homeForced.countDown();
        return this;
    }

    /**
     * Commits until the ring is full to its last byte; at last a growth, and stores into a hole. It looks how
     * much room is left, as an idle moment may have put a mark into the ring: a commit without room would
     * wait for the checkpoint that is held. The run is crashed from the last commit but one on.
     */
    Script fillRing() throws IOException {
        for (int value = 1; freeBytes() >= RECORD_BYTES + SimulatedDisk.SECTOR_BYTES; value++) {
            if (freeBytes() < 2 * RECORD_BYTES) {
                watchFromHere();
            }
            fill(0, RECORD_BYTES - 200, value).sync();
        }
        resize(oracle.size() + 500).fill(12_280, 16, 99)
                .fill(4096, (int) freeBytes() - SimulatedDisk.SECTOR_BYTES, 98).sync();
        assertEquals(0, freeBytes());
        return this;
    }

    private long freeBytes() {
        return mapping().stats().journalCapacityBytes() - mapping().stats().journalUsedBytes();
    }

    /** Waits for the mark that an idle mapping leaves behind its last record. */
    Script awaitMark() {
        long records = recordWrites();
        await(() -> recordWrites() > records, "no mark came");
        return this;
    }

    private long recordWrites() {
        return disk.operations().stream()
                .filter(operation -> operation.isWrite() && isOfJournal(operation.path())
                        && operation.position() >= JournalFormat.RING_POSITION)
                .count();
    }

    private static boolean isOfJournal(Path path) {
        return path.toString().endsWith("journal");
    }

    /**
     * Records of two sectors each share a force: those that come while the force of the first is in flight.
     */
    Script groupOfCommits(int count) {
        CountDownLatch all = new CountDownLatch(1);
        disk.holdForces(path -> true, all);
        long forces = journalForces();
        List<CompletableFuture<Void>> inFlight = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                fill(1024 + 512 * i, 450, i + 1);
                Version version = oracle.commit(disk.time());
                inFlight.add(mapping().syncAsync().thenAccept(version::acknowledge));
                await(() -> journalForces() > forces, "the first record is not forced");
            }
        } finally {
            all.countDown();
        }
        inFlight.forEach(CompletableFuture::join);
        assertTrue(isAnyForceShared(), "no two records share a force");
        return this;
    }

    private long journalForces() {
        return disk.operations().stream()
                .filter(operation -> operation.isForce() && isOfJournal(operation.path())).count();
    }

    private boolean isAnyForceShared() {
        Operation last = null;
        for (Operation operation : disk.operations()) {
            if (isOfJournal(operation.path())
                    && (operation.position() >= JournalFormat.RING_POSITION || operation.isForce())) {
                if (last != null && last.isWrite() && operation.isWrite()) {
                    return true;
                }
                last = operation;
            }
        }
        return false;
    }

    /** Waits until the background thread has made so many checkpoints. */
    Script awaitCheckpoints(long count) {
        await(() -> mapping().stats().checkpoints() >= count, "no checkpoint came");
        return this;
    }

    private void await(BooleanSupplier condition, String complaint) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(complaint + ": " + mapping().stats());
            }
            LockSupport.parkNanos(100_000);
        }
    }
}
