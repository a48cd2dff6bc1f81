package io.atomicmapping.storage.linux;

import static io.atomicmapping.storage.linux.LinuxConstants.*;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** The native calls on memory, and what is said where there are none; their users test those on files. */
class LinuxTest {

    private static final long LARGE = 1L << 38;

    @Test
    void reservedMemoryIsResidentOnlyWhereItWasTouched() throws IOException {
        int page = Linux.pageBytes();
        long address = Linux.mmap(0, LARGE, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        MemorySegment memory = Linux.segment(address, LARGE);
        memory.set(JAVA_LONG, LARGE / 2, 42);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment resident = arena.allocate(2);
            // The page after is untouched, but a huge page would make it resident as well.
            assertEquals(0, Linux.mincore(address + LARGE / 2, page, resident));
            assertEquals(1, resident.get(JAVA_BYTE, 0) & 1);
        }
        assertEquals(0, Linux.madvise(address + LARGE / 2, page, MADV_DONTNEED));
        assertEquals(0, memory.get(JAVA_LONG, LARGE / 2));
        assertEquals(-Errno.EINVAL, Linux.madvise(address + 1, page, MADV_DONTNEED));
        assertEquals(0, Linux.munmap(address, LARGE));
    }

    @Test
    void failedMappingTellsCallArgumentsErrorAndRemedy() {
        IOException e = assertThrows(IOException.class,
                () -> Linux.mmap(0, 1L << 60, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        assertTrue(e.getMessage().startsWith("mmap failed, Cannot allocate memory: address=0x0,"
                + " length=1152921504606846976, protection=0x1, flags=0x22, fd=-1, offset=0, errno=ENOMEM,"
                + " remedy="), e::getMessage);
    }

    @Test
    void segmentOfAnArenaIsCleanedUpAfterItIsInaccessible() throws IOException {
        long bytes = Linux.pageBytes();
        long address = Linux.mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        AtomicBoolean cleaned = new AtomicBoolean();
        Arena arena = Arena.ofShared();
        MemorySegment segment = Linux.segment(address, bytes, arena, () -> {
            cleaned.set(true);
            Linux.munmap(address, bytes);
        });
        segment.set(JAVA_LONG, 0, 1);
        assertFalse(cleaned.get());
        arena.close();
        assertTrue(cleaned.get());
        assertThrows(IllegalStateException.class, () -> segment.get(JAVA_LONG, 0));
    }

    @Test
    void membarrierWorksOnceRegistered() {
        long commands = Linux.membarrier(MEMBARRIER_CMD_QUERY);
        if (commands >= 0 && (commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0) {
            assertEquals(0, Linux.membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED));
            assertEquals(0, Linux.membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
        }
        assertEquals(-1, Linux.membarrier(1 << 30));
    }

    @Test
    void callsOnNoDescriptorGiveTheErrorNumber() {
        assertEquals(-Errno.EBADF, Linux.close(-1));
        assertEquals(-Errno.EBADF, Linux.fdatasync(-1));
        assertEquals(-Errno.EBADF, Linux.ioctl(-1, 0, MemorySegment.NULL));
        assertEquals(-Errno.ENOENT, Linux.open("/none/at/all", O_RDONLY));
        assertThrows(IOException.class, () -> Linux.status(-1));
    }

    @Test
    void errorNumbersHaveNamesAndUntranslatedTexts() {
        assertEquals("ENOSPC", Errno.name(-Errno.ENOSPC));
        assertEquals("No space left on device", Errno.text(Errno.ENOSPC));
        assertEquals("4000", Errno.name(4000));
        assertEquals("Unknown error 4000", Errno.text(-4000));
        assertTrue(Errno.isUnsupported(-Errno.EOPNOTSUPP) && !Errno.isUnsupported(0));
    }

    @Test
    void framesAreForTheCallerAloneUntilGivenBack() {
        List<CallFrames.Frame> frames = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            CallFrames.Frame frame = CallFrames.take();
            assertFalse(frames.contains(frame));
            frames.add(frame);
        }
        frames.forEach(CallFrames::giveBack);
        CallFrames.Frame frame = CallFrames.take();
        assertTrue(frames.contains(frame), "a frame given back is used again");
        CallFrames.giveBack(frame);
    }

    @Test
    void deniedNativeAccessIsToldWithTheFlagEveryTime() throws Exception {
        List<String> lines = callsInChild("--illegal-native-access=deny");
        assertEquals(2, lines.size(), lines::toString);
        for (String line : lines) {
            assertTrue(line.startsWith("java.lang.IllegalCallerException: native access is not enabled"),
                    line);
            assertTrue(line.contains("--enable-native-access=io.atomicmapping.journal (module path)"), line);
            assertTrue(line.contains("--enable-native-access=ALL-UNNAMED (class path)"), line);
        }
    }

    @Test
    void otherMachinesAreToldWhatIsNeededEveryTime() throws Exception {
        List<String> lines = callsInChild("-Dos.arch=riscv64");
        assertEquals(2, lines.size(), lines::toString);
        for (String line : lines) {
            assertTrue(line.startsWith("java.lang.UnsupportedOperationException: mapped files need Linux"
                    + " on x86-64 or aarch64: system=Linux, architecture=riscv64"), line);
        }
    }

    private static List<String> callsInChild(String flag) throws Exception {
        Process child = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), flag,
                "-cp", System.getProperty("java.class.path"), Caller.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        List<String> lines = new String(child.getInputStream().readAllBytes()).lines().toList();
        assertEquals(0, child.waitFor());
        return lines;
    }

    /** Makes a call twice and prints what each throws. */
    static final class Caller {
        private Caller() {}

        public static void main(String[] arguments) {
            for (int i = 0; i < 2; i++) {
                try {
                    System.out.println(Linux.pageBytes());
                } catch (Throwable t) {
                    System.out.println(t);
                }
            }
        }
    }
}
