package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.journal.IncompatibleJournalException;
import io.atomicmapping.storage.MemoryStorage;
import io.atomicmapping.storage.PosixStorage;
import io.atomicmapping.storage.linux.Linux;
import io.atomicmapping.storage.linux.LinuxConstants;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Adoption where something is wrong, or unusual: what is refused, and what the owner is left with. */
@Timeout(60)
class AdoptionTroubleTest {

    private static final int PAGE = 4096;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    @TempDir
    Path directory;
    private Path file;
    private Arena arena;

    @BeforeEach
    void prepare() throws IOException {
        file = directory.resolve("data");
        Files.write(file, new byte[4 * PAGE]);
        arena = Arena.ofShared();
    }

    @AfterEach
    void clear() {
        arena.close();
    }

    private static FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    private MemorySegment map(long offset, long length) throws IOException {
        try (FileChannel channel = open(file)) {
            return channel.map(MapMode.READ_WRITE, offset, length, arena);
        }
    }

    private long inFile(long offset) throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(file)).order(java.nio.ByteOrder.nativeOrder())
                .getLong((int) offset);
    }

    private static <T extends Throwable> T refused(Class<T> type, String text, Executable call) {
        T refusal = assertThrows(type, call);
        assertTrue(refusal.getMessage().contains(text), refusal.getMessage());
        return refusal;
    }

    // ---- refused, with nothing changed ----

    @Test
    void whatIsNotMappedOrNotThereIsRefused() throws IOException {
        refused(IllegalStateException.class, "no shared, writable mapping", () -> AtomicMapping.adopt(file));
        try (FileChannel channel = open(file)) {
            channel.map(MapMode.READ_ONLY, 0, PAGE, arena);
            channel.map(MapMode.PRIVATE, 0, PAGE, arena);
        }
        refused(IllegalStateException.class, "no shared, writable mapping", () -> AtomicMapping.adopt(file));
        assertThrows(NoSuchFileException.class, () -> AtomicMapping.adopt(directory.resolve("missing")));
        assertThrows(IOException.class, () -> AtomicMapping.adopt(directory));
        assertTrue(Files.notExists(directory.resolve("data.journal")));
    }

    @Test
    void aFileThatWasReplacedSinceIsNotTheOneThatIsMapped() throws IOException {
        MemorySegment owner = map(0, PAGE);
        Files.write(directory.resolve("new"), new byte[PAGE]);
        Files.move(directory.resolve("new"), file, StandardCopyOption.REPLACE_EXISTING);
        refused(IllegalStateException.class, "replaced", () -> AtomicMapping.adopt(file));
        owner.set(LONG, 0, 1);
        assertEquals(0, inFile(0));
    }

    @Test
    void optionsThatMakeNoSenseAreRefused() throws IOException {
        map(0, PAGE);
        MappingOptions.Builder options = MappingOptions.builder();
        refused(IllegalArgumentException.class, "option=size",
                () -> AtomicMapping.adopt(file, MappingOptions.builder().size(10).build()));
        refused(IllegalArgumentException.class, "option=readOnly",
                () -> AtomicMapping.adopt(file, MappingOptions.builder().readOnly(true).build()));
        refused(IllegalArgumentException.class, "maxSize",
                () -> AtomicMapping.adopt(file, MappingOptions.builder().maxSize(10).build()));
        assertThrows(NullPointerException.class, () -> AtomicMapping.adopt(null));
        MemoryStorage memory = new MemoryStorage();
        Path inMemory = Path.of("/data");
        AtomicMapping.open(inMemory, MappingOptions.builder().storage(memory).size(PAGE).build()).close();
        refused(IllegalArgumentException.class, "storage",
                () -> AtomicMapping.adopt(inMemory, options.storage(memory).build()));
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            assertEquals(4 * PAGE, mapping.size());
        }
    }

    /** The library that mapped the file has loaded what a crash left: the journal cannot be replayed. */
    @Test
    void aFileThatNeedsRecoveryIsRefusedAndNothingIsLost() throws IOException {
        Path crashed = directory.resolve("crashed");
        map(0, PAGE).set(LONG, 0, 1);
        try (AtomicMapping mapping = AtomicMapping.open(file)) {
            mapping.putLong(8, 2);
            mapping.sync();
            Files.copy(directory.resolve("data.journal"), directory.resolve("crashed.journal"));
            Files.copy(file, crashed);
        }
        try (Arena owner = Arena.ofShared(); FileChannel channel = open(crashed)) {
            channel.map(MapMode.READ_WRITE, 0, PAGE, owner);
            refused(IncompatibleJournalException.class, "AtomicMapping.recover(file)",
                    () -> AtomicMapping.adopt(crashed));
        }
        assertEquals(1, AtomicMapping.recover(crashed).lastCommit());
        try (FileChannel channel = open(crashed)) {
            MemorySegment owner = channel.map(MapMode.READ_WRITE, 0, PAGE, arena);
            try (AtomicMapping mapping = AtomicMapping.adopt(crashed)) {
                assertEquals(2, mapping.lastCommit());
                assertEquals(2, owner.get(LONG, 8));
            }
        }
    }

    @Test
    void aFileIsAdoptedOnceAtATime() throws IOException {
        map(0, PAGE);
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            refused(IOException.class, "open elsewhere", () -> AtomicMapping.adopt(file));
            refused(IOException.class, "already open", () -> AtomicMapping.open(file));
            assertEquals(1, mapping.stats().adoptedMappings());
        }
        try (AtomicMapping mapping = AtomicMapping.open(file)) {
            refused(IOException.class, "open elsewhere", () -> AtomicMapping.adopt(file));
            assertEquals(0, mapping.stats().adoptedMappings());
            assertThrows(UnsupportedOperationException.class, mapping::adoptNew);
        }
    }

    @Test
    void whatAnAdoptedMappingCannotDoIsRefused() throws IOException {
        map(0, PAGE);
        AtomicMapping mapping = AtomicMapping.adopt(file);
        assertThrows(UnsupportedOperationException.class, mapping::segment);
        assertThrows(UnsupportedOperationException.class, mapping::readSegment);
        assertThrows(UnsupportedOperationException.class, () -> mapping.resize(PAGE));
        assertThrows(IndexOutOfBoundsException.class, () -> mapping.getLong(4 * PAGE - 7));
        assertThrows(IndexOutOfBoundsException.class, () -> mapping.putByte(-1, (byte) 0));
        assertThrows(IndexOutOfBoundsException.class, () -> mapping.sync(4 * PAGE, 1));
        mapping.update(() -> assertThrows(IllegalStateException.class, mapping::adoptNew));
        mapping.close();
        mapping.close();
        for (Executable use : new Executable[] {() -> mapping.getByte(0), () -> mapping.putByte(0, (byte) 0),
                mapping::sync, mapping::adoptNew, mapping::rollback, mapping::size}) {
            refused(IllegalStateException.class, "closed", use);
        }
    }

    // ---- locks ----

    @Test
    void theLocksOfTheOwnerStayItsOwn() throws Exception {
        try (FileChannel channel = open(file); FileLock lock = channel.lock(0, Long.MAX_VALUE, true)) {
            MemorySegment owner = channel.map(MapMode.READ_WRITE, 0, PAGE, arena);
            try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
                refused(IOException.class, "open elsewhere", () -> AtomicMapping.adopt(file));
                assertThrows(IOException.class,
                        () -> AtomicMapping.open(file, MappingOptions.builder().readOnly(true).build()));
                owner.set(LONG, 0, 1);
                assertEquals(2, mapping.sync());
            }
            assertTrue(lock.isValid());
            assertEquals("locked", otherProcess(Locks.class), "not lost by the close");
        }
        assertEquals("free", otherProcess(Locks.class));
        try (FileChannel channel = open(file); FileLock lock = channel.lock()) {
            channel.map(MapMode.READ_WRITE, 0, PAGE, arena);
            try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
                assertEquals(1, mapping.getLong(0));
            }
            assertTrue(lock.isValid());
            assertEquals("locked", otherProcess(Locks.class));
        }
    }

    /** As Chronicle's libraries do each time they make their file longer: they would wait for ever. */
    @Test
    void theOwnerCanLockItsFileWhileItIsAdopted() throws Exception {
        try (FileChannel channel = open(file)) {
            MemorySegment owner = channel.map(MapMode.READ_WRITE, 0, PAGE, arena);
            AtomicMapping mapping = AtomicMapping.adopt(file);
            try (FileLock lock = channel.tryLock()) {
                assertNotNull(lock);
                owner.set(LONG, 0, 1);
                assertEquals(2, mapping.sync());
            }
            refused(IOException.class, "already open", () -> AtomicMapping.open(file));
            assertEquals("refused, as it should be", otherProcess(Adopts.class));
            FileLock kept = channel.lock();
            mapping.close();
            assertTrue(kept.isValid());
            assertEquals("locked", otherProcess(Locks.class), "not lost by the close");
            kept.release();
            assertEquals("adopted, locked=true", otherProcess(Adopts.class));
        }
    }

    /** Another process has the file open in the same library, which has a shared lock in each. */
    @Test
    void aFileThatAnotherProcessLocksTooIsRefused() throws Exception {
        try (FileChannel channel = open(file); FileLock lock = channel.lock(0, Long.MAX_VALUE, true)) {
            assertTrue(lock.isShared());
            channel.map(MapMode.READ_WRITE, 0, PAGE, arena);
            assertEquals("refused, as it should be", otherProcess(Adopts.class));
        }
    }

    private String otherProcess(Class<?> main) throws IOException, InterruptedException {
        return ChildJvm.run(List.of(), main, file.toString()).output().trim();
    }

    /** Tries to lock the file. */
    static final class Locks {
        public static void main(String[] arguments) throws IOException {
            try (FileChannel channel = open(Path.of(arguments[0])); FileLock lock = channel.tryLock()) {
                System.out.println(lock == null ? "locked" : "free");
            }
        }
    }

    /** Maps the file, with a shared lock, and adopts it. */
    static final class Adopts {
        public static void main(String[] arguments) throws IOException {
            try (FileChannel channel = open(Path.of(arguments[0]));
                    FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
                MappedByteBuffer owner = channel.map(MapMode.READ_WRITE, 0, PAGE);
                AtomicMapping.adopt(Path.of(arguments[0])).close();
                Reference.reachabilityFence(owner); // or it may be unmapped before it is adopted
                System.out.println("adopted, locked=" + lock.isShared());
            } catch (IOException e) {
                System.out.println(e.getMessage().contains("open elsewhere") ? "refused, as it should be"
                        : e.toString());
            }
        }
    }

    // ---- unusual owners ----

    @Test
    void theFileIsKnownByWhatItIsNotByItsName() throws IOException {
        Path hard = directory.resolve("hard");
        Path soft = directory.resolve("soft");
        Files.createLink(hard, file);
        Files.createSymbolicLink(soft, hard);
        MemorySegment owner = map(0, PAGE);
        for (Path name : List.of(hard, soft)) {
            try (AtomicMapping mapping = AtomicMapping.adopt(name)) {
                owner.set(LONG, 0, owner.get(LONG, 0) + 1);
                mapping.sync();
            }
        }
        assertEquals(2, inFile(0));
    }

    /** As a C library would: pages of its own choice, past the end of the file, too. */
    @Test
    void aNativeMappingThatGoesPastTheEndOfTheFileIsFollowed() throws IOException {
        int descriptor = Linux.open(file.toString(), LinuxConstants.O_RDWR);
        long length = 64 * PAGE;
        long address = Linux.mmap(0, length, LinuxConstants.PROT_READ | LinuxConstants.PROT_WRITE,
                LinuxConstants.MAP_SHARED, descriptor, 0);
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            MemorySegment owner = Linux.segment(address, length);
            owner.set(LONG, 0, 1);
            assertEquals(2, mapping.sync());
            Linux.ftruncate(descriptor, 10 * PAGE);
            owner.set(LONG, 9 * PAGE, 2);
            assertEquals(3, mapping.sync());
            assertEquals(10 * PAGE, mapping.size());
            assertEquals(2, inFile(9 * PAGE));
            Linux.ftruncate(descriptor, 12 * PAGE);
            owner.set(LONG, 11 * PAGE, 3);
        }
        assertEquals(10 * PAGE, Files.size(file));
        assertEquals(0, Linux.segment(address, length).get(LONG, 11 * PAGE), "readable, though cut off");
        Linux.segment(address, length).set(LONG, 8, 4);
        assertEquals(4, inFile(8));
        Linux.munmap(address, length);
        Linux.close(descriptor);
    }

    @Test
    void bytesAppendedByWriteArePartOfTheNextCommit() throws IOException {
        Files.write(file, new byte[100]);
        MemorySegment owner = map(0, 100);
        try (AtomicMapping mapping = AtomicMapping.adopt(file); FileChannel channel = open(file)) {
            owner.set(LONG, 0, 1);
            channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 100);
            channel.write(ByteBuffer.wrap(new byte[] {4}), 3 * PAGE);
            assertEquals(2, mapping.sync());
            byte[] expected = new byte[3 * PAGE + 1];
            expected[0] = 1;
            System.arraycopy(new byte[] {1, 2, 3}, 0, expected, 100, 3);
            expected[3 * PAGE] = 4;
            assertArrayEquals(expected, Files.readAllBytes(file));
            assertEquals(2, mapping.getByte(101));
            channel.write(ByteBuffer.wrap(new byte[] {9}), 3 * PAGE + 1);
            mapping.rollback();
            assertEquals(3 * PAGE + 2, mapping.size(), "the length is the owner's");
            assertEquals(0, mapping.getByte(3 * PAGE + 1));
        }
        assertEquals(3 * PAGE + 1, Files.size(file));
    }

    /** A library that replaces its mapping by a longer one, and leaves the old one to the collector. */
    @Test
    void aMappingThatIsReplacedByALongerOneMayGoAfterwards() throws IOException {
        Arena old = Arena.ofShared();
        MemorySegment first;
        try (FileChannel channel = open(file)) {
            first = channel.map(MapMode.READ_WRITE, 0, 4 * PAGE, old);
        }
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            first.set(LONG, 0, 1);
            MemorySegment second = map(0, 8 * PAGE);
            assertEquals(1, mapping.adoptNew());
            assertEquals(1, second.get(LONG, 0));
            second.set(LONG, 8, 2);
            old.close();
            second.set(LONG, 6 * PAGE, 3);
            assertEquals(2, mapping.sync());
            assertEquals(1, inFile(0));
            assertEquals(2, inFile(8));
            assertEquals(3, inFile(6 * PAGE));
        }
    }

    /** The library was closed first: the collector unmaps its buffers while the mapping is closed. */
    @Test
    void buffersThatNobodyHoldsMayBeUnmappedDuringTheClose() throws Exception {
        ChildJvm.Ended result = ChildJvm.run(List.of(), Drops.class, file.toString());
        assertEquals("closed", result.output().trim());
    }

    /** Adopts many buffers, drops them, and closes while they are unmapped. */
    static final class Drops {
        public static void main(String[] arguments) throws IOException {
            Path file = Path.of(arguments[0]);
            for (int round = 0; round < 20; round++) {
                AtomicMapping mapping = adoptDropped(file);
                System.gc();
                mapping.close();
            }
            System.out.println("closed");
        }

        private static AtomicMapping adoptDropped(Path file) throws IOException {
            List<MappedByteBuffer> owner = new ArrayList<>();
            try (FileChannel channel = open(file)) {
                for (int i = 0; i < 1000; i++) {
                    owner.add(channel.map(MapMode.READ_WRITE, (long) i * PAGE, PAGE));
                }
                AtomicMapping mapping = AtomicMapping.adopt(file);
                owner.forEach(buffer -> buffer.put(0, (byte) 1));
                return mapping;
            }
        }
    }

    /** A sync before, and a rollback after, by which it says that nothing was stored in between. */
    @Test
    void aMappingThatIsUnmappedToMakeItLongerGoesOnAfterARollback() throws IOException {
        Arena old = Arena.ofShared();
        MemorySegment first;
        try (FileChannel channel = open(file)) {
            first = channel.map(MapMode.READ_WRITE, 0, 4 * PAGE, old);
        }
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            first.set(LONG, 0, 1);
            mapping.sync();
            old.close();
            MemorySegment second = map(0, 8 * PAGE);
            refused(IOException.class, "unmapped", mapping::sync);
            mapping.rollback();
            assertEquals(1, second.get(LONG, 0));
            second.set(LONG, 8, 2);
            second.set(LONG, 6 * PAGE, 3);
            assertEquals(0, inFile(8));
            mapping.sync();
            assertEquals(1, inFile(0));
            assertEquals(2, inFile(8));
            assertEquals(3, inFile(6 * PAGE));
        }
    }

    // ---- what goes wrong ----

    @Test
    void aFileTruncatedBeneathAnAdoptedMappingIsTold() throws IOException {
        MemorySegment owner = map(0, 4 * PAGE);
        AtomicMapping mapping = AtomicMapping.adopt(file);
        owner.set(LONG, 0, 1);
        try (FileChannel channel = open(file)) {
            channel.truncate(PAGE);
        }
        refused(IOException.class, "truncated", mapping::sync);
        refused(IllegalStateException.class, "failed", mapping::sync);
        mapping.close();
    }

    @Test
    void aFilePastItsMaxSizeIsTold() throws IOException {
        MemorySegment owner = map(0, 4 * PAGE);
        try (AtomicMapping mapping = AtomicMapping.adopt(file,
                MappingOptions.builder().maxSize(8 * PAGE).build())) {
            owner.set(LONG, 0, 1);
            map(8 * PAGE, PAGE);
            refused(IOException.class, "maxSize", mapping::sync);
        }
        assertEquals(0, inFile(0));
        assertEquals(4 * PAGE, Files.size(file));
    }

    @Test
    void afterAFailedForceStoresDoNotReachTheFile() throws IOException {
        HookedStorage hooks = new HookedStorage(PosixStorage.instance());
        MemorySegment owner = map(0, 4 * PAGE);
        AtomicMapping mapping = AtomicMapping.adopt(file,
                MappingOptions.builder().storage(hooks.storage()).build());
        owner.set(LONG, 0, 1);
        assertEquals(2, mapping.sync());
        owner.set(LONG, 0, 2);
        hooks.hook((call, path) -> {
            if (call.equals("force") && path.endsWith("data.journal")) {
                throw new IOException("injected");
            }
        });
        assertThrows(IOException.class, mapping::sync);
        hooks.hook((call, path) -> { });
        owner.set(LONG, 8, 3);
        mapping.close();
        assertEquals(2, owner.get(LONG, 0), "readable");
        owner.set(LONG, 16, 4);
        assertEquals(1, inFile(0));
        assertEquals(0, inFile(8));
        assertEquals(0, inFile(16));
        long last = AtomicMapping.recover(file).lastCommit();
        assertTrue(last == 2 || last == 3, "of an append whose force failed nobody can tell: " + last);
        assertEquals(last - 1, inFile(0));
    }

    /** Each force of an adoption fails once, and then the owner goes on as if nobody had tried. */
    @Test
    void anAdoptionThatFailsLeavesTheMappingsShared() throws IOException {
        MemorySegment owner = map(0, 4 * PAGE);
        HookedStorage hooks = new HookedStorage(PosixStorage.instance());
        int failures = 0;
        for (int failing = 0;; failing++) {
            int left = failing;
            AtomicInteger countdown = new AtomicInteger(left);
            hooks.hook((call, path) -> {
                boolean counts = call.equals("force") || call.startsWith("write") || call.equals("length");
                if (counts && countdown.getAndDecrement() == 0) {
                    owner.set(LONG, 8, left + 1); // whatever is stored meanwhile
                    throw new IOException("injected");
                }
            });
            try (AtomicMapping mapping = AtomicMapping.adopt(file,
                    MappingOptions.builder().storage(hooks.storage()).build())) {
                assertEquals(1, mapping.stats().adoptedMappings());
                hooks.hook((call, path) -> { }); // a close that fails leaves them private
                break;
            } catch (IOException e) {
                failures++;
                hooks.hook((call, path) -> { });
            }
            assertEquals(left + 1, owner.get(LONG, 8));
            owner.set(LONG, 0, left + 1);
            assertEquals(left + 1, inFile(0), "shared: failing=" + failing);
            assertEquals(left + 1, inFile(8));
            Files.deleteIfExists(directory.resolve("data.journal"));
            hooks.hook((call, path) -> { });
            AtomicMapping.open(file, MappingOptions.builder().discardMissingJournal(true).build()).close();
            Files.deleteIfExists(directory.resolve("data.journal"));
        }
        assertTrue(failures > 8, "failures=" + failures);
        assertEquals(Map.of(0L, (long) failures), Map.of(0L, inFile(0)));
    }

    @Test
    void anAsynchronousSyncAdoptsToo() throws IOException {
        MemorySegment owner = map(0, 4 * PAGE);
        try (AtomicMapping mapping = AtomicMapping.adopt(file)) {
            MemorySegment more = map(4 * PAGE, PAGE);
            owner.set(LONG, 0, 1);
            more.set(LONG, 0, 1);
            assertEquals(2, mapping.syncAsync().join());
            assertEquals(2, mapping.stats().adoptedMappings());
            more.set(LONG, 0, 2);
            assertEquals(1, inFile(4 * PAGE));
            Linux.munmap(owner.address(), PAGE);
            CompletionException refusal = assertThrows(CompletionException.class,
                    () -> mapping.syncAsync().join());
            assertTrue(refusal.getMessage().contains("unmapped"), refusal.getMessage());
            // for the arena, which unmaps it once more
            Linux.mmap(owner.address(), PAGE, LinuxConstants.PROT_READ, LinuxConstants.MAP_PRIVATE
                    | LinuxConstants.MAP_ANONYMOUS | LinuxConstants.MAP_FIXED, -1, 0);
        }
        assertFalse(Files.size(file) < 5 * PAGE);
    }
}
