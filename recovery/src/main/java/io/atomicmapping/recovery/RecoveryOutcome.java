package io.atomicmapping.recovery;

import java.nio.file.Path;

/**
 * What opening found and did.
 *
 * @param tail how the journal ended
 * @param created whether the data file was created
 * @param commitsReplayed the commits that were written to the data file, or are to be replayed in memory
 * @param bytesReplayed the changed bytes in them
 * @param bytesDiscarded the bytes of records after the last commit that a crash tore
 * @param lastCommit the last commit's number
 * @param size the committed size in bytes
 * @param nanos how long opening took
 * @param journal the journal's path
 */
public record RecoveryOutcome(TailCase tail, boolean created, long commitsReplayed, long bytesReplayed,
        long bytesDiscarded, long lastCommit, long size, long nanos, Path journal) {
}
