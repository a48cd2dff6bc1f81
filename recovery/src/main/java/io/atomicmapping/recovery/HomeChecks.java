package io.atomicmapping.recovery;

import io.atomicmapping.journal.IncompatibleJournalException;
import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.journal.JournalScan;
import io.atomicmapping.journal.Sample;
import io.atomicmapping.journal.Slot;
import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.storage.DurableFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a data file that was not closed cleanly is the one that its journal was written for. It writes
 * nothing.
 */
final class HomeChecks {

    private static final String REMEDY = "the data file was changed by another program or belongs to "
            + "another journal: restore both from one backup, or delete the journal and open with "
            + "discardMissingJournal";

    private final OpenRequest request;
    private final Slot slot;
    private final DurableFile home;

    private HomeChecks(OpenRequest request, Slot slot, DurableFile home) {
        this.request = request;
        this.slot = slot;
        this.home = home;
    }

    static void verify(OpenRequest request, Slot slot, DurableFile home, JournalScan scan,
            CommittedBytes bytes) throws IOException {
        HomeChecks checks = new HomeChecks(request, slot, home);
        checks.verifyPageBytes();
        checks.verifyLength(bytes);
        if (!SeededFault.SAMPLES_UNCHECKED.isSeeded()) {
            checks.verifySamples(scan, bytes);
        }
    }

    private void verifyPageBytes() throws IncompatibleJournalException {
        if (slot.pageBytes() != request.pageBytes()) {
            throw new IncompatibleJournalException("journal was written with another page size: recover it "
                    + "on such a machine: pageBytes=" + request.pageBytes() + ", ofJournal="
                    + slot.pageBytes() + ", file=" + home.path());
        }
    }

    private void verifyLength(CommittedBytes bytes) throws IOException {
        long length = home.length();
        if (length < bytes.sizeMin() || length > slot.growthLimit()) {
            throw new IncompatibleJournalException("data file has a length that its journal does not allow: "
                    + REMEDY + ": length=" + length + ", min=" + bytes.sizeMin() + ", max="
                    + slot.growthLimit() + ", file=" + home.path());
        }
    }

    private void verifySamples(JournalScan scan, CommittedBytes bytes) throws IOException {
        List<Sample> untouched = new ArrayList<>(slot.samples());
        untouched.removeIf(sample -> sample.offset() + sample.length() > bytes.zeroFrom());
        for (int i = 0; i < scan.recordCount() && !untouched.isEmpty(); i++) {
            scan.forEachExtent(i, (offset, source, sourceOffset, length) -> untouched.removeIf(sample ->
                    offset < sample.offset() + sample.length() && sample.offset() < offset + length));
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment page = arena.allocate(slot.pageBytes(), Long.BYTES);
            for (Sample sample : untouched) {
                long read = home.read(sample.offset(), page.asSlice(0, sample.length()));
                int actual = JournalFormat.crc32c(page, 0, read);
                if (read != sample.length() || actual != sample.crc()) {
                    throw new IncompatibleJournalException("data file does not hold what its journal saw: "
                            + REMEDY + ": offset=" + sample.offset() + ", length=" + sample.length()
                            + ", expected=0x%08x, actual=0x%08x".formatted(sample.crc(), actual) + ", file="
                            + home.path());
                }
            }
        }
    }
}
