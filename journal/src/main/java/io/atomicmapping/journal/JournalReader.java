package io.atomicmapping.journal;

import static io.atomicmapping.journal.JournalFormat.INT;
import static io.atomicmapping.journal.JournalFormat.LONG;

import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.storage.DurableFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Reads a journal: its slots when it is made, its records by {@link #scan}. It writes nothing, believes no
 * number that it has not checked, and allocates no more than the journal is long.
 */
public final class JournalReader {

    /** What became of one of the two slots. */
    public enum SlotFinding {
        /** Valid, and as new as the other. */
        VALID,
        /** Valid, but an update of the other one came first: the update was interrupted. */
        OLDER,
        /** Not valid: it rotted. */
        DAMAGED
    }

    private final DurableFile file;
    private final Slot slot;
    private final int slotIndex;
    private final SlotFinding[] findings;

    private JournalReader(DurableFile file, Slot slot, int slotIndex, SlotFinding[] findings) {
        this.file = file;
        this.slot = slot;
        this.slotIndex = slotIndex;
        this.findings = findings;
    }

    /**
     * Reads the slots and chooses one.
     *
     * @param file the journal
     * @return the reader
     * @throws CorruptJournalException if neither slot is valid, or they contradict each other
     * @throws IncompatibleJournalException if a newer version of the library wrote it
     * @throws IOException if it cannot be read
     */
    public static JournalReader open(DurableFile file) throws IOException {
        Slot[] slots = new Slot[2];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(JournalFormat.SLOT_BYTES, Long.BYTES);
            for (int i = 0; i < slots.length; i++) {
                slots[i] = readSlot(file, i, bytes);
            }
        }
        boolean secondChosen = slots[0] == null
                || slots[1] != null && slots[1].generation() > slots[0].generation();
        int chosen = secondChosen ? 1 : 0;
        Slot slot = slots[chosen];
        if (slot == null) {
            throw new CorruptJournalException("journal has no valid slot: positions=0 and "
                    + JournalFormat.SLOT_AREA_BYTES + ", length=" + file.length() + ", journal="
                    + file.path());
        }
        Slot other = slots[1 - chosen];
        if (other != null && other.generation() == slot.generation() && !other.equals(slot)) {
            throw new CorruptJournalException("journal slots contradict each other: generation="
                    + slot.generation() + ", positions=0 and " + JournalFormat.SLOT_AREA_BYTES + ", journal="
                    + file.path());
        }
        SlotFinding[] findings = new SlotFinding[2];
        findings[chosen] = SlotFinding.VALID;
        findings[1 - chosen] = other == null ? SlotFinding.DAMAGED
                : other.generation() == slot.generation() ? SlotFinding.VALID : SlotFinding.OLDER;
        return new JournalReader(file, slot, chosen, findings);
    }

    private static Slot readSlot(DurableFile file, int index, MemorySegment bytes) throws IOException {
        bytes.fill((byte) 0);
        file.read((long) index * JournalFormat.SLOT_AREA_BYTES, bytes);
        if (bytes.get(LONG, JournalFormat.SLOT_MAGIC_AT) != JournalFormat.SLOT_MAGIC
                || bytes.get(INT, JournalFormat.SLOT_CRC_AT) != Slot.checksum(bytes)
                && !SeededFault.SLOT_CHECKSUM_UNCHECKED.isSeeded()) {
            return null;
        }
        int version = bytes.get(INT, JournalFormat.SLOT_VERSION_AT);
        if (version > JournalFormat.VERSION) {
            throw new IncompatibleJournalException("journal has a newer format: open it with a newer "
                    + "atomic-mapping: version=" + version + ", supported=" + JournalFormat.VERSION
                    + ", journal=" + file.path());
        }
        return version < 1 ? null : Slot.decode(bytes);
    }

    /**
     * The state of the journal.
     *
     * @return the slot chosen
     */
    public Slot slot() {
        return slot;
    }

    /**
     * What became of a slot.
     *
     * @param index 0 or 1
     * @return the finding
     */
    public SlotFinding finding(int index) {
        return findings[index];
    }

    /**
     * The journal's file.
     *
     * @return the file
     */
    public DurableFile file() {
        return file;
    }

    /**
     * Whether the file is as long as its slot says.
     *
     * @return whether the whole ring is there
     * @throws IOException if its length cannot be told
     */
    public boolean isWhole() throws IOException {
        return file.length() >= JournalFormat.RING_POSITION + slot.ringBytes();
    }

    /**
     * The end of a journal that was closed cleanly: its ring holds nothing that counts.
     *
     * @return the tail
     */
    public JournalTail cleanTail() {
        if (slot.inUse()) {
            throw new IllegalStateException("journal is in use: scan it");
        }
        return tail(slot.checkpointLsn(), new CommittedState(slot.checkpointCommit(), slot.committedSize()));
    }

    JournalTail tail(long endLsn, CommittedState state) {
        return new JournalTail(slot, slotIndex, endLsn, state);
    }

    /**
     * Reads the ring to its end.
     *
     * @return what it holds; to be closed
     * @throws CorruptJournalException if the file is shorter than its ring
     * @throws IOException if it cannot be read
     */
    public JournalScan scan() throws IOException {
        if (!isWhole()) {
            throw new CorruptJournalException("journal was cut: length=" + file.length() + ", expected="
                    + (JournalFormat.RING_POSITION + slot.ringBytes()) + ", journal=" + file.path());
        }
        return new RingScan(this).run();
    }
}
