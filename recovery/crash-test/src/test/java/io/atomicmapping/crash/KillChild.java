package io.atomicmapping.crash;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.crash.KillState.Workload;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * The program that {@link KillTest} kills: commits without end, and tells each commit on its standard output
 * once it is durable.
 */
final class KillChild {

    static final int JOURNAL_BYTES = 64 << 10;
    private static final long MEMORY_BUDGET = 256 << 10;

    private KillChild() {}

    /** Arguments: the file, the seed, the workload. */
    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true);
        long seed = Long.parseLong(arguments[1]);
        Workload workload = Workload.valueOf(arguments[2]);
        out.println("opening");
        AtomicMapping mapping = AtomicMapping.open(Path.of(arguments[0]), options().build());
        out.println("opened " + mapping.lastCommit());
        for (int thread = 0; thread < KillState.THREADS; thread++) {
            int index = thread;
            Thread.ofPlatform().daemon().start(() -> count(mapping, index, workload));
        }
        commit(mapping, seed, workload, out);
    }

    static MappingOptions.Builder options() {
        return MappingOptions.builder().journalCapacity(JOURNAL_BYTES).memoryBudget(MEMORY_BUDGET)
                .maxSize(4L * KillState.SIZE).size(KillState.SIZE);
    }

    /** Stores beside the commits: two counters that no commit may see differ. */
    private static void count(AtomicMapping mapping, int thread, Workload workload) {
        KillState.Target target = new KillState.OfMapping(mapping, workload == Workload.SEGMENT);
        while (true) {
            mapping.update(() -> {
                long next = mapping.getLong(KillState.firstCounter(thread)) + 1;
                target.putLong(KillState.firstCounter(thread), next);
                VarHandle.releaseFence();
                target.putLong(KillState.secondCounter(thread), next);
            });
            LockSupport.parkNanos(1); // on few cores, busy threads would leave the committer little time
        }
    }

    private static void commit(AtomicMapping mapping, long seed, Workload workload, PrintStream out)
            throws IOException {
        KillState.Target target = new KillState.OfMapping(mapping, workload == Workload.SEGMENT);
        for (long number = mapping.lastCommit() + 1;; number++) {
            long commit = number;
            if (workload == Workload.UPDATE) {
                mapping.update(() -> store(mapping, target, workload, seed, commit));
            } else {
                store(mapping, target, workload, seed, commit);
            }
            if (workload == Workload.RANGE) {
                mapping.putLong(mapping.size() - KillState.SCRATCH_BYTES
                        + number % KillState.SCRATCH_BYTES / 8 * 8, number);
                tell(out, mapping.sync(0, mapping.size() - KillState.SCRATCH_BYTES));
            } else if (workload == Workload.ASYNC || number % 4 == 0) {
                mapping.syncAsync().thenAccept(durable -> tell(out, durable));
            } else {
                tell(out, mapping.sync());
            }
        }
    }

    private static void store(AtomicMapping mapping, KillState.Target target, Workload workload, long seed,
            long number) throws IOException {
        for (int thread = 0; thread < KillState.THREADS; thread++) {
            target.putLong(KillState.seen(thread), mapping.getLongAcquire(KillState.secondCounter(thread)));
        }
        KillState.advance(target, workload, seed, number);
    }

    private static synchronized void tell(PrintStream out, long number) {
        out.println(number);
    }
}
