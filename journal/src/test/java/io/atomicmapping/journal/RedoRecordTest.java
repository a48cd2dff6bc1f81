package io.atomicmapping.journal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RedoRecordTest {

    private static final byte[] BYTES = new byte[300_000];

    static {
        for (int i = 0; i < BYTES.length; i++) {
            BYTES[i] = (byte) (i * 31 >>> 3);
        }
    }

    private final MemorySegment source = MemorySegment.ofArray(BYTES);

    private static List<String> extents(RedoRecord record) throws IOException {
        List<String> extents = new ArrayList<>();
        record.forEach((offset, bytes, at, length) -> extents.add(offset + "+" + length));
        return extents;
    }

    @Test
    void newRecordIsEmpty() throws IOException {
        try (RedoRecord record = new RedoRecord(100)) {
            assertTrue(record.isEmpty());
            assertEquals(0, record.bodyBytes());
            assertEquals(List.of(), extents(record));
        }
    }

    @Test
    void paddingHoldsNothingOfAnEarlierRecord() {
        try (RedoRecord record = new RedoRecord(100)) {
            record.add(0, source, 1, 4096);
            record.clear();
            record.add(0, source, 1, 8);
            RecordHeader header = new RecordHeader(1, 0, 1, 1, 0, record.bodyBytes(), 1, 0,
                    JournalFormat.KIND_COMMIT, 8, 8, 0);
            MemorySegment whole = record.complete(header, 4096);
            MemorySegment padding = whole.asSlice(JournalFormat.HEADER_BYTES + record.bodyBytes());
            assertEquals(-1, padding.mismatch(MemorySegment.ofArray(new byte[(int) padding.byteSize()])));
        }
    }

    @Test
    void touchingExtentsAreJoined() throws IOException {
        try (RedoRecord record = new RedoRecord(100)) {
            record.add(100, source, 0, 8);
            record.add(108, source, 8, 8);
            record.add(117, source, 17, 1);
            assertEquals(List.of("100+16", "117+1"), extents(record));
            assertEquals(2, record.extentCount());
            assertEquals(8 + 16 + 8 + 1, record.bodyBytes());
        }
    }

    @Test
    void extentAtOffsetZeroIsNotJoinedToNothing() throws IOException {
        try (RedoRecord record = new RedoRecord(100)) {
            record.add(0, source, 0, 8);
            assertEquals(List.of("0+8"), extents(record));
        }
    }

    @Test
    void longExtentsAreSplit() throws IOException {
        try (RedoRecord record = new RedoRecord(100)) {
            record.add(5, source, 0, 65_535);
            record.add(5 + 65_535, source, 65_535, 65_536);
            assertEquals(List.of("5+65535", "65540+65535", "131075+1"), extents(record));
        }
    }

    @Test
    void nothingAddedIsNoExtent() throws IOException {
        try (RedoRecord record = new RedoRecord(100)) {
            record.add(5, source, 0, 0);
            assertTrue(record.isEmpty());
            record.add(5, source, 0, 1);
            assertEquals(List.of("5+1"), extents(record));
        }
    }

    @Test
    void extentsOutOfOrderAreRefused() {
        try (RedoRecord record = new RedoRecord(100)) {
            record.add(10, source, 0, 8);
            assertThrows(IllegalArgumentException.class, () -> record.add(17, source, 0, 1));
            assertThrows(IllegalArgumentException.class, () -> record.add(1, source, 0, 1));
        }
    }

    @Test
    void extentBeyondTheLimitIsRefused() {
        try (RedoRecord record = new RedoRecord(100)) {
            assertThrows(IllegalArgumentException.class, () -> record.add(JournalFormat.SIZE_MAX - 3, source,
                    0, 4_0000));
        }
    }

    @Test
    void clearForgetsEverything() throws IOException {
        try (RedoRecord record = new RedoRecord(100)) {
            record.add(0, source, 0, 300_000);
            record.sizes(5, 4);
            record.clear();
            assertTrue(record.isEmpty());
            assertEquals(0, record.size());
            record.add(0, source, 0, 1);
            assertEquals(List.of("0+1"), extents(record));
        }
    }

    @Test
    void largeBufferIsGivenBackByClear() {
        try (RedoRecord record = new RedoRecord(100)) {
            for (int i = 0; i < 60; i++) {
                record.add(i * 300_000L, source, 0, 300_000);
            }
            assertTrue(record.capacityBytes() > 16 << 20);
            record.clear();
            assertEquals(4096, record.capacityBytes());
            record.add(0, source, 0, 300_000);
            long kept = record.capacityBytes();
            record.clear();
            assertEquals(kept, record.capacityBytes());
        }
    }

    @Property(tries = 300)
    void extentsHoldTheBytesThatWereAdded(@ForAll @Size(max = 300) List<@IntRange(min = 0,
            max = 3_000) Integer> steps) throws IOException {
        try (RedoRecord record = new RedoRecord(0)) {
            byte[] expected = new byte[BYTES.length];
            int at = 0;
            for (int step : steps) {
                at = Math.min(at + (step % 3 == 0 ? 0 : step / 10), BYTES.length);
                int length = Math.min(step % 7 == 0 ? 300 * step % 70_000 : step % 80, BYTES.length - at);
                record.add(at, source, at, length);
                System.arraycopy(BYTES, at, expected, at, length);
                at += length;
            }
            byte[] actual = new byte[BYTES.length];
            long[] last = {-1, 0};
            record.forEach((offset, bytes, from, length) -> {
                assertTrue(length > 0 && length <= 65_535);
                assertTrue(offset > last[0] || last[1] + length > 65_535, "extents that touch are joined");
                MemorySegment.copy(bytes, from, MemorySegment.ofArray(actual), offset, length);
                last[0] = offset + length;
                last[1] = length;
            });
            assertArrayEquals(expected, actual);
        }
    }
}
