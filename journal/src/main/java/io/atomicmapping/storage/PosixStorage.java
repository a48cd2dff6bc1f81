package io.atomicmapping.storage;

import io.atomicmapping.storage.linux.FileStatus;
import io.atomicmapping.storage.linux.Linux;
import io.atomicmapping.storage.linux.LinuxConstants;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * The real file system, on Linux.
 *
 * <p>Its files are descriptors of their own, not file channels: interrupting a thread closes none of them. On
 * other systems, or where native access is denied, {@link #open} throws an exception that says so.
 */
public final class PosixStorage implements Storage {

    private static final PosixStorage INSTANCE = new PosixStorage();
    private static final int NEW_FILE_PERMISSIONS = 0666;

    private PosixStorage() {}

    /**
     * The file system of this machine.
     *
     * @return the only instance
     */
    public static PosixStorage instance() {
        return INSTANCE;
    }

    @Override
    public FileKind kind(Path path) throws IOException {
        requireDefault(path);
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(path, BasicFileAttributes.class);
        } catch (NoSuchFileException e) {
            return Files.isSymbolicLink(path) ? FileKind.DANGLING_LINK : FileKind.MISSING;
        }
        if (attributes.isRegularFile()) {
            return FileKind.REGULAR;
        }
        return attributes.isDirectory() ? FileKind.DIRECTORY : FileKind.SPECIAL;
    }

    @Override
    public Path realPath(Path path) throws IOException {
        requireDefault(path);
        try {
            return path.toRealPath();
        } catch (NoSuchFileException e) {
            Path absolute = path.toAbsolutePath();
            if (absolute.getParent() == null) {
                throw e;
            }
            return absolute.getParent().toRealPath().resolve(absolute.getFileName());
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws UnsupportedOperationException on another system than Linux on x86-64 or aarch64
     * @throws IllegalCallerException if native access is denied; the message gives the flag
     */
    @Override
    public DurableFile open(Path path, OpenMode mode) throws IOException {
        Linux.require();
        requireDefault(path);
        if (mode != OpenMode.CREATE_NEW) {
            PosixFailure.requireRegular(path, kind(path));
        }
        int flags = switch (mode) {
            case READ -> LinuxConstants.O_RDONLY;
            case WRITE -> LinuxConstants.O_RDWR;
            case CREATE_NEW -> LinuxConstants.O_RDWR | LinuxConstants.O_CREAT | LinuxConstants.O_EXCL;
        };
        // Should a pipe or terminal have taken its place since, opening must neither hang nor adopt it.
        int fd = openDescriptor(path, flags | LinuxConstants.O_NONBLOCK | LinuxConstants.O_NOCTTY);
        if (fd < 0) {
            throw PosixFailure.ofOpen(path, mode, fd);
        }
        boolean opened = false;
        try {
            FileStatus status = Linux.status(fd);
            if (!status.isRegular()) {
                FileKind kind = status.isDirectory() ? FileKind.DIRECTORY : FileKind.SPECIAL;
                PosixFailure.requireRegular(path, kind);
            }
            DurableFile file = new PosixFile(path, fd, mode != OpenMode.READ, status);
            opened = true;
            return file;
        } finally {
            if (!opened) {
                Linux.close(fd);
            }
        }
    }

    @Override
    public void rename(Path source, Path target) throws IOException {
        requireDefault(source);
        requireDefault(target);
        Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void delete(Path path) throws IOException {
        requireDefault(path);
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileSystemException(path.toString(), null, "a directory: name a file");
        }
        Files.deleteIfExists(path);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        Linux.require();
        requireDefault(directory);
        int fd = openDescriptor(directory, LinuxConstants.O_RDONLY | LinuxConstants.O_DIRECTORY);
        if (fd < 0) {
            throw PosixFailure.ofOpen(directory, OpenMode.READ, fd);
        }
        int result = Linux.fsync(fd);
        Linux.close(fd);
        if (result < 0) {
            throw PosixFailure.of("fsync", "", result, directory);
        }
    }

    private static int openDescriptor(Path path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            byte[] name = nativeName(path);
            MemorySegment cName = arena.allocate(name.length + 1L);
            cName.copyFrom(MemorySegment.ofArray(name));
            return Linux.open(cName, flags, NEW_FILE_PERMISSIONS);
        }
    }

    /** A path's bytes as the kernel knows them; absolute, since the JVM has its own working directory. */
    private static byte[] nativeName(Path path) {
        String text = path.toAbsolutePath().toString();
        if (text.chars().allMatch(c -> c < 0x80)) {
            return text.getBytes(StandardCharsets.US_ASCII);
        }
        // A name need not be text, nor in the encoding of this process: only the URI has its bytes.
        String uri = path.toUri().getRawPath();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(uri.length());
        for (int i = 0; i < uri.length(); i++) {
            char c = uri.charAt(i);
            if (c == '%') {
                bytes.write(Integer.parseInt(uri, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.write(c);
            }
        }
        return bytes.toByteArray();
    }

    private static void requireDefault(Path path) {
        if (path.getFileSystem() != FileSystems.getDefault()) {
            throw new ProviderMismatchException("a path of another file system: provider="
                    + path.getFileSystem().provider() + ", file=" + path);
        }
    }
}
