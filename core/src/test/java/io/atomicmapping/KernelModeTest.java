package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.atomicmapping.dirty.KernelTier;
import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Stores through a segment, that only the kernel sees: each way of finding them, on the disk and in memory.
 */
@ParameterizedClass
@CsvSource({"MEMORY, WRITE_PROTECTION", "DISK, WRITE_PROTECTION", "MEMORY, PRIVATE_PAGES",
        "DISK, PRIVATE_PAGES",
        "MEMORY, COMPARE_ALL", "DISK, COMPARE_ALL"})
@Timeout(30)
class KernelModeTest {

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final int PAGE = 4096;
    private static final int SIZE = 32 * PAGE;
    private static final long MANY_PAGES = 8_192 + 1_000;

    @Parameter(0)
    TestFile.Place place;
    @Parameter(1)
    KernelTier tier;

    private TestFile file;
    private AtomicMapping mapping;

    @BeforeEach
    void open() throws IOException {
        System.setProperty(KernelTier.PROPERTY, tier.name());
        file = place.newFile();
        mapping = file.open(options -> options.size(SIZE).journalCapacity(1));
    }

    @AfterEach
    void close() throws IOException {
        System.clearProperty(KernelTier.PROPERTY);
        mapping.close();
        file.close();
    }

    private void copyHolds(byte[] expected) throws IOException {
        try (TestFile copy = file.copyAsAfterAKill(); AtomicMapping recovered = copy.open()) {
            assertArrayEquals(expected, TestFile.bytesOf(recovered));
        }
    }

    @Test
    void rawStoresAndPutsAreCommittedAndRolledBack() throws IOException {
        MemorySegment segment = mapping.segment();
        assertEquals(tier.name(), mapping.stats().tracking());
        for (int round = 1; round <= 5; round++) {
            segment.set(LONG, 0, round);
            segment.set(LONG, 7 * PAGE - 8, round);
            mapping.putLong(9 * PAGE - 4, round);
            byte[] expected = TestFile.bytesOf(mapping);
            assertEquals(round, mapping.sync());
            assertEquals(round, mapping.sync(), "nothing was stored since");
            copyHolds(expected);
            segment.set(LONG, 0, -1);
            segment.set(LONG, 20 * PAGE, -1);
            mapping.putLong(9 * PAGE, -1);
            mapping.rollback();
            assertArrayEquals(expected, TestFile.bytesOf(mapping));
        }
    }

    @Test
    void whatWasPutBeforeTheFirstSegmentIsStillCommittedOrTakenBack() throws IOException {
        mapping.putLong(0, 1);
        mapping.sync();
        mapping.putLong(0, 2);
        mapping.putLong(PAGE, 2);
        mapping.segment().set(LONG, 2 * PAGE, 2);
        mapping.rollback();
        assertEquals(1, mapping.getLong(0));
        assertEquals(0, mapping.getLong(PAGE));
        assertEquals(0, mapping.getLong(2 * PAGE));
        mapping.close();
        mapping = file.open();
        mapping.putLong(0, 3);
        mapping.putLong(PAGE, 3);
        mapping.segment();
        assertEquals(2, mapping.sync());
        byte[] expected = new byte[SIZE];
        expected[0] = 3;
        expected[PAGE] = 3;
        copyHolds(expected);
    }

    /**
     * The mapping was cut, grown again and stored to, and cut once more without a commit, when the kernel
     * takes over.
     */
    @Test
    void anOpenCutAtTheFirstSegmentIsRolledBackToWhatWasCommittedPastAnOlderCut() throws IOException {
        mapping.fill(0, SIZE, (byte) 1);
        mapping.sync();
        mapping.resize(PAGE);
        mapping.sync();
        mapping.resize(SIZE);
        mapping.fill(2 * PAGE, 3 * PAGE, (byte) 2);
        mapping.sync();
        byte[] committed = TestFile.bytesOf(mapping);
        mapping.resize(PAGE + 100);
        mapping.resize(SIZE);
        mapping.putByte(4 * PAGE, (byte) 3);
        MemorySegment segment = mapping.segment();
        segment.set(LONG, 6 * PAGE, 3);
        mapping.rollback();
        assertArrayEquals(committed, TestFile.bytesOf(mapping));
        copyHolds(committed);
        mapping.segment().set(LONG, 6 * PAGE, 4);
        mapping.sync();
        byte[] expected = committed.clone();
        expected[6 * PAGE] = 4;
        copyHolds(expected);
    }

    @Test
    void anOpenCutAtTheFirstSegmentIsCommitted() throws IOException {
        mapping.fill(0, SIZE, (byte) 1);
        mapping.sync();
        mapping.resize(PAGE + 100);
        mapping.resize(SIZE);
        mapping.putByte(4 * PAGE, (byte) 3);
        mapping.segment().set(LONG, 6 * PAGE, 3);
        byte[] expected = TestFile.bytesOf(mapping);
        mapping.sync();
        assertArrayEquals(expected, TestFile.bytesOf(mapping));
        copyHolds(expected);
    }

    @Test
    void aRangeSyncIsWidenedToPagesAndLeavesOtherPages() throws IOException {
        MemorySegment segment = mapping.segment();
        segment.set(LONG, PAGE - 8, 1);
        segment.set(LONG, PAGE, 1);
        segment.set(LONG, 2 * PAGE - 8, 1);
        segment.set(LONG, 2 * PAGE, 1);
        mapping.sync(PAGE + 100, 1);
        byte[] expected = new byte[SIZE];
        expected[PAGE] = 1;
        expected[2 * PAGE - 8] = 1;
        copyHolds(expected);
        mapping.rollback();
        assertArrayEquals(expected, TestFile.bytesOf(mapping));
    }

    @Test
    void anAsyncSyncTakesItsCutAtTheCall() throws IOException {
        MemorySegment segment = mapping.segment();
        for (int i = 1; i <= 20; i++) {
            segment.set(LONG, 0, i);
            CompletableFuture<Long> future = mapping.syncAsync();
            segment.set(LONG, 0, -i);
            assertEquals(i, future.join());
            mapping.rollback();
            assertEquals(i, mapping.getLong(0));
        }
    }

    @Test
    void resizesBothWaysAreCommittedAndRolledBack() throws IOException {
        MemorySegment segment = mapping.segment();
        segment.fill((byte) 1);
        mapping.sync();
        byte[] committed = TestFile.bytesOf(mapping);
        mapping.resize(SIZE + 3 * PAGE + 5);
        mapping.segment().set(ValueLayout.JAVA_BYTE, SIZE + 3 * PAGE + 4, (byte) 2);
        mapping.rollback();
        assertArrayEquals(committed, TestFile.bytesOf(mapping));
        mapping.resize(SIZE + 3 * PAGE + 5);
        assertEquals(0, mapping.getByte(SIZE + 3 * PAGE + 4));
        mapping.segment().set(ValueLayout.JAVA_BYTE, SIZE + 3 * PAGE + 4, (byte) 3);
        mapping.sync();
        byte[] grown = Arrays.copyOf(committed, SIZE + 3 * PAGE + 5);
        grown[SIZE + 3 * PAGE + 4] = 3;
        copyHolds(grown);
        mapping.resize(PAGE + 7);
        mapping.rollback();
        assertArrayEquals(grown, TestFile.bytesOf(mapping));
        mapping.resize(PAGE + 7);
        mapping.sync();
        mapping.resize(SIZE);
        copyHolds(Arrays.copyOf(committed, PAGE + 7));
        mapping.sync();
        copyHolds(Arrays.copyOf(Arrays.copyOf(committed, PAGE + 7), SIZE));
    }

    /**
     * Where the kernel can refuse a store it is an error; else it is lost. Bytes grown again are 0 in any
     * case.
     */
    @Test
    void storesPastACutThroughAnOlderSegmentAreLost() throws IOException {
        MemorySegment older = mapping.segment();
        older.fill((byte) 1);
        mapping.sync();
        mapping.resize(2 * PAGE + 10);
        for (long at : new long[] {2 * PAGE + 16, 5 * PAGE, SIZE - 8}) {
            assertEquals(0, older.get(LONG, at));
            try {
                older.set(LONG, at, 9);
            } catch (InternalError e) {
                assertEquals(KernelTier.WRITE_PROTECTION, tier);
            }
        }
        mapping.sync();
        byte[] cut = new byte[2 * PAGE + 10];
        Arrays.fill(cut, (byte) 1);
        copyHolds(cut);
        mapping.resize(SIZE);
        assertArrayEquals(Arrays.copyOf(cut, SIZE), TestFile.bytesOf(mapping));
        older.set(LONG, 5 * PAGE, 7);
        mapping.sync();
        byte[] grown = Arrays.copyOf(cut, SIZE);
        grown[5 * PAGE] = 7;
        copyHolds(grown);
    }

    @Test
    void bulkOperationsOfTheSegmentAreFound() throws IOException {
        MemorySegment segment = mapping.segment();
        byte[] bytes = new byte[SIZE - 100];
        new Random(3).nextBytes(bytes);
        segment.asSlice(50, bytes.length).copyFrom(MemorySegment.ofArray(bytes));
        segment.asSlice(3 * PAGE, 2 * PAGE).fill((byte) 4);
        MemorySegment.copy(segment, 0, segment, 8 * PAGE + 1, 3 * PAGE);
        byte[] expected = TestFile.bytesOf(mapping);
        mapping.sync();
        copyHolds(expected);
    }

    @Test
    void rawStoresBesideSyncsAreNeverLost() throws Exception {
        MemorySegment segment = mapping.segment();
        AtomicBoolean stopped = new AtomicBoolean();
        Thread syncer = Thread.ofPlatform().start(() -> {
            try {
                while (!stopped.get()) {
                    mapping.sync();
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        long[] last = new long[SIZE / PAGE];
        Random random = new Random(1);
        for (long i = 1; i <= 20_000; i++) {
            int page = random.nextInt(last.length);
            segment.set(LONG, (long) page * PAGE + 64, i);
            last[page] = i;
        }
        stopped.set(true);
        syncer.join();
        mapping.sync();
        try (TestFile copy = file.copyAsAfterAKill(); AtomicMapping recovered = copy.open()) {
            for (int page = 0; page < last.length; page++) {
                assertEquals(last[page], recovered.getLong((long) page * PAGE + 64));
            }
        }
    }

    /** More pages than one look at the page table takes, and more pieces than one scan lists. */
    @Test
    void storesIntoManyScatteredPagesAreAllFound() throws IOException {
        mapping.resize(MANY_PAGES * PAGE);
        MemorySegment segment = mapping.segment();
        for (int round = 1; round <= 2; round++) {
            for (long page = MANY_PAGES / 2; page < MANY_PAGES; page += 2) {
                segment.set(LONG, page * PAGE, round);
            }
            assertEquals(round, mapping.sync());
        }
        for (long page = 1; page < MANY_PAGES; page += 2) {
            segment.set(LONG, page * PAGE, -1);
        }
        mapping.rollback();
        try (TestFile copy = file.copyAsAfterAKill(); AtomicMapping recovered = copy.open()) {
            for (long page = 0; page < MANY_PAGES; page++) {
                long expected = page >= MANY_PAGES / 2 && page % 2 == 0 ? 2 : 0;
                assertEquals(expected, recovered.getLong(page * PAGE), "page=" + page);
                assertEquals(expected, mapping.getLong(page * PAGE), "page=" + page);
            }
        }
    }

    /**
     * A large commit goes home beside the next stores: whatever comes next must find it there. Bytes put back
     * to what they were before it are a change.
     */
    @Test
    void aLargeCommitIsHomeBeforeAnythingIsComparedWithHome() throws IOException {
        mapping.resize(256L * PAGE);
        MemorySegment segment = mapping.segment();
        for (int round = 0; round < 12; round++) {
            for (long at = 0; at < segment.byteSize(); at += PAGE / 16) {
                segment.set(LONG, at, round % 3);
            }
            long number = mapping.sync();
            switch (round % 4) {
                case 0 -> {
                    segment.set(LONG, 0, -1);
                    mapping.rollback();
                }
                case 1 -> assertEquals(number, mapping.sync());
                case 2 -> mapping.resize(mapping.size() + PAGE);
                default -> {
                    segment.set(LONG, PAGE, round);
                    mapping.sync(PAGE, 1);
                    segment.set(LONG, PAGE, round % 3);
                }
            }
            mapping.sync();
            assertEquals(round % 3, segment.get(LONG, 0));
            copyHolds(TestFile.bytesOf(mapping));
        }
        byte[] last = TestFile.bytesOf(mapping);
        mapping.close();
        assertArrayEquals(last, file.homeBytes());
    }

    /**
     * What a word changes to beside a commit differs from what is committed in other bytes than what it held
     * before: a commit that looked twice would have some bytes of each.
     */
    @Test
    void rawStoresBesideSyncsLandWhole() throws Exception {
        MemorySegment segment = mapping.segment();
        long[] values = {0, 1, -1L << 56, 0x0101_0101_0101_0101L};
        AtomicBoolean stopped = new AtomicBoolean();
        Thread storing = Thread.ofPlatform().start(() -> {
            for (int i = 0; !stopped.get(); i++) {
                for (long at = 0; at < SIZE; at += 4 * Long.BYTES) {
                    segment.set(LONG, at, values[i + (int) (at >>> 5) & 3]);
                }
            }
        });
        Set<Long> seen = new HashSet<>();
        for (int i = 0; i < 60; i++) {
            mapping.sync();
            // in this mode home is the commit
            ByteBuffer home = ByteBuffer.wrap(file.homeBytes()).order(ByteOrder.LITTLE_ENDIAN);
            for (int at = 0; at < SIZE; at += 4 * Long.BYTES) {
                seen.add(home.getLong(at));
            }
        }
        stopped.set(true);
        storing.join();
        Arrays.stream(values).forEach(seen::remove);
        assertEquals(Set.of(), seen, "words in pieces");
    }

    /** With the address space used up by the mapping itself, there is none for a second view of the file. */
    @Test
    void theLargestMappingHasASegmentToo() throws IOException {
        mapping.close();
        mapping = file.open(options -> options.maxSize(MappingOptions.SIZE_LIMIT));
        mapping.segment().set(LONG, SIZE - 8, 5);
        mapping.putLong(0, 5);
        assertEquals(1, mapping.sync());
        byte[] expected = new byte[SIZE];
        expected[0] = 5;
        expected[SIZE - 8] = 5;
        copyHolds(expected);
        mapping.segment().set(LONG, SIZE - 8, 6);
        mapping.rollback();
        assertArrayEquals(expected, TestFile.bytesOf(mapping));
    }

    @Test
    void aTierThatIsNoneIsRefusedAndTheMappingStaysExplicit() throws IOException {
        System.setProperty(KernelTier.PROPERTY, "NONE");
        assertThrows(IllegalArgumentException.class, mapping::segment);
        for (int i = 1; i <= 100; i++) { // laps of the ring: checkpoints bring the commits home
            mapping.putLong(i * 8, i);
            mapping.sync();
        }
        assertEquals("EXPLICIT", mapping.stats().tracking());
        mapping.close();
        mapping = file.open();
        assertEquals(100, mapping.getLong(800));
        assertEquals(1, mapping.getLong(8));
    }

    @Test
    void segmentOfAnEmptyMappingIsEmptyAndGrows() throws IOException {
        try (AtomicMapping empty = TestFile.inMemory(new MemoryStorage()).open(0)) {
            assertEquals(0, empty.segment().byteSize());
            empty.resize(PAGE + 1);
            empty.segment().set(ValueLayout.JAVA_BYTE, PAGE, (byte) 1);
            assertEquals(1, empty.sync());
            empty.rollback();
            assertEquals(1, empty.getByte(PAGE));
        }
    }
}
