package io.atomicmapping;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What opening a file found and did.
 *
 * @param file the data file
 * @param journal its journal
 * @param created whether the journal was made by this opening
 * @param clean whether nothing had to be done: the file was closed, or is new
 * @param tail how the journal ended, as {@code TailCase} of the recovery module names it
 * @param commitsReplayed how many commits of the journal were brought to the data file
 * @param bytesReplayed how many bytes they changed
 * @param bytesDiscarded the length of what a crash left of a commit that was never acknowledged
 * @param lastCommit the number of the commit that the file now holds, 0 for none
 * @param size the file's size
 * @param duration how long it took
 */
public record RecoveryReport(Path file, Path journal, boolean created, boolean clean, String tail,
        long commitsReplayed, long bytesReplayed, long bytesDiscarded, long lastCommit, long size,
        Duration duration) { }
