package io.atomicmapping.examples.kreon;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A key-value store of byte arrays in one file, ordered by key: a log of keys and values, and an index of
 * small nodes, which hold the beginning of each key and where in the log it is, both in one {@link
 * AtomicMapping}.
 *
 * <pre>{@code
 * try (KeyValueStore store = KeyValueStore.open(Path.of("people"))) {
 *     store.put(key, value);                                    // durable
 *     store.write(new WriteBatch().put(a, b).delete(c));        // all or nothing
 *     try (Scan scan = store.ascend(from, bound)) {
 *         scan.forEachRemaining(System.out::println);
 *     }
 * }
 * }</pre>
 *
 * <p><b>What survives.</b> When {@link #put}, {@link #delete}, {@link #write} or {@link PendingWrite#await}
 * has returned, no crash takes the change back. After a crash the store is as of one commit: each batch is
 * there as a whole or not at all, and if a change is there, all that were made before it are. Readers see
 * committed versions only, never what a crash could still take away. Nothing leaks in a crash, there is
 * nothing to repair, and opening loads the table of segments and the bits of the nodes, no entry.
 *
 * <p><b>Threads.</b> Every method may be called by any thread, also virtual ones. Reads take no lock and wait
 * for nobody: each works on the committed version that was the newest when it began, which nobody changes.
 * Changes are made one at a time; the threads that wait for them to become durable share a sync.
 *
 * <p><b>Cost.</b> A get loads a node for each level of the index, mostly a few lines of it, and a record. A
 * change appends a record, and stores the nodes from the leaf to the root in new places, once in each commit:
 * changes that are committed together share them. A commit is one sync. The room of what was replaced or
 * deleted is used again; the file does not shrink.
 *
 * <p><b>Errors.</b> {@link IllegalStateException} after close, for changes if it was opened read-only, and
 * after a failure from which only reopening helps. {@link IOException} where a change cannot be
 * committed, as on a full disk: then all that is not committed is taken back, also that of other threads,
 * which get the same exception; the store can be used on.
 *
 * <p>Source: A. Papagiannis, G. Saloustros, P. González-Férez, A. Bilas, "An efficient memory-mapped
 * key-value store for flash storage" (Kreon), SoCC 2018. Of it are the log of keys and values, nodes of
 * prefixes and offsets, copy on write, reads through the mapping. Kreon has several levels, an index for
 * each, and moves parts from one to the next; here there is one tree, committed atomically.
 */
public final class KeyValueStore implements AutoCloseable {

    private final Path file;
    private final AtomicMapping mapping;
    private final Geometry geometry;
    private final Reading reading;
    private final Committer committer;
    private final boolean readOnly;

    private KeyValueStore(Path file, StoreFile opened, StoreOptions options) {
        this.file = file;
        this.mapping = opened.mapping();
        this.geometry = opened.header().geometry();
        this.readOnly = options.isReadOnly();
        this.reading = new Reading(file, geometry.nodeBytes());
        this.committer = new Committer(mapping, file, reading.readers(),
                Writer.open(mapping, opened.header(), options.garbagePartMax()));
        reading.setCommitter(committer);
    }

    /**
     * Opens a store, or makes one if there is no file.
     *
     * @param file the file
     * @return the store, as of its last commit
     * @throws IncompatibleStoreException if the file is something else, or of another format version; it is
     *     not changed
     * @throws CorruptStoreException if it was damaged
     * @throws IOException if it cannot be opened, or is open already
     */
    public static KeyValueStore open(Path file) throws IOException {
        return open(file, StoreOptions.builder().build());
    }

    /**
     * Opens a store, or makes one if there is no file and the options are not to read only.
     *
     * @param file the file
     * @param options how; segment and node sizes count only for a new store
     * @return the store, as of its last commit
     * @throws IOException as {@link #open(Path)}
     */
    public static KeyValueStore open(Path file, StoreOptions options) throws IOException {
        Objects.requireNonNull(file, "file");
        StoreFile opened = StoreFile.open(file, options);
        try {
            return new KeyValueStore(file, opened, options);
        } catch (RuntimeException | Error e) {
            opened.closeAfter(e);
            throw e;
        }
    }

    // ---- reads ----

    /**
     * A copy of a key's value, as of the last commit.
     *
     * @param key the key
     * @return its value, or null if it has none
     */
    public byte[] get(byte[] key) {
        Objects.requireNonNull(key, "key");
        int slot = reading.enterCurrent();
        try {
            return reading.get(reading.current(), key);
        } finally {
            reading.leave(slot);
        }
    }

    /**
     * Whether a key has a value, as of the last commit.
     *
     * @param key the key
     * @return whether it has
     */
    public boolean containsKey(byte[] key) {
        Objects.requireNonNull(key, "key");
        int slot = reading.enterCurrent();
        try {
            return reading.contains(reading.current(), key);
        } finally {
            reading.leave(slot);
        }
    }

    /**
     * How many entries the last commit has.
     *
     * @return it
     */
    public long size() {
        reading.ensureOpen();
        return reading.current().entries();
    }

    /**
     * The version of the last commit, to be read from for as long as it is open.
     *
     * @return a snapshot, to be closed
     */
    public Snapshot snapshot() {
        return new Snapshot(reading);
    }

    /**
     * As {@link Snapshot#ascend}, of the last commit.
     *
     * @param from the first key that may come, or null for the least there is
     * @param bound the first key that may not come, or null for all
     * @return the scan, to be closed
     */
    public Scan ascend(byte[] from, byte[] bound) {
        int slot = reading.enterCurrent();
        return new Scan(reading, reading.current(), slot, true, from, bound);
    }

    /**
     * As {@link Snapshot#descend}, of the last commit.
     *
     * @param from the first key that may come, or null for the greatest there is
     * @param bound the first key that may not come, or null for all
     * @return the scan, to be closed
     */
    public Scan descend(byte[] from, byte[] bound) {
        int slot = reading.enterCurrent();
        return new Scan(reading, reading.current(), slot, false, from, bound);
    }

    // ---- changes ----

    /**
     * Gives a key a value, in place of the one it may have. When this returns, that is durable and visible.
     *
     * @param key the key, which may be empty; it and the value together are at most the size of a segment
     *     less 8 bytes
     * @param value the value, which may be empty
     * @return the number of the version that first has it
     * @throws IOException if it cannot be committed: it was taken back
     * @throws IllegalArgumentException if key and value are too large
     */
    public long put(byte[] key, byte[] value) throws IOException {
        return write(new WriteBatch().put(key, value));
    }

    /**
     * Removes a key and its value. When this returns, that is durable and visible.
     *
     * @param key the key
     * @return whether it was there
     * @throws IOException if it cannot be committed: it was taken back
     */
    public boolean delete(byte[] key) throws IOException {
        Objects.requireNonNull(key, "key");
        ensureWritable();
        Committer.Made<Boolean> made = committer.make(writer -> writer.remove(key));
        committer.await(made.commit());
        return made.result();
    }

    /**
     * Makes changes, all or none. When this returns, they are durable and visible.
     *
     * @param batch the changes
     * @return the number of the version that first has them
     * @throws IOException if they cannot be committed: they were taken back
     * @throws IllegalArgumentException if a key and its value are too large; nothing was changed
     */
    public long write(WriteBatch batch) throws IOException {
        return submit(batch).await();
    }

    /**
     * Makes changes, all or none, and does not wait. They are visible to nobody, and a crash may take them
     * back, until they are committed together with others. After this call the batch can be used again.
     *
     * @param batch the changes
     * @return by which to wait for them
     * @throws IOException if they cannot be made: they were taken back, with all that is not committed
     * @throws IllegalArgumentException if a key and its value are too large; nothing was changed
     */
    public PendingWrite submit(WriteBatch batch) throws IOException {
        ensureWritable();
        batch.requireFits(geometry);
        Committer.Made<Integer> made = committer.make(writer -> {
            for (WriteBatch.Change change : batch.changes()) {
                if (change.value() == null) {
                    writer.remove(change.key());
                } else {
                    writer.put(change.key(), change.value());
                }
            }
            return batch.size();
        });
        return new PendingWrite(committer, made.commit());
    }

    private void ensureWritable() {
        if (readOnly) {
            throw new IllegalStateException("key-value store was opened read-only: file=" + file);
        }
    }

    // ---- state ----

    /** For tests. */
    Committer committer() {
        return committer;
    }

    /** For tests. */
    AtomicMapping mapping() {
        return mapping;
    }

    /**
     * Figures of the store.
     *
     * @return the figures now
     */
    public StoreStats stats() {
        return committer.stats();
    }

    /**
     * Commits what is pending, and checks the whole file: the order of the keys, the shape of the index, and
     * that each node, record and segment is counted as what it is, so that nothing is lost and nothing used
     * twice. Holds up changes meanwhile, not reads; costs a load of everything but the values.
     *
     * @throws CorruptStoreException if something is wrong, with all that was found
     * @throws IOException if what is pending cannot be committed
     */
    public void verify() throws IOException {
        committer.whileQuiet(writer -> {
            new Audit(mapping, file, geometry).run();
            return null;
        });
    }

    /**
     * Commits what is pending, and closes the file. Snapshots and scans end. Closing again does nothing.
     *
     * @throws IOException if what is pending could not be committed, or the file not be brought up to date:
     *     then the next opening does it
     */
    @Override
    public void close() throws IOException {
        try {
            committer.close();
        } finally {
            reading.close();
            mapping.close();
        }
    }
}
