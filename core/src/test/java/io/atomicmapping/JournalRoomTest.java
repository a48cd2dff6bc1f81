package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.storage.MemoryStorage;
import java.io.IOException;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** The ring of a file that grows, in explicit and in kernel mode. */
@ParameterizedClass
@ValueSource(booleans = {false, true})
@Timeout(60)
class JournalRoomTest {

    private static final int MIB = 1 << 20;
    private static final int COMMIT_BYTES = 300_000;

    @Parameter
    boolean kernel;

    private final TestFile disk = TestFile.inMemory(new MemoryStorage());
    private final FaultyStorage faulty = new FaultyStorage(disk.storage);
    private final TestFile file = disk.through(real -> faulty.storage());
    private final Random random = new Random(1);

    private AtomicMapping open(UnaryOperator<MappingOptions.Builder> options) throws IOException {
        AtomicMapping mapping = file.open(options);
        if (kernel) {
            mapping.segment();
        }
        return mapping;
    }

    /** Commits that a ring of one MiB has no room for. */
    private void fillARing(AtomicMapping mapping) throws IOException {
        byte[] bytes = new byte[COMMIT_BYTES];
        for (int i = 0; i < 2 * MIB / COMMIT_BYTES; i++) {
            random.nextBytes(bytes);
            mapping.putBytes(random.nextInt(MIB - COMMIT_BYTES), bytes);
            long before = mapping.lastCommit();
            assertEquals(before + 1, mapping.sync());
        }
    }

    private static long capacity(AtomicMapping mapping) {
        return mapping.stats().journalCapacityBytes();
    }

    @Test
    void aRingThatIsFullFollowsTheFile() throws IOException {
        byte[] expected;
        try (AtomicMapping mapping = open(options -> options.size(MIB).maxSize(64 * MIB))) {
            fillARing(mapping);
            assertEquals(MIB, capacity(mapping));
            mapping.resize(32 * MIB);
            mapping.sync();
            assertEquals(MIB, capacity(mapping), "not full");
            fillARing(mapping);
            assertEquals(8 * MIB, capacity(mapping));
            mapping.resize(48 * MIB);
            fillARing(mapping);
            fillARing(mapping);
            fillARing(mapping);
            fillARing(mapping);
            fillARing(mapping);
            assertEquals(8 * MIB, capacity(mapping), "more than half of what it should be");
            expected = TestFile.bytesOf(mapping);
            mapping.putLong(0, 7);
            try (AtomicMapping after = disk.copyAsAfterAKill().open()) {
                assertArrayEquals(expected, TestFile.bytesOf(after));
            }
        }
        try (AtomicMapping mapping = open(options -> options)) {
            assertEquals(8 * MIB, capacity(mapping));
            assertArrayEquals(expected, TestFile.bytesOf(mapping));
        }
    }

    @Test
    void aRingOfAChosenLengthKeepsIt() throws IOException {
        try (AtomicMapping mapping = open(options -> options.size(32 * MIB).journalCapacity(MIB))) {
            fillARing(mapping);
            assertEquals(MIB, capacity(mapping));
        }
    }

    @Test
    void commitsGoOnInTheShortRingWhereNoLongerOneCanBeMade() throws IOException {
        open(options -> options.size(MIB)).close();
        try (AtomicMapping mapping = open(options -> options.size(32 * MIB))) {
            faulty.fail("rename", "/");
            fillARing(mapping);
            assertEquals(MIB, capacity(mapping));
            byte[] expected = TestFile.bytesOf(mapping);
            faulty.failNothing();
            mapping.putLong(0, 7);
            try (AtomicMapping after = disk.copyAsAfterAKill().open()) {
                assertArrayEquals(expected, TestFile.bytesOf(after));
            }
        }
        try (AtomicMapping mapping = open(options -> options)) {
            fillARing(mapping);
            assertTrue(capacity(mapping) > MIB, "tried again after a reopening");
        }
    }
}
