package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Another program truncates the data file beneath the mapping: errors that name it, and a JVM that lives on.
 */
@Timeout(60)
class TruncatedFileTest {

    private static final int PAGE = 4096;
    private static final int SIZE = 256 * PAGE;

    /**
     * In kernel mode a sync once found nothing to commit, and a close made the file long again, full of
     * zeros.
     */
    @ParameterizedTest
    @ValueSource(strings = {"load", "loadBytes", "loadSegment", "store", "storeBytes", "fill", "copy", "cas",
            "syncOfFaulted",
            "checkpoint", "close", "kernelLoad", "kernelStore", "kernelSync", "kernelRollback",
                    "kernelSegment", "rollbackOfCut",
            "closeWithoutACommit", "kernelClose", "readOnly", "hotLoop"})
    void everyUseIsAnErrorThatNamesTheFile(String use) throws Exception {
        try (TestFile file = TestFile.onDisk()) {
            ChildJvm.Ended ended = ChildJvm.run(List.of(), Uses.class, file.path.toString(), use);
            assertEquals(0, ended.status(), ended.output());
            assertTrue(ended.output().contains("ended"), ended.output());
        }
    }

    /** Runs in the child. */
    static final class Uses {
        private interface Use {
            void run() throws Exception;
        }

        private final Path file;
        private final AtomicMapping mapping;

        private Uses(Path file, boolean readOnly) throws IOException {
            this.file = file;
            this.mapping = AtomicMapping.open(file, readOnly ? MappingOptions.builder().readOnly(true).build()
                    : MappingOptions.builder().size(SIZE).journalCapacity(1).build());
        }

        public static void main(String[] arguments) throws Exception {
            Path file = Path.of(arguments[0]);
            try (AtomicMapping first = AtomicMapping.open(file, SIZE)) {
                first.fill(0, SIZE, (byte) 1);
                first.sync();
            }
            Uses uses = new Uses(file, arguments[1].equals("readOnly"));
            uses.run(arguments[1]);
            System.out.println("ended");
        }

        private void truncate() throws IOException {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(PAGE);
            }
        }

        private void fails(Use use) throws Exception {
            try {
                use.run();
            } catch (InternalError e) {
                return; // of a plain segment: the JVM's own words
            } catch (Exception e) {
                for (Throwable at = e; at != null; at = at.getCause()) {
                    if (at.getMessage() != null && at.getMessage().contains(file.toString())) {
                        return;
                    }
                }
                throw new AssertionError("does not name the file", e);
            }
            throw new AssertionError("did not fail");
        }

        private void run(String use) throws Exception {
            byte[] bytes = new byte[9 * PAGE];
            switch (use) {
                case "load", "readOnly" -> {
                    truncate();
                    for (int at = PAGE; at < SIZE; at += PAGE) {
                        long offset = at;
                        fails(() -> mapping.getLong(offset));
                        fails(() -> mapping.getByte(offset + 5));
                        fails(() -> mapping.getLongAcquire(offset));
                    }
                    assertEquals(1, mapping.getByte(PAGE - 1));
                    close(use.equals("readOnly"));
                }
                case "loadBytes" -> {
                    truncate();
                    fails(() -> mapping.getBytes(100, bytes));
                    fails(() -> mapping.get(100, MemorySegment.ofArray(bytes)));
                }
                case "loadSegment" -> {
                    MemorySegment segment = mapping.readSegment();
                    truncate();
                    fails(() -> segment.get(Layouts.LONG, 5 * PAGE));
                    fails(() -> MemorySegment.copy(segment, 0, MemorySegment.ofArray(bytes), 0,
                            bytes.length));
                }
                case "store" -> {
                    truncate();
                    for (int at = PAGE; at < SIZE; at += PAGE) {
                        long offset = at;
                        fails(() -> mapping.putLong(offset, 1));
                    }
                    mapping.putLong(0, 5);
                    assertEquals(5, mapping.getLong(0));
                }
                case "storeBytes" -> {
                    truncate();
                    fails(() -> mapping.putBytes(100, bytes));
                    fails(() -> mapping.putBytes(100, bytes));
                    fails(() -> mapping.put(100, MemorySegment.ofArray(bytes)));
                }
                case "fill" -> {
                    truncate();
                    fails(() -> mapping.fill(0, SIZE, (byte) 1));
                }
                case "copy" -> {
                    truncate();
                    fails(() -> mapping.copy(0, 5 * PAGE, 100));
                    fails(() -> mapping.copy(5 * PAGE, 0, 100));
                }
                case "cas" -> {
                    truncate();
                    fails(() -> mapping.compareAndSetLong(5 * PAGE, 0, 1));
                    fails(() -> mapping.getAndAddLong(6 * PAGE, 1));
                    fails(() -> mapping.putLongRelease(7 * PAGE, 1));
                }
                case "syncOfFaulted" -> {
                    truncate();
                    fails(() -> mapping.putLong(5 * PAGE, 1));
                    mapping.putLong(0, 7);
                    failsOrNot(mapping::sync); // the store is lost, or the sync is refused
                    close(false);
                }
                case "checkpoint" -> {
                    truncate();
                    fails(() -> {
                        for (int i = 0; i < 1_000; i++) {
                            mapping.putLong(i % 100 * 8, i);
                            mapping.sync();
                        }
                    });
                    fails(mapping::sync);
                }
                case "close" -> {
                    mapping.putLong(8 * PAGE, 1);
                    mapping.sync();
                    truncate();
                    fails(mapping::close);
                    mapping.close();
                }
                case "closeWithoutACommit" -> {
                    truncate();
                    fails(mapping::close);
                }
                case "kernelClose" -> {
                    mapping.segment().set(Layouts.LONG, 5 * PAGE, 1);
                    truncate();
                    fails(mapping::close);
                }
                case "kernelLoad" -> {
                    MemorySegment segment = mapping.segment();
                    truncate();
                    fails(() -> segment.get(Layouts.LONG, 5 * PAGE));
                    fails(() -> mapping.getLong(5 * PAGE));
                }
                case "kernelStore" -> {
                    MemorySegment segment = mapping.segment();
                    truncate();
                    fails(() -> segment.set(Layouts.LONG, 5 * PAGE, 1));
                    fails(() -> mapping.putLong(5 * PAGE, 1));
                }
                case "kernelSync" -> {
                    MemorySegment segment = mapping.segment();
                    segment.set(Layouts.LONG, 5 * PAGE, 1);
                    truncate();
                    fails(mapping::sync);
                    fails(mapping::sync);
                    close(false);
                }
                case "kernelRollback" -> {
                    MemorySegment segment = mapping.segment();
                    segment.set(Layouts.LONG, 5 * PAGE, 1);
                    truncate();
                    fails(mapping::rollback);
                }
                case "kernelSegment" -> {
                    mapping.putLong(5 * PAGE, 1);
                    mapping.sync();
                    truncate();
                    fails(mapping::segment);
                }
                case "rollbackOfCut" -> {
                    mapping.resize(2 * PAGE);
                    truncate();
                    failsOrNot(mapping::rollback);
                    fails(() -> mapping.getLong(5 * PAGE));
                }
                default -> hotLoop();
            }
        }

        /** Compiled code gets its error late, but gets it. */
        private void hotLoop() throws Exception {
            long sum = 0;
            for (int i = 0; i < 3_000_000; i++) {
                sum += mapping.getLong(i * 64L % (SIZE - 8));
                mapping.putLong(i * 64L % PAGE, sum);
            }
            truncate();
            for (int round = 0; round < 50; round++) {
                fails(() -> {
                    long all = 0;
                    for (int i = 0; i < SIZE - 8; i += 64) {
                        all += mapping.getLong(i);
                    }
                    System.out.println(all);
                });
            }
        }

        private static void failsOrNot(Use use) throws Exception {
            try {
                use.run();
            } catch (IOException | RuntimeException e) {
                System.out.println(e.getMessage());
            }
        }

        private void close(boolean readOnly) throws Exception {
            if (readOnly) {
                mapping.close();
            } else {
                failsOrNot(mapping::close);
            }
        }
    }
}
