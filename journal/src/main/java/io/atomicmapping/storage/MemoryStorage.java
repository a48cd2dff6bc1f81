package io.atomicmapping.storage;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A file system in memory, for tests and for data that need not outlive the process.
 *
 * <p>Files have holes, attributes and locks, and stay readable through an open file when their name goes to
 * another, as on a real file system. Directories need not be made: a path is one while a file lies below it.
 * There are no links and no permissions, and a force does nothing. Any thread may call anything; a
 * {@link #copy} is of one instant.
 */
public final class MemoryStorage implements Storage {

    /**
     * Guards all files: read for looking, write for every change. One lock, so that a copy is of one instant.
     */
    final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

    private final Map<Path, MemoryContent> files = new HashMap<>();
    private final MemoryContent.Quota quota = new MemoryContent.Quota();

    /** Makes an empty one without a quota. */
    public MemoryStorage() {}

    /**
     * Makes an empty one with a quota.
     *
     * @param bytes as for {@link #setQuota}
     * @return the storage
     */
    public static MemoryStorage withQuota(long bytes) {
        MemoryStorage storage = new MemoryStorage();
        storage.setQuota(bytes);
        return storage;
    }

    /**
     * Sets how much space all files together may take; from there on writing fails as on a full disk. Space
     * is taken in pages of 4 KiB by what was written or allocated; holes take none.
     *
     * @param bytes the quota; one below what is taken only stops further growth
     */
    public void setQuota(long bytes) {
        locking(lock.writeLock(), () -> quota.bytes = bytes);
    }

    /**
     * How much space the files take, also those that are open but have no name any more.
     *
     * @return bytes
     */
    public long usedBytes() {
        lock.readLock().lock();
        try {
            return quota.usedBytes;
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Copies all files, with attributes and quota, at one instant. Nothing is open or locked in the copy.
     *
     * @return a storage of its own
     */
    public MemoryStorage copy() {
        MemoryStorage copy = new MemoryStorage();
        locking(lock.readLock(), () -> {
            copy.quota.bytes = quota.bytes;
            files.forEach((path, content) -> copy.files.put(path, content.copy(copy.quota)));
        });
        return copy;
    }

    /**
     * A file's bytes.
     *
     * @param path the file
     * @return all of them
     * @throws NoSuchFileException if it is missing
     */
    public byte[] contents(Path path) throws NoSuchFileException {
        lock.readLock().lock();
        try {
            MemoryContent content = existing(path);
            byte[] bytes = new byte[Math.toIntExact(content.length())];
            content.read(0, MemorySegment.ofArray(bytes));
            return bytes;
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Flips bits of a file, as a failing disk would.
     *
     * @param path the file
     * @param position which byte, within the file
     * @param xorMask which of its bits
     * @throws IOException if the file is missing, or the byte lies in a hole that finds no space
     */
    public void corrupt(Path path, long position, int xorMask) throws IOException {
        lock.writeLock().lock();
        try {
            MemoryContent content = existing(path);
            Objects.checkIndex(position, content.length());
            if (!content.flip(position, xorMask)) {
                throw full("corrupt", path);
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    @Override
    public FileKind kind(Path path) {
        Path real = realPath(path);
        lock.readLock().lock();
        try {
            if (files.containsKey(real)) {
                return FileKind.REGULAR;
            }
            return files.keySet().stream().anyMatch(file -> file.startsWith(real))
                    ? FileKind.DIRECTORY
                    : FileKind.MISSING;
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public Path realPath(Path path) {
        return path.toAbsolutePath().normalize();
    }

    @Override
    public DurableFile open(Path path, OpenMode mode) throws IOException {
        Path real = realPath(path);
        lock.writeLock().lock();
        try {
            if (kind(real) == FileKind.DIRECTORY) {
                throw new FileSystemException(path.toString(), null, "a directory: name a regular file");
            }
            MemoryContent content = files.get(real);
            if (mode == OpenMode.CREATE_NEW) {
                if (content != null) {
                    throw new FileAlreadyExistsException(path.toString());
                }
                content = new MemoryContent(quota);
                files.put(real, content);
            }
            if (content == null) {
                throw new NoSuchFileException(path.toString(), null, "no such file");
            }
            return new MemoryFile(this, path, mode != OpenMode.READ, content);
        } finally {
            lock.writeLock().unlock();
        }
    }

    @Override
    public void rename(Path source, Path target) throws IOException {
        Path realSource = realPath(source);
        Path realTarget = realPath(target);
        lock.writeLock().lock();
        try {
            existing(source);
            if (kind(realTarget) == FileKind.DIRECTORY) {
                throw new FileSystemException(source.toString(), target.toString(),
                        "the target is a directory");
            }
            if (!realSource.equals(realTarget)) {
                unlink(realTarget);
                files.put(realTarget, files.remove(realSource));
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    @Override
    public void delete(Path path) throws IOException {
        Path real = realPath(path);
        lock.writeLock().lock();
        try {
            if (kind(real) == FileKind.DIRECTORY) {
                throw new FileSystemException(path.toString(), null, "a directory: name a file");
            }
            unlink(real);
        } finally {
            lock.writeLock().unlock();
        }
    }

    @Override
    public void forceDirectory(Path directory) {
        // Entries are as durable as everything here.
    }

    private void unlink(Path real) {
        MemoryContent content = files.remove(real);
        if (content != null) {
            content.linked = false;
            content.releaseIfUnreachable();
        }
    }

    /** The exception for a quota that is reached. */
    IOException full(String operation, Path path) {
        return new IOException(operation + " failed, No space left on device: quotaBytes=" + quota.bytes
                + ", usedBytes=" + quota.usedBytes
                + ", remedy=raise the storage's quota and try again, file=" + path);
    }

    private MemoryContent existing(Path path) throws NoSuchFileException {
        MemoryContent content = files.get(realPath(path));
        if (content == null) {
            throw new NoSuchFileException(path.toString(), null, "no such file");
        }
        return content;
    }

    private static void locking(Lock held, Runnable action) {
        held.lock();
        try {
            action.run();
        } finally {
            held.unlock();
        }
    }
}
