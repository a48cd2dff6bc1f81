package io.atomicmapping.storage.linux;

import java.util.Locale;

/**
 * The constants of the calls in {@link Linux}, by the names the manual pages use.
 *
 * <p>Where x86-64 and aarch64 differ, the value is that of the machine this runs on.
 */
public final class LinuxConstants {

    static final String ARCHITECTURE = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    static final boolean X86_64 = ARCHITECTURE.equals("amd64") || ARCHITECTURE.equals("x86_64");
    static final boolean AARCH64 = ARCHITECTURE.equals("aarch64");

    // The only two lists of numbers that depend on the machine: system calls and three flags of open.
    static final long SYS_USERFAULTFD = X86_64 ? 323 : 282;
    static final long SYS_MEMBARRIER = X86_64 ? 324 : 283;
    static final long SYS_STATX = X86_64 ? 332 : 291;

    /** open: past the page cache. */
    public static final int O_DIRECT = X86_64 ? 0x4000 : 0x1_0000;
    /** open: fails unless it is a directory. */
    public static final int O_DIRECTORY = X86_64 ? 0x1_0000 : 0x4000;
    /** open: for reading. */
    public static final int O_RDONLY = 0;
    /** open: for reading and writing. */
    public static final int O_RDWR = 2;
    /** open: creates the file. */
    public static final int O_CREAT = 0x40;
    /** open: fails if the file exists. */
    public static final int O_EXCL = 0x80;
    /** open: a terminal does not become the controlling one. */
    public static final int O_NOCTTY = 0x100;
    /** open: does not wait, for example for the other end of a pipe; also a flag of userfaultfd. */
    public static final int O_NONBLOCK = 0x800;
    /** open: not inherited by programs that this process starts; also a flag of userfaultfd. */
    public static final int O_CLOEXEC = 0x8_0000;

    /** lseek: the next byte that is not in a hole. */
    public static final int SEEK_DATA = 3;
    /** lseek: the next byte in a hole; there is one at the end of the file. */
    public static final int SEEK_HOLE = 4;

    /** fallocate: the length of the file stays. */
    public static final int FALLOC_FL_KEEP_SIZE = 1;
    /** fallocate: makes a hole. */
    public static final int FALLOC_FL_PUNCH_HOLE = 2;
    /** fallocate: makes the range zeros that stay allocated. */
    public static final int FALLOC_FL_ZERO_RANGE = 0x10;

    /** A lock that others may hold as well. */
    public static final int F_RDLCK = 0;
    /** A lock that nobody else may hold. */
    public static final int F_WRLCK = 1;
    /** No lock: releases it. */
    public static final int F_UNLCK = 2;

    /** mmap: no access. */
    public static final int PROT_NONE = 0;
    /** mmap: loads. */
    public static final int PROT_READ = 1;
    /** mmap: stores. */
    public static final int PROT_WRITE = 2;
    /** mmap: execution. */
    public static final int PROT_EXEC = 4;
    /** mmap: stores reach the file. */
    public static final int MAP_SHARED = 1;
    /** mmap: stores make private pages. */
    public static final int MAP_PRIVATE = 2;
    /** mmap: at exactly this address, replacing what is there. */
    public static final int MAP_FIXED = 0x10;
    /** mmap: no file beneath. */
    public static final int MAP_ANONYMOUS = 0x20;
    /** mmap: no swap space is reserved. */
    public static final int MAP_NORESERVE = 0x4000;
    /** mmap: at exactly this address, which must be free. */
    public static final int MAP_FIXED_NOREPLACE = 0x10_0000;

    /** sync_file_range: waits for what is being written. */
    public static final int SYNC_FILE_RANGE_WAIT_BEFORE = 1;
    /** sync_file_range: begins to write what is dirty. */
    public static final int SYNC_FILE_RANGE_WRITE = 2;

    /** madvise: no special treatment. */
    public static final int MADV_NORMAL = 0;
    /** madvise: no read-ahead. */
    public static final int MADV_RANDOM = 1;
    /** madvise: more read-ahead. */
    public static final int MADV_SEQUENTIAL = 2;
    /** madvise: reads it ahead. */
    public static final int MADV_WILLNEED = 3;
    /** madvise: gives private pages back; the next access finds what lies beneath. */
    public static final int MADV_DONTNEED = 4;
    /** madvise: a child process does not get the range. */
    public static final int MADV_DONTFORK = 10;
    /** madvise: prefers huge pages. */
    public static final int MADV_HUGEPAGE = 14;
    /** madvise: no huge pages. */
    public static final int MADV_NOHUGEPAGE = 15;
    /** madvise: reclaims the range first. */
    public static final int MADV_COLD = 20;
    /** madvise: reclaims the range now. */
    public static final int MADV_PAGEOUT = 21;
    /** madvise: faults the range in for loads (Linux 5.14). */
    public static final int MADV_POPULATE_READ = 22;
    /** madvise: faults the range in for stores (Linux 5.14). */
    public static final int MADV_POPULATE_WRITE = 23;

    /** membarrier: which commands there are, as a bit mask. */
    public static final int MEMBARRIER_CMD_QUERY = 0;
    /** membarrier: a full barrier on every running thread of this process. */
    public static final int MEMBARRIER_CMD_PRIVATE_EXPEDITED = 1 << 3;
    /** membarrier: announces that this process will use the command before. */
    public static final int MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = 1 << 4;

    /** userfaultfd: only faults of user code, which needs no privilege. */
    public static final int UFFD_USER_MODE_ONLY = 1;

    /** flock: a lock that others may share. */
    public static final int LOCK_SH = 1;
    /** flock: a lock of one. */
    public static final int LOCK_EX = 2;
    /** flock: none any more. */
    public static final int LOCK_UN = 8;
    static final int LOCK_NB = 4;

    // struct flock, 64-bit
    static final int F_OFD_GETLK = 36;
    static final int F_OFD_SETLK = 37;
    static final int FLOCK_TYPE = 0;
    static final int FLOCK_PID = 24;
    static final int FLOCK_BYTES = 32;

    // statx
    static final int AT_EMPTY_PATH = 0x1000;
    static final int STATX_BASIC_STATS = 0x7ff;
    static final int STATX_DIOALIGN = 0x2000;
    static final int STATX_BYTES = 256;

    static final int SC_PAGESIZE = 30;

    static final int MFD_CLOEXEC = 1;
    static final int MFD_NOEXEC_SEAL = 8;

    private LinuxConstants() {}
}
