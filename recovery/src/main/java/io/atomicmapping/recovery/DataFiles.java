package io.atomicmapping.recovery;

import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Finds, creates and locks the data file. */
final class DataFiles {

    /**
     * A data file's place.
     *
     * @param path its real path: of what a link leads to
     * @param exists whether it is there
     */
    record Place(Path path, boolean exists) {
    }

    private DataFiles() {
    }

    /** Looks what lies at the path; refuses what is no file. */
    static Place find(OpenRequest request) throws IOException {
        Path file = request.file();
        if (request.size() > JournalFormat.SIZE_MAX || request.size() < -1) {
            throw new IllegalArgumentException("size out of range: size=" + request.size() + ", limit="
                    + JournalFormat.SIZE_MAX + ", file=" + file);
        }
        Storage.FileKind kind = request.storage().kind(file);
        switch (kind) {
            case REGULAR -> {
                return new Place(request.storage().realPath(file), true);
            }
            case MISSING -> {
                if (!request.mayCreate()) {
                    throw new NoSuchFileException(file.toString(), null, "data file is missing: open it "
                            + "with a size to create it");
                }
                return new Place(request.storage().realPath(file), false);
            }
            case DIRECTORY -> throw new FileSystemException(file.toString(), null, "not a data file but a "
                    + "directory");
            case SPECIAL -> throw new FileSystemException(file.toString(), null,
                    "not a data file but a device, pipe or socket");
            case DANGLING_LINK -> throw new NoSuchFileException(file.toString(), null,
                    "data file is a symbolic link to nothing: create its target, or remove the link");
        }
        throw new AssertionError(kind);
    }

    /** Opens and locks an existing data file. */
    static DurableFile open(Storage storage, Path path, boolean shared) throws IOException {
        return lock(storage.open(path, shared ? Storage.OpenMode.READ : Storage.OpenMode.WRITE), shared);
    }

    /** Opens and locks a data file that other code of this process uses. */
    static DurableFile openBesideOwner(Storage storage, Path path) throws IOException {
        DurableFile file = storage.open(path, Storage.OpenMode.WRITE);
        try {
            if (file.tryLockBesideOwner()) {
                return file;
            }
            throw new IOException("data file is open elsewhere: close it in other processes, and its"
                    + " AtomicMapping in this one, first: file=" + path);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Creates and locks a data file. Its name is durable only after {@link Storage#forceDirectory}. */
    static DurableFile create(Storage storage, Path path) throws IOException {
        return lock(storage.open(path, Storage.OpenMode.CREATE_NEW), false);
    }

    private static DurableFile lock(DurableFile file, boolean shared) throws IOException {
        try {
            if (file.tryLock(shared)) {
                return file;
            }
            throw new IOException("data file is already open: close it in " + (shared ? "its writer"
                    : "its writer or readers") + ", in this process or another, first: file=" + file.path());
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }
}
