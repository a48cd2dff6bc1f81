/**
 * A key-value store in the manner of Kreon (SoCC 2018): an index of small nodes and a log of keys and values
 * in one {@link io.atomicmapping.AtomicMapping}, {@link io.atomicmapping.examples.kreon.KeyValueStore}.
 *
 * <p>What to learn from it:
 *
 * <ul>
 *   <li><b>Reads that take no lock.</b> A writer never changes what a committed version has: a node is copied
 *       once for each version (copy on write), a record never changes. A reader takes the root of the last
 *       commit and is done. What a version gave up is used again only when no reader is left that may see it:
 *       readers announce in a slot which version they read (epoch-based reclamation).
 *   <li><b>Commits that need no exclusion.</b> {@link io.atomicmapping.AtomicMapping#sync} takes its cut
 *       while other threads are already making the next version. That is of no account, because the next
 *       version is stored only where the last one has nothing; the few places that tell what is where
 *       (header, tables of segments, bits of nodes) change between two syncs, when a version is sealed.
 *   <li><b>Nothing to leak.</b> The tables in the file are those of the committed version: what only older
 *       versions have is free in them. Memory knows who still reads it; after a crash nobody does.
 *   <li><b>Group commit.</b> Threads that wait for their changes to become durable share a sync: one of them
 *       leads, the others go on filling the next version.
 *   <li><b>Room that comes back.</b> A segment of the log of which little lives is moved to the log's head,
 *       bit by bit with each commit, in proportion to what the commit changes.
 *   <li><b>What a sync costs.</b> It journals the bytes that differ. A change appends its record, and stores
 *       a path of nodes of 512 bytes in new places; changes in one commit share the nodes they have in
 *       common.
 * </ul>
 *
 * <p>What is Kreon's and left out here: several levels that are merged. The tree is one, as in LMDB; for
 * random changes in commits of their own that means a path of nodes for each.
 *
 * <p>{@link io.atomicmapping.examples.kreon.ycsb.Ycsb} drives it with workloads in the manner of YCSB.
 */
package io.atomicmapping.examples.kreon;
