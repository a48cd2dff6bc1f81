package io.atomicmapping.storage;

import static io.atomicmapping.storage.Storage.OpenMode.CREATE_NEW;
import static io.atomicmapping.storage.Storage.OpenMode.WRITE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What only the storage in memory has: a quota, copies, access for tests. */
class MemoryStorageTest {

    private static final Path PATH = Path.of("/data/file");

    private final MemoryStorage storage = new MemoryStorage();

    private DurableFile create() throws IOException {
        return storage.open(PATH, CREATE_NEW);
    }

    private static void assertFull(Attempt attempt) {
        IOException e = assertThrows(IOException.class, attempt::run);
        assertTrue(e.getMessage().contains("No space left on device"), e::getMessage);
        assertTrue(e.getMessage().endsWith("file=" + PATH), e::getMessage);
    }

    private interface Attempt {
        void run() throws IOException;
    }

    @Test
    void writeBeyondTheQuotaFailsAndSucceedsAfterSpaceWasMade() throws IOException {
        DurableFile file = create();
        storage.setQuota(3 * 4096);
        file.write(0, Bytes.filled(3 * 4096, 1));
        assertFull(() -> Bytes.write(file, 3 * 4096, "x"));
        Bytes.write(file, 0, "overwriting needs no space");
        assertEquals(3 * 4096, file.length());
        file.zero(0, 4096);
        Bytes.write(file, 3 * 4096, "x");
        assertFull(() -> Bytes.write(file, 0, "x"));
        storage.setQuota(4 * 4096);
        Bytes.write(file, 0, "x");
        assertEquals(4 * 4096, storage.usedBytes());
    }

    @Test
    void holesAreFreeAndAllocatingThemIsNot() throws IOException {
        MemoryStorage small = MemoryStorage.withQuota(2 * 4096);
        DurableFile file = small.open(PATH, CREATE_NEW);
        file.setLength(1L << 40);
        assertEquals(0, small.usedBytes());
        file.allocate(100, 5000);
        assertFull(() -> Bytes.write(file, 1 << 20, "x"));
        assertFull(() -> file.allocate(8192, 1));
        Bytes.write(file, 4096, "allocated space takes bytes beyond the quota");
        assertEquals(2 * 4096, file.allocatedBytes());
    }

    @Test
    void spaceOfADeletedFileIsFreeWhenItsLastOpeningCloses() throws IOException {
        DurableFile file = create();
        DurableFile again = storage.open(PATH, WRITE);
        file.write(0, Bytes.filled(8192, 1));
        storage.delete(PATH);
        file.close();
        assertEquals(8192, storage.usedBytes());
        again.close();
        assertEquals(0, storage.usedBytes());
    }

    @Test
    void spaceOfAFileRenamedOverIsFree() throws IOException {
        DurableFile file = create();
        file.write(0, Bytes.filled(8192, 1));
        file.close();
        storage.open(Path.of("/data/new"), CREATE_NEW).close();
        storage.rename(Path.of("/data/new"), PATH);
        assertEquals(0, storage.usedBytes());
        assertThrows(NoSuchFileException.class, () -> storage.rename(Path.of("/data/new"), PATH));
        assertEquals(0, storage.contents(PATH).length);
    }

    @Test
    void copyIsIndependentUnlockedAndComplete() throws IOException {
        DurableFile file = create();
        Bytes.write(file, 0, "before");
        file.allocate(4096, 1);
        file.setAttribute("a", new byte[] {1});
        assertTrue(file.tryLock(false));
        storage.setQuota(10 * 4096);
        MemoryStorage copy = storage.copy();
        Bytes.write(file, 0, "after!");
        file.setAttribute("a", null);

        try (DurableFile copied = copy.open(PATH, WRITE)) {
            assertTrue(copied.tryLock(false));
            assertEquals("before", Bytes.text(copied, 0, 100));
            assertArrayEquals(new byte[] {1}, copied.attribute("a"));
            assertEquals(2 * 4096, copy.usedBytes());
            assertThrows(IOException.class, () -> copied.allocate(0, 11 * 4096));
            Bytes.write(copied, 0, "copied");
        }
        assertEquals("after!", new String(storage.contents(PATH), StandardCharsets.UTF_8));
    }

    @Test
    void corruptFlipsExactlyTheBitsOfTheMask() throws IOException {
        Bytes.write(create(), 0, "hello");
        storage.corrupt(PATH, 1, 0x20);
        assertEquals("hEllo", new String(storage.contents(PATH), StandardCharsets.UTF_8));
        assertThrows(IndexOutOfBoundsException.class, () -> storage.corrupt(PATH, 5, 1));
        assertThrows(NoSuchFileException.class, () -> storage.corrupt(Path.of("/none"), 0, 1));
    }

    @Test
    void fileInMemoryHasNoDescriptor() throws IOException {
        assertTrue(create().descriptor().isEmpty());
    }

    /** Against a plain array, over the page borders where holes, partial pages and the end meet. */
    @Test
    void randomOperationsLeaveWhatTheyLeaveInAnArray() throws IOException {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            DurableFile file = storage.open(Path.of("/random" + seed), CREATE_NEW);
            byte[] model = new byte[0];
            for (int step = 0; step < 60; step++) {
                int position = border(random);
                int bytes = border(random);
                switch (random.nextInt(4)) {
                    case 0 -> {
                        file.write(position, Bytes.filled(bytes + 1, step).asSlice(0, bytes));
                        model = bytes == 0 ? model
                                : Arrays.copyOf(model, Math.max(model.length, position + bytes));
                        Arrays.fill(model, Math.min(position, model.length),
                                bytes == 0 ? Math.min(position, model.length) : position + bytes,
                                (byte) step);
                    }
                    case 1 -> {
                        file.setLength(position);
                        model = Arrays.copyOf(model, position);
                    }
                    case 2 -> {
                        file.zero(position, bytes);
                        int from = Math.min(position, model.length);
                        Arrays.fill(model, from, Math.min(position + bytes, model.length), (byte) 0);
                    }
                    default -> file.allocate(position, Math.max(0, Math.min(bytes, model.length - position)));
                }
                assertArrayEquals(model, storage.contents(file.path()), "seed=" + seed + ", step=" + step);
            }
        }
        storage.usedBytes();
    }

    private static int border(Random random) {
        return Math.max(0,
                random.nextInt(5) * 4096 + (random.nextBoolean() ? 0 : random.nextInt(-5000, 5000)));
    }
}
