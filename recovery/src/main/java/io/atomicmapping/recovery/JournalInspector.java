package io.atomicmapping.recovery;

import io.atomicmapping.journal.CommittedState;
import io.atomicmapping.journal.CorruptJournalException;
import io.atomicmapping.journal.IncompatibleJournalException;
import io.atomicmapping.journal.JournalReader;
import io.atomicmapping.journal.JournalReader.SlotFinding;
import io.atomicmapping.journal.JournalScan;
import io.atomicmapping.journal.RecordHeader;
import io.atomicmapping.journal.Slot;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Looks into the journal of a data file that nobody has open. It writes nothing. */
public final class JournalInspector {

    private JournalInspector() {
    }

    /**
     * Tells what the journal of a data file holds, also where opening would refuse it for its records.
     *
     * @param storage where the files lie
     * @param file the data file
     * @return the report
     * @throws NoSuchFileException if the data file or its journal is missing
     * @throws CorruptJournalException if no slot can be read, or the journal is shorter than its ring
     * @throws IOException if a writer has it open, or it cannot be read
     */
    public static JournalReport inspect(Storage storage, Path file) throws IOException {
        OpenRequest request = request(storage, file, 0);
        try (DurableFile home = DataFiles.open(storage, DataFiles.find(request).path(), true);
                Binding binding = Binding.read(request, home.path(), home, true)) {
            JournalReader reader = binding.reader();
            if (reader == null) {
                throw new NoSuchFileException(binding.path().toString(), null, "no journal");
            }
            Slot slot = reader.slot();
            if (!slot.inUse()) {
                return new JournalReport(home.path(), binding.path(), slot, reader.finding(0),
                        reader.finding(1), List.of(), TailCase.CLEAN, "", slot.checkpointCommit(),
                        slot.committedSize());
            }
            JournalScan scan = binding.scan();
            List<RecordHeader> records = new ArrayList<>(scan.recordCount());
            for (int i = 0; i < scan.recordCount(); i++) {
                records.add(scan.record(i));
            }
            CommittedState state = scan.tail().state();
            return new JournalReport(home.path(), binding.path(), slot, reader.finding(0), reader.finding(1),
                    records, TailCase.of(scan), scan.findings().detail(), state.commit(), state.size());
        }
    }

    /**
     * Checks all that opening would check.
     *
     * @param storage where the files lie
     * @param file the data file
     * @return what is wrong, or will be mended by the next opening; empty where nothing
     * @throws NoSuchFileException if the data file is missing
     * @throws IOException if a writer has it open, or it cannot be read
     */
    public static List<String> verify(Storage storage, Path file) throws IOException {
        List<String> findings = new ArrayList<>();
        int pageBytes = 0;
        try {
            OpenRequest request = request(storage, file, 0);
            try (DurableFile home = DataFiles.open(storage, DataFiles.find(request).path(), true);
                    Binding binding = Binding.read(request, home.path(), home, true)) {
                if (binding.reader() != null) {
                    pageBytes = binding.reader().slot().pageBytes();
                    addSlots(binding.reader(), findings);
                }
            }
            Recovery.read(request(storage, file, pageBytes)).close();
        } catch (CorruptJournalException | IncompatibleJournalException e) {
            findings.add(e.getMessage());
        }
        return findings;
    }

    private static void addSlots(JournalReader reader, List<String> findings) {
        for (int i = 0; i < 2; i++) {
            if (reader.finding(i) != SlotFinding.VALID) {
                findings.add("journal slot is " + (reader.finding(i) == SlotFinding.DAMAGED ? "damaged"
                        : "older than the other") + "; the next opening writes it anew: index=" + i
                        + ", journal=" + reader.file().path());
            }
        }
    }

    private static OpenRequest request(Storage storage, Path file, int pageBytes) {
        return new OpenRequest(storage, file, null, -1, 0, pageBytes, false);
    }
}
