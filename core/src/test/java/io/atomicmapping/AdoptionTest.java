package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.adoption.OwnersMappings;
import io.atomicmapping.dirty.KernelTier;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that somebody else has mapped: each way of finding stores, each way of finding mappings. */
@ParameterizedClass
@CsvSource({"WRITE_PROTECTION, true", "WRITE_PROTECTION, false", "PRIVATE_PAGES, true", "COMPARE_ALL, true"})
@Timeout(60)
class AdoptionTest {

    private static final int PAGE = 4096;
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @Parameter(0)
    KernelTier tier;
    @Parameter(1)
    boolean queried;

    @TempDir
    Path directory;
    private Path file;
    private Arena arena;

    @BeforeEach
    void prepare() throws IOException {
        System.setProperty(KernelTier.PROPERTY, tier.name());
        System.setProperty(OwnersMappings.QUERY_PROPERTY, Boolean.toString(queried));
        file = directory.resolve("data");
        arena = Arena.ofShared();
    }

    @AfterEach
    void clear() {
        System.clearProperty(KernelTier.PROPERTY);
        System.clearProperty(OwnersMappings.QUERY_PROPERTY);
        arena.close();
    }

    private MemorySegment map(long offset, long length) throws IOException {
        return map(offset, length, arena);
    }

    private MemorySegment map(long offset, long length, Arena owner) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE,
                StandardOpenOption.CREATE)) {
            return channel.map(MapMode.READ_WRITE, offset, length, owner);
        }
    }

    /** What a process that was killed now would leave, recovered. */
    private byte[] afterAKill() throws IOException {
        Path copy = directory.resolve("copy");
        Path journal = directory.resolve("copy.journal");
        Files.copy(file.resolveSibling("data.journal"), journal, StandardCopyOption.REPLACE_EXISTING);
        Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
        AtomicMapping.recover(copy);
        byte[] bytes = Files.readAllBytes(copy);
        Files.delete(copy);
        Files.delete(journal);
        return bytes;
    }

    private byte[] expected(int length, long... offsetsAndValues) {
        byte[] bytes = new byte[length];
        MemorySegment segment = MemorySegment.ofArray(bytes);
        for (int i = 0; i < offsetsAndValues.length; i += 2) {
            segment.set(LONG, offsetsAndValues[i], offsetsAndValues[i + 1]);
        }
        return bytes;
    }

    @Test
    void storesReachTheFileBySyncOnlyAndAreTakenBack() throws IOException {
        MemorySegment owner = map(0, 8 * PAGE);
        owner.set(LONG, 0, 1);
        owner.set(LONG, 5 * PAGE, 1);
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            assertEquals(1, owner.get(LONG, 0));
            owner.set(LONG, 0, 2);
            owner.set(LONG, 2 * PAGE + 16, 2);
            assertEquals(2, mapping.getLong(0), "both see the same bytes");
            assertArrayEquals(expected(8 * PAGE, 0, 1, 5 * PAGE, 1), Files.readAllBytes(file));
            assertArrayEquals(expected(8 * PAGE, 0, 1, 5 * PAGE, 1), afterAKill());
            assertEquals(1, mapping.lastCommit(), "what was there");
            assertEquals(2, mapping.sync());
            assertEquals(2, mapping.sync(), "nothing was stored since");
            byte[] first = expected(8 * PAGE, 0, 2, 2 * PAGE + 16, 2, 5 * PAGE, 1);
            assertArrayEquals(first, afterAKill());
            owner.set(LONG, 0, 3);
            owner.set(LONG, 7 * PAGE, 3);
            mapping.putLong(3 * PAGE, 3);
            assertEquals(3, owner.get(LONG, 3 * PAGE));
            mapping.rollback();
            assertArrayEquals(first, owner.toArray(ValueLayout.JAVA_BYTE));
            owner.set(LONG, 0, 4);
            assertEquals(3, mapping.sync());
            assertArrayEquals(expected(8 * PAGE, 0, 4, 2 * PAGE + 16, 2, 5 * PAGE, 1), afterAKill());
            owner.set(LONG, 0, 5);
        }
        assertArrayEquals(expected(8 * PAGE, 0, 4, 2 * PAGE + 16, 2, 5 * PAGE, 1), Files.readAllBytes(file));
        assertEquals(4, owner.get(LONG, 0), "what was not committed is gone");
        owner.set(LONG, 0, 6);
        assertEquals(6, MemorySegment.ofArray(Files.readAllBytes(file)).get(LONG, 0), "shared again");
    }

    @Test
    void severalMappingsWithHolesBetweenThem() throws IOException {
        Files.write(file, new byte[64 * PAGE]);
        MemorySegment second = map(40 * PAGE, 10 * PAGE);
        MemorySegment first = map(4 * PAGE, 3 * PAGE);
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            first.set(LONG, 0, 11);
            second.set(LONG, 0, 12);
            second.set(LONG, 10 * PAGE - 8, 13);
            mapping.putLong(20 * PAGE, 14);
            mapping.putLong(40 * PAGE - 4, 15L << 32 | 7);
            assertEquals(15, second.get(LONG, 0) & 0xffff_ffffL);
            assertEquals(15L << 32 | 7, mapping.getLong(40 * PAGE - 4));
            mapping.sync();
            byte[] expected = expected(64 * PAGE, 4 * PAGE, 11, 40 * PAGE, 12, 50 * PAGE - 8, 13,
                    20 * PAGE, 14, 40 * PAGE - 4, 15L << 32 | 7);
            assertArrayEquals(expected, afterAKill());
            first.fill((byte) 1);
            second.fill((byte) 1);
            mapping.fill(0, 64 * PAGE, (byte) 2);
            assertEquals(2, first.get(ValueLayout.JAVA_BYTE, 0));
            mapping.rollback();
            byte[] all = new byte[64 * PAGE];
            mapping.getBytes(0, all);
            assertArrayEquals(expected, all);
        }
    }

    @Test
    void aFileMadeLongerAndMappedFurtherIsFollowedByTheNextSync() throws IOException {
        MemorySegment owner = map(0, 2 * PAGE);
        owner.set(LONG, 0, 1);
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            MemorySegment more = map(2 * PAGE, 6 * PAGE + 100);
            more.set(LONG, PAGE, 2);
            owner.set(LONG, 8, 2);
            assertArrayEquals(expected(2 * PAGE, 0, 1), afterAKill());
            assertEquals(2, mapping.sync());
            assertEquals(8 * PAGE + 100, mapping.size());
            byte[] first = expected(8 * PAGE + 100, 0, 1, 8, 2, 3 * PAGE, 2);
            assertArrayEquals(first, afterAKill());
            more.set(LONG, PAGE, 3);
            assertArrayEquals(first, Files.readAllBytes(file), "adopted by now");
            mapping.rollback();
            assertEquals(2, more.get(LONG, PAGE));
            more.set(LONG, PAGE, 4);
            assertEquals(3, mapping.sync());
            assertArrayEquals(expected(8 * PAGE + 100, 0, 1, 8, 2, 3 * PAGE, 4), afterAKill());
        }
    }

    @Test
    void aLongerFileIsTakenBackByRollbackAndClose() throws IOException {
        MemorySegment owner = map(0, PAGE + 10);
        owner.set(LONG, 0, 1);
        MemorySegment more;
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            more = map(2 * PAGE, 2 * PAGE);
            more.set(LONG, 0, 2);
            mapping.rollback();
            assertEquals(0, more.get(LONG, 0));
            assertArrayEquals(expected(PAGE + 10, 0, 1), afterAKill());
            assertEquals(0, mapping.adoptNew(), "done by the rollback");
            more.set(LONG, 0, 3);
        }
        assertArrayEquals(expected(PAGE + 10, 0, 1), Files.readAllBytes(file));
        assertEquals(0, more.get(LONG, 0), "past the end of the file by now, and still readable");
    }

    /**
     * A kill test lost a byte: after a rollback the file was longer than what was committed, a byte was put
     * there by its offset, and then the owner mapped more, beginning in that page, and stored to it. The page
     * of the put was taken for newer than what the owner had stored in the file.
     */
    @Test
    void aBytePutPastTheCommittedSizeAndOneStoredBesideItAreBothCommitted() throws IOException {
        map(0, 100);
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            map(100, 3 * PAGE);
            mapping.rollback();
            map(3 * PAGE + 100, 50).set(LONG, 30, 5);
            mapping.rollback();
            mapping.putLong(3 * PAGE + 40, 1);
            MemorySegment more = map(3 * PAGE + 150, 2 * PAGE);
            more.set(LONG, 0, 2);
            mapping.sync();
            assertEquals(1, mapping.getLong(3 * PAGE + 40));
            assertEquals(2, mapping.getLong(3 * PAGE + 150));
            assertArrayEquals(expected(5 * PAGE + 150, 3 * PAGE + 40, 1, 3 * PAGE + 150, 2), afterAKill());
        }
    }

    /**
     * Chronicle Map was left wrong, once in several hundred maps: the owner stored into the last page through
     * a new mapping, then through the old one, which copied the page as it was by then, and then took back
     * through the new one what it had stored first. That was in the copy still, and counted as stored.
     */
    @Test
    void whatIsTakenBackThroughANewMappingDoesNotComeAgain() throws IOException {
        MemorySegment owner = map(0, 2 * PAGE);
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            MemorySegment more = map(2 * PAGE - 64, PAGE);
            more.set(LONG, 0, 1);
            owner.set(LONG, PAGE, 2);
            more.set(LONG, 0, 0);
            mapping.sync();
            assertEquals(0, more.get(LONG, 0));
            byte[] committed = expected(3 * PAGE - 64, PAGE, 2);
            assertArrayEquals(committed, afterAKill());
            more = map(3 * PAGE - 128, PAGE); // the last page of what was itself mapped later
            more.set(LONG, 0, 3);
            mapping.putLong(3 * PAGE - 256, 4);
            more.set(LONG, 0, 0);
            mapping.rollback();
            assertEquals(0, more.get(LONG, 0));
            more.set(LONG, 0, 5);
            mapping.putLong(3 * PAGE - 256, 6);
            more.set(LONG, 0, 0);
            mapping.sync();
            assertArrayEquals(expected(4 * PAGE - 128, PAGE, 2, 3 * PAGE - 256, 6), afterAKill());
        }
    }

    @Test
    void pagesMappedTwiceAreSharedByTheirMappingsStill() throws IOException {
        MemorySegment owner = map(0, 4 * PAGE);
        MemorySegment twice = map(2 * PAGE + 100, 2 * PAGE);
        owner.set(LONG, 3 * PAGE, 1);
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            owner.set(LONG, 2 * PAGE, 2);
            twice.set(LONG, 0, 3);
            twice.set(LONG, 2 * PAGE - 8, 4);
            assertEquals(3, owner.get(LONG, 2 * PAGE + 100));
            assertEquals(3, mapping.getLong(2 * PAGE + 100));
            mapping.putLong(3 * PAGE + 8, 5);
            assertEquals(5, twice.get(LONG, PAGE - 92));
            mapping.sync();
            byte[] first = expected(4 * PAGE + 100, 3 * PAGE, 1, 2 * PAGE, 2, 2 * PAGE + 100, 3,
                    3 * PAGE + 8, 5, 4 * PAGE + 92, 4);
            assertArrayEquals(first, afterAKill());
            twice.set(LONG, 0, 6);
            owner.set(LONG, 3 * PAGE, 6);
            mapping.rollback();
            assertEquals(3, owner.get(LONG, 2 * PAGE + 100));
            assertEquals(1, owner.get(LONG, 3 * PAGE));
            assertArrayEquals(first, Files.readAllBytes(file));
        }
        twice.set(LONG, 0, 7);
        assertEquals(7, owner.get(LONG, 2 * PAGE + 100), "shared as before");
        assertEquals(7, MemorySegment.ofArray(Files.readAllBytes(file)).get(LONG, 2 * PAGE + 100));
    }

    /** A library that maps its file anew to grow, and leaves the old mappings to the collector. */
    @Test
    void pagesThatWereMappedTwiceOnceAreFoundStillAfterTheNextMapping() throws IOException {
        Arena first = Arena.ofShared();
        Arena second = Arena.ofShared();
        map(0, 4 * PAGE, first);
        MemorySegment owner = map(0, 4 * PAGE, second);
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            first.close();
            MemorySegment more = map(4 * PAGE, 4 * PAGE);
            mapping.sync();
            owner.set(LONG, PAGE, 1);
            more.set(LONG, 0, 1);
            mapping.sync();
            assertArrayEquals(expected(8 * PAGE, PAGE, 1, 4 * PAGE, 1), afterAKill());
            MemorySegment whole = map(0, 8 * PAGE);
            mapping.adoptNew();
            second.close();
            assertEquals(1, whole.get(LONG, PAGE));
            whole.set(LONG, PAGE, 2);
            mapping.sync();
            map(8 * PAGE, PAGE);
            mapping.sync();
            whole.set(LONG, PAGE, 3);
            assertEquals(3, mapping.getLong(PAGE));
            mapping.sync();
            assertArrayEquals(expected(9 * PAGE, PAGE, 3, 4 * PAGE, 1), afterAKill());
            whole.set(LONG, PAGE, 4);
            mapping.rollback();
            assertEquals(3, whole.get(LONG, PAGE));
        }
    }

    @Test
    void whatWasStoredBeforeAPageIsMappedASecondTimeMovesAlong() throws IOException {
        MemorySegment owner = map(0, 4 * PAGE);
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            owner.set(LONG, 3 * PAGE, 1);
            mapping.sync();
            owner.set(LONG, 3 * PAGE + 8, 2);
            MemorySegment again = map(3 * PAGE, 3 * PAGE);
            assertEquals(1, mapping.adoptNew());
            assertEquals(2, again.get(LONG, 8));
            again.set(LONG, 16, 3);
            assertEquals(3, owner.get(LONG, 3 * PAGE + 16));
            MemorySegment third = map(2 * PAGE, 3 * PAGE);
            mapping.sync();
            third.set(LONG, PAGE + 16, 4);
            assertEquals(4, again.get(LONG, 16));
            assertEquals(4, owner.get(LONG, 3 * PAGE + 16));
            assertArrayEquals(expected(6 * PAGE, 3 * PAGE, 1, 3 * PAGE + 8, 2, 3 * PAGE + 16, 3),
                    afterAKill());
        }
    }

    @Test
    void aReadOnlyMappingOfTheSamePagesSeesWhatIsStored() throws IOException {
        MemorySegment owner = map(0, 2 * PAGE);
        MemorySegment view;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            view = channel.map(MapMode.READ_ONLY, 0, 2 * PAGE, arena);
        }
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            owner.set(LONG, PAGE, 1);
            assertEquals(1, view.get(LONG, PAGE));
            mapping.sync();
            mapping.sync();
        }
        owner.set(LONG, PAGE, 2);
        assertEquals(2, view.get(LONG, PAGE));
    }

    /** Sparse files stay sparse, in memory too: of two mappings of 4 GiB only what is there is common. */
    @Test
    void holesThatAreMappedTwiceStayHoles() throws IOException {
        long length = tier == KernelTier.COMPARE_ALL ? 16 << 20 : 4L << 30;
        MemorySegment owner = map(0, length);
        MemorySegment again = map(0, length);
        owner.set(LONG, length / 4, 1);
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            owner.set(LONG, length / 2, 2);
            assertEquals(2, again.get(LONG, length / 2));
            assertEquals(1, again.get(LONG, length / 4));
            assertEquals(2, mapping.sync());
            owner.set(LONG, length / 2, 3);
            mapping.rollback();
            assertEquals(2, again.get(LONG, length / 2));
        }
        assertEquals(length, Files.size(file));
    }

    /** Adoption maps private memory over shared: a thread that stores meanwhile finds one or the other. */
    @Test
    void singleStoresBesideAdoptionAreNotLost() throws Exception {
        MemorySegment owner = map(0, 16 * PAGE);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong last = new AtomicLong();
        Thread thread = new Thread(() -> {
            while (!stop.get()) {
                long next = last.get() + 1;
                owner.set(LONG, next % 16 * PAGE, next);
                last.set(next);
            }
        });
        thread.start();
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            stop.set(true);
            thread.join();
            for (long value = Math.max(1, last.get() - 15); value <= last.get(); value++) {
                assertEquals(value, owner.get(LONG, value % 16 * PAGE));
            }
            mapping.sync();
            assertArrayEquals(owner.toArray(ValueLayout.JAVA_BYTE), afterAKill());
        } finally {
            stop.set(true);
            thread.join();
        }
    }

    @Test
    void aMappedByteBufferWorksToo() throws IOException {
        MappedByteBuffer buffer;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE,
                StandardOpenOption.CREATE)) {
            buffer = channel.map(MapMode.READ_WRITE, 100, 3 * PAGE);
        }
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            buffer.put(0, (byte) 1);
            buffer.force();
            assertEquals(0, Files.readAllBytes(file)[100], "a force promises nothing");
            mapping.sync();
            assertEquals(1, afterAKill()[100]);
        }
        assertEquals(1, buffer.get(0));
    }

    @Test
    void memoryUnmappedByItsOwnerIsNotTouchedAndNothingIsCommittedWithoutIt() throws IOException {
        MemorySegment owner = map(0, 2 * PAGE);
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            owner.set(LONG, 0, 1);
            mapping.sync();
            try (Arena other = Arena.ofShared()) {
                MemorySegment more = map(2 * PAGE, 2 * PAGE, other);
                mapping.adoptNew();
                more.set(LONG, 0, 2);
            }
            owner.set(LONG, 0, 2);
            IOException refusal = assertThrows(IOException.class, mapping::sync);
            assertTrue(refusal.getMessage().contains("unmapped"), refusal.getMessage());
            assertThrows(IllegalStateException.class, () -> mapping.getLong(2 * PAGE));
            assertThrows(IllegalStateException.class, () -> mapping.putLong(2 * PAGE, 1));
            mapping.rollback();
            assertEquals(1, owner.get(LONG, 0));
            assertEquals(0, mapping.getLong(2 * PAGE));
            mapping.putLong(2 * PAGE, 3);
            assertEquals(3, mapping.sync());
            assertArrayEquals(expected(4 * PAGE, 0, 1, 2 * PAGE, 3), afterAKill());
        }
    }
}
