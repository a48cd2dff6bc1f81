package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/** Every way to load and store: values, alignments, page borders, bounds. */
@ParameterizedClass
@CsvSource({"MEMORY, false", "DISK, false", "DISK, true"})
class AccessTest {

    private static final int PAGE = 4096;
    private static final int SIZE = 3 * PAGE + 100;

    @Parameter(0)
    TestFile.Place place;
    @Parameter(1)
    boolean kernel;

    private TestFile file;
    private AtomicMapping mapping;

    @BeforeEach
    void open() throws IOException {
        file = place.newFile();
        mapping = file.open(SIZE);
        if (kernel) {
            mapping.segment();
        }
    }

    @AfterEach
    void close() throws IOException {
        mapping.close();
        file.close();
    }

    @Test
    void valuesAreLittleEndianAtAnyAlignmentAlsoOverPageBorders() throws IOException {
        for (long at = PAGE - 20; at < PAGE + 20; at++) {
            mapping.putByte(at, (byte) 0x81);
            assertEquals((byte) 0x81, mapping.getByte(at));
            mapping.putShort(at, (short) 0x8182);
            assertEquals((short) 0x8182, mapping.getShort(at));
            assertEquals((byte) 0x82, mapping.getByte(at));
            mapping.putInt(at, 0x81828384);
            assertEquals(0x81828384, mapping.getInt(at));
            assertEquals((byte) 0x84, mapping.getByte(at));
            mapping.putLong(at, 0x8182838485868788L);
            assertEquals(0x8182838485868788L, mapping.getLong(at));
            assertEquals((byte) 0x88, mapping.getByte(at));
            assertEquals((byte) 0x81, mapping.getByte(at + 7));
            mapping.putFloat(at, -1.5f);
            assertEquals(-1.5f, mapping.getFloat(at));
            assertEquals(Float.floatToIntBits(-1.5f), mapping.getInt(at));
            mapping.putDouble(at, Math.PI);
            assertEquals(Math.PI, mapping.getDouble(at));
            assertEquals(Double.doubleToLongBits(Math.PI), mapping.getLong(at));
            mapping.sync();
            mapping.rollback();
            assertEquals(Math.PI, mapping.getDouble(at));
        }
    }

    @Test
    void aStoreOverAPageBorderIsCommittedWhole() throws IOException {
        mapping.putLong(PAGE - 3, 0x1122334455667788L);
        mapping.sync();
        try (TestFile copy = file.copyAsAfterAKill(); AtomicMapping recovered = copy.open()) {
            assertEquals(0x1122334455667788L, recovered.getLong(PAGE - 3));
        }
    }

    @Test
    void bytesComeBackAsTheyWent() {
        byte[] source = new byte[2 * PAGE];
        new Random(1).nextBytes(source);
        mapping.putBytes(77, source);
        byte[] target = new byte[source.length];
        mapping.getBytes(77, target);
        assertArrayEquals(source, target);

        mapping.putBytes(SIZE - 5, source, 10, 5);
        byte[] part = new byte[9];
        mapping.getBytes(SIZE - 5, part, 4, 5);
        assertArrayEquals(new byte[] {0, 0, 0, 0, source[10], source[11], source[12], source[13], source[14]},
                part);
    }

    @Test
    void segmentsOnAndOffTheHeapComeBackAsTheyWent() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment source = arena.allocate(PAGE + 3);
            source.fill((byte) 5);
            mapping.put(PAGE - 1, source);
            MemorySegment target = MemorySegment.ofArray(new long[200]);
            mapping.get(PAGE - 1, target);
            assertEquals(0x0505050505050505L, target.get(Layouts.LONG, 1592));
            mapping.put(1, MemorySegment.ofArray(new int[] {1, 2}));
            assertEquals(1, mapping.getInt(1));
            assertEquals(2, mapping.getInt(5));
            assertEquals(0, mapping.getByte(PAGE - 2));
            assertEquals(0, mapping.getByte(2 * PAGE + 2));
        }
    }

    @Test
    void fillAndCopyWorkAsMemsetAndMemmove() {
        mapping.fill(10, PAGE, (byte) 9);
        assertEquals(0, mapping.getByte(9));
        assertEquals(9, mapping.getByte(10));
        assertEquals(9, mapping.getByte(PAGE + 9));
        assertEquals(0, mapping.getByte(PAGE + 10));

        byte[] model = new byte[SIZE];
        new Random(2).nextBytes(model);
        mapping.putBytes(0, model);
        mapping.copy(100, 103, 2 * PAGE);
        System.arraycopy(model, 100, model, 103, 2 * PAGE);
        mapping.copy(4100, 4000, 2 * PAGE);
        System.arraycopy(model, 4100, model, 4000, 2 * PAGE);
        mapping.copy(7, 7, 100);
        assertArrayEquals(model, TestFile.bytesOf(mapping));
    }

    @Test
    void nothingAtTheEndIsWithinBounds() throws IOException {
        mapping.putBytes(SIZE, new byte[0]);
        mapping.getBytes(SIZE, new byte[0]);
        mapping.put(SIZE, MemorySegment.ofArray(new byte[0]));
        mapping.get(SIZE, MemorySegment.ofArray(new byte[0]));
        mapping.fill(SIZE, 0, (byte) 1);
        mapping.copy(SIZE, 0, 0);
        mapping.copy(0, SIZE, 0);
        assertEquals(0, mapping.sync(SIZE, 0));
        assertEquals(0, mapping.sync());
    }

    @Test
    void everyAccessOutOfBoundsIsRefusedWithOffsetLengthAndSize() {
        refuses(SIZE, 1, () -> mapping.getByte(SIZE));
        refuses(-1, 1, () -> mapping.getByte(-1));
        refuses(SIZE - 1, 2, () -> mapping.getShort(SIZE - 1));
        refuses(SIZE - 3, 4, () -> mapping.getInt(SIZE - 3));
        refuses(SIZE - 7, 8, () -> mapping.getLong(SIZE - 7));
        refuses(SIZE - 3, 4, () -> mapping.getFloat(SIZE - 3));
        refuses(-8, 8, () -> mapping.getDouble(-8));
        refuses(Long.MAX_VALUE, 8, () -> mapping.getLong(Long.MAX_VALUE));
        refuses(Long.MIN_VALUE, 8, () -> mapping.getLong(Long.MIN_VALUE));
        refuses(SIZE + 4, 8, () -> mapping.getLongAcquire(SIZE + 4));
        refuses(SIZE - 2, 3, () -> mapping.getBytes(SIZE - 2, new byte[3]));
        refuses(SIZE - 2, 3, () -> mapping.get(SIZE - 2, MemorySegment.ofArray(new byte[3])));
        refuses(SIZE + 1, 0, () -> mapping.getBytes(SIZE + 1, new byte[0]));

        refuses(SIZE, 1, () -> mapping.putByte(SIZE, (byte) 1));
        refuses(SIZE - 1, 2, () -> mapping.putShort(SIZE - 1, (short) 1));
        refuses(SIZE - 3, 4, () -> mapping.putInt(SIZE - 3, 1));
        refuses(SIZE - 7, 8, () -> mapping.putLong(SIZE - 7, 1));
        refuses(SIZE - 3, 4, () -> mapping.putFloat(SIZE - 3, 1));
        refuses(-8, 8, () -> mapping.putDouble(-8, 1));
        refuses(Long.MAX_VALUE, 8, () -> mapping.putLong(Long.MAX_VALUE, 1));
        refuses(Long.MIN_VALUE, 8, () -> mapping.putLong(Long.MIN_VALUE, 1));
        refuses(SIZE - 2, 3, () -> mapping.putBytes(SIZE - 2, new byte[3]));
        refuses(SIZE - 2, 3, () -> mapping.put(SIZE - 2, MemorySegment.ofArray(new byte[3])));
        refuses(SIZE + 1, 0, () -> mapping.putBytes(SIZE + 1, new byte[0]));
        refuses(SIZE - 9, 10, () -> mapping.fill(SIZE - 9, 10, (byte) 1));
        refuses(0, -1, () -> mapping.fill(0, -1, (byte) 1));
        refuses(1, Long.MAX_VALUE, () -> mapping.fill(1, Long.MAX_VALUE, (byte) 1));
        refuses(SIZE - 9, 10, () -> mapping.copy(SIZE - 9, 0, 10));
        refuses(SIZE - 9, 10, () -> mapping.copy(0, SIZE - 9, 10));
        refuses(0, -1, () -> mapping.copy(0, 0, -1));
        refuses(SIZE + 4, 8, () -> mapping.putLongRelease(SIZE + 4, 1));
        refuses(SIZE + 4, 8, () -> mapping.getAndAddLong(SIZE + 4, 1));
        refuses(SIZE + 4, 8, () -> mapping.compareAndSetLong(SIZE + 4, 0, 1));
        refuses(SIZE, 4, () -> mapping.compareAndSetInt(SIZE, 0, 1));
        refuses(SIZE, 4, () -> mapping.compareAndSetInt(SIZE, 5, 1));
        refuses(SIZE + 4, 8, () -> mapping.compareAndSetLong(SIZE + 4, 5, 1));
        refuses(SIZE, 1, () -> mapping.sync(SIZE, 1));
        refuses(-1, 1, () -> mapping.sync(-1, 1));
        refuses(0, -1, () -> mapping.sync(0, -1));
        refuses(1, Long.MAX_VALUE, () -> mapping.sync(1, Long.MAX_VALUE));
        assertThrows(IndexOutOfBoundsException.class, () -> mapping.putBytes(0, new byte[3], 1, 3));
        assertThrows(IndexOutOfBoundsException.class, () -> mapping.getBytes(0, new byte[3], -1, 3));
        assertArrayEquals(new byte[SIZE], TestFile.bytesOf(mapping), "what was refused has stored nothing");
    }

    private static void refuses(long offset, long length, Executable access) {
        IndexOutOfBoundsException e = assertThrows(IndexOutOfBoundsException.class, access);
        for (String part : List.of("offset=" + offset + ",", "length=" + length + ",", "size=" + SIZE
                + ",")) {
            assertTrue(e.getMessage().contains(part), e::getMessage);
        }
    }

    @Test
    void atomicsChangeTheValueOnceAndReturnTheOld() {
        assertTrue(mapping.compareAndSetLong(PAGE - 8, 0, 7));
        assertFalse(mapping.compareAndSetLong(PAGE - 8, 0, 8));
        assertEquals(7, mapping.getAndAddLong(PAGE - 8, 3));
        assertEquals(10, mapping.getLongAcquire(PAGE - 8));
        mapping.putLongRelease(PAGE, -1);
        assertEquals(-1, mapping.getLong(PAGE));
        assertTrue(mapping.compareAndSetInt(PAGE, -1, 0x01020304));
        assertFalse(mapping.compareAndSetInt(PAGE, -1, 1));
        assertEquals(4, mapping.getByte(PAGE));
    }

    /** Each is the first store to its page, and goes over the border of two lines where it may. */
    @Test
    void everyKindOfStoreIsTakenBackByARollbackAndCommittedByASync() throws IOException {
        mapping.putLong(SIZE - 8, -1);
        mapping.resize(40 * PAGE);
        mapping.sync();
        byte[] committed = TestFile.bytesOf(mapping);
        byte[] stored = storeInEveryWay(committed);
        mapping.rollback();
        assertArrayEquals(committed, TestFile.bytesOf(mapping));
        assertArrayEquals(stored, storeInEveryWay(committed));
        mapping.sync();
        try (TestFile copy = file.copyAsAfterAKill(); AtomicMapping recovered = copy.open()) {
            assertArrayEquals(stored, TestFile.bytesOf(recovered));
        }
    }

    private byte[] storeInEveryWay(byte[] before) {
        List<LongConsumer> stores = List.of(at -> mapping.putByte(at, (byte) 1),
                at -> mapping.putShort(at + 63, (short) -1), at -> mapping.putInt(at + 62, -1),
                at -> mapping.putLong(at + 60, -1), at -> mapping.putFloat(at + 62, -1.1f),
                at -> mapping.putDouble(at + 60, -1.1),
                at -> mapping.putBytes(at + 60, new byte[] {1, 2, 3, 4}),
                at -> mapping.putBytes(at + 60, new byte[] {9, 1, 2, 3, 4, 5, 9}, 1, 5),
                at -> mapping.put(at + 60, MemorySegment.ofArray(new long[] {-1})),
                at -> mapping.fill(at + 60, 5, (byte) 1), at -> mapping.copy(SIZE - 8, at + 60, 8),
                at -> mapping.putLongRelease(at, 1), at -> mapping.getAndAddLong(at, 1),
                at -> mapping.compareAndSetLong(at, 0, 1), at -> mapping.compareAndSetInt(at, 0, 1));
        for (int i = 0; i < stores.size(); i++) {
            int page = (4 + i) * PAGE;
            stores.get(i).accept(page);
            byte[] now = TestFile.bytesOf(mapping);
            int difference = Arrays.mismatch(before, page, page + PAGE, now, page, page + PAGE);
            assertNotEquals(-1, difference, "store=" + i);
        }
        return TestFile.bytesOf(mapping);
    }

    @Test
    void atomicsOffTheirAlignmentAreRefused() {
        for (int by = 1; by < 8; by++) {
            long offset = PAGE + by;
            assertThrows(IllegalArgumentException.class, () -> mapping.getLongAcquire(offset));
            assertThrows(IllegalArgumentException.class, () -> mapping.putLongRelease(offset, 1));
            assertThrows(IllegalArgumentException.class, () -> mapping.getAndAddLong(offset, 1));
            assertThrows(IllegalArgumentException.class, () -> mapping.compareAndSetLong(offset, 0, 1));
            if (by != 4) {
                assertThrows(IllegalArgumentException.class, () -> mapping.compareAndSetInt(offset, 0, 1));
            }
        }
        assertEquals(0, mapping.getLong(PAGE));
    }

    @Test
    void readSegmentShowsPutsAndTakesNone() {
        MemorySegment segment = mapping.readSegment();
        mapping.putLong(8, 5);
        assertEquals(5, segment.get(ValueLayout.JAVA_LONG, 8));
        assertEquals(SIZE, segment.byteSize());
        assertTrue(segment.isReadOnly());
        assertThrows(IllegalArgumentException.class, () -> segment.set(ValueLayout.JAVA_LONG, 8, 6));
        assertThrows(IndexOutOfBoundsException.class, () -> segment.get(ValueLayout.JAVA_BYTE, SIZE));
    }

    @Test
    void aNullTargetOrSourceIsRefusedAndHarmsNothing() throws IOException {
        assertThrows(NullPointerException.class, () -> mapping.putBytes(0, null));
        assertThrows(NullPointerException.class, () -> mapping.getBytes(0, null));
        assertThrows(NullPointerException.class, () -> mapping.put(0, null));
        assertThrows(NullPointerException.class, () -> mapping.get(0, null));
        assertThrows(NullPointerException.class, () -> mapping.update(null));
        mapping.putByte(0, (byte) 1);
        assertEquals(1, mapping.sync());
    }

    @Test
    void aReadOnlyTargetIsRefusedAndASourceMayBeTheMappingItself() throws IOException {
        MemorySegment readOnly = MemorySegment.ofArray(new byte[8]).asReadOnly();
        assertThrows(IllegalArgumentException.class, () -> mapping.get(0, readOnly));
        mapping.putLong(0, 42);
        mapping.put(PAGE - 4, mapping.readSegment().asSlice(0, 8));
        assertEquals(42, mapping.getLong(PAGE - 4));
        assertEquals(1, mapping.sync());
    }
}
