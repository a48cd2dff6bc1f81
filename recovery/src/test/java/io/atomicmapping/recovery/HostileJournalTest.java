package io.atomicmapping.recovery;

import static io.atomicmapping.recovery.Fixture.FILE;
import static io.atomicmapping.recovery.Fixture.JOURNAL;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.journal.CorruptJournalException;
import io.atomicmapping.journal.IncompatibleJournalException;
import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Journals whose every checksum is right, made to harm: no write, no allocation beyond the journal's
 * length.
 */
class HostileJournalTest {

    private static final int FIRST_EXTENT_AT = JournalFormat.HEADER_BYTES;

    private static final Path HALF_MADE = JournalFormat.temporaryPath(JOURNAL);

    private final Fixture fixture = new Fixture();

    /** The data file may be longer than it is: no limit of a record hides behind that of the slot. */
    @BeforeEach
    void twoCommits() throws IOException {
        fixture.open(10_000).files.journal().recordGrowth(20_000);
        fixture.put(5, 1, 2, 3).put(70, 7).commit().put(9_000, 4).commit().kill();
        fixture.create(HALF_MADE, (byte) 1);
    }

    private void refused(String part) throws IOException {
        byte[] home = fixture.home();
        byte[] journal = fixture.storage.contents(JOURNAL);
        IOException e = assertThrows(CorruptJournalException.class, fixture::open);
        assertTrue(e.getMessage().contains(part), e.getMessage());
        assertThrows(CorruptJournalException.class, () -> Fixture.read(fixture.request(-1)));
        assertArrayEquals(home, fixture.storage.contents(FILE));
        assertArrayEquals(journal, fixture.storage.contents(JOURNAL));
        assertEquals(Storage.FileKind.REGULAR, fixture.storage.kind(HALF_MADE), "refusing writes nothing");
    }

    @Test
    void forgingNothingIsAccepted() throws IOException {
        fixture.fixChecksums(0).fixChecksums(1);
        assertEquals(2, Fixture.read(fixture.request(-1)).lastCommit());
        assertEquals(Storage.FileKind.REGULAR, fixture.storage.kind(HALF_MADE), "reading writes nothing");
        fixture.open().expect(2);
        assertEquals(Storage.FileKind.MISSING, fixture.storage.kind(HALF_MADE));
    }

    @Test
    void extentBeyondTheSizeIsRefused() throws IOException {
        fixture.forgeLong(1, FIRST_EXTENT_AT, JournalFormat.extent(10_000, 1));
        refused("extentOffset=10000, extentLength=1");
    }

    @Test
    void extentAtTheEndOfTheAddressSpaceIsRefused() throws IOException {
        fixture.forgeLong(1, FIRST_EXTENT_AT, -1L);
        refused("extentOffset=281474976710655");
    }

    @Test
    void extentLongerThanTheBodyIsRefused() throws IOException {
        fixture.forgeLong(1, FIRST_EXTENT_AT, JournalFormat.extent(9_000, 2));
        refused("extentLength=2");
    }

    @Test
    void emptyExtentIsRefused() throws IOException {
        fixture.forgeLong(1, FIRST_EXTENT_AT, JournalFormat.extent(9_000, 0));
        refused("extentLength=0");
    }

    @Test
    void overlappingExtentsAreRefused() throws IOException {
        fixture.forgeLong(0, FIRST_EXTENT_AT + 8 + 3, JournalFormat.extent(7, 1));
        refused("extentOffset=7, extentLength=1, extentBefore=8");
    }

    @Test
    void wrongExtentCountIsRefused() throws IOException {
        fixture.forgeLong(1, JournalFormat.EXTENT_COUNT_AT, Long.MAX_VALUE);
        refused("extentCount=9223372036854775807");
    }

    @Test
    void bodyLongerThanTheRingIsRefused() throws IOException {
        for (long bytes : new long[] {Fixture.RING_BYTES, 1L << 40, Long.MAX_VALUE, Long.MAX_VALUE - 95, -1,
                Long.MIN_VALUE}) {
            fixture.forgeLong(1, JournalFormat.BODY_BYTES_AT, bytes);
            refused("bodyBytes=" + bytes);
        }
    }

    @Test
    void sizeOverTheGrowthLimitIsRefused() throws IOException {
        fixture.forgeLong(1, JournalFormat.SIZE_AT, 1L << 46);
        refused("size=70368744177664");
    }

    @Test
    void negativeSizesAreRefused() throws IOException {
        fixture.forgeLong(1, JournalFormat.SIZE_AT, -1);
        refused("size=-1");
        fixture.forgeLong(1, JournalFormat.SIZE_AT, 10_000).forgeLong(1, JournalFormat.SMALLEST_SIZE_AT, -1);
        refused("smallestSize=-1");
    }

    @Test
    void smallestSizeOverTheSizeBeforeIsRefused() throws IOException {
        fixture.forgeLong(1, JournalFormat.SIZE_AT, 10_500);
        fixture.forgeLong(1, JournalFormat.SMALLEST_SIZE_AT, 10_001);
        refused("size=10500, smallestSize=10001");
    }

    @Test
    void smallestSizeOverTheSizeIsRefused() throws IOException {
        fixture.forgeLong(1, JournalFormat.SIZE_AT, 9_500);
        fixture.forgeLong(1, JournalFormat.SMALLEST_SIZE_AT, 9_501);
        refused("size=9500, smallestSize=9501");
    }

    @Test
    void commitOutOfOrderIsRefused() throws IOException {
        fixture.forgeLong(1, JournalFormat.COMMIT_AT, 3);
        refused("commit=3, expectedCommit=2");
    }

    @Test
    void unknownKindAndReservedFieldsAreRefused() throws IOException {
        fixture.forgeInt(1, JournalFormat.KIND_AT, 3);
        refused("kind=3");
        fixture.forgeInt(1, JournalFormat.KIND_AT, 1).forgeInt(1, JournalFormat.FILE_NUMBER_AT, 1);
        refused("fileNumber=1");
        fixture.forgeInt(1, JournalFormat.FILE_NUMBER_AT, 0).forgeInt(1, JournalFormat.RESERVED_AT, 5);
        refused("reserved=5");
    }

    @Test
    void recordThatProvesItselfIsRefused() throws IOException {
        fixture.forgeLong(1, JournalFormat.DURABLE_LSN_AT, 513);
        refused("durableLsn=513");
    }

    @Test
    void markWithABodyIsRefused() throws IOException {
        fixture.forgeInt(1, JournalFormat.KIND_AT, JournalFormat.KIND_MARK);
        fixture.forgeLong(1, JournalFormat.COMMIT_AT, 1);
        refused("a mark with bodyBytes=9");
    }

    @Test
    void ringLongerThanTheFileIsRefused() throws IOException {
        fixture.forgeSlotsLong(JournalFormat.SLOT_RING_BYTES_AT, 1L << 30);
        refused("journal was cut");
    }

    @Test
    void impossibleSlotsAreRefused() throws IOException {
        long[][] forgeries = {
            {JournalFormat.SLOT_RING_BYTES_AT, 0},
            {JournalFormat.SLOT_RING_BYTES_AT, -4096},
            {JournalFormat.SLOT_RING_BYTES_AT, 20_001},
            {JournalFormat.SLOT_CHECKPOINT_LSN_AT, -512},
            {JournalFormat.SLOT_CHECKPOINT_LSN_AT, 100},
            {JournalFormat.SLOT_CHECKPOINT_LSN_AT, Long.MAX_VALUE - 511},
            {JournalFormat.SLOT_COMMITTED_SIZE_AT, -1},
            {JournalFormat.SLOT_GROWTH_LIMIT_AT, 9_999},
            {JournalFormat.SLOT_GROWTH_LIMIT_AT, JournalFormat.SIZE_MAX + 1},
            {JournalFormat.SLOT_CHECKPOINT_COMMIT_AT, -1},
            {JournalFormat.SLOT_GENERATION_AT, 0},
            {JournalFormat.SLOT_RECORD_ALIGNMENT_AT, 0},
            {JournalFormat.SLOT_SAMPLES_AT, 9_000},
            {JournalFormat.SLOT_SAMPLES_AT, -1}};
        for (long[] forgery : forgeries) {
            var before = fixture.storage;
            fixture.storage = before.copy();
            fixture.forgeSlotsLong((int) forgery[0], forgery[1]);
            refused("journal has no valid slot");
            fixture.storage = before;
        }
    }

    @Test
    void sampleCountOverTheLimitIsRefused() throws IOException {
        for (int count : new int[] {9, -1, Integer.MAX_VALUE}) {
            fixture.forgeSlotsInt(JournalFormat.SLOT_SAMPLE_COUNT_AT, count);
            refused("journal has no valid slot");
        }
    }

    @Test
    void slotsOfOneGenerationThatDifferAreRefused() throws IOException {
        fixture.forgeSlot(1, JournalFormat.SLOT_SALT_AT, Fixture.little(1));
        refused("journal slots contradict each other");
    }

    @Test
    void newerVersionIsRefusedByName() throws IOException {
        fixture.forgeSlotsInt(JournalFormat.SLOT_VERSION_AT, 2);
        IOException e = assertThrows(IncompatibleJournalException.class, fixture::open);
        assertTrue(e.getMessage().contains("version=2, supported=1"), e.getMessage());
    }

    @Test
    void versionZeroIsRefused() throws IOException {
        fixture.forgeSlotsInt(JournalFormat.SLOT_VERSION_AT, 0);
        refused("journal has no valid slot");
    }

    @Test
    void committedSizeThatTheDataFileCannotHaveIsRefused() throws IOException {
        fixture.forgeSlotsLong(JournalFormat.SLOT_GROWTH_LIMIT_AT, 1L << 40)
                .forgeSlotsLong(JournalFormat.SLOT_COMMITTED_SIZE_AT, 1L << 39)
                .forgeLong(0, JournalFormat.SIZE_AT, 1L << 39).forgeLong(1, JournalFormat.SIZE_AT, 1L << 39);
        byte[] home = fixture.home();
        assertThrows(IncompatibleJournalException.class, fixture::open);
        assertArrayEquals(home, fixture.storage.contents(FILE));
    }
}
