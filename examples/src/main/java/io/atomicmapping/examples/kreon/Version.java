package io.atomicmapping.examples.kreon;

import java.lang.foreign.MemorySegment;

/**
 * A committed state of the store, which nothing changes: whoever has it pinned can read it without a lock.
 *
 * @param number 1, 2, 3 and so on for the life of the file; 0 before the first
 * @param root the number of its root, 0 if it is empty
 * @param entries how many it has
 * @param data the mapping as long as it was then
 */
record Version(long number, int root, long entries, MemorySegment data) {
}
