package io.atomicmapping.crash;

import static io.atomicmapping.crash.DiskFixture.path;
import static io.atomicmapping.crash.DiskFixture.sectors;
import static io.atomicmapping.crash.DiskFixture.write;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.crash.FaultyStorage.Call;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage.OpenMode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a storage with faults does to a simulated disk; files are told as one letter a sector. */
class FaultyStorageTest {

    private final DiskFixture fixture = new DiskFixture();
    private final FaultyStorage faulty = new FaultyStorage(fixture.disk);

    private DurableFile durable(int sectors) throws IOException {
        fixture.durable("f", sectors, 'a').close();
        return faulty.open(path("f"), OpenMode.WRITE);
    }

    private static byte[] read(DurableFile file, int bytes) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(bytes);
            file.read(0, target);
            return target.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        }
    }

    @Test
    void bytesOfAFailedForceStayInTheCacheAndAreNeverSure() throws IOException {
        DurableFile file = durable(3);
        write(file, 1, 1, 'b');
        faulty.failForceAfter(0);
        assertThrows(IOException.class, file::force);
        assertEquals("aba", sectors(fixture.disk, "f"));
        file.force();
        assertEquals(Set.of("aaa", "aba"), fixture.powerCut("f"));
    }

    @Test
    void bytesOfALostForceAreGoneFromTheCache() throws IOException {
        DurableFile file = durable(3);
        write(file, 1, 2, 'b');
        faulty.loseForceAfter(0);
        assertThrows(IOException.class, file::force);
        assertEquals("aaa", sectors(fixture.disk, "f"));
        file.force();
        assertEquals(Set.of("aaa"), fixture.powerCut("f"));
        write(file, 2, 1, 'c');
        file.force();
        assertEquals(Set.of("aac"), fixture.powerCut("f"), "what is written anew is as good as any");
        assertEquals("aac", sectors(CrashFixture.kill(fixture.disk), "f"));
    }

    @Test
    void bytesWrittenAfterALostForceBeganAreKept() throws IOException {
        DurableFile file = durable(2);
        write(file, 0, 1, 'b');
        file.force();
        write(file, 1, 1, 'c');
        faulty.loseForceAfter(0);
        assertThrows(IOException.class, file::forceAll);
        assertEquals("ba", sectors(fixture.disk, "f"), "what had been forced before stays");
        write(file, 1, 1, 'd');
        assertEquals("bd", sectors(fixture.disk, "f"));
    }

    @Test
    void rotIsReadUntilItIsWrittenOver() throws IOException {
        DurableFile file = durable(2);
        faulty.rot("f", 700, 3);
        byte[] expected = fixture.disk.contents(path("f"));
        expected[700] ^= 3;
        assertArrayEquals(expected, read(file, 1024));
        assertArrayEquals(expected, read(file, 1024), "it stays");
        write(file, 1, 1, 'b');
        assertArrayEquals(fixture.disk.contents(path("f")), read(file, 1024));
        assertEquals(2, faulty.injected());
    }

    @Test
    void writeInPiecesFailsInItsMidst() throws IOException {
        DurableFile file = durable(4);
        faulty.writeInPieces(512);
        faulty.fail(EnumSet.of(Call.WRITE), "f", 2, 1, "No space left on device");
        IOException e = assertThrows(IOException.class, () -> write(file, 0, 4, 'b'));
        assertTrue(e.getMessage().contains("No space left on device"), e::getMessage);
        assertEquals("bb?a", sectors(fixture.disk, "f"), "two pieces, and half of the third");
        write(file, 0, 4, 'c');
        assertEquals("cccc", sectors(fixture.disk, "f"));
        assertThrows(IllegalArgumentException.class, () -> faulty.writeInPieces(0));
    }
}
