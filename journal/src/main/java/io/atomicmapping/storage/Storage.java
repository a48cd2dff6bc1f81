package io.atomicmapping.storage;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Where files live: the one seam through which the library creates, opens, renames, deletes and forces files.
 *
 * <p>{@link PosixStorage} is the real file system, {@link MemoryStorage} keeps files in memory; the crash
 * tests bring a simulated disk. Implementations are safe for use by several threads.
 */
public interface Storage {

    /** What a path names, links followed. */
    enum FileKind {
        /** nothing there, or a link to nothing */
        MISSING,
        /** a symbolic link whose target does not exist */
        DANGLING_LINK,
        /** a regular file */
        REGULAR,
        /** a directory */
        DIRECTORY,
        /** a device, pipe or socket */
        SPECIAL
    }

    /** How a file is opened. */
    enum OpenMode {
        /** an existing file, for reading */
        READ,
        /** an existing file, for reading and writing */
        WRITE,
        /** a file that must not exist yet, for reading and writing */
        CREATE_NEW
    }

    /**
     * What a path names.
     *
     * @param path the path
     * @return its kind
     * @throws IOException if it cannot be told, for example for want of permission to search a directory
     */
    FileKind kind(Path path) throws IOException;

    /**
     * The absolute path of a file with every link in it followed; for a missing file, that of its directory
     * and the name as given.
     *
     * @param path a path
     * @return the real path
     * @throws IOException if a directory on the way is missing or cannot be searched
     */
    Path realPath(Path path) throws IOException;

    /**
     * Opens a file.
     *
     * @param path its path
     * @param mode how
     * @return the open file
     * @throws java.nio.file.NoSuchFileException if it is missing and must exist
     * @throws java.nio.file.FileAlreadyExistsException if it exists and must not
     * @throws java.nio.file.AccessDeniedException for want of permission
     * @throws IOException if it cannot be opened for another reason
     */
    DurableFile open(Path path, OpenMode mode) throws IOException;

    /**
     * Renames a file, atomically replacing what the target names. Durable after {@link #forceDirectory}.
     *
     * @param source the file
     * @param target its new path, in the same file system
     * @throws IOException if it fails
     */
    void rename(Path source, Path target) throws IOException;

    /**
     * Deletes a file; a missing one is no error. Durable after {@link #forceDirectory}.
     *
     * @param path the file
     * @throws IOException if it fails
     */
    void delete(Path path) throws IOException;

    /**
     * Makes the entries of a directory durable: files created in it, renamed or deleted.
     *
     * @param directory the directory
     * @throws IOException if the force fails
     */
    void forceDirectory(Path directory) throws IOException;
}
