package io.atomicmapping.recovery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.journal.RedoRecord;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.MemoryStorage;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Replays so much that two threads do it, against the bytes that must be there. */
@Timeout(120)
class LargeReplayTest {

    private static final int WINDOW = 1 << ExtentOrder.WINDOW_SHIFT;
    private static final int SIZE_MAX = 9 * WINDOW + 12_345;
    private static final int COMMITS = 30;
    private static final int EXTENTS = 500;

    private final MemoryStorage storage = new MemoryStorage();
    private final SplittableRandom random = new SplittableRandom(11);
    private byte[] expected = new byte[SIZE_MAX];

    /** What is done to the data file; may throw in its place. */
    private interface Hook {
        void before(String method, Object[] arguments) throws IOException;
    }

    private static OpenRequest request(Storage through, long size) {
        return new OpenRequest(through, Fixture.FILE, null, size, 16 << 20, 4096, false);
    }

    /** Leaves a data file whose journal holds more than 8 MiB of commits; some cut the size. */
    @BeforeEach
    void fillTheJournal() throws IOException {
        try (OpenedFiles files = Recovery.open(request(storage, SIZE_MAX))) {
            for (int i = 0; i < COMMITS; i++) {
                int size = i % 7 == 5 ? SIZE_MAX - random.nextInt(3 * WINDOW) : SIZE_MAX;
                int smallest = Math.min(Math.min(size, expected.length), i % 5 == 3
                        ? SIZE_MAX - random.nextInt(5 * WINDOW) : SIZE_MAX);
                expected = Arrays.copyOf(Arrays.copyOf(expected, smallest), size);
                commit(files, smallest);
            }
        }
    }

    /** A commit of random extents, of which some cross the windows' borders, and some nearly touch. */
    private void commit(OpenedFiles files, int smallest) throws IOException {
        int[] places = new int[EXTENTS];
        for (int i = 0; i < EXTENTS; i++) {
            places[i] = i % 50 == 0 ? (1 + random.nextInt(expected.length / WINDOW)) * WINDOW - 300
                    : random.nextInt(expected.length);
        }
        Arrays.sort(places);
        try (RedoRecord record = new RedoRecord(0)) {
            int end = 0;
            for (int place : places) {
                int from = Math.max(place, end);
                int lengthMax = place % 3 == 0 ? 12 : 2_400;
                int length = Math.min(expected.length - from, 1 + random.nextInt(lengthMax));
                for (int at = from; at < from + length; at++) {
                    expected[at] = (byte) random.nextInt();
                }
                record.add(from, MemorySegment.ofArray(expected), from, length);
                end = from + length;
            }
            record.sizes(expected.length, smallest);
            files.journal().append(record, files.journal().lastCommit() + 1);
            files.journal().force();
        }
    }

    private static Object invoke(Object target, java.lang.reflect.Method method, Object[] arguments)
            throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private Storage hooked(Hook hook) {
        return (Storage) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Storage.class},
                (proxy, method, arguments) -> {
                    Object result = invoke(storage, method, arguments);
                    return result instanceof DurableFile file && file.path().equals(Fixture.FILE)
                            ? hooked(file, hook) : result;
                });
    }

    private DurableFile hooked(DurableFile file, Hook hook) {
        return (DurableFile) Proxy.newProxyInstance(getClass().getClassLoader(),
                new Class<?>[] {DurableFile.class}, (proxy, method, arguments) -> {
                    hook.before(method.getName(), arguments);
                    return invoke(file, method, arguments);
                });
    }

    private void expectTheLastCommit(Storage through) throws IOException {
        try (OpenedFiles files = Recovery.open(request(through, -1))) {
            assertEquals(COMMITS, files.lastCommit());
            assertEquals(expected.length, files.size());
        }
        assertArrayEquals(expected, storage.contents(Fixture.FILE));
    }

    @Test
    void twoThreadsReplayTheLastCommit() throws IOException {
        Set<String> readers = new HashSet<>();
        expectTheLastCommit(hooked((method, arguments) -> {
            if (method.equals("read")) {
                synchronized (readers) {
                    readers.add(Thread.currentThread().getName());
                }
            }
        }));
        assertEquals(2, readers.size(), () -> "threads: " + readers);
    }

    @Test
    void writesAreInOrderAndTheForceIsLast() throws IOException {
        List<Long> ends = new ArrayList<>(List.of(0L));
        List<String> changes = new ArrayList<>();
        expectTheLastCommit(hooked((method, arguments) -> {
            synchronized (changes) {
                if (method.equals("write") || method.startsWith("force")) {
                    changes.add(method);
                }
                if (method.equals("write")) {
                    assertTrue((long) arguments[0] >= ends.getLast(), () -> "write at " + arguments[0]);
                    ends.add((long) arguments[0] + ((MemorySegment) arguments[1]).byteSize());
                }
            }
        }));
        assertTrue(changes.lastIndexOf("write") > 5);
        assertTrue(changes.indexOf("force") > changes.lastIndexOf("write"), changes::toString);
    }

    @Test
    void writeBackBeginsBehindTheWrites() throws IOException {
        long[] written = new long[1];
        List<String> begun = new ArrayList<>();
        expectTheLastCommit(hooked((method, arguments) -> {
            synchronized (begun) {
                if (method.equals("write")) {
                    written[0] = (long) arguments[0] + ((MemorySegment) arguments[1]).byteSize();
                } else if (method.equals("startWriteBack")) {
                    long end = (long) arguments[0] + (long) arguments[1];
                    assertTrue(end - written[0] < WINDOW, () -> end + " after a write to " + written[0]);
                    begun.add(Thread.currentThread().getName());
                }
            }
        }));
        assertTrue(begun.size() > 2, begun::toString);
    }

    /** Each of the first calls fails, so both threads' do; the second thread is not left behind. */
    @ParameterizedTest
    @CsvSource({"read, 0", "read, 1", "read, 2", "read, 5", "write, 0", "write, 1", "write, 2", "write, 5",
        "startWriteBack, 0", "startWriteBack, 1"})
    void failureInEitherThreadIsAnIOException(String failing, int callsBefore) throws IOException {
        int[] calls = new int[1];
        Storage faulty = hooked((method, arguments) -> {
            synchronized (calls) {
                if (method.equals(failing) && ofReplay(method, arguments) && calls[0]++ >= callsBefore) {
                    throw new IOException("injected");
                }
            }
        });
        IOException thrown = assertThrows(IOException.class, () -> Recovery.open(request(faulty, -1)));
        assertEquals("injected", thrown.getMessage());
        assertTrue(Thread.getAllStackTraces().keySet().stream().noneMatch(
                thread -> thread.getName().equals(Replay.THREAD_NAME)));
        expectTheLastCommit(storage);
    }

    /** Samples are read before: a page each. */
    private static boolean ofReplay(String method, Object[] arguments) {
        return !method.equals("read") || ((MemorySegment) arguments[1]).byteSize() > 4096;
    }

    @Test
    void runtimeExceptionInTheOtherThreadIsThrown() throws IOException {
        Storage faulty = hooked((method, arguments) -> {
            if (method.equals("write") && Thread.currentThread().getName().equals(Replay.THREAD_NAME)) {
                throw new IllegalStateException("injected");
            }
        });
        assertThrows(IllegalStateException.class, () -> Recovery.open(request(faulty, -1)));
        expectTheLastCommit(storage);
    }

    @Test
    void interruptIsKeptAndDoesNotCutTheReplay() throws IOException {
        Thread.currentThread().interrupt();
        expectTheLastCommit(storage);
        assertTrue(Thread.interrupted());
    }

    @Test
    void bytesReplayedAreThoseOfBothThreads() throws IOException {
        long counted;
        try (CommittedImage image = Recovery.read(request(storage, -1))) {
            counted = image.outcome().bytesReplayed();
        }
        try (OpenedFiles files = Recovery.open(request(storage, -1))) {
            // bytes that a later commit cut are not replayed
            long replayed = files.outcome().bytesReplayed();
            assertTrue(replayed > counted / 2 && replayed < counted, replayed + " of " + counted);
        }
    }
}
