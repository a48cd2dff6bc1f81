package io.atomicmapping.journal;

/**
 * What the data file holds when it is complete.
 *
 * @param commit the last commit's number, 0 before the first
 * @param size the committed size in bytes
 */
public record CommittedState(long commit, long size) {
}
