package io.atomicmapping.recovery;

import io.atomicmapping.storage.Storage;
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
 */
public record OpenRequest(Storage storage, Path file, Path journal, long size, long journalCapacityBytes,
        int pageBytes, boolean discardMissingJournal) {

    /**
     * Creates it.
     */
    public OpenRequest {
        Objects.requireNonNull(storage, "storage");
        Objects.requireNonNull(file, "file");
    }

    boolean mayCreate() {
        return size >= 0;
    }
}
