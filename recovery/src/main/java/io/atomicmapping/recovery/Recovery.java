package io.atomicmapping.recovery;

import io.atomicmapping.journal.CommittedState;
import io.atomicmapping.journal.JournalScan;
import io.atomicmapping.journal.Slot;
import io.atomicmapping.recovery.Binding.Condition;
import io.atomicmapping.storage.DurableFile;
import java.io.IOException;

/** Opens a data file at its last commit, whatever happened before. */
public final class Recovery {

    private Recovery() {
    }

    /**
     * Opens a data file for writing: creates it where asked to, locks it, replays its journal, cuts it to
     * its committed size and grows it to the size asked for. All of that is durable when it returns.
     *
     * @param request what to open
     * @return the open files
     * @throws java.nio.file.NoSuchFileException if the data file is missing, and no size was given
     * @throws io.atomicmapping.journal.CorruptJournalException if the journal holds what no crash leaves;
     *        nothing was written
     * @throws io.atomicmapping.journal.IncompatibleJournalException if journal and data file do not fit;
     *        nothing was written
     * @throws IOException if the file is open already, on a full disk, or if it cannot be opened for
     *        another reason
     */
    public static OpenedFiles open(OpenRequest request) throws IOException {
        return new Opening(request).run();
    }

    /**
     * Opens a data file for reading. Writes nothing; writers are kept out until the image is closed.
     *
     * @param request what to open; size and capacity are not looked at
     * @return the image
     * @throws java.nio.file.NoSuchFileException if the data file is missing
     * @throws io.atomicmapping.journal.CorruptJournalException if the journal holds what no crash leaves
     * @throws io.atomicmapping.journal.IncompatibleJournalException if journal and data file do not fit
     * @throws IOException if a writer has it open, or if it cannot be opened for another reason
     */
    public static CommittedImage read(OpenRequest request) throws IOException {
        long startNanos = System.nanoTime();
        OpenRequest existing = new OpenRequest(request.storage(), request.file(), request.journal(), -1, 0,
                request.pageBytes(), request.discardMissingJournal());
        DurableFile home = DataFiles.open(request.storage(), DataFiles.find(existing).path(), true);
        try (Binding binding = Binding.read(existing, home.path(), home, true)) {
            Condition condition = binding.decide(request.discardMissingJournal());
            if (condition != Condition.INTERRUPTED) {
                TailCase tail = condition == Condition.NO_JOURNAL ? TailCase.NO_JOURNAL : TailCase.CLEAN;
                return new CommittedImage(home, null, home.length(), new RecoveryOutcome(tail, false, 0, 0, 0,
                        binding.completeCommit(), home.length(), System.nanoTime() - startNanos,
                        binding.path()));
            }
            return interrupted(existing, home, binding, startNanos);
        } catch (IOException | RuntimeException | Error e) {
            home.close();
            throw e;
        }
    }

    private static CommittedImage interrupted(OpenRequest request, DurableFile home, Binding binding,
            long startNanos) throws IOException {
        Slot slot = binding.reader().slot();
        JournalScan scan = binding.scan();
        binding.refuseCorruption(scan);
        HomeChecks.verify(request, slot, home, scan, new CommittedBytes(scan, slot.committedSize()));
        CommittedState state = scan.tail().state();
        long[] bytes = new long[1];
        for (int i = 0; i < scan.recordCount(); i++) {
            scan.forEachExtent(i, (offset, source, sourceOffset, length) -> bytes[0] += length);
        }
        RecoveryOutcome outcome = new RecoveryOutcome(TailCase.of(scan), false, scan.commitCount(), bytes[0],
                scan.findings().discardedBytes(), state.commit(), state.size(),
                System.nanoTime() - startNanos, binding.path());
        return new CommittedImage(home, binding.takeScan(), slot.committedSize(), outcome);
    }
}
