package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.journal.JournalFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What is taken for one disk is one: only which random numbers a journal has does not count. */
class FingerprintTest {

    /** A disk after a power cut behind a commit. */
    private static SimulatedDisk disk() throws IOException {
        SimulatedDisk disk = new SimulatedDisk();
        try (AtomicMapping mapping = CrashFixture.create(disk)) {
            mapping.putLong(10, 1);
            mapping.sync();
            return CrashFixture.powerCut(disk);
        }
    }

    private static ByteBuffer flipped(SimulatedDisk disk, long position) throws IOException {
        SimulatedDisk copy = CrashFixture.powerCut(disk);
        copy.corrupt(CrashFixture.JOURNAL, position, 1);
        return Fingerprint.of(CrashFixture.powerCut(copy));
    }

    @Test
    void disksThatDifferOnlyInSaltsAndIdsAreOne() throws IOException {
        SimulatedDisk one = disk();
        SimulatedDisk other = disk();
        assertFalse(Arrays.equals(one.contents(CrashFixture.JOURNAL), other.contents(CrashFixture.JOURNAL)));
        assertEquals(Fingerprint.of(one), Fingerprint.of(other));
    }

    @Test
    void disksThatDifferInAnyBitOfASlotOrARecordAreTwo() throws IOException {
        SimulatedDisk disk = disk();
        ByteBuffer sound = Fingerprint.of(disk);
        assertEquals(sound, Fingerprint.of(CrashFixture.powerCut(disk)));
        for (long start : new long[] {0, JournalFormat.SLOT_AREA_BYTES, JournalFormat.RING_POSITION}) {
            for (int i = 0; i < SimulatedDisk.SECTOR_BYTES; i++) {
                assertNotEquals(sound, flipped(disk, start + i), "position=" + (start + i));
            }
        }
    }

    /** The other slot's salt is another number, and the record's is equal to one of them only. */
    @Test
    void slotsWhoseSaltsDifferAreNotSlotsWhoseSaltsAreEqual() throws IOException {
        SimulatedDisk disk = disk();
        assertNotEquals(flipped(disk, JournalFormat.SLOT_SALT_AT),
                flipped(disk, JournalFormat.SLOT_AREA_BYTES + JournalFormat.SLOT_SALT_AT));
    }
}
