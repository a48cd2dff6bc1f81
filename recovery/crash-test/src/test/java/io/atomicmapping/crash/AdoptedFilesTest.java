package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Adopted files, and kills at moments that matter. A kill keeps the page cache, so what it leaves is a copy
 * of the files at that moment.
 */
@Timeout(30)
class AdoptedFilesTest {

    private static final int PAGE = 4096;
    private static final int SIZE = 8 * PAGE + 8;
    /** several such commits have room in the journal */
    private static final int CHANGED_BYTES = 2_000;
    private static final long PATIENCE_NANOS = 50_000_000;
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    /** A library's file: mapped in two pieces, with some bytes in it, adopted. */
    private static final class Fixture implements AutoCloseable {
        private final Path directory = Files.createTempDirectory("crash");
        private final Path file = directory.resolve("file");
        private final Arena arena = Arena.ofShared();
        private final FileChannel channel;
        private final MemorySegment first;
        private final MemorySegment second;
        private final AtomicMapping mapping;
        /** what is committed */
        private byte[] expected = new byte[SIZE];

        Fixture() throws IOException {
            expected[0] = 1;
            expected[SIZE - 1] = 1;
            Files.write(file, expected);
            channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
            first = map(0, 4 * PAGE);
            second = map(4 * PAGE, SIZE - 4 * PAGE);
            mapping = AtomicMapping.adopt(file,
                    MappingOptions.builder().journalCapacity(CrashFixture.RING_BYTES).build());
        }

        private MemorySegment map(long offset, long length) throws IOException {
            return channel.map(MapMode.READ_WRITE, offset, length, arena);
        }

        /** Commits until a checkpoint has left nothing but the last commit in the journal. */
        private void commitUntilACheckpoint() throws IOException {
            boolean alone = false;
            while (!alone) {
                byte next = (byte) (first.get(BYTE, 100) + 1);
                long before = mapping.stats().bytesJournaled();
                first.asSlice(100, CHANGED_BYTES).fill(next);
                mapping.sync();
                Arrays.fill(expected, 100, 100 + CHANGED_BYTES, next);
                long last = mapping.stats().bytesJournaled() - before;
                long begin = System.nanoTime();
                while (!alone && System.nanoTime() - begin < PATIENCE_NANOS) {
                    alone = mapping.stats().journalUsedBytes() <= last;
                }
            }
        }

        private void aKillLeavesWhatIsCommitted() throws IOException {
            Path copy = directory.resolve("copy");
            Files.copy(directory.resolve("file.journal"), directory.resolve("copy.journal"));
            Files.copy(file, copy);
            AtomicMapping.recover(copy);
            assertArrayEquals(expected, Files.readAllBytes(copy));
            Files.delete(copy);
            Files.delete(directory.resolve("copy.journal"));
        }

        @Override
        public void close() throws IOException {
            mapping.close();
            channel.close();
            arena.close();
            try (var files = Files.walk(directory)) {
                for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    @Test
    void storesOfEveryMappingAreCommitted() throws IOException {
        try (Fixture library = new Fixture()) {
            library.first.set(BYTE, 1, (byte) 2);
            library.second.set(BYTE, 0, (byte) 3);
            library.aKillLeavesWhatIsCommitted();
            library.mapping.sync();
            library.expected[1] = 2;
            library.expected[4 * PAGE] = 3;
            library.aKillLeavesWhatIsCommitted();
        }
    }

    @Test
    void aFileMadeLongerIsCutByAKill() throws IOException {
        try (Fixture library = new Fixture()) {
            MemorySegment more = library.map(SIZE, 5 * PAGE);
            more.fill((byte) 7);
            library.first.set(BYTE, 1, (byte) 2);
            library.aKillLeavesWhatIsCommitted();
        }
    }

    /** Its first bytes lie in the page that was the last. */
    @Test
    void theLastPageIsAsCommittedAfterAKill() throws IOException {
        try (Fixture library = new Fixture()) {
            library.second.set(BYTE, SIZE - 4 * PAGE - 1, (byte) 5);
            library.mapping.sync();
            library.expected[SIZE - 1] = 5;
            MemorySegment more = library.map(SIZE - 8, 5 * PAGE);
            more.set(BYTE, 0, (byte) 7);
            library.aKillLeavesWhatIsCommitted();
            more.set(BYTE, PAGE, (byte) 8);
            library.mapping.sync();
            library.expected = Arrays.copyOf(library.expected, SIZE - 8 + 5 * PAGE);
            library.expected[SIZE - 8] = 7;
            library.expected[SIZE - 8 + PAGE] = 8;
            library.aKillLeavesWhatIsCommitted();
        }
    }

    @Test
    void theLastPageIsAsCommittedAfterACheckpointAndAKill() throws IOException {
        try (Fixture library = new Fixture()) {
            library.commitUntilACheckpoint();
            library.aKillLeavesWhatIsCommitted();
            MemorySegment more = library.map(SIZE - 8, 5 * PAGE);
            more.set(BYTE, 0, (byte) 7);
            library.aKillLeavesWhatIsCommitted();
        }
    }

    @Test
    void theLastPageIsRolledBack() throws IOException {
        try (Fixture library = new Fixture()) {
            MemorySegment more = library.map(SIZE - 8, 5 * PAGE);
            more.set(BYTE, 0, (byte) 7);
            library.mapping.rollback();
            assertEquals(0, more.get(BYTE, 0));
            assertEquals(1, more.get(BYTE, 7));
            library.aKillLeavesWhatIsCommitted();
        }
    }

    /** A store through the old mapping comes between what is stored through the new one and taken back. */
    @Test
    void whatIsTakenBackInTheLastPageStaysSo() throws IOException {
        try (Fixture library = new Fixture()) {
            MemorySegment more = library.map(SIZE, 5 * PAGE);
            more.set(BYTE, 0, (byte) 7);
            library.second.set(BYTE, SIZE - 4 * PAGE - 1, (byte) 5);
            more.set(BYTE, 0, (byte) 0);
            library.mapping.sync();
            library.expected = Arrays.copyOf(library.expected, SIZE + 5 * PAGE);
            library.expected[SIZE - 1] = 5;
            library.aKillLeavesWhatIsCommitted();
        }
    }

    @Test
    void appendedBytesAreCommitted() throws IOException {
        try (Fixture library = new Fixture()) {
            library.channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), SIZE);
            library.channel.write(ByteBuffer.wrap(new byte[] {5}), 12L * PAGE);
            library.channel.write(ByteBuffer.wrap(new byte[] {4}), 20L * PAGE);
            library.aKillLeavesWhatIsCommitted();
            library.mapping.sync();
            library.expected = Arrays.copyOf(library.expected, 20 * PAGE + 1);
            System.arraycopy(new byte[] {1, 2, 3}, 0, library.expected, SIZE, 3);
            library.expected[12 * PAGE] = 5;
            library.expected[20 * PAGE] = 4;
            library.aKillLeavesWhatIsCommitted();
        }
    }
}
