package io.atomicmapping.crash;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.crash.KillState.Workload;
import io.atomicmapping.storage.PosixStorage;
import io.atomicmapping.storage.Storage;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * The program that {@link PowerCutTest} takes the power from: opens, tells what it found, commits without
 * end, and tells each commit once it is durable; now and then it rolls back, or closes and opens again. When
 * its calls begin to fail it says so, and waits to be told to live again.
 */
final class PowerCutChild {

    private static final int ROLLBACK_ONE_IN = 24;
    private static final int CLOSE_ONE_IN = 150;

    private final Path file;
    private final Path found;
    private int openings;
    private Path journal;
    private long seed;
    private Workload workload;
    private final SplittableRandom random = new SplittableRandom();
    private final PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true);

    private PowerCutChild(String[] arguments) {
        file = Path.of(arguments[0]);
        found = Path.of(arguments[1]);
    }

    /**
     * Arguments: the data file, and where to leave what was found. Each line read is a life: its seed,
     * workload, and where its journal is if that is elsewhere.
     */
    public static void main(String[] arguments) throws Exception {
        PowerCutChild child = new PowerCutChild(arguments);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            child.seed = Long.parseLong(words[0]);
            child.workload = Workload.valueOf(words[1]);
            child.journal = words.length > 2 ? Path.of(words[2]) : null;
            child.live();
        }
    }

    private void live() throws Exception {
        while (true) {
            AtomicMapping mapping = null;
            List<Thread> threads = new ArrayList<>();
            try {
                tell("opening");
                mapping = open();
                // one file for each opening: the reader may come late, when the next one is told
                Path bytes = found.resolveSibling(found.getFileName() + "-" + openings++);
                Files.write(bytes, mapping.readSegment().toArray(ValueLayout.JAVA_BYTE));
                String how = mapping.recovery().created() ? " created " : " found ";
                tell("opened " + mapping.lastCommit() + how + bytes);
                AtomicMapping opened = mapping;
                for (int thread = 0; thread < KillState.THREADS; thread++) {
                    int index = thread;
                    threads.add(Thread.ofPlatform().daemon().start(() -> count(opened, index)));
                }
                commit(mapping);
                tell("closing");
                mapping.close();
                tell("closed");
            } catch (Exception | InternalError e) { // the kernel's word for a page that cannot be read
                down(mapping, e);
                return;
            } finally {
                for (Thread thread : threads) {
                    thread.join();
                }
            }
        }
    }

    private void down(AtomicMapping mapping, Throwable cause) {
        String close = "";
        try {
            if (mapping != null) {
                mapping.close();
            }
        } catch (Exception e) {
            close = " - close: " + e;
        }
        tell(("down " + cause + close).replace('\n', ' '));
    }

    private AtomicMapping open() throws IOException {
        Storage storage = DishonestStorage.over(PosixStorage.instance());
        MappingOptions.Builder options = KillChild.options().storage(storage);
        return AtomicMapping.open(file, (journal == null ? options : options.journal(journal)).build());
    }

    /** Stores beside the commits: two counters that no commit may see differ. Ends with the mapping. */
    private void count(AtomicMapping mapping, int thread) {
        KillState.Target target = new KillState.OfMapping(mapping, workload == Workload.SEGMENT);
        try {
            while (true) {
                mapping.update(() -> {
                    long next = mapping.getLong(KillState.firstCounter(thread)) + 1;
                    target.putLong(KillState.firstCounter(thread), next);
                    VarHandle.releaseFence();
                    target.putLong(KillState.secondCounter(thread), next);
                });
                LockSupport.parkNanos(20_000);
            }
        } catch (RuntimeException | InternalError e) {
            System.err.println("stores beside the commits end: " + e); // the committer tells why
        }
    }

    private void commit(AtomicMapping mapping) throws IOException {
        KillState.Target target = new KillState.OfMapping(mapping, workload == Workload.SEGMENT);
        for (long number = mapping.lastCommit() + 1; random.nextInt(CLOSE_ONE_IN) != 0; number++) {
            if (random.nextInt(ROLLBACK_ONE_IN) == 0) {
                target.fill(KillState.STATE_FROM, 20_000, (byte) number);
                mapping.rollback();
            }
            long commit = number;
            if (workload == Workload.UPDATE) {
                mapping.update(() -> store(mapping, target, commit));
            } else {
                store(mapping, target, commit);
            }
            if (workload == Workload.RANGE) {
                long committed = mapping.size() - KillState.SCRATCH_BYTES;
                mapping.putLong(committed + number % KillState.SCRATCH_BYTES / 8 * 8, number);
                tell(Long.toString(mapping.sync(0, committed)));
            } else if (workload == Workload.ASYNC || number % 4 == 0) {
                mapping.syncAsync().thenAccept(durable -> tell(Long.toString(durable)));
            } else {
                tell(Long.toString(mapping.sync()));
            }
        }
    }

    private void store(AtomicMapping mapping, KillState.Target target, long number) throws IOException {
        for (int thread = 0; thread < KillState.THREADS; thread++) {
            target.putLong(KillState.seen(thread), mapping.getLongAcquire(KillState.secondCounter(thread)));
        }
        KillState.advance(target, workload, seed, number);
    }

    private synchronized void tell(String line) {
        out.println(line);
    }
}
