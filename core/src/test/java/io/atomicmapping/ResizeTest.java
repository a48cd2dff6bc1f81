package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/** Longer and shorter, durable with a commit and taken back without one. */
@ParameterizedClass
@CsvSource({"MEMORY, false", "DISK, false", "MEMORY, true", "DISK, true"})
@Timeout(30)
class ResizeTest {

    private static final int PAGE = 4096;
    private static final int SIZE = 4 * PAGE + 100;
    private static final int SIZE_MAX = 64 * PAGE;

    @Parameter(0)
    TestFile.Place place;
    @Parameter(1)
    boolean kernel;

    private TestFile file;
    private AtomicMapping mapping;
    private byte[] committed;

    @BeforeEach
    void commitAFullFile() throws IOException {
        file = place.newFile();
        mapping = file.open(options -> options.size(SIZE).maxSize(SIZE_MAX).journalCapacity(1));
        if (kernel) {
            mapping.segment();
        }
        mapping.fill(0, SIZE, (byte) 1);
        mapping.sync();
        committed = TestFile.bytesOf(mapping);
    }

    @AfterEach
    void close() throws IOException {
        mapping.close();
        file.close();
    }

    private void holds(byte[] expected) {
        assertArrayEquals(expected, TestFile.bytesOf(mapping));
    }

    private void copyHolds(byte[] expected) throws IOException {
        try (TestFile copy = file.copyAsAfterAKill(); AtomicMapping recovered = copy.open()) {
            assertArrayEquals(expected, TestFile.bytesOf(recovered));
        }
    }

    @Test
    void aResizeIsDurableWithTheNextCommitOfAnyKind() throws IOException {
        mapping.resize(SIZE + 10_000);
        assertEquals(SIZE + 10_000, mapping.size());
        copyHolds(committed);
        assertEquals(2, mapping.sync());
        copyHolds(Arrays.copyOf(committed, SIZE + 10_000));
        mapping.resize(10);
        assertEquals(3, mapping.syncAsync().join());
        copyHolds(Arrays.copyOf(committed, 10));
        mapping.resize(PAGE);
        assertEquals(4, mapping.sync(0, 1));
        copyHolds(Arrays.copyOf(Arrays.copyOf(committed, 10), PAGE));
        mapping.resize(0);
        assertEquals(5, mapping.sync());
        copyHolds(new byte[0]);
        mapping.close();
        assertEquals(0, file.homeBytes().length);
    }

    @Test
    void rollbackTakesResizesBackBothWays() throws IOException {
        mapping.resize(3 * SIZE);
        mapping.fill(SIZE, 2 * SIZE, (byte) 2);
        mapping.rollback();
        holds(committed);
        mapping.resize(10);
        mapping.rollback();
        holds(committed);
        mapping.resize(0);
        mapping.resize(5 * PAGE);
        mapping.fill(0, 5 * PAGE, (byte) 3);
        mapping.resize(2 * PAGE + 7);
        mapping.rollback();
        holds(committed);
        assertEquals(1, mapping.sync());
        copyHolds(committed);
    }

    @Test
    void grownBytesAreZeroAlsoWhereOthersWere() throws IOException {
        mapping.resize(PAGE + 10);
        mapping.resize(SIZE);
        holds(Arrays.copyOf(Arrays.copyOf(committed, PAGE + 10), SIZE));
        assertEquals(2, mapping.sync());
        copyHolds(Arrays.copyOf(Arrays.copyOf(committed, PAGE + 10), SIZE));
        mapping.rollback();
        holds(Arrays.copyOf(Arrays.copyOf(committed, PAGE + 10), SIZE));
    }

    @Test
    void theSameBytesStoredIntoWhatWasCutAndGrownAgainAreCommitted() throws IOException {
        mapping.resize(100);
        mapping.resize(SIZE);
        mapping.fill(100, SIZE - 100, (byte) 1);
        mapping.sync();
        holds(committed);
        copyHolds(committed);
        mapping.close();
        assertArrayEquals(committed, file.homeBytes());
    }

    /** Only one line of the page was marked when it was cut off; the bytes put back lie in another. */
    @Test
    void theSameBytesStoredIntoAPageThatWasCutOffWithAStoreAreCommitted() throws IOException {
        mapping.close();
        mapping = file.open(); // all is home, and no page private
        mapping.putByte(2 * PAGE, (byte) 2);
        mapping.resize(100);
        mapping.resize(SIZE);
        mapping.sync();
        byte[] expected = Arrays.copyOf(Arrays.copyOf(committed, 100), SIZE);
        copyHolds(expected);
        mapping.fill(2 * PAGE + 1024, 8, (byte) 1);
        Arrays.fill(expected, 2 * PAGE + 1024, 2 * PAGE + 1032, (byte) 1);
        mapping.sync();
        copyHolds(expected);
    }

    @Test
    void aRangeSyncCommitsACutButOnlyTheRangesStores() throws IOException {
        mapping.resize(2 * PAGE);
        mapping.resize(SIZE);
        mapping.putByte(3 * PAGE, (byte) 5);
        mapping.putByte(10, (byte) 5);
        mapping.sync(0, 1);
        byte[] expected = Arrays.copyOf(Arrays.copyOf(committed, 2 * PAGE), SIZE);
        expected[10] = 5;
        copyHolds(expected);
        mapping.rollback();
        holds(expected);
    }

    @Test
    void olderSegmentsKeepTheirBoundsReadZeroPastTheSizeAndSeeWhatGrowsThere() throws IOException {
        MemorySegment older = mapping.readSegment();
        mapping.resize(PAGE);
        assertEquals(SIZE, older.byteSize());
        assertEquals(1, older.get(ValueLayout.JAVA_BYTE, PAGE - 1));
        for (long at = PAGE; at < SIZE; at++) {
            assertEquals(0, older.get(ValueLayout.JAVA_BYTE, at));
        }
        assertEquals(PAGE, mapping.readSegment().byteSize());
        mapping.sync();
        mapping.resize(SIZE);
        mapping.putByte(SIZE - 1, (byte) 9);
        assertEquals(9, older.get(ValueLayout.JAVA_BYTE, SIZE - 1));
        assertEquals(0, older.get(ValueLayout.JAVA_BYTE, SIZE - 2));
    }

    @Test
    void accessPastACutIsRefusedAndPastAGrowthAllowedAtOnce() throws IOException {
        mapping.resize(PAGE);
        assertThrows(IndexOutOfBoundsException.class, () -> mapping.getByte(PAGE));
        assertThrows(IndexOutOfBoundsException.class, () -> mapping.putByte(PAGE, (byte) 1));
        mapping.resize(SIZE_MAX);
        mapping.putLong(SIZE_MAX - 8, 1);
        assertEquals(1, mapping.getLong(SIZE_MAX - 8));
        assertEquals(2, mapping.sync());
    }

    @Test
    void sizesOutOfRangeAreRefusedWithTheRemedy() throws IOException {
        for (long size : new long[] {-1, SIZE_MAX + 1, Long.MAX_VALUE, Long.MIN_VALUE}) {
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                    () -> mapping.resize(size));
            assertTrue(e.getMessage().contains("maxSize"), e::getMessage);
            assertTrue(e.getMessage().contains("size=" + size), e::getMessage);
        }
        mapping.resize(SIZE);
        assertEquals(1, mapping.sync());
    }

    @Test
    void aResizeToTheSameSizeIsNoChange() throws IOException {
        mapping.resize(SIZE);
        assertEquals(1, mapping.sync());
        mapping.resize(SIZE + 1);
        mapping.resize(SIZE);
        mapping.sync();
        copyHolds(committed);
    }

    /** The record once named the cut as the smallest size, but the committed size had been smaller still. */
    @Test
    void aCutOfWhatWasNeverCommittedIsCommitted() throws IOException {
        mapping.resize(0);
        mapping.sync();
        mapping.resize(2 * PAGE);
        mapping.resize(PAGE);
        mapping.putByte(10, (byte) 4);
        assertEquals(3, mapping.sync());
        byte[] expected = new byte[PAGE];
        expected[10] = 4;
        copyHolds(expected);
    }

    /**
     * Past an older cut a rollback once mapped zeros where bytes had been committed since and were home
     * already.
     */
    @Test
    void rollbackBringsBackWhatWasCommittedPastAnOlderCut() throws IOException {
        mapping.resize(PAGE);
        mapping.sync();
        mapping.resize(SIZE);
        mapping.fill(0, SIZE, (byte) 6);
        mapping.sync();
        mapping.fill(0, PAGE, (byte) 6);
        for (int i = 0; i < 40; i++) { // laps of the ring: checkpoints
            mapping.putLong(0, i);
            mapping.sync();
        }
        byte[] expected = TestFile.bytesOf(mapping);
        mapping.resize(100);
        mapping.resize(SIZE - 50);
        mapping.putByte(SIZE - 60, (byte) 7);
        mapping.rollback();
        holds(expected);
        copyHolds(expected);
    }

    @Test
    void manyResizesAndCommitsLeaveTheLast() throws IOException {
        byte[] expected = committed;
        for (int i = 1; i <= 200; i++) {
            int size = i * 7919 % SIZE_MAX;
            mapping.resize(size);
            expected = Arrays.copyOf(expected, size);
            if (size > 0) {
                mapping.putByte(size - 1, (byte) i);
                expected[size - 1] = (byte) i;
            }
            if (i % 3 == 0) {
                mapping.sync();
            }
        }
        holds(expected);
        mapping.sync();
        copyHolds(expected);
    }

    @Test
    void openingGrowsDurablyAndNeverShrinks() throws IOException {
        mapping.close();
        mapping = file.open(SIZE + 5_000);
        assertEquals(SIZE + 5_000, mapping.size());
        copyHolds(Arrays.copyOf(committed, SIZE + 5_000));
        mapping.close();
        mapping = file.open(10);
        assertEquals(SIZE + 5_000, mapping.size());
        mapping.putByte(SIZE + 4_999, (byte) 1);
        assertEquals(2, mapping.sync());
    }
}
