package io.atomicmapping.recovery;

import io.atomicmapping.journal.CommittedState;
import io.atomicmapping.journal.DataFileMark;
import io.atomicmapping.journal.JournalWriter;
import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.storage.DurableFile;
import java.io.IOException;

/**
 * A data file, locked and at its last commit, and its journal, empty and ready for records.
 */
public final class OpenedFiles implements AutoCloseable {

    private final DurableFile home;
    private final JournalWriter journal;
    private final RecoveryOutcome outcome;
    private final boolean ringFollowsSize;

    OpenedFiles(DurableFile home, JournalWriter journal, RecoveryOutcome outcome, boolean ringFollowsSize) {
        this.home = home;
        this.journal = journal;
        this.outcome = outcome;
        this.ringFollowsSize = ringFollowsSize;
    }

    /**
     * The data file.
     *
     * @return the file, open for writing
     */
    public DurableFile home() {
        return home;
    }

    /**
     * Its journal.
     *
     * @return the writer
     */
    public JournalWriter journal() {
        return journal;
    }

    /**
     * The committed size, which is the data file's length.
     *
     * @return bytes
     */
    public long size() {
        return outcome.size();
    }

    /**
     * The last commit.
     *
     * @return its number, 0 before the first
     */
    public long lastCommit() {
        return outcome.lastCommit();
    }

    /**
     * What opening found and did.
     *
     * @return the outcome
     */
    public RecoveryOutcome outcome() {
        return outcome;
    }

    /**
     * Whether the journal's ring is to be as long as the data file's size asks for.
     *
     * @return false where its length was chosen
     */
    public boolean ringFollowsSize() {
        return ringFollowsSize;
    }

    /**
     * Closes a data file that holds every commit, forced. From then on it needs no journal, and any program
     * may change it.
     *
     * @param size the committed size, which it is cut to
     * @param lastCommit the last commit
     * @throws IOException if it could not all be done: then the next opening recovers, as after a crash
     */
    public void closeClean(long size, long lastCommit) throws IOException {
        try (this) {
            // 1. the committed length; the journal allows it whether or not this is durable
            if (home.length() != size && !SeededFault.TRIM_FORGOTTEN.isSeeded()) {
                home.setLength(size);
            }
            home.force();
            // 2. the journal: its records are home
            journal.finish(new CommittedState(lastCommit, size));
            // 3. the data file: it needs no journal, and numbering goes on without one
            mark(home, journal, lastCommit, false);
        }
    }

    /** Sets the data file's attribute, durably, where the file system has attributes. */
    static void mark(DurableFile home, JournalWriter journal, long commit, boolean inUse) throws IOException {
        DataFileMark mark = new DataFileMark(journal.slot().journalId(), commit, journal.slot().generation(),
                inUse);
        if (home.setAttribute(DataFileMark.ATTRIBUTE, mark.encode())) {
            home.forceAll();
        }
    }

    /**
     * Leaves everything as it is, as a crash would, and releases the lock. Idempotent.
     *
     * @throws IOException if closing fails
     */
    @Override
    public void close() throws IOException {
        try (home) {
            journal.close();
        }
    }
}
