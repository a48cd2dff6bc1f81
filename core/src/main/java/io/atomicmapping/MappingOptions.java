package io.atomicmapping;

import io.atomicmapping.storage.PosixStorage;
import io.atomicmapping.storage.Storage;
import java.nio.file.Path;
import java.util.Objects;

/**
 * How to open a mapping. Immutable.
 *
 * <p>All have defaults: {@code MappingOptions.builder().build()} opens an existing file at its size.
 */
public final class MappingOptions {

    /** The largest size and address space that a mapping can have: 64 TiB. */
    public static final long SIZE_LIMIT = 1L << 46;

    private final Builder chosen;

    private MappingOptions(Builder builder) {
        chosen = new Builder(builder);
    }

    /**
     * Starts with the defaults.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    long size() {
        return chosen.size;
    }

    long maxSize() {
        return chosen.maxSize;
    }

    boolean isReadOnly() {
        return chosen.readOnly;
    }

    Path journal() {
        return chosen.journal;
    }

    long journalCapacity() {
        return chosen.journalCapacity;
    }

    long memoryBudget() {
        return chosen.memoryBudget;
    }

    boolean isDiscardMissingJournal() {
        return chosen.discardMissingJournal;
    }

    Storage storage() {
        return chosen.storage == null ? PosixStorage.instance() : chosen.storage;
    }

    /** Refuses what makes no sense for a file that another library has mapped. */
    void ensureAdoptable() {
        String option = chosen.readOnly ? "readOnly" : chosen.size >= 0 ? "size" : "";
        if (!option.isEmpty()) {
            throw new IllegalArgumentException("option does not go with adopt, which takes a file as another"
                    + " library has mapped it: option=" + option);
        }
    }

    /** Collects options. Not safe for use by several threads. */
    public static final class Builder {
        private long size = -1;
        private long maxSize = -1;
        private boolean readOnly;
        private Path journal;
        private long journalCapacity;
        private long memoryBudget = -1;
        private boolean discardMissingJournal;
        private Storage storage;

        private Builder() {
        }

        private Builder(Builder other) {
            size = other.size;
            maxSize = other.maxSize;
            readOnly = other.readOnly;
            journal = other.journal;
            journalCapacity = other.journalCapacity;
            memoryBudget = other.memoryBudget;
            discardMissingJournal = other.discardMissingJournal;
            storage = other.storage;
        }

        /**
         * The least size: a missing file is created with it, a shorter one grown to it. Without it, the file
         * must exist.
         *
         * @param bytes 0 to {@link #SIZE_LIMIT}
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder size(long bytes) {
            size = inRange("size", 0, bytes);
            return this;
        }

        /**
         * The size up to which {@code resize} can go; address space for it is reserved, which costs no
         * memory. The default is 64 GiB or 16 times the size, whichever is more.
         *
         * @param bytes 0 to {@link #SIZE_LIMIT}, not below the size
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxSize(long bytes) {
            maxSize = inRange("maxSize", 0, bytes);
            return this;
        }

        /**
         * Opens to load only: shows the last commit, writes nothing, and lets other readers in but no writer.
         *
         * @param value whether to
         * @return this
         */
        public Builder readOnly(boolean value) {
            readOnly = value;
            return this;
        }

        /**
         * Puts the journal elsewhere than beside the file, for example on a faster disk; a small stub beside
         * the file names it, so that later openings need not.
         *
         * @param file the journal's path
         * @return this
         */
        public Builder journal(Path file) {
            journal = Objects.requireNonNull(file, "journal");
            return this;
        }

        /**
         * The size of the journal's ring. A larger one makes checkpoints rarer and recovery longer. A commit
         * that does not fit makes it grow. The default is a quarter of the file's size, 1 to 256 MiB, and
         * grows with the file: a commit that finds no room in a ring shorter than half of that waits once
         * until everything is home and a longer ring is written, up to a second for 256 MiB on a fast disk.
         *
         * @param bytes 1 to {@link #SIZE_LIMIT}, rounded up to what the format needs
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder journalCapacity(long bytes) {
            journalCapacity = inRange("journalCapacity", 1, bytes);
            return this;
        }

        /**
         * How much memory private copies of pages should take, two of each page that was stored to. It is
         * kept by handing pages back that are committed and home; uncommitted ones may exceed it. The default
         * is a quarter of the machine's memory.
         *
         * @param bytes 0 to {@link #SIZE_LIMIT}
         * @return this
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder memoryBudget(long bytes) {
            memoryBudget = inRange("memoryBudget", 0, bytes);
            return this;
        }

        /**
         * Opens a file whose journal is lost although it was in use, as it is: it may be a mix of several
         * commits.
         *
         * @param value whether to
         * @return this
         */
        public Builder discardMissingJournal(boolean value) {
            discardMissingJournal = value;
            return this;
        }

        /**
         * Where the files are, for tests: a {@link io.atomicmapping.storage.MemoryStorage}, or a simulated
         * disk.
         *
         * @param files the storage
         * @return this
         */
        public Builder storage(Storage files) {
            storage = Objects.requireNonNull(files, "storage");
            return this;
        }

        private static long inRange(String name, long least, long bytes) {
            if (bytes < least || bytes > SIZE_LIMIT) {
                throw new IllegalArgumentException(name + " is out of range: " + name + "=" + bytes
                        + ", least=" + least + ", most=" + SIZE_LIMIT);
            }
            return bytes;
        }

        /**
         * Makes the options.
         *
         * @return the options
         * @throws IllegalArgumentException if they contradict each other
         */
        public MappingOptions build() {
            if (maxSize >= 0 && size > maxSize) {
                throw new IllegalArgumentException(
                        "size is larger than maxSize: size=" + size + ", maxSize=" + maxSize);
            }
            return new MappingOptions(this);
        }
    }
}
