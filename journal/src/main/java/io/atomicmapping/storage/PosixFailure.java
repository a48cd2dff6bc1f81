package io.atomicmapping.storage;

import io.atomicmapping.storage.Storage.OpenMode;
import io.atomicmapping.storage.linux.Errno;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Makes exceptions of error numbers: what failed, with what, the error's name, what to do, the path. */
final class PosixFailure {

    private PosixFailure() {}

    /** The exception for a call on an open file. */
    static IOException of(String call, String arguments, long errno, Path path) {
        return new IOException(text(call, arguments, errno) + ", file=" + path);
    }

    /** The exception for opening a file. */
    static IOException ofOpen(Path path, OpenMode mode, long errno) {
        String file = path.toString();
        String reason = text("open", "mode=" + mode, errno);
        return switch ((int) Math.abs(errno)) {
            case Errno.ENOENT -> new NoSuchFileException(file, null, mode == OpenMode.CREATE_NEW
                    ? reason + ", remedy=create its directory first"
                    : reason);
            case Errno.EEXIST -> new FileAlreadyExistsException(file, null, Files.exists(path)
                    ? reason
                    : reason + ", remedy=it is a link to nothing: create its target, or delete the link");
            case Errno.EACCES, Errno.EPERM -> new AccessDeniedException(file, null, reason);
            default -> new FileSystemException(file, null, reason);
        };
    }

    /** Refuses everything but a regular file, before opening it could hang or do harm. */
    static void requireRegular(Path path, Storage.FileKind kind) throws IOException {
        String file = path.toString();
        switch (kind) {
            case REGULAR -> { }
            case MISSING -> throw new NoSuchFileException(file, null, "no such file");
            case DANGLING_LINK -> throw new NoSuchFileException(
                    file, Files.readSymbolicLink(path).toString(),
                    "a link to nothing: create its target, or delete the link");
            case DIRECTORY -> throw new FileSystemException(file, null, "a directory: name a regular file");
            case SPECIAL -> throw new FileSystemException(file, null,
                    "a device, pipe or socket: name a regular file");
        }
    }

    private static String text(String call, String arguments, long errno) {
        String separator = arguments.isEmpty() ? "" : ", ";
        String remedy = remedy((int) Math.abs(errno));
        return call + " failed, " + Errno.text(errno) + ": " + arguments + separator
                + "errno=" + Errno.name(errno) + (remedy.isEmpty() ? "" : ", remedy=" + remedy);
    }

    private static String remedy(int errno) {
        return switch (errno) {
            case Errno.ENOSPC -> "free space on the file system and try again";
            case Errno.EDQUOT -> "delete files or raise the disk quota, and try again";
            case Errno.EFBIG -> "stay below the largest file of the file system and of ulimit -f";
            case Errno.EROFS -> "mount the file system read-write, or open the file read-only";
            case Errno.EACCES, Errno.EPERM -> "give this user the permission, or open the file read-only";
            case Errno.EIO -> "look into the kernel log: the device may be failing";
            case Errno.EMFILE -> "close files or raise ulimit -n";
            case Errno.ENFILE -> "close files or raise the sysctl fs.file-max";
            case Errno.ETXTBSY -> "stop the program that runs from this file";
            case Errno.ENOLCK -> "use a file system (or mount option) with locks";
            default -> "";
        };
    }
}
