package io.atomicmapping.recovery;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.atomicmapping.journal.RedoRecord;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Replay over files that are larger than a window, and records in all orders. */
class ReplayTest {

    private static final long WINDOW = 1L << ExtentOrder.WINDOW_SHIFT;

    private final MemoryStorage storage = new MemoryStorage();
    private OpenedFiles files;

    private OpenRequest request(long size) {
        return new OpenRequest(storage, Fixture.FILE, null, size, 1 << 20, 4096, false);
    }

    private void open(long size) throws IOException {
        files = Recovery.open(request(size));
    }

    /** One commit of extents, given as offset and bytes. */
    private void commit(long size, long smallestSize, Map<Long, byte[]> extents) throws IOException {
        files.journal().recordGrowth(size);
        if (size > files.home().length()) {
            files.home().setLength(size);
        }
        try (RedoRecord record = new RedoRecord(0)) {
            extents.forEach((offset, bytes) -> record.add(offset, MemorySegment.ofArray(bytes), 0,
                    bytes.length));
            record.sizes(size, smallestSize);
            files.journal().append(record, files.journal().lastCommit() + 1);
            files.journal().force();
        }
    }

    private void reopen() throws IOException {
        files.close();
        open(-1);
    }

    private byte[] read(long offset, int length) throws IOException {
        return read(files.home(), offset, length);
    }

    private static byte[] read(DurableFile file, long offset, int length) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(length);
            assertEquals(length, file.read(offset, target));
            return target.toArray(JAVA_BYTE);
        }
    }

    private static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        java.util.Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    @Test
    void zerosOverOldBytesAreReplayed() throws IOException {
        Fixture fixture = new Fixture();
        fixture.open(30_000).fill(0, 30_000, 1).commitLarge();
        fixture.fill(4_000, 4_010, 2).fill(8_192, 12_288, 0).fill(12_290, 12_291, 3).commit();
        fixture.reopen().expect(2);
    }

    @Test
    void extentOverTwoWindowsIsReplayedInBoth() throws IOException {
        open(3 * WINDOW);
        commit(3 * WINDOW, 3 * WINDOW, Map.of(WINDOW - 10, filled(30, 1)));
        commit(3 * WINDOW, 3 * WINDOW, Map.of(WINDOW + 5, filled(2, 2)));
        commit(3 * WINDOW, 3 * WINDOW, Map.of(WINDOW - 2, filled(4, 3)));
        reopen();
        assertArrayEquals(new byte[] {0, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 3, 1, 1, 1, 2, 2, 1, 1, 1, 1, 1, 1,
                1, 1, 1, 1, 1, 1,
            1, 0}, read(WINDOW - 11, 32));
    }

    @Test
    void extentBeyondALaterCutIsDroppedInTheSecondWindow() throws IOException {
        open(3 * WINDOW);
        commit(3 * WINDOW, 3 * WINDOW, Map.of(WINDOW - 10, filled(30, 1)));
        commit(2 * WINDOW, WINDOW - 5, Map.of(WINDOW + 1, filled(1, 2)));
        reopen();
        assertEquals(2 * WINDOW, files.size());
        assertArrayEquals(new byte[] {0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 2, 0}, read(WINDOW - 11, 14));
    }

    @Test
    void laterRecordsWinInHugeSparseFiles() throws IOException {
        long size = 1L << 42; // a million windows: more than one digit of the sort
        open(size);
        SplittableRandom random = new SplittableRandom(5);
        long[] places = random.longs(200, 0, size / 8).map(place -> place * 8).toArray();
        TreeMap<Long, Long> expected = new TreeMap<>();
        for (int commit = 0; commit < 60; commit++) {
            TreeMap<Long, byte[]> extents = new TreeMap<>();
            for (int i = 0; i < 40; i++) {
                long place = places[random.nextInt(places.length)];
                long value = random.nextLong();
                byte[] bytes = new byte[8];
                MemorySegment.ofArray(bytes).set(JAVA_LONG.withByteAlignment(1), 0, value);
                extents.put(place, bytes);
                expected.put(place, value);
            }
            commit(size, size, extents);
        }
        reopen();
        assertEquals(60, files.outcome().commitsReplayed());
        for (Map.Entry<Long, Long> entry : expected.entrySet()) {
            MemorySegment found = MemorySegment.ofArray(read(entry.getKey(), 8));
            assertEquals(entry.getValue(), found.get(JAVA_LONG.withByteAlignment(1), 0), "at "
                    + entry.getKey());
        }
    }

    @Test
    void holesBetweenReplayedPagesStayHoles() throws IOException {
        open(64 << 20);
        TreeMap<Long, byte[]> extents = new TreeMap<>();
        for (long page = 0; page < 16_384; page += 8) {
            extents.put(page * 4096, new byte[] {1});
        }
        commit(64 << 20, 64 << 20, extents);
        long before = storage.usedBytes();
        reopen();
        assertEquals(2_048 * 4096, storage.usedBytes() - before, "only the pages that changed take space");
    }
}
