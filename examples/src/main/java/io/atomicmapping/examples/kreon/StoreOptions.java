package io.atomicmapping.examples.kreon;

import io.atomicmapping.MappingOptions;
import io.atomicmapping.storage.Storage;
import java.nio.file.Path;

/**
 * How to open a {@link KeyValueStore}. Immutable. All have defaults: {@code StoreOptions.builder().build()}.
 */
public final class StoreOptions {

    private static final int DEFAULT_SEGMENT_BYTES = 1 << 20;
    private static final int DEFAULT_NODE_BYTES = 512;
    private static final long DEFAULT_JOURNAL_CAPACITY = 32L << 20;
    private static final double DEFAULT_GARBAGE = 0.5;

    private final Builder values;

    private StoreOptions(Builder values) {
        this.values = values;
    }

    /**
     * Starts with the defaults.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    Geometry geometry() {
        return new Geometry(values.segmentSize, values.nodeSize);
    }

    double garbagePartMax() {
        return values.garbage;
    }

    boolean isReadOnly() {
        return values.loadOnly;
    }

    MappingOptions.Builder mapping(boolean readOnly) {
        MappingOptions.Builder mapping = MappingOptions.builder().readOnly(readOnly);
        if (!readOnly) {
            mapping.journalCapacity(values.journalBytes);
        }
        if (values.maxBytes > 0) {
            mapping.maxSize(values.maxBytes);
        }
        if (values.budgetBytes >= 0) {
            mapping.memoryBudget(values.budgetBytes);
        }
        if (values.journalFile != null) {
            mapping.journal(values.journalFile);
        }
        if (values.files != null) {
            mapping.storage(values.files);
        }
        return mapping;
    }

    /** Collects options. Not safe for use by several threads. */
    public static final class Builder {

        private static final double GARBAGE_MIN = 0.05;
        private static final double GARBAGE_MAX = 0.95;

        private int segmentSize = DEFAULT_SEGMENT_BYTES;
        private int nodeSize = DEFAULT_NODE_BYTES;
        private double garbage = DEFAULT_GARBAGE;
        private long maxBytes;
        private long journalBytes = DEFAULT_JOURNAL_CAPACITY;
        private long budgetBytes = -1;
        private boolean loadOnly;
        private Path journalFile;
        private Storage files;

        private Builder() {
        }

        /**
         * The size of segments, by which the file is used and the log compacted. A key and its value must fit
         * into one. Of a file that exists it stays as it is. The default is 1 MiB.
         *
         * @param bytes a power of two, 1 KiB to 256 MiB
         * @return this
         */
        public Builder segmentBytes(int bytes) {
            segmentSize = bytes;
            return this;
        }

        /**
         * The size of nodes of the index. A commit stores each node that it changes, and those above it, as a
         * whole; larger nodes make fewer levels. Of a file that exists it stays as it is. The default is 512.
         *
         * @param bytes a power of two, 128 to 4096, at most a quarter of a segment
         * @return this
         */
        public Builder nodeBytes(int bytes) {
            nodeSize = bytes;
            return this;
        }

        /**
         * Which part of the log may be dead records before it is compacted: less takes less room, more makes
         * fewer copies. The default is 0.5.
         *
         * @param part 0.05 to 0.95
         * @return this
         */
        public Builder garbagePartMax(double part) {
            garbage = part;
            return this;
        }

        /**
         * The size up to which the file may grow. The default is 64 GiB or 16 times the size at opening,
         * whichever is more.
         *
         * @param bytes at least the file's size, to {@link MappingOptions#SIZE_LIMIT}
         * @return this
         */
        public Builder maxBytes(long bytes) {
            maxBytes = bytes;
            return this;
        }

        /**
         * As {@link MappingOptions.Builder#journalCapacity}. The default is 32 MiB.
         *
         * @param bytes its size
         * @return this
         */
        public Builder journalCapacity(long bytes) {
            journalBytes = bytes;
            return this;
        }

        /**
         * As {@link MappingOptions.Builder#journal}.
         *
         * @param file the journal's path
         * @return this
         */
        public Builder journal(Path file) {
            journalFile = file;
            return this;
        }

        /**
         * As {@link MappingOptions.Builder#memoryBudget}.
         *
         * @param bytes the budget
         * @return this
         */
        public Builder memoryBudget(long bytes) {
            budgetBytes = bytes;
            return this;
        }

        /**
         * Opens to read only: shows the last commit, and lets other readers in but no writer.
         *
         * @param value whether to
         * @return this
         */
        public Builder readOnly(boolean value) {
            loadOnly = value;
            return this;
        }

        /**
         * Where the files are, for tests: as {@link MappingOptions.Builder#storage}.
         *
         * @param storage the storage
         * @return this
         */
        public Builder storage(Storage storage) {
            files = storage;
            return this;
        }

        /**
         * Makes the options.
         *
         * @return the options
         * @throws IllegalArgumentException if one is out of range
         */
        public StoreOptions build() {
            if (!Geometry.isValid(segmentSize, nodeSize)) {
                throw new IllegalArgumentException("segments and nodes must be powers of two, and a segment"
                        + " have room for some nodes: segmentBytes=" + segmentSize + " ("
                        + Geometry.SEGMENT_BYTES_MIN + " to " + Geometry.SEGMENT_BYTES_MAX
                        + "), nodeBytes=" + nodeSize + " ("
                        + Geometry.NODE_BYTES_MIN + " to " + Geometry.NODE_BYTES_MAX + "), least nodes in a"
                        + " segment=" + Geometry.NODES_PER_SEGMENT_MIN);
            }
            if (!(garbage >= GARBAGE_MIN && garbage <= GARBAGE_MAX)) {
                throw new IllegalArgumentException("garbagePartMax is out of range: value=" + garbage
                        + ", least=" + GARBAGE_MIN + ", most=" + GARBAGE_MAX);
            }
            if (maxBytes != 0 && maxBytes < geometryBytes()) {
                throw new IllegalArgumentException("maxBytes is too small for a new store: maxBytes="
                        + maxBytes + ", least=" + geometryBytes());
            }
            StoreOptions options = new StoreOptions(copy());
            options.mapping(loadOnly).build(); // which checks the others
            return options;
        }

        private long geometryBytes() {
            return new Geometry(segmentSize, nodeSize).newFileBytes();
        }

        private Builder copy() {
            Builder copy = new Builder();
            copy.segmentSize = segmentSize;
            copy.nodeSize = nodeSize;
            copy.garbage = garbage;
            copy.maxBytes = maxBytes;
            copy.journalBytes = journalBytes;
            copy.budgetBytes = budgetBytes;
            copy.loadOnly = loadOnly;
            copy.journalFile = journalFile;
            copy.files = files;
            return copy;
        }
    }
}
