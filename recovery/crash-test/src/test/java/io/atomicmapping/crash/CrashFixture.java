package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.crash.InterceptedStorage.Call;
import io.atomicmapping.crash.InterceptedStorage.Interceptor;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A mapping on a simulated disk with the verbs of crash tests; checkpoints are never far in a small ring. */
final class CrashFixture {

    static final Path FILE = Path.of("/data/file");
    static final Path JOURNAL = Path.of("/data/file.journal");
    static final int RING_BYTES = 16_384;
    static final int RING_AT = 8192;
    static final int SIZE = 100_000;
    private static final int SECONDS_MAX = 20;

    private CrashFixture() {}

    static MappingOptions.Builder options(Storage storage) {
        return MappingOptions.builder().storage(storage).maxSize(1 << 20).journalCapacity(RING_BYTES);
    }

    static AtomicMapping create(Storage storage) throws IOException {
        return create(storage, SIZE);
    }

    static AtomicMapping create(Storage storage, long size) throws IOException {
        return AtomicMapping.open(FILE, options(DishonestStorage.over(storage)).size(size).build());
    }

    static AtomicMapping open(Storage storage) throws IOException {
        return AtomicMapping.open(FILE, options(DishonestStorage.over(storage)).build());
    }

    /** What a kill now leaves. */
    static SimulatedDisk kill(SimulatedDisk disk) {
        return disk.crash(Crash.at(Crash.Kind.PROCESS_KILL, disk.time()));
    }

    /** What a power cut now leaves when it loses all that it may lose. */
    static SimulatedDisk powerCut(SimulatedDisk disk) {
        return powerCut(disk, disk.time());
    }

    /** The same, at an earlier time. */
    static SimulatedDisk powerCut(SimulatedDisk disk, long time) {
        return disk.crash(Crash.at(Crash.Kind.POWER_CUT, time));
    }

    static byte[] bytes(AtomicMapping mapping) {
        byte[] bytes = new byte[(int) mapping.size()];
        mapping.getBytes(0, bytes);
        return bytes;
    }

    static void assertHolds(byte[] expected, AtomicMapping mapping, String when) {
        byte[] actual = bytes(mapping);
        assertEquals(expected.length, actual.length, () -> "size " + when);
        assertEquals(-1, Arrays.mismatch(expected, actual), () -> "first wrong byte " + when);
    }

    static boolean isJournal(Call call) {
        return call.path().toString().endsWith("journal");
    }

    static boolean isHome(Call call) {
        return call.path().equals(FILE);
    }

    static void await(CountDownLatch latch) throws InterruptedException {
        if (!latch.await(SECONDS_MAX, TimeUnit.SECONDS)) {
            throw new AssertionError("waited too long");
        }
    }

    /** The first call of a kind, from when it is armed, waits inside until it is let go. */
    static final class Gate implements Interceptor {
        private final Predicate<Call> kind;
        private final CountDownLatch entered = new CountDownLatch(1);
        private final CountDownLatch leave = new CountDownLatch(1);
        private volatile boolean armed;

        Gate(Predicate<Call> kind) {
            this.kind = kind;
        }

        void arm() {
            armed = true;
        }

        void awaitEntered() throws InterruptedException {
            await(entered);
        }

        void letGo() {
            leave.countDown();
        }

        @Override
        public Object call(Call call, InterceptedStorage.Real real) throws Throwable {
            if (armed && kind.test(call)) {
                entered.countDown();
                await(leave);
            }
            return real.make();
        }
    }
}
