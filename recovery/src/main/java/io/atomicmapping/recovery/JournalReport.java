package io.atomicmapping.recovery;

import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.journal.JournalReader.SlotFinding;
import io.atomicmapping.journal.RecordHeader;
import io.atomicmapping.journal.Sample;
import io.atomicmapping.journal.Slot;
import java.nio.file.Path;
import java.util.List;

/**
 * What a journal holds, for people.
 *
 * @param file the data file
 * @param journal the journal
 * @param slot the slot chosen
 * @param firstSlot what became of the slot at position 0
 * @param secondSlot what became of the slot behind it
 * @param records the headers of the accepted records since the checkpoint; none after a clean close
 * @param tail how the journal ends
 * @param detail what exactly was found where the next record would be; may be empty
 * @param lastCommit the last commit
 * @param size the committed size in bytes
 */
public record JournalReport(Path file, Path journal, Slot slot, SlotFinding firstSlot, SlotFinding secondSlot,
        List<RecordHeader> records, TailCase tail, String detail, long lastCommit, long size) {

    private static final int RECORDS_SHOWN = 50;

    /**
     * Creates it.
     */
    public JournalReport {
        records = List.copyOf(records);
    }

    /**
     * The report in lines of text.
     *
     * @return several lines; of many records only the last
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append("journal=%s, file=%s%n".formatted(journal, file));
        text.append("slots: first=%s, second=%s, journalId=%s, generation=%d, state=%s%n"
                .formatted(firstSlot, secondSlot, slot.journalId(), slot.generation(),
                        slot.inUse() ? "in use" : "clean"));
        text.append("ring: bytes=%d, recordAlignment=%d, pageBytes=%d, salt=0x%016x%n"
                .formatted(slot.ringBytes(), slot.recordAlignment(), slot.pageBytes(), slot.salt()));
        text.append("checkpoint: lsn=%d, commit=%d, size=%d, growthLimit=%d%n"
                .formatted(slot.checkpointLsn(), slot.checkpointCommit(), slot.committedSize(),
                        slot.growthLimit()));
        for (Sample sample : slot.samples()) {
            text.append("sample: offset=%d, length=%d, crc=0x%08x%n"
                    .formatted(sample.offset(), sample.length(), sample.crc()));
        }
        text.append("records: count=%d%n".formatted(records.size()));
        int from = Math.max(0, records.size() - RECORDS_SHOWN);
        for (RecordHeader header : records.subList(from, records.size())) {
            text.append("  lsn=%d, %s=%d, extents=%d, bytes=%d, ".formatted(header.lsn(),
                    header.kind() == JournalFormat.KIND_COMMIT ? "commit" : "mark after", header.commit(),
                    header.extentCount(), header.bodyBytes()));
            text.append("size=%d, smallestSize=%d, durableLsn=%d, generation=%d%n".formatted(header.size(),
                    header.smallestSize(), header.durableLsn(), header.generation()));
        }
        text.append("tail: %s%s%n".formatted(tail, detail.isEmpty() ? "" : ", " + detail));
        return text.append("committed: commit=%d, size=%d%n".formatted(lastCommit, size)).toString();
    }
}
