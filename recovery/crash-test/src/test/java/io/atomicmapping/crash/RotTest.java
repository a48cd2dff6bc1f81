package io.atomicmapping.crash;

import static io.atomicmapping.crash.CrashFixture.JOURNAL;
import static io.atomicmapping.crash.CrashFixture.RING_AT;
import static io.atomicmapping.crash.CrashFixture.create;
import static io.atomicmapping.crash.CrashFixture.kill;
import static io.atomicmapping.crash.CrashFixture.open;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.Task;
import io.atomicmapping.journal.CorruptJournalException;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Bits that flip in the journal of an interrupted session, one at a time, anywhere: a slot is mended from the
 * other one; a record that a later record or a mark proves is never dropped and never replayed; only of the
 * last record, when nothing follows it, the loss cannot be told.
 */
class RotTest {

    /** nine pages, of which a slot has eight samples */
    private static final int SIZE = 33_000;
    private static final int COMMITS = 5;
    private static final int SECTOR = SimulatedDisk.SECTOR_BYTES;
    private static final int HEADER_BYTES = 96;
    private static final int BODY_BYTES = 40;
    private static final int SLOT_BYTES = 512;
    private static final int SLOT_STEP_BYTES = 4096;
    private static final int CHECKPOINTED_COMMITS = 40;
    private static final int PAGES_CHANGED = 20;
    private static final long MARK_NANOS_MAX = 5_000_000_000L;

    /** The states after each commit of the last session; the first is what it opened. */
    private final List<byte[]> states = new ArrayList<>();
    private long firstCommit;
    private long ringAt;

    /** A session whose slots were updated once, with some commits in its ring, one sector each, killed. */
    private SimulatedDisk interrupted(boolean marked) throws IOException {
        SimulatedDisk disk = new SimulatedDisk();
        try (AtomicMapping mapping = create(disk, SIZE)) {
            // the ring must not grow: its new file would have two fresh slots
            mapping.fill(0, SIZE / 4, (byte) 1);
            mapping.sync();
        }
        AtomicMapping mapping = open(disk);
        states.add(CrashFixture.bytes(mapping));
        firstCommit = mapping.lastCommit();
        for (int i = 1; i <= COMMITS; i++) {
            mapping.putLong(i * 3000L, 0x0101_0101_0101_0101L * i + 1);
            mapping.sync();
            states.add(CrashFixture.bytes(mapping));
        }
        ringAt = firstRecord(disk);
        if (marked) {
            awaitMark(disk);
        }
        SimulatedDisk killed = kill(disk);
        mapping.close();
        return killed;
    }

    /** Where the first commit of the session was written. */
    private static long firstRecord(SimulatedDisk disk) {
        List<Operation> appends = appends(disk);
        return appends.get(appends.size() - COMMITS).position();
    }

    private static List<Operation> appends(SimulatedDisk disk) {
        return disk.operations().stream().filter(operation -> operation.path().equals(JOURNAL)
                && operation.kind() == Operation.Kind.WRITE_DIRECT && operation.position() >= RING_AT)
                .toList();
    }

    private static void awaitMark(SimulatedDisk disk) {
        long last = appends(disk).getLast().position();
        long begin = System.nanoTime();
        while (appends(disk).getLast().position() == last
                || appends(disk).getLast().end() == Long.MAX_VALUE) {
            assertTrue(System.nanoTime() - begin < MARK_NANOS_MAX, "an idle mapping leaves no mark");
            Thread.onSpinWait();
        }
    }

    /**
     * The commit that is found, from 0 to {@link #COMMITS}; -1 where opening is refused as corrupt. Reading
     * only finds the same.
     */
    private int found(SimulatedDisk disk, String rot) throws IOException {
        int read = found(() -> AtomicMapping.open(CrashFixture.FILE,
                CrashFixture.options(disk).readOnly(true).build()), rot);
        int opened = found(() -> open(disk), rot);
        assertEquals(opened, read, () -> "reading only finds something else: " + rot);
        return opened;
    }

    private int found(Task<AtomicMapping, IOException> opening, String rot) throws IOException {
        try (AtomicMapping mapping = opening.call()) {
            byte[] actual = CrashFixture.bytes(mapping);
            int commit = (int) (mapping.lastCommit() - firstCommit);
            assertTrue(commit >= 0 && commit <= COMMITS && Arrays.equals(states.get(commit), actual),
                    () -> "not the bytes of commit " + mapping.lastCommit() + ": " + rot);
            return commit;
        } catch (CorruptJournalException e) {
            return -1;
        }
    }

    private static SimulatedDisk rotten(SimulatedDisk disk, long position, int mask) throws IOException {
        SimulatedDisk copy = kill(disk);
        copy.corrupt(JOURNAL, position, mask);
        return copy;
    }

    @Test
    void rotInASlotIsMended() throws IOException {
        SimulatedDisk disk = interrupted(false);
        for (int slot = 0; slot < 2; slot++) {
            for (int at = 0; at < SLOT_BYTES; at++) {
                long position = (long) slot * SLOT_STEP_BYTES + at;
                String rot = "rot at " + position;
                SimulatedDisk rotten = rotten(disk, position, 1 << at % 8);
                assertEquals(COMMITS, found(rotten, rot), rot);
                assertEquals(COMMITS,
                        found(rotten(rotten, (long) (1 - slot) * SLOT_STEP_BYTES + at, 0xFF), rot),
                        "the slot was mended, then the other one rotted: " + rot);
            }
        }
    }

    @Test
    void rotInARecordThatAMarkFollowsIsRefused() throws IOException {
        SimulatedDisk disk = interrupted(true);
        for (int record = 0; record < COMMITS; record++) {
            for (int at = 0; at < SECTOR; at++) {
                int masks = at < HEADER_BYTES && record == COMMITS - 1 ? 8 : 1;
                for (int bit = 0; bit < masks; bit++) {
                    long position = ringAt + (long) record * SECTOR + at;
                    String rot = "rot in record " + record + " at " + at + ", bit " + bit;
                    int commit = found(rotten(disk, position, 1 << (masks == 1 ? at % 8 : bit)), rot);
                    assertTrue(commit == -1 || commit == COMMITS,
                            () -> "a durable commit was dropped: " + rot);
                }
            }
        }
    }

    @Test
    void rotInTheLastRecordIsAnEarlierCommitOrRefused() throws IOException {
        SimulatedDisk disk = interrupted(false);
        for (int at = 0; at < HEADER_BYTES + BODY_BYTES; at++) {
            for (int bit = 0; bit < 8; bit++) {
                String rot = "rot in the last record at " + at + ", bit " + bit;
                int commit = found(rotten(disk, ringAt + (COMMITS - 1L) * SECTOR + at, 1 << bit), rot);
                assertTrue(commit == -1 || commit >= COMMITS - 1,
                        () -> "a proven commit was dropped: " + rot);
            }
        }
    }

    /**
     * Before the ring's first record lie those of the session that made the file, and around the slots
     * nothing.
     */
    @Test
    void rotInTheRestOfTheJournalIsNotLookedAt() throws IOException {
        SimulatedDisk disk = interrupted(false);
        long records = ringAt + (long) COMMITS * SECTOR;
        for (long position = SLOT_BYTES; position < RING_AT + CrashFixture.RING_BYTES; position++) {
            boolean slot = position < RING_AT && position % SLOT_STEP_BYTES < SLOT_BYTES;
            if (!slot && (position < ringAt || position >= records)) {
                String rot = "rot at " + position;
                assertEquals(COMMITS, found(rotten(disk, position, 0x41), rot), rot);
            }
        }
    }

    /** Both slots are put back to what they were before the ring was reused: records of newer slots tell. */
    @Test
    void slotsThatWerePutBackAreRefused() throws IOException {
        SimulatedDisk disk = new SimulatedDisk();
        AtomicMapping mapping = create(disk);
        byte[] oldSlots = Arrays.copyOf(disk.contents(JOURNAL), RING_AT);
        for (int i = 1; i < CHECKPOINTED_COMMITS; i++) {
            mapping.fill(4096 + i % 2 * 4096, 2000, (byte) i);
            mapping.sync();
        }
        for (int page = 1; page < PAGES_CHANGED; page++) {
            mapping.fill(page * 4096L, 3000, (byte) 99);
            mapping.sync();
            SimulatedDisk killed = kill(disk);
            try (DurableFile journal = killed.open(JOURNAL, Storage.OpenMode.WRITE);
                    Arena arena = Arena.ofConfined()) {
                MemorySegment source = arena.allocate(RING_AT, 4096);
                source.copyFrom(MemorySegment.ofArray(oldSlots));
                journal.write(0, source);
            }
            CorruptJournalException refusal =
                    assertThrows(CorruptJournalException.class, () -> open(killed).close());
            assertTrue(refusal.getMessage().contains("older slots"), refusal::getMessage);
        }
        mapping.close();
    }
}
