package io.atomicmapping.examples.chronicle;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.examples.chronicle.CrashRun.Mode;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntConsumer;
import net.openhft.chronicle.hash.impl.VanillaChronicleHash;
import net.openhft.chronicle.map.ChronicleMap;

/**
 * The program that is killed: threads that step through a {@link Workload} without end, and one that makes
 * their steps durable again and again, and tells which.
 */
final class Writer {

    private static final int PAUSE_NANOS_MAX = 3_000_000;
    private static final int ROLLBACK_ONE_IN = 16;
    private static final int STEPS_BETWEEN_PAUSES = 16;
    private static final long JOURNAL_BYTES = 32 << 20;

    private final Path file;
    private final Path remembered;
    private final Workload workload;
    private final SplittableRandom random = new SplittableRandom();
    /** read: a step; write: nobody is in the map */
    private final ReentrantReadWriteLock quiet = new ReentrantReadWriteLock();
    private final PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true);
    private int rememberedBulks;

    /** Something that may fail. */
    @FunctionalInterface
    private interface Task {
        void run() throws IOException;
    }

    private Writer(Path file, Path remembered, long seed) {
        this.file = file;
        this.remembered = remembered;
        this.workload = new Workload(seed);
    }

    /**
     * Arguments: none. A line read says how to begin: the mode, the seed, the data file, and a file in which
     * to leave what of it is surely on disk, or none.
     */
    public static void main(String[] arguments) throws IOException {
        // All that opening a map needs is loaded before somebody waits for it.
        try (ChronicleMap<Long, byte[]> warm = Workload.builder().create()) {
            new Workload(0).step(warm, 0);
        }
        System.out.println("ready");
        String[] words = new BufferedReader(new InputStreamReader(System.in)).readLine().split(" ");
        Path remembered = words.length > 3 ? Path.of(words[3]) : null;
        Writer writer = new Writer(Path.of(words[2]), remembered, Long.parseLong(words[1]));
        switch (Mode.valueOf(words[0])) {
            case PLAIN -> writer.writePlain();
            case ADOPTED -> writer.writeAdopted();
            case CARELESS -> writer.writeCarelessly();
        }
    }

    private void writeAdopted() throws IOException {
        out.println("opening");
        try (var map = FailureAtomicChronicleMap.open(Workload.builder(), file, options())) {
            rememberedBulks = map.compute(Writer::bulks);
            remember(); // opening has forced the file; what comes now is in the journal first
            tell(map.lastCommit(), map.compute(Workload::progress));
            start(index -> map.update(it -> workload.step(it, index)));
            while (true) {
                pause();
                if (random.nextInt(ROLLBACK_ONE_IN) == 0) {
                    whileForced(map, map::rollback);
                }
                whileForced(map, () -> {
                    long[] progress = map.compute(Workload::progress);
                    tell(map.commit(), progress);
                });
            }
        }
    }

    /** What is remembered is good for as long as no checkpoint forces the file. */
    private MappingOptions options() {
        MappingOptions.Builder options = MappingOptions.builder();
        return (remembered == null ? options : options.journalCapacity(JOURNAL_BYTES)).build();
    }

    /** Something that forces the file if the map has grown: what is remembered then is of before. */
    private void whileForced(FailureAtomicChronicleMap<Long, byte[]> map, Task task) throws IOException {
        if (remembered == null) {
            task.run();
            return;
        }
        quiet.writeLock().lock(); // or the map could grow after the question whether it has
        try {
            boolean grown = map.compute(Writer::bulks) != rememberedBulks;
            if (grown) {
                Files.delete(remembered);
            }
            task.run();
            if (grown) {
                rememberedBulks = map.compute(Writer::bulks);
                remember();
            }
        } finally {
            quiet.writeLock().unlock();
        }
    }

    private static int bulks(ChronicleMap<Long, byte[]> map) {
        return ((VanillaChronicleHash<?, ?, ?, ?>) map).tierBulkOffsets.size();
    }

    /** Adopted, but what happens in the map is in no section: commits cut it in two. */
    private void writeCarelessly() throws IOException {
        out.println("opening");
        if (Files.exists(file)) {
            AtomicMapping.recover(file);
        }
        try (ChronicleMap<Long, byte[]> map = Workload.builder().createPersistedTo(file.toFile());
                AtomicMapping mapping = AtomicMapping.adopt(file)) {
            tell(mapping.lastCommit(), Workload.progress(map));
            start(index -> workload.step(map, index));
            while (true) {
                pause();
                long[] progress = Workload.progress(map);
                tell(mapping.sync(), progress);
            }
        }
    }

    /** As far as a user comes without the library: nobody is in the map while its file is forced. */
    private void writePlain() throws IOException {
        out.println("opening");
        try (ChronicleMap<Long, byte[]> map = Workload.builder().createPersistedTo(file.toFile());
                FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                FileChannel parent = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
            parent.force(true);
            for (long commit = 0;; commit++) {
                quiet.writeLock().lock();
                try {
                    channel.force(true);
                    remember();
                    tell(commit, Workload.progress(map));
                } finally {
                    quiet.writeLock().unlock();
                }
                if (commit == 0) {
                    start(index -> workload.step(map, index));
                }
                pause();
            }
        }
    }

    private void start(IntConsumer step) {
        for (int thread = 0; thread < Workload.THREADS; thread++) {
            int index = thread;
            Thread.ofPlatform().daemon().start(() -> run(step, index));
        }
    }

    private void run(IntConsumer step, int thread) {
        for (int i = 0;; i++) {
            quiet.readLock().lock();
            try {
                step.accept(thread);
            } finally {
                quiet.readLock().unlock();
            }
            if (i % STEPS_BETWEEN_PAUSES == 0) {
                LockSupport.parkNanos(1); // on few cores, busy threads leave the committer little time
            }
        }
    }

    private void pause() {
        LockSupport.parkNanos(random.nextInt(PAUSE_NANOS_MAX));
    }

    /** Whole or not at all: the process may be killed meanwhile. */
    private void remember() throws IOException {
        if (remembered != null) {
            Path copy = remembered.resolveSibling(remembered.getFileName() + ".new");
            Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
            Files.move(copy, remembered, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private void tell(long commit, long[] progress) {
        StringBuilder line = new StringBuilder().append(commit);
        for (long steps : progress) {
            line.append(' ').append(steps);
        }
        out.println(line);
    }
}
