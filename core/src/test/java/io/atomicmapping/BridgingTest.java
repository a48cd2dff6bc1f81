package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.PosixStorage;
import io.atomicmapping.storage.Storage;
import io.atomicmapping.storage.linux.Linux;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * To save calls a checkpoint writes the pages between those that were committed as well: what home has of
 * them must not change. Only mapped files are bridged, so a simulated disk shows none of this.
 */
@Timeout(60)
class BridgingTest {

    private static final int PAGE = Linux.pageBytes();
    private static final int PAGES = 40;
    private static final int RUN_PAGES = (128 << 10) / PAGE;

    /** A file full of ones, without holes, and closed. */
    private static TestFile fullFile() throws IOException {
        TestFile file = TestFile.onDisk();
        try (AtomicMapping mapping = file.open((long) PAGES * PAGE)) {
            mapping.fill(0, (long) PAGES * PAGE, (byte) 1);
            mapping.sync();
        }
        return file;
    }

    private static AtomicMapping openSmall(TestFile file) throws IOException {
        return file.open(options -> options.journalCapacity(1));
    }

    private static void awaitCheckpoints(AtomicMapping mapping, long count) {
        while (mapping.stats().checkpoints() < count) {
            LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(100));
        }
    }

    /** Commits two pages, not the one between them, until a checkpoint has brought them home some times. */
    private static void commitAround(AtomicMapping mapping, int page, long checkpoints) throws IOException {
        for (int i = 0; mapping.stats().checkpoints() < checkpoints; i++) {
            mapping.putLong((page - 1L) * PAGE, i);
            mapping.sync((page - 1L) * PAGE, Long.BYTES);
            mapping.putLong((page + 1L) * PAGE, i);
            mapping.sync((page + 1L) * PAGE, Long.BYTES);
        }
    }

    @Test
    void bytesThatAreNotCommittedAreNotInAGap() throws IOException {
        try (TestFile file = fullFile(); AtomicMapping mapping = openSmall(file)) {
            mapping.fill(PAGE, PAGE, (byte) 9);
            commitAround(mapping, 1, 4);
            MappingStats stats = mapping.stats();
            long withoutGaps = 2L * PAGE * stats.checkpoints();
            assertTrue(stats.bytesWrittenHome() > withoutGaps, () -> "no gap was bridged: " + stats);
            byte[] home = Arrays.copyOfRange(file.homeBytes(), PAGE, 2 * PAGE);
            byte[] committed = new byte[PAGE];
            Arrays.fill(committed, (byte) 1);
            assertArrayEquals(committed, home, "home has what was not committed");
            mapping.rollback();
            assertArrayEquals(committed, Arrays.copyOfRange(TestFile.bytesOf(mapping), PAGE, 2 * PAGE));
        }
    }

    /** The mapping was cut and grown again, not committed, before a checkpoint copies: the gap is zeros. */
    @Test
    void zerosOfACutThatIsNotCommittedAreNotInAGap() throws Exception {
        try (TestFile file = fullFile()) {
            HookedStorage hooked = new HookedStorage(file.storage);
            CountDownLatch begun = new CountDownLatch(1);
            CountDownLatch goOn = new CountDownLatch(1);
            try (AtomicMapping mapping = openSmall(file.through(real -> hooked.storage()))) {
                hooked.hook((call, path) -> {
                    if (call.equals("length") && path.equals(file.path)
                            && Thread.currentThread().getName().endsWith("checkpointer")) {
                        begun.countDown();
                        goOn.await();
                    }
                });
                for (int i = 2; begun.getCount() > 0; i++) { // until a checkpoint has begun
                    mapping.fill(4L * PAGE, 1024, (byte) i);
                    mapping.fill(6L * PAGE, 1024, (byte) i);
                    mapping.sync();
                }
                byte[] committed = TestFile.bytesOf(mapping);
                mapping.resize(PAGE);
                mapping.resize((long) PAGES * PAGE);
                assertEquals(0, mapping.getLong(5L * PAGE), "and the page is in memory now");
                goOn.countDown();
                awaitCheckpoints(mapping, 1);
                mapping.rollback();
                assertArrayEquals(committed, TestFile.bytesOf(mapping));
                assertEquals(1, file.homeBytes()[5 * PAGE], "home has the zeros of what is no commit");
            }
        }
    }

    /** Of a nearly full disk a commit takes single pages: one between two of them has no space. */
    @Test
    void holesAreNotInAGap() throws IOException {
        try (TestFile file = TestFile.onDisk()) {
            HookedStorage hooked = new HookedStorage(file.storage);
            TestFile narrow = file.through(real -> hooked.storage());
            try (AtomicMapping mapping =
                    narrow.open(options -> options.size((long) PAGES * PAGE).journalCapacity(1))) {
                hooked.hook((call, path) -> {
                    if (call.equals("allocate") && path.equals(file.path) && !singlePage()) {
                        throw new IOException("injected: no space for so much");
                    }
                });
                assertEquals(0, mapping.getLong(PAGE), "and the page is in memory now");
                commitAround(mapping, 1, 3);
            }
            try (DurableFile home = PosixStorage.instance().open(file.path, Storage.OpenMode.READ)) {
                assertEquals(2L * PAGE, home.allocatedBytes(), "a hole was filled");
            }
        }
    }

    /** Whether the library has already been refused more: it asks for one page then. */
    private boolean asked;

    private boolean singlePage() {
        asked = !asked;
        return !asked;
    }

    /** A run that is full up to a gap's last page has no room for the page behind the gap. */
    @Test
    void runWithAGapEndsWhereItsBufferDoes() throws IOException {
        try (TestFile file = fullFile()) {
            byte[] expected;
            try (AtomicMapping mapping = openSmall(file)) {
                for (int round = 2; round < 40; round++) {
                    for (int page = 0; page <= RUN_PAGES; page++) {
                        if (page != RUN_PAGES - 2 && page != RUN_PAGES - 1) {
                            mapping.putByte((long) page * PAGE, (byte) round);
                        }
                    }
                    mapping.sync();
                }
                expected = TestFile.bytesOf(mapping);
            }
            assertArrayEquals(expected, file.homeBytes());
        }
    }
}
