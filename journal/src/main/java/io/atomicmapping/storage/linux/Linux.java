package io.atomicmapping.storage.linux;

import static io.atomicmapping.storage.linux.CLibrary.handle;
import static io.atomicmapping.storage.linux.CLibrary.variadic;
import static io.atomicmapping.storage.linux.CLibrary.variadicWithoutErrno;
import static io.atomicmapping.storage.linux.LinuxConstants.*;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Every native call of the project. Nothing else calls native code.
 *
 * <ul>
 *   <li>A call gives its result, or minus the error number ({@link Errno}); those that say so throw instead.
 *   <li>EINTR is tried again, and short reads and writes are continued, here and nowhere else.
 *   <li>Loading this class never fails. Where the calls cannot be had, {@link #require()} and every call
 *       throw the reason, each time anew.
 *   <li>Calls allocate no native memory in the steady state: see {@link CallFrames}.
 *   <li>Segments that are read or written by the kernel are native and not a mapping of a file.
 * </ul>
 */
@SuppressWarnings("restricted")
public final class Linux {

    private static final String MMAP_REMEDY =
            ", remedy=raise ulimit -v, vm.max_map_count or vm.overcommit_memory, or reserve less (maxSize)";

    // int open(const char *path, int flags, ... /* mode_t mode */)
    private static final MethodHandle OPEN = variadic("open", 2, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);

    // int close(int fd)
    private static final MethodHandle CLOSE = handle("close", JAVA_INT, JAVA_INT);

    // ssize_t pread(int fd, void *buffer, size_t count, off_t offset)
    private static final MethodHandle PREAD =
            handle("pread", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);

    // ssize_t pwrite(int fd, const void *buffer, size_t count, off_t offset)
    private static final MethodHandle PWRITE =
            handle("pwrite", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);

    // off_t lseek(int fd, off_t offset, int whence)
    private static final MethodHandle LSEEK = handle("lseek", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);

    // int fdatasync(int fd)
    private static final MethodHandle FDATASYNC = handle("fdatasync", JAVA_INT, JAVA_INT);

    // int sync_file_range(int fd, off64_t offset, off64_t nbytes, unsigned int flags)
    private static final MethodHandle SYNC_FILE_RANGE =
            handle("sync_file_range", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);

    // int fsync(int fd)
    private static final MethodHandle FSYNC = handle("fsync", JAVA_INT, JAVA_INT);

    // int ftruncate(int fd, off_t length)
    private static final MethodHandle FTRUNCATE = handle("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);

    // int fallocate(int fd, int mode, off_t offset, off_t length)
    private static final MethodHandle FALLOCATE =
            handle("fallocate", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);

    // int flock(int fd, int operation)
    private static final MethodHandle FLOCK = handle("flock", JAVA_INT, JAVA_INT, JAVA_INT);

    // int fcntl(int fd, int command, ... /* struct flock *lock */)
    private static final MethodHandle FCNTL = variadic("fcntl", 2, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);

    // ssize_t fgetxattr(int fd, const char *name, void *value, size_t size)
    private static final MethodHandle FGETXATTR =
            handle("fgetxattr", JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);

    // int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)
    private static final MethodHandle FSETXATTR =
            handle("fsetxattr", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);

    // int fremovexattr(int fd, const char *name)
    private static final MethodHandle FREMOVEXATTR = handle("fremovexattr", JAVA_INT, JAVA_INT, ADDRESS);

    // int fchmod(int fd, mode_t mode)
    private static final MethodHandle FCHMOD = handle("fchmod", JAVA_INT, JAVA_INT, JAVA_INT);

    // int fchown(int fd, uid_t owner, gid_t group)
    private static final MethodHandle FCHOWN = handle("fchown", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);

    // void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
    private static final MethodHandle MMAP =
            handle("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);

    // int memfd_create(const char *name, unsigned int flags)
    private static final MethodHandle MEMFD_CREATE = handle("memfd_create", JAVA_INT, ADDRESS, JAVA_INT);

    // int munmap(void *address, size_t length)
    private static final MethodHandle MUNMAP = handle("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);

    // int madvise(void *address, size_t length, int advice)
    private static final MethodHandle MADVISE =
            handle("madvise", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);

    // int mincore(void *address, size_t length, unsigned char *vector)
    private static final MethodHandle MINCORE = handle("mincore", JAVA_INT, JAVA_LONG, JAVA_LONG, ADDRESS);

    // int ioctl(int fd, unsigned long request, ... /* void *argument */)
    private static final MethodHandle IOCTL = variadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);

    // long sysconf(int name)
    private static final MethodHandle SYSCONF = handle("sysconf", JAVA_LONG, JAVA_INT);

    // long syscall(SYS_userfaultfd, int flags)
    private static final MethodHandle USERFAULTFD = variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT);

    // long syscall(SYS_membarrier, int command, unsigned int flags, int cpu)
    private static final MethodHandle MEMBARRIER =
            variadicWithoutErrno("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT);

    // long syscall(SYS_statx, int directory, const char *path, int flags, unsigned int mask,
    //         struct statx *result)
    private static final MethodHandle STATX =
            variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);

    /** One native call; gives -1 on failure and leaves the error number in the frame. */
    @FunctionalInterface
    private interface Call {
        long run(CallFrames.Frame frame) throws Throwable;
    }

    private Linux() {}

    /**
     * Checks that the native calls can be had.
     *
     * @throws UnsupportedOperationException on another system or machine
     * @throws IllegalCallerException if native access is denied; the message gives the flag
     */
    public static void require() {
        CLibrary.require();
    }

    private static RuntimeException unexpected(Throwable thrown) {
        require();
        if (thrown instanceof Error e) {
            throw e;
        }
        // A closed arena or a heap segment: the caller's mistake.
        return thrown instanceof RuntimeException e ? e : new IllegalStateException(thrown);
    }

    private static long once(Call call) {
        CallFrames.Frame frame = CallFrames.take();
        try {
            return frame.outcome(call.run(frame));
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CallFrames.giveBack(frame);
        }
    }

    private static long untilNotInterrupted(Call call) {
        long result;
        do {
            result = once(call);
        } while (result == -Errno.EINTR);
        return result;
    }

    // ---- files

    /**
     * Opens a file, never to be inherited by another program.
     *
     * @param path its path, a C string
     * @param flags O_ flags
     * @param mode the permission bits of a new file, before the process's umask
     * @return the descriptor, or minus the error number
     */
    public static int open(MemorySegment path, int flags, int mode) {
        return (int) untilNotInterrupted(
                f -> (int) OPEN.invokeExact(f.state, path, flags | O_CLOEXEC, mode));
    }

    /**
     * As {@link #open(MemorySegment, int, int)}, for paths of the kernel's own file systems.
     *
     * @param path its path
     * @param flags O_ flags, without O_CREAT
     * @return the descriptor, or minus the error number
     */
    public static int open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return open(arena.allocateFrom(path), flags, 0);
        }
    }

    /**
     * Closes a descriptor, which is free afterwards also where an error is given.
     *
     * @param fd the descriptor
     * @return 0, or minus the error number
     */
    public static int close(int fd) {
        // Linux frees the number before it can be interrupted: a second try could close another's file.
        long result = once(f -> (int) CLOSE.invokeExact(f.state, fd));
        return result == -Errno.EINTR ? 0 : (int) result;
    }

    /**
     * Reads until the target is full or the file ends.
     *
     * @param fd the descriptor
     * @param position where to begin
     * @param target where the bytes go
     * @return the bytes read, or minus the error number
     */
    public static long read(int fd, long position, MemorySegment target) {
        long bytes = target.byteSize();
        long done = 0;
        while (done < bytes) {
            long count = pread(fd, position + done, done == 0 ? target : target.asSlice(done));
            if (count < 0) {
                return count;
            }
            if (count == 0) {
                break;
            }
            done += count;
        }
        return done;
    }

    /**
     * Writes all bytes of a source.
     *
     * @param fd the descriptor
     * @param position where to begin
     * @param source the bytes
     * @return their count, or minus the error number, where any part may have been written
     */
    public static long write(int fd, long position, MemorySegment source) {
        long bytes = source.byteSize();
        long done = 0;
        while (done < bytes) {
            long count = pwrite(fd, position + done, done == 0 ? source : source.asSlice(done));
            if (count < 0) {
                return count;
            }
            if (count == 0) {
                return -Errno.EIO;
            }
            done += count;
        }
        return done;
    }

    private static long pread(int fd, long position, MemorySegment target) {
        return untilNotInterrupted(
                f -> (long) PREAD.invokeExact(f.state, fd, target, target.byteSize(), position));
    }

    // This and fdatasync, which every commit calls, are written out: what a lambda captures is allocated at
    // each call, unless the JIT happens to inline it.

    private static long pwrite(int fd, long position, MemorySegment source) {
        CallFrames.Frame frame = CallFrames.take();
        try {
            long result;
            do {
                result = frame.outcome(
                        (long) PWRITE.invokeExact(frame.state, fd, source, source.byteSize(), position));
            } while (result == -Errno.EINTR);
            return result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CallFrames.giveBack(frame);
        }
    }

    /**
     * Forces content and length.
     *
     * @param fd the descriptor
     * @return 0, or minus the error number
     */
    public static int fdatasync(int fd) {
        CallFrames.Frame frame = CallFrames.take();
        try {
            long result;
            do {
                result = frame.outcome((int) FDATASYNC.invokeExact(frame.state, fd));
            } while (result == -Errno.EINTR);
            return (int) result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            CallFrames.giveBack(frame);
        }
    }

    /**
     * Writes the cached pages of a range back, sync_file_range(2).
     *
     * @param fd the descriptor
     * @param offset where the range begins
     * @param length its length
     * @param flags {@code SYNC_FILE_RANGE_} flags
     * @return 0, or minus the error number
     */
    public static int syncFileRange(int fd, long offset, long length, int flags) {
        return (int) untilNotInterrupted(
                f -> (int) SYNC_FILE_RANGE.invokeExact(f.state, fd, offset, length, flags));
    }

    /**
     * Forces content, length and attributes, or a directory's entries.
     *
     * @param fd the descriptor
     * @return 0, or minus the error number
     */
    public static int fsync(int fd) {
        return (int) untilNotInterrupted(f -> (int) FSYNC.invokeExact(f.state, fd));
    }

    /**
     * Sets a file's length.
     *
     * @param fd the descriptor
     * @param length bytes
     * @return 0, or minus the error number
     */
    public static int ftruncate(int fd, long length) {
        return (int) untilNotInterrupted(f -> (int) FTRUNCATE.invokeExact(f.state, fd, length));
    }

    /**
     * Allocates disk space, or gives it back.
     *
     * @param fd the descriptor
     * @param mode FALLOC_ flags
     * @param position where the range begins
     * @param length its bytes
     * @return 0, or minus the error number
     */
    public static int fallocate(int fd, int mode, long position, long length) {
        return (int) untilNotInterrupted(
                f -> (int) FALLOCATE.invokeExact(f.state, fd, mode, position, length));
    }

    /**
     * Sets an open-file-description lock on the whole file, or removes it, without waiting.
     *
     * @param fd the descriptor
     * @param type F_RDLCK, F_WRLCK or F_UNLCK
     * @return 0, or minus the error number: EAGAIN or EACCES where another holds it
     */
    public static int lock(int fd, int type) {
        return (int) untilNotInterrupted(f -> {
            // start 0, length 0 (to the end, wherever that is), pid 0 as this kind of lock demands
            f.struct.asSlice(0, FLOCK_BYTES).fill((byte) 0);
            f.struct.set(JAVA_SHORT, FLOCK_TYPE, (short) type);
            return (int) FCNTL.invokeExact(f.state, fd, F_OFD_SETLK, f.struct);
        });
    }

    /**
     * Sets a lock of the kind of flock(2), or removes it, without waiting. It belongs to the open file
     * description, and is of no concern to locks by fcntl.
     *
     * @param fd the descriptor
     * @param operation LOCK_SH, LOCK_EX or LOCK_UN
     * @return 0, or minus the error number: EAGAIN where another holds it
     */
    public static int flock(int fd, int operation) {
        return (int) untilNotInterrupted(
                f -> (int) FLOCK.invokeExact(f.state, fd, operation | LinuxConstants.LOCK_NB));
    }

    /**
     * Who holds a lock that keeps the whole file from being locked.
     *
     * @param fd the descriptor
     * @param type F_RDLCK or F_WRLCK: the lock that is wanted
     * @return the process, -1 for an open-file-description lock or where it cannot be told, 0 where no lock
     *     is in the way
     */
    public static int lockHolder(int fd, int type) {
        return (int) untilNotInterrupted(f -> {
            f.struct.asSlice(0, FLOCK_BYTES).fill((byte) 0);
            f.struct.set(JAVA_SHORT, FLOCK_TYPE, (short) type);
            int result = (int) FCNTL.invokeExact(f.state, fd, F_OFD_GETLK, f.struct);
            boolean held = result < 0 || f.struct.get(JAVA_SHORT, FLOCK_TYPE) != F_UNLCK;
            return held ? result < 0 ? 0xffff_ffffL : f.struct.get(JAVA_INT, FLOCK_PID) & 0xffff_ffffL : 0;
        });
    }

    /**
     * Finds data and holes; moves the descriptor's own position.
     *
     * @param fd the descriptor
     * @param offset where to begin
     * @param whence SEEK_DATA or SEEK_HOLE
     * @return the offset, or minus the error number: ENXIO past the last
     */
    public static long seek(int fd, long offset, int whence) {
        return untilNotInterrupted(f -> (long) LSEEK.invokeExact(f.state, fd, offset, whence));
    }

    /**
     * Reads an extended attribute.
     *
     * @param fd the descriptor
     * @param name its whole name
     * @param target where the value goes; empty to ask for its length
     * @return the value's bytes, or minus the error number: ENODATA where there is none, ERANGE for a small
     *     target
     */
    public static long getAttribute(int fd, String name, MemorySegment target) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment cName = arena.allocateFrom(name);
            return untilNotInterrupted(
                    f -> (long) FGETXATTR.invokeExact(f.state, fd, cName, target, target.byteSize()));
        }
    }

    /**
     * Sets an extended attribute.
     *
     * @param fd the descriptor
     * @param name its whole name
     * @param value its value
     * @return 0, or minus the error number
     */
    public static int setAttribute(int fd, String name, byte[] value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment cName = arena.allocateFrom(name);
            MemorySegment source = arena.allocate(Math.max(1, value.length));
            MemorySegment.copy(value, 0, source, JAVA_BYTE, 0, value.length);
            long bytes = value.length;
            return (int) untilNotInterrupted(
                    f -> (int) FSETXATTR.invokeExact(f.state, fd, cName, source, bytes, 0));
        }
    }

    /**
     * Removes an extended attribute.
     *
     * @param fd the descriptor
     * @param name its whole name
     * @return 0, or minus the error number: ENODATA where there is none
     */
    public static int removeAttribute(int fd, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment cName = arena.allocateFrom(name);
            return (int) untilNotInterrupted(f -> (int) FREMOVEXATTR.invokeExact(f.state, fd, cName));
        }
    }

    /**
     * What the kernel knows about an open file.
     *
     * @param fd the descriptor
     * @return its status
     * @throws IOException if it cannot be told
     */
    public static FileStatus status(int fd) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment emptyPath = arena.allocate(1);
            MemorySegment statx = arena.allocate(STATX_BYTES, Long.BYTES);
            long result = untilNotInterrupted(f -> (long) STATX.invokeExact(f.state, SYS_STATX, fd,
                    emptyPath, AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_DIOALIGN, statx));
            if (result < 0) {
                throw new IOException("statx failed, " + Errno.text(result) + ": fd=" + fd + ", errno="
                        + Errno.name(result));
            }
            return FileStatus.of(statx);
        }
    }

    /**
     * Sets a file's permission bits.
     *
     * @param fd the descriptor
     * @param mode the bits
     * @return 0, or minus the error number
     */
    public static int fchmod(int fd, int mode) {
        return (int) untilNotInterrupted(f -> (int) FCHMOD.invokeExact(f.state, fd, mode));
    }

    /**
     * Sets a file's owner and group.
     *
     * @param fd the descriptor
     * @param owner its number; -1 leaves it
     * @param group its number; -1 leaves it
     * @return 0, or minus the error number
     */
    public static int fchown(int fd, int owner, int group) {
        return (int) untilNotInterrupted(f -> (int) FCHOWN.invokeExact(f.state, fd, owner, group));
    }

    // ---- memory

    /**
     * Maps memory.
     *
     * @param address where, or 0
     * @param length bytes
     * @param protection PROT_ flags
     * @param flags MAP_ flags
     * @param fd the file beneath, or -1
     * @param offset where in that file
     * @return the address
     * @throws IOException if it fails; the message says what to do
     */
    public static long mmap(long address, long length, int protection, int flags, int fd, long offset)
            throws IOException {
        long result = once(
                f -> (long) MMAP.invokeExact(f.state, address, length, protection, flags, fd, offset));
        if (result < 0) {
            throw new IOException("mmap failed, " + Errno.text(result)
                    + ": address=0x" + Long.toHexString(address) + ", length=" + length
                    + ", protection=0x" + Integer.toHexString(protection)
                    + ", flags=0x" + Integer.toHexString(flags) + ", fd=" + fd + ", offset=" + offset
                    + ", errno=" + Errno.name(result)
                    + (result == -Errno.ENOMEM ? MMAP_REMEDY : ""));
        }
        return result;
    }

    /**
     * Makes a file in memory, of length 0, that nobody else can open.
     *
     * @param name what the list of mappings calls it
     * @return its descriptor, or minus the error number
     */
    public static int memoryFile(String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment cName = arena.allocateFrom(name);
            int result = memoryFile(cName, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
            return result == -Errno.EINVAL ? memoryFile(cName, MFD_CLOEXEC) : result; // before Linux 6.3
        }
    }

    private static int memoryFile(MemorySegment name, int flags) {
        return (int) untilNotInterrupted(f -> (int) MEMFD_CREATE.invokeExact(f.state, name, flags));
    }

    /**
     * Unmaps memory.
     *
     * @param address where
     * @param length bytes
     * @return 0, or minus the error number
     */
    public static int munmap(long address, long length) {
        return (int) once(f -> (int) MUNMAP.invokeExact(f.state, address, length));
    }

    /**
     * Advises the kernel about a range of memory.
     *
     * @param address where
     * @param length bytes
     * @param advice a MADV_ constant
     * @return 0, or minus the error number
     */
    public static int madvise(long address, long length, int advice) {
        return (int) untilNotInterrupted(f -> (int) MADVISE.invokeExact(f.state, address, length, advice));
    }

    /**
     * Which pages of a range of memory are resident.
     *
     * @param address where, a multiple of the page size
     * @param length bytes
     * @param vector one byte for each page, of which bit 0 counts
     * @return 0, or minus the error number
     */
    public static int mincore(long address, long length, MemorySegment vector) {
        return (int) untilNotInterrupted(f -> (int) MINCORE.invokeExact(f.state, address, length, vector));
    }

    /**
     * Makes the other threads of this process pass a memory barrier. Without the error number: nobody asks
     * for it, and to capture it would cost something in every commit.
     *
     * @param command a MEMBARRIER_ constant
     * @return 0, for the query the mask of commands, or -1 if it fails
     */
    public static long membarrier(int command) {
        try {
            return (long) MEMBARRIER.invokeExact(SYS_MEMBARRIER, command, 0, 0);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /**
     * Memory at an address as a segment that is always accessible. The caller sees to it that nobody uses it
     * after it was unmapped: that ends the process.
     *
     * @param address where
     * @param bytes its length
     * @return the segment
     */
    public static MemorySegment segment(long address, long bytes) {
        require();
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    /**
     * Memory at an address as a segment that is accessible until an arena closes.
     *
     * @param address where
     * @param bytes its length
     * @param arena the arena
     * @param cleanup runs when the arena has closed, when no access can be under way; may be null
     * @return the segment
     */
    public static MemorySegment segment(long address, long bytes, Arena arena, Runnable cleanup) {
        require();
        return MemorySegment.ofAddress(address)
                .reinterpret(bytes, arena, cleanup == null ? null : ignored -> cleanup.run());
    }

    /**
     * Opens a userfaultfd.
     *
     * @param flags O_ flags and UFFD_USER_MODE_ONLY
     * @return the descriptor, or minus the error number
     */
    public static int userfaultfd(int flags) {
        return (int) untilNotInterrupted(
                f -> (long) USERFAULTFD.invokeExact(f.state, SYS_USERFAULTFD, flags));
    }

    /**
     * A request to a device. Not tried again when interrupted: only the caller knows what it did until then.
     *
     * @param fd the descriptor
     * @param request its number
     * @param argument the request's struct
     * @return what the request gives, or minus the error number
     */
    public static int ioctl(int fd, long request, MemorySegment argument) {
        return (int) once(f -> (int) IOCTL.invokeExact(f.state, fd, request, argument));
    }

    /**
     * The system's page size.
     *
     * @return bytes
     */
    public static int pageBytes() {
        return (int) once(f -> (long) SYSCONF.invokeExact(f.state, SC_PAGESIZE));
    }
}
