package io.atomicmapping.crash;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * The program that {@link KillTest} kills: commits without end, and tells each commit on its standard output once it is
 * durable.
 */
final class KillChild {

    static final int JOURNAL_BYTES = 64 << 10;
    private static final long MEMORY_BUDGET = 256 << 10;

    private KillChild() {}

    /** Arguments: the file, the seed, whether to store raw. */
    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true);
        long seed = Long.parseLong(arguments[1]);
        boolean raw = Boolean.parseBoolean(arguments[2]);
        out.println("opening");
        AtomicMapping mapping = AtomicMapping.open(Path.of(arguments[0]), options().build());
        out.println("opened " + mapping.lastCommit());
        for (int thread = 0; thread < KillState.THREADS; thread++) {
            int index = thread;
            Thread.ofPlatform().daemon().start(() -> count(mapping, index));
        }
        commit(mapping, seed, raw, out);
    }

    static MappingOptions.Builder options() {
        return MappingOptions.builder().journalCapacity(JOURNAL_BYTES).memoryBudget(MEMORY_BUDGET)
                .maxSize(4L * KillState.SIZE).size(KillState.SIZE);
    }

    /** Stores beside the commits: two counters that no commit may see differ. */
    private static void count(AtomicMapping mapping, int thread) {
        while (true) {
            mapping.update(() -> {
                long next = mapping.getLong(KillState.firstCounter(thread)) + 1;
                mapping.putLong(KillState.firstCounter(thread), next);
                mapping.putLongRelease(KillState.secondCounter(thread), next);
            });
            LockSupport.parkNanos(1); // on few cores, busy threads would leave the committer little time
        }
    }

    private static void commit(AtomicMapping mapping, long seed, boolean raw, PrintStream out) throws IOException {
        KillState.Target target = new KillState.OfMapping(mapping, raw);
        for (long number = mapping.lastCommit() + 1;; number++) {
            for (int thread = 0; thread < KillState.THREADS; thread++) {
                target.putLong(KillState.seen(thread), mapping.getLongAcquire(KillState.secondCounter(thread)));
            }
            KillState.advance(target, seed, number);
            if (number % 4 == 0) {
                CompletableFuture<Long> future = mapping.syncAsync();
                future.thenAccept(durable -> tell(out, durable));
            } else {
                tell(out, mapping.sync());
            }
        }
    }

    private static synchronized void tell(PrintStream out, long number) {
        out.println(number);
    }
}
