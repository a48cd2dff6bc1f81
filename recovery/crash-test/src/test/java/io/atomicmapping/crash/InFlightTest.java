package io.atomicmapping.crash;

import static io.atomicmapping.crash.CrashFixture.await;
import static io.atomicmapping.crash.CrashFixture.create;
import static io.atomicmapping.crash.CrashFixture.isHome;
import static io.atomicmapping.crash.CrashFixture.isJournal;
import static io.atomicmapping.crash.CrashFixture.open;
import static io.atomicmapping.crash.CrashFixture.powerCut;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.crash.CrashFixture.Gate;
import io.atomicmapping.crash.InterceptedStorage.Interceptor;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** What comes while a commit is in flight or fails: it is in a later commit or in none; its caller knows. */
class InFlightTest {

    private static final int PAGE = 4096;

    private final SimulatedDisk disk = new SimulatedDisk();
    private final CountDownLatch appending = new CountDownLatch(1);
    private final CountDownLatch mayFail = new CountDownLatch(1);
    private volatile boolean failing;

    /** A commit's append waits, and then fails; what an idle moment writes is no commit. */
    private final Interceptor failedAppend = (call, real) -> {
        boolean idle = Thread.currentThread().getName().endsWith("checkpointer");
        if (failing && !idle && isJournal(call) && call.name().equals("writeDirect")) {
            failing = false;
            appending.countDown();
            await(mayFail);
            throw new IOException("injected: no space");
        }
        return real.make();
    };

    /** The second commit stored behind the first: alone it is half of what the program had seen. */
    @Test
    void whatIsSealedWhileAnAppendFailsFailsWithIt() throws Exception {
        try (AtomicMapping mapping = create(InterceptedStorage.over(disk, failedAppend))) {
            failing = true;
            mapping.putLong(0, 1);
            CompletableFuture<Long> first = mapping.syncAsync();
            await(appending);
            mapping.putLong(PAGE, 1);
            CompletableFuture<Long> second = mapping.syncAsync();
            mayFail.countDown();
            assertThrows(CompletionException.class, first::join);
            assertThrows(CompletionException.class, second::join);
            try (AtomicMapping recovered = open(powerCut(disk))) {
                assertEquals(0, recovered.getLong(PAGE), "a later store without an earlier one");
            }
        }
    }

    /** A checkpoint that has begun goes on when a force fails: it must not write what that force was for. */
    @Test
    void checkpointBesideACommitWhoseForceFailsWritesWhatIsDurable() throws Exception {
        Gate home = new Gate(call -> isHome(call) && call.name().equals("length"));
        Interceptor failedForce = (call, real) -> {
            if (failing && isJournal(call) && call.name().equals("force")) {
                throw new IOException("injected: the disk is broken");
            }
            return real.make();
        };
        Storage storage = InterceptedStorage.over(InterceptedStorage.over(disk, failedForce), home);
        try (AtomicMapping mapping = create(storage)) {
            home.arm();
            mapping.fill(0, CrashFixture.RING_BYTES * 3 / 4, (byte) 1);
            mapping.sync();
            home.awaitEntered();
            failing = true;
            mapping.putLong(0, 2);
            assertThrows(IOException.class, mapping::sync);
            home.letGo();
        }
        for (Operation operation : disk.operations()) {
            boolean ofHome = operation.path().equals(CrashFixture.FILE);
            if (ofHome && operation.isWrite() && operation.position() == 0) {
                assertEquals(1, operation.written()[0], "home got a byte that was not durable");
            }
        }
    }

    @Test
    void growthWhoseCommitFailedIsInTheNext() throws IOException {
        try (AtomicMapping mapping = create(InterceptedStorage.over(disk, failedAppend))) {
            long size = mapping.size() + PAGE;
            mapping.resize(size);
            failing = true;
            mayFail.countDown();
            assertThrows(IOException.class, mapping::sync);
            mapping.sync();
            try (AtomicMapping recovered = open(powerCut(disk))) {
                assertEquals(size, recovered.size(), "acknowledged, and lost");
            }
        }
    }

    /** The first and the last of those who share a commit ask for one range, one between them for another. */
    @Test
    void everyRangeOfAGroupIsCommitted() throws Exception {
        Gate gate = new Gate(call -> isJournal(call) && call.name().equals("force"));
        try (AtomicMapping mapping = create(InterceptedStorage.over(disk, gate))) {
            mapping.putLong(2 * PAGE, 1);
            gate.arm();
            CompletableFuture<Long> inFlight = mapping.syncAsync();
            gate.awaitEntered();
            mapping.putLong(0, 1);
            mapping.putLong(PAGE, 1);
            List<CompletableFuture<Void>> callers = new ArrayList<>();
            for (long offset : new long[] {0, PAGE, 0}) {
                callers.add(syncBehind(mapping, offset));
            }
            gate.letGo();
            inFlight.join();
            callers.forEach(CompletableFuture::join);
            try (AtomicMapping recovered = open(powerCut(disk))) {
                assertEquals(1, recovered.getLong(0), "acknowledged, and lost");
                assertEquals(1, recovered.getLong(PAGE), "acknowledged, and lost");
            }
        }
    }

    /** Returns when the caller waits, in the group that is open. */
    private static CompletableFuture<Void> syncBehind(AtomicMapping mapping, long offset) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread caller = Thread.ofPlatform().start(() -> {
            try {
                mapping.sync(offset, Long.BYTES);
                done.complete(null);
            } catch (IOException | RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        while (caller.getState() != Thread.State.WAITING) {
            LockSupport.parkNanos(1_000);
        }
        return done;
    }
}
