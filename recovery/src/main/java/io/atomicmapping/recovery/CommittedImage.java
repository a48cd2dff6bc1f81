package io.atomicmapping.recovery;

import io.atomicmapping.journal.JournalScan;
import io.atomicmapping.journal.RecordHeader;
import io.atomicmapping.storage.DurableFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * A data file opened for reading: locked against writers, and with it the commits that it does not hold
 * yet. Nothing is written; to be closed.
 */
public final class CommittedImage implements AutoCloseable {

    /** Takes the replay: where the reader keeps what differs from the data file. */
    public interface Target {

        /**
         * Makes a range read as zeros.
         *
         * @param from where it begins
         * @param toExclusive where it ends, within the committed size
         * @throws IOException as the target needs
         */
        void zero(long from, long toExclusive) throws IOException;

        /**
         * Puts committed bytes.
         *
         * @param offset where they go, within the committed size
         * @param source native memory that holds them; valid during the call
         * @param sourceOffset where they begin there
         * @param length how many
         * @throws IOException as the target needs
         */
        void put(long offset, MemorySegment source, long sourceOffset, long length) throws IOException;
    }

    private final DurableFile home;
    private final JournalScan scan;
    private final long sizeBefore;
    private final RecoveryOutcome outcome;

    /** The scan is null where the data file is complete. */
    CommittedImage(DurableFile home, JournalScan scan, long sizeBefore, RecoveryOutcome outcome) {
        this.home = home;
        this.scan = scan;
        this.sizeBefore = sizeBefore;
        this.outcome = outcome;
    }

    /**
     * The data file. It may be shorter or longer than the committed size.
     *
     * @return the file, open for reading
     */
    public DurableFile home() {
        return home;
    }

    /**
     * The committed size.
     *
     * @return bytes
     */
    public long size() {
        return outcome.size();
    }

    /**
     * The last commit.
     *
     * @return its number
     */
    public long lastCommit() {
        return outcome.lastCommit();
    }

    /**
     * What was found.
     *
     * @return the outcome
     */
    public RecoveryOutcome outcome() {
        return outcome;
    }

    /**
     * Passes what the data file lacks, in the order of commits; clipped to the committed size.
     *
     * @param target takes it
     * @throws IOException as thrown by the target
     */
    public void replay(Target target) throws IOException {
        if (scan == null) {
            return;
        }
        long previous = sizeBefore;
        for (int i = 0; i < scan.recordCount(); i++) {
            RecordHeader header = scan.record(i);
            long zeroEnd = Math.min(Math.max(previous, header.size()), size());
            if (header.smallestSize() < zeroEnd) {
                target.zero(header.smallestSize(), zeroEnd);
            }
            scan.forEachExtent(i, (offset, source, sourceOffset, length) -> {
                long clipped = Math.min(length, size() - offset);
                if (clipped > 0) {
                    target.put(offset, source, sourceOffset, clipped);
                }
            });
            previous = header.size();
        }
    }

    /**
     * Closes the data file and gives the memory back. Idempotent.
     *
     * @throws IOException if closing fails
     */
    @Override
    public void close() throws IOException {
        if (scan != null) {
            scan.close();
        }
        home.close();
    }
}
