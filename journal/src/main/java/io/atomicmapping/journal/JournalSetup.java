package io.atomicmapping.journal;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.nio.file.Path;

/**
 * What a journal is written with.
 *
 * @param storage where it lies
 * @param path its path
 * @param home the data file, open and locked
 * @param pageBytes the system's page size
 */
public record JournalSetup(Storage storage, Path path, DurableFile home, int pageBytes) {
}
