package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.crash.Oracle.Version;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A mapping with verbs for short, exact runs: each does the same to the mapping and to its oracle. */
final class Script {

    private static final int COMMITS_OF_A_GROUP = 4;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final SimulatedDisk disk;
    private final FaultyStorage faulty;
    private final Session session;
    private final Oracle oracle;

    Script(SimulatedDisk disk, FaultyStorage faulty, Session session) {
        this.disk = disk;
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

    /** Several records share a force: what comes while the first force is in flight does. */
    Script groupOfCommits() {
        CountDownLatch all = new CountDownLatch(1);
        disk.holdForces(all);
        List<CompletableFuture<Void>> inFlight = new ArrayList<>();
        try {
            for (int i = 0; i < COMMITS_OF_A_GROUP; i++) {
                fill(3000 + 700 * i, 600, i + 1);
                Version version = oracle.commit(disk.time());
                inFlight.add(mapping().syncAsync().thenAccept(version::acknowledge));
            }
        } finally {
            all.countDown();
        }
        inFlight.forEach(CompletableFuture::join);
        assertTrue(isAnyForceShared(), "no two records share a force");
        return this;
    }

    private boolean isAnyForceShared() {
        Operation last = null;
        for (Operation operation : disk.operations()) {
            if (operation.path().toString().endsWith(".journal") && operation.position() >= 8192 | operation.isForce()) {
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
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (mapping().stats().checkpoints() < count) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("no checkpoint came: " + mapping().stats());
            }
            LockSupport.parkNanos(100_000);
        }
        return this;
    }
}
