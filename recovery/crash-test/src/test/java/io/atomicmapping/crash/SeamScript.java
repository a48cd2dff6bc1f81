package io.atomicmapping.crash;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.crash.InterceptedStorage.Call;
import io.atomicmapping.crash.InterceptedStorage.Real;
import io.atomicmapping.storage.PosixStorage;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program for {@link StraceTest}: everything that the library does to files, through a storage that records
 * it and lets one call through at a time, so that the order of what is recorded is the order of what is done.
 */
final class SeamScript {

    static final String RECORDED = "recorded ";
    static final String DONE = "done ";
    private static final int SIZE = 300_000;
    private static final int ROUNDS = 12;

    private final List<String> recorded = new ArrayList<>();
    private final Storage storage = InterceptedStorage.over(PosixStorage.instance(), this::record);
    private final Path directory;

    private SeamScript(Path directory) {
        this.directory = directory;
    }

    /** Arguments: a directory; what to do: all, or interrupt, which leaves a file for all to recover. */
    public static void main(String[] arguments) throws Exception {
        SeamScript script = new SeamScript(Path.of(arguments[0]));
        if (arguments[1].equals("interrupt")) {
            script.interrupt();
        } else {
            script.all();
        }
        StringBuilder text = new StringBuilder();
        script.recorded.forEach(line -> text.append(RECORDED).append(line).append('\n'));
        System.out.print(text.append(DONE).append('\n'));
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    private synchronized Object record(Call call, Real real) throws Throwable {
        boolean missing = call.name().equals("delete") && !Files.exists(call.path());
        Object result = real.make();
        String line = missing ? null : systemCall(call);
        if (line != null) {
            recorded.add(line);
        }
        return result;
    }

    /** The system call that a call of the storage should make, or null for one that changes nothing. */
    private static String systemCall(Call call) {
        Object[] arguments = call.arguments();
        return switch (call.name()) {
            case "write", "writeDirect" -> ((MemorySegment) arguments[1]).byteSize() == 0 ? null
                    : "pwrite64 " + call.path() + " " + arguments[0] + " "
                            + ((MemorySegment) arguments[1]).byteSize();
            case "allocate", "zero" -> (Long) arguments[1] == 0 ? null
                    : "fallocate " + call.path() + " " + arguments[0] + " " + arguments[1];
            case "setLength" -> "ftruncate " + call.path() + " " + arguments[0];
            case "force" -> "fdatasync " + call.path();
            case "forceAll", "forceDirectory" -> "fsync " + call.path();
            case "setAttribute" -> "fsetxattr " + call.path();
            case "rename" -> "rename " + call.path() + " " + arguments[1];
            case "delete" -> "unlink " + call.path();
            case "open" -> arguments[1] == Storage.OpenMode.CREATE_NEW ? "create " + call.path() : null;
            default -> null;
        };
    }

    private AtomicMapping open(String name, int size, Path journal) throws IOException {
        MappingOptions.Builder options = MappingOptions.builder().storage(storage).maxSize(4L * SIZE)
                .size(size).journalCapacity(CrashFixture.RING_BYTES).memoryBudget(64 << 10);
        return AtomicMapping.open(directory.resolve(name),
                journal == null ? options.build() : options.journal(journal).build());
    }

    private void interrupt() throws IOException {
        AtomicMapping mapping = open("file", SIZE, null);
        mapping.fill(0, 5000, (byte) 1);
        mapping.sync();
        mapping.resize(SIZE / 2);
        mapping.sync();
    }

    private void all() throws Exception {
        try (AtomicMapping mapping = open("file", SIZE, null)) { // recovers
            for (int round = 1; round <= ROUNDS; round++) {
                mapping.fill(round * 9000L, 3000, (byte) round); // checkpoints
                mapping.sync();
                mapping.putLong(round * 8L, round);
                mapping.sync(round * 8L, 8);
            }
            mapping.fill(10_000, 40_000, (byte) 7); // a new ring
            mapping.sync();
            mapping.resize(2 * SIZE);
            mapping.putLong(2 * SIZE - 8, 1);
            mapping.syncAsync().join();
            mapping.resize(SIZE / 3);
            mapping.putLong(0, 99);
            mapping.rollback();
            mapping.resize(SIZE / 3);
            mapping.sync();
            TimeUnit.MILLISECONDS.sleep(300); // a mark
            mapping.segment().set(ValueLayout.JAVA_BYTE, 70_000, (byte) 3);
            mapping.sync();
        }
        try (AtomicMapping mapping = open("file", SIZE, null)) { // grows at opening, another ring
            mapping.putLong(1, 1);
            mapping.sync();
        }
        try (AtomicMapping mapping = open("elsewhere", SIZE, directory.resolve("journal"))) { // a stub
            mapping.putLong(1, 1);
            mapping.sync();
        }
        try (AtomicMapping mapping = AtomicMapping.open(directory.resolve("file"),
                MappingOptions.builder().storage(storage).readOnly(true).build())) {
            mapping.getLong(1);
        }
    }
}
