package io.atomicmapping.storage.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AddressSpaceTest {

    private static final int READ_WRITE = LinuxConstants.PROT_READ | LinuxConstants.PROT_WRITE;

    @Test
    void linesOfTheTextAreRead() {
        List<AddressSpace.Area> areas = AddressSpace.parse("""
                7f0000000000-7f0000002000 rw-s 00003000 fd:01 1234                       /a path/with  spaces
                7f0000002000-7f0000003000 r--s 00000000 fd:01 1235 /gone (deleted)
                7f0000003000-7f0000004000 rw-p 00000000 00:00 0                          [heap]
                7f0000004000-7f0000005000 r-xp 00001000 103:02 18446744073709551615
                ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
                """);
        assertEquals(List.of(
                new AddressSpace.Area(0x7f0000000000L, 0x7f0000002000L, 0x3000, 0xfdL << 32 | 1, 1234,
                        READ_WRITE, true),
                new AddressSpace.Area(0x7f0000002000L, 0x7f0000003000L, 0, 0xfdL << 32 | 1, 1235,
                        LinuxConstants.PROT_READ, true),
                new AddressSpace.Area(0x7f0000004000L, 0x7f0000005000L, 0x1000, 0x103L << 32 | 2, -1,
                        LinuxConstants.PROT_READ | LinuxConstants.PROT_EXEC, false)), areas);
        assertEquals(0x5000, areas.get(0).endOffset());
        assertTrue(areas.get(0).isWritable());
    }

    /** Where the kernel can be asked it says what its text says. */
    @Test
    void askedOrReadTheAnswersAreTheSame(@TempDir Path directory) throws IOException {
        Path file = Files.write(directory.resolve("file"), new byte[8192]);
        int descriptor = Linux.open(file.toString(), LinuxConstants.O_RDWR);
        long shared = Linux.mmap(0, 4096, READ_WRITE, LinuxConstants.MAP_SHARED, descriptor, 4096);
        try (AddressSpace asked = AddressSpace.open(true); AddressSpace read = AddressSpace.open(false)) {
            read.refresh();
            List<AddressSpace.Area> fromAsked = sharedAreas(asked);
            assertEquals(fromAsked, sharedAreas(read));
            assertTrue(fromAsked.stream().anyMatch(area -> area.start() == shared && area.offset() == 4096
                    && area.isWritable()));
            assertEquals(asked.next(shared, false), read.next(shared, false));
            assertNull(asked.next(Long.MAX_VALUE, true));
            assertNull(read.next(Long.MAX_VALUE, true));
        } finally {
            Linux.munmap(shared, 4096);
            Linux.close(descriptor);
        }
    }

    private static List<AddressSpace.Area> sharedAreas(AddressSpace space) throws IOException {
        List<AddressSpace.Area> areas = new ArrayList<>();
        for (var area = space.next(0, true); area != null; area = space.next(area.end(), true)) {
            areas.add(area);
        }
        return areas;
    }

    @Test
    void locksAreToldFromEachOther() {
        long pid = ProcessHandle.current().pid();
        String locks = """
                1: POSIX  ADVISORY  READ %d fd:01:77 0 EOF
                2: OFDLCK ADVISORY  READ -1 fd:01:77 0 EOF
                3: POSIX  ADVISORY  WRITE 1 fd:01:78 0 EOF
                3: -> POSIX  ADVISORY  WRITE %d fd:01:78 0 EOF
                4: FLOCK  ADVISORY  WRITE 1 fd:01:79 0 EOF
                5: POSIX  ADVISORY  WRITE %d fd:01:177 0 EOF
                """.formatted(pid, pid, pid);
        assertEquals(new FileLocks.Holders(1, 1), FileLocks.Holders.of(locks, 77));
        assertEquals(new FileLocks.Holders(1, 1), FileLocks.Holders.of(locks, 78));
        assertEquals(new FileLocks.Holders(0, 0), FileLocks.Holders.of(locks, 79));
        assertEquals(new FileLocks.Holders(1, 0), FileLocks.Holders.of(locks, 177));
        assertEquals(new FileLocks.Holders(0, 0), FileLocks.Holders.of("", 77));
    }
}
