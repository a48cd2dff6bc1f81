package io.atomicmapping.storage;

import io.atomicmapping.storage.linux.Errno;
import io.atomicmapping.storage.linux.FileLocks;
import io.atomicmapping.storage.linux.FileStatus;
import io.atomicmapping.storage.linux.Linux;
import io.atomicmapping.storage.linux.LinuxConstants;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * A file of the real file system, by its descriptor.
 *
 * <ul>
 *   <li>A descriptor is closed only when no call uses it: no call can hit the file that gets its number next.
 *   <li>Direct writes go through a second descriptor, opened by the first of them. Where the file system
 *       refuses them, or they are not aligned, they are buffered, which is as durable after a force.
 *   <li>The locks belong to the first descriptor's opening: closing another of the same file does not release
 *       them. Locks that other code of this process has by the older calls would be: {@link FileLocks} sees
 *       to them. There are two, by fcntl and by flock, which do not know of each other: beside an owner there is
 *       only the second, which is not in the way of {@code FileChannel.lock}.
 * </ul>
 */
final class PosixFile implements DurableFile {

    private static final String ATTRIBUTE_NAME_SPACE = "user.";
    private static final int ALIGNMENT_BYTES_MIN = 512;
    private static final int ALIGNMENT_BYTES_MAX = 4096;
    private static final int ZEROS_BYTES = 1 << 20;

    private static final int NOT_OPENED = -2;
    private static final int NO_DIRECT = -1;

    private final Path path;
    private final int fd;
    private final boolean writable;
    private final int directAlignment;

    private final UseCount uses = new UseCount();

    private final Object directLock = new Object();
    /** Written under {@link #directLock}. */
    private volatile int directFd = NOT_OPENED;
    private volatile boolean directRefused;
    private volatile boolean locked;

    PosixFile(Path path, int fd, boolean writable, FileStatus status) {
        this.path = path;
        this.fd = fd;
        this.writable = writable;
        int alignment = status.directAlignment();
        boolean told = alignment > 0 && alignment <= ALIGNMENT_BYTES_MAX && Integer.bitCount(alignment) == 1;
        this.directAlignment = told ? Math.max(alignment, ALIGNMENT_BYTES_MIN) : ALIGNMENT_BYTES_MAX;
        // An old kernel does not tell (-1): the largest alignment is worth a try.
        this.directRefused = !told && alignment >= 0;
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public long length() throws IOException {
        return status().size();
    }

    @Override
    public long allocatedBytes() throws IOException {
        return status().allocatedBytes();
    }

    private FileStatus status() throws IOException {
        enter();
        try {
            return statusInUse();
        } finally {
            leave();
        }
    }

    private FileStatus statusInUse() throws IOException {
        try {
            return Linux.status(fd);
        } catch (IOException e) {
            throw new IOException(e.getMessage() + ", file=" + path, e);
        }
    }

    @Override
    public long read(long position, MemorySegment target) throws IOException {
        enter();
        try {
            long result = Linux.read(fd, position, target);
            if (result < 0) {
                throw failure("pread", position, target.byteSize(), result);
            }
            return result;
        } finally {
            leave();
        }
    }

    @Override
    public void write(long position, MemorySegment source) throws IOException {
        enterWriting("write");
        try {
            writeBuffered(position, source);
        } finally {
            leave();
        }
    }

    @Override
    public void writeDirect(long position, MemorySegment source) throws IOException {
        enterWriting("write");
        try {
            int direct = isAligned(position, source) ? directDescriptor() : NO_DIRECT;
            if (direct >= 0) {
                long result = Linux.write(direct, position, source);
                if (result >= 0) {
                    return;
                }
                if (result != -Errno.EINVAL) {
                    throw failure("pwrite", position, source.byteSize(), result);
                }
                // Some file systems take the flag when the file is opened and refuse the write.
                directRefused = true;
            }
            writeBuffered(position, source);
        } finally {
            leave();
        }
    }

    private boolean isAligned(long position, MemorySegment source) {
        return ((position | source.byteSize() | source.address()) & directAlignment - 1) == 0;
    }

    private void writeBuffered(long position, MemorySegment source) throws IOException {
        long result = Linux.write(fd, position, source);
        if (result < 0) {
            throw failure("pwrite", position, source.byteSize(), result);
        }
    }

    /** The descriptor for direct writes, or a negative number if there is none. Between enter and leave. */
    private int directDescriptor() {
        if (directRefused) {
            return NO_DIRECT;
        }
        int direct = directFd;
        if (direct != NOT_OPENED) {
            return direct;
        }
        synchronized (directLock) {
            if (directFd == NOT_OPENED) {
                // Through /proc it is the same file even where the path names another by now.
                int flags = LinuxConstants.O_RDWR | LinuxConstants.O_DIRECT;
                directFd = Math.max(Linux.open("/proc/self/fd/" + fd, flags), NO_DIRECT);
            }
            return directFd;
        }
    }

    @Override
    public int directAlignment() {
        return directAlignment;
    }

    @Override
    public void allocate(long position, long length) throws IOException {
        if (length == 0) {
            return;
        }
        enterWriting("allocate");
        try {
            int result = Linux.fallocate(fd, LinuxConstants.FALLOC_FL_KEEP_SIZE, position, length);
            if (result < 0 && !Errno.isUnsupported(result)) {
                throw failure("fallocate", position, length, result);
            }
        } finally {
            leave();
        }
    }

    @Override
    public void zero(long position, long length) throws IOException {
        if (length == 0) {
            return;
        }
        enterWriting("zero");
        try {
            int mode = LinuxConstants.FALLOC_FL_PUNCH_HOLE | LinuxConstants.FALLOC_FL_KEEP_SIZE;
            int result = Linux.fallocate(fd, mode, position, length);
            if (Errno.isUnsupported(result)) {
                writeZeros(position, Math.min(length, statusInUse().size() - position));
            } else if (result < 0) {
                throw failure("fallocate", position, length, result);
            }
        } finally {
            leave();
        }
    }

    private void writeZeros(long position, long length) throws IOException {
        if (length <= 0) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment zeros = arena.allocate(Math.min(length, ZEROS_BYTES));
            long done = 0;
            while (done < length) {
                long bytes = Math.min(length - done, zeros.byteSize());
                writeBuffered(position + done, zeros.asSlice(0, bytes));
                done += bytes;
            }
        }
    }

    @Override
    public void setLength(long length) throws IOException {
        enterWriting("setLength");
        try {
            int result = Linux.ftruncate(fd, length);
            if (result < 0) {
                throw PosixFailure.of("ftruncate", "length=" + length, result, path);
            }
        } finally {
            leave();
        }
    }

    @Override
    public void startWriteBack(long position, long length) throws IOException {
        syncFileRange(position, length, LinuxConstants.SYNC_FILE_RANGE_WRITE);
    }

    @Override
    public void awaitWriteBack(long position, long length) throws IOException {
        syncFileRange(position, length, LinuxConstants.SYNC_FILE_RANGE_WAIT_BEFORE);
    }

    private void syncFileRange(long position, long length, int flags) throws IOException {
        enter();
        try {
            int result = Linux.syncFileRange(fd, position, length, flags);
            // forbidden by a sandbox: the next force does it all
            if (result != -Errno.ENOSYS && result != -Errno.EPERM) {
                check("sync_file_range", result);
            }
        } finally {
            leave();
        }
    }

    @Override
    public void force() throws IOException {
        enter();
        try {
            check("fdatasync", Linux.fdatasync(fd));
        } finally {
            leave();
        }
    }

    @Override
    public void forceAll() throws IOException {
        enter();
        try {
            check("fsync", Linux.fsync(fd));
        } finally {
            leave();
        }
    }

    @Override
    public boolean tryLock(boolean shared) throws IOException {
        if (!shared) {
            requireWritable("lock");
        }
        enter();
        try {
            int result = Linux.lock(fd, shared ? LinuxConstants.F_RDLCK : LinuxConstants.F_WRLCK);
            if (result == -Errno.EAGAIN || result == -Errno.EACCES) {
                return false;
            }
            if (result < 0) {
                throw PosixFailure.of("fcntl", "command=F_OFD_SETLK, shared=" + shared, result, path);
            }
            locked = true;
            if (flock(shared ? LinuxConstants.LOCK_SH : LinuxConstants.LOCK_EX)) {
                return true;
            }
            Linux.lock(fd, LinuxConstants.F_UNLCK);
            return false;
        } finally {
            leave();
        }
    }

    private boolean flock(int operation) throws IOException {
        int result = Linux.flock(fd, operation);
        if (result < 0 && result != -Errno.EAGAIN) {
            throw PosixFailure.of("flock", "operation=" + operation, result, path);
        }
        return result >= 0;
    }

    /**
     * By flock alone: any lock by fcntl, whichever opening has it, would keep the owner from locking the file
     * by {@code FileChannel.lock} later, and a library that waits for that would wait for ever.
     */
    @Override
    public boolean tryLockBesideOwner() throws IOException {
        enter();
        try {
            if (!flock(LinuxConstants.LOCK_EX)) {
                return false;
            }
            locked = true;
            if (Linux.lockHolder(fd, LinuxConstants.F_WRLCK) == 0 || FileLocks.areOurs(fd, statusInUse())) {
                return true;
            }
            flock(LinuxConstants.LOCK_UN);
            return false;
        } finally {
            leave();
        }
    }

    @Override
    public byte[] attribute(String name) throws IOException {
        String wholeName = ATTRIBUTE_NAME_SPACE + name;
        enter();
        try (Arena arena = Arena.ofConfined()) {
            while (true) {
                long bytes = Linux.getAttribute(fd, wholeName, MemorySegment.NULL);
                MemorySegment target = arena.allocate(Math.max(1, bytes));
                // Not empty even for an empty value: then the kernel would only tell a length again.
                long result = bytes < 0 ? bytes : Linux.getAttribute(fd, wholeName, target);
                if (result == -Errno.ERANGE) {
                    continue;
                }
                if (result == -Errno.ENODATA || Errno.isUnsupported(result)) {
                    return null;
                }
                if (result < 0) {
                    throw PosixFailure.of("fgetxattr", "name=" + wholeName, result, path);
                }
                return target.asSlice(0, result).toArray(ValueLayout.JAVA_BYTE);
            }
        } finally {
            leave();
        }
    }

    @Override
    public boolean setAttribute(String name, byte[] value) throws IOException {
        String wholeName = ATTRIBUTE_NAME_SPACE + name;
        enterWriting("setAttribute");
        try {
            int result = value == null
                    ? Linux.removeAttribute(fd, wholeName)
                    : Linux.setAttribute(fd, wholeName, value);
            if (Errno.isUnsupported(result)) {
                return false;
            }
            if (result < 0 && !(value == null && result == -Errno.ENODATA)) {
                String call = value == null ? "fremovexattr" : "fsetxattr";
                throw PosixFailure.of(call, "name=" + wholeName, result, path);
            }
            return true;
        } finally {
            leave();
        }
    }

    @Override
    public void copyPermissions(DurableFile other) throws IOException {
        if (!(other instanceof PosixFile model)) {
            throw new IllegalArgumentException("a file of another storage: file=" + other.path());
        }
        FileStatus wanted = model.status();
        enter();
        try {
            FileStatus own = statusInUse();
            boolean groupGiven = own.group() == wanted.group() || Linux.fchown(fd, -1, wanted.group()) == 0;
            if (own.owner() != wanted.owner()) {
                // Only a privileged process may; for others the file stays their own, as all they make.
                int result = Linux.fchown(fd, wanted.owner(), -1);
                check("fchown", result == -Errno.EPERM ? 0 : result);
            }
            int permissions = wanted.permissions();
            if (!groupGiven) {
                // Another group must not get what was meant for the model's: it gets what everybody has.
                permissions = permissions & ~0070 | (permissions & 0007) << 3 & permissions;
            }
            // Last: a change of owner or group may clear bits. Some file systems refuse even a change to the
            // same.
            if (statusInUse().permissions() != permissions) {
                check("fchmod", Linux.fchmod(fd, permissions));
            }
        } finally {
            leave();
        }
    }

    @Override
    public OptionalInt descriptor() {
        return OptionalInt.of(fd);
    }

    /** Waits for the calls under way; calls that come later are refused. */
    @Override
    public void close() throws IOException {
        if (!uses.close()) {
            return;
        }
        if (directFd >= 0) {
            FileLocks.close(directFd);
        }
        if (locked) {
            // A process being started may hold a copy of the descriptor for a moment: not the lock, too.
            Linux.lock(fd, LinuxConstants.F_UNLCK);
            Linux.flock(fd, LinuxConstants.LOCK_UN);
        }
        check("close", FileLocks.close(fd));
    }

    private void enter() throws IOException {
        if (!uses.enter()) {
            throw new IOException("file is closed: file=" + path);
        }
    }

    private void leave() {
        uses.leave();
    }

    private void enterWriting(String operation) throws IOException {
        requireWritable(operation);
        enter();
    }

    private void requireWritable(String operation) throws IOException {
        if (!writable) {
            throw new IOException(
                    "file was opened for reading only: operation=" + operation + ", file=" + path);
        }
    }

    private IOException failure(String call, long position, long bytes, long errno) {
        return PosixFailure.of(call, "position=" + position + ", bytes=" + bytes, errno, path);
    }

    private void check(String call, int result) throws IOException {
        if (result < 0) {
            throw PosixFailure.of(call, "", result, path);
        }
    }
}
