package io.atomicmapping.recovery;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * What to open, and how.
 *
 * @param storage where the files lie
 * @param file the data file
 * @param journal where its journal is to lie; null for where it lies now, or beside the data file
 * @param size what the data file is to be grown to, or created with, in bytes; -1 for an existing file as
 *        it is
 * @param journalCapacityBytes the ring's length; 0 to leave it, or for a new one to follow the data file's
 *        size
 * @param pageBytes the system's page size
 * @param discardMissingJournal whether to take a data file as it is whose journal is needed, but gone
 * @param adoption null, or the last check of a data file that other code of this process has mapped: such a
 *        file must be complete, and may be locked by that code
 */
public record OpenRequest(Storage storage, Path file, Path journal, long size, long journalCapacityBytes,
        int pageBytes, boolean discardMissingJournal, AdoptionCheck adoption) {

    /** Refuses a data file that cannot be adopted. */
    @FunctionalInterface
    public interface AdoptionCheck {

        /**
         * Called once nothing else is left that could refuse the file, before anything is written.
         *
         * @param home the data file, open and locked
         * @throws IOException if it cannot be adopted
         */
        void run(DurableFile home) throws IOException;
    }

    /**
     * Creates it.
     */
    public OpenRequest {
        Objects.requireNonNull(storage, "storage");
        Objects.requireNonNull(file, "file");
    }

    /**
     * Creates one for a data file that nobody else uses.
     *
     * @param storage as {@link #storage}
     * @param file as {@link #file}
     * @param journal as {@link #journal}
     * @param size as {@link #size}
     * @param journalCapacityBytes as {@link #journalCapacityBytes}
     * @param pageBytes as {@link #pageBytes}
     * @param discardMissingJournal as {@link #discardMissingJournal}
     */
    public OpenRequest(Storage storage, Path file, Path journal, long size, long journalCapacityBytes,
            int pageBytes, boolean discardMissingJournal) {
        this(storage, file, journal, size, journalCapacityBytes, pageBytes, discardMissingJournal, null);
    }

    boolean mayCreate() {
        return size >= 0;
    }
}
