package io.atomicmapping.storage.linux;

import java.util.Map;

/**
 * The error numbers of Linux (the same on x86-64 and aarch64) with their names and English texts.
 *
 * <p>Design note: the texts do not come from {@code strerror}, which translates them into the language of
 * the process; programs look for "No space left on device".
 */
public final class Errno {

    /** Operation not permitted. */
    public static final int EPERM = 1;
    /** No such file or directory. */
    public static final int ENOENT = 2;
    /** Interrupted system call. */
    public static final int EINTR = 4;
    /** Input/output error. */
    public static final int EIO = 5;
    /** No such device or address. */
    public static final int ENXIO = 6;
    /** Bad file descriptor. */
    public static final int EBADF = 9;
    /** Resource temporarily unavailable. */
    public static final int EAGAIN = 11;
    /** Cannot allocate memory. */
    public static final int ENOMEM = 12;
    /** Permission denied. */
    public static final int EACCES = 13;
    /** Bad address. */
    public static final int EFAULT = 14;
    /** Device or resource busy. */
    public static final int EBUSY = 16;
    /** File exists. */
    public static final int EEXIST = 17;
    /** No such device. */
    public static final int ENODEV = 19;
    /** Not a directory. */
    public static final int ENOTDIR = 20;
    /** Is a directory. */
    public static final int EISDIR = 21;
    /** Invalid argument. */
    public static final int EINVAL = 22;
    /** Too many open files in system. */
    public static final int ENFILE = 23;
    /** Too many open files. */
    public static final int EMFILE = 24;
    /** Inappropriate ioctl for device. */
    public static final int ENOTTY = 25;
    /** Text file busy. */
    public static final int ETXTBSY = 26;
    /** File too large. */
    public static final int EFBIG = 27;
    /** No space left on device. */
    public static final int ENOSPC = 28;
    /** Read-only file system. */
    public static final int EROFS = 30;
    /** Numerical result out of range. */
    public static final int ERANGE = 34;
    /** No locks available. */
    public static final int ENOLCK = 37;
    /** Function not implemented. */
    public static final int ENOSYS = 38;
    /** Too many levels of symbolic links. */
    public static final int ELOOP = 40;
    /** No data available. */
    public static final int ENODATA = 61;
    /** Operation not supported. */
    public static final int EOPNOTSUPP = 95;
    /** Disk quota exceeded. */
    public static final int EDQUOT = 122;

    private record Entry(String name, String text) {}

    private static final Map<Integer, Entry> ENTRIES = Map.ofEntries(
            entry(EPERM, "EPERM", "Operation not permitted"),
            entry(ENOENT, "ENOENT", "No such file or directory"),
            entry(3, "ESRCH", "No such process"),
            entry(EINTR, "EINTR", "Interrupted system call"),
            entry(EIO, "EIO", "Input/output error"),
            entry(ENXIO, "ENXIO", "No such device or address"),
            entry(7, "E2BIG", "Argument list too long"),
            entry(EBADF, "EBADF", "Bad file descriptor"),
            entry(EAGAIN, "EAGAIN", "Resource temporarily unavailable"),
            entry(ENOMEM, "ENOMEM", "Cannot allocate memory"),
            entry(EACCES, "EACCES", "Permission denied"),
            entry(EFAULT, "EFAULT", "Bad address"),
            entry(EBUSY, "EBUSY", "Device or resource busy"),
            entry(EEXIST, "EEXIST", "File exists"),
            entry(18, "EXDEV", "Invalid cross-device link"),
            entry(ENODEV, "ENODEV", "No such device"),
            entry(ENOTDIR, "ENOTDIR", "Not a directory"),
            entry(EISDIR, "EISDIR", "Is a directory"),
            entry(EINVAL, "EINVAL", "Invalid argument"),
            entry(ENFILE, "ENFILE", "Too many open files in system"),
            entry(EMFILE, "EMFILE", "Too many open files"),
            entry(ENOTTY, "ENOTTY", "Inappropriate ioctl for device"),
            entry(ETXTBSY, "ETXTBSY", "Text file busy"),
            entry(EFBIG, "EFBIG", "File too large"),
            entry(ENOSPC, "ENOSPC", "No space left on device"),
            entry(29, "ESPIPE", "Illegal seek"),
            entry(EROFS, "EROFS", "Read-only file system"),
            entry(31, "EMLINK", "Too many links"),
            entry(ERANGE, "ERANGE", "Numerical result out of range"),
            entry(35, "EDEADLK", "Resource deadlock avoided"),
            entry(36, "ENAMETOOLONG", "File name too long"),
            entry(ENOLCK, "ENOLCK", "No locks available"),
            entry(ENOSYS, "ENOSYS", "Function not implemented"),
            entry(ELOOP, "ELOOP", "Too many levels of symbolic links"),
            entry(ENODATA, "ENODATA", "No data available"),
            entry(75, "EOVERFLOW", "Value too large for defined data type"),
            entry(EOPNOTSUPP, "EOPNOTSUPP", "Operation not supported"),
            entry(107, "ENOTCONN", "Transport endpoint is not connected"),
            entry(110, "ETIMEDOUT", "Connection timed out"),
            entry(116, "ESTALE", "Stale file handle"),
            entry(117, "EUCLEAN", "Structure needs cleaning"),
            entry(121, "EREMOTEIO", "Remote I/O error"),
            entry(EDQUOT, "EDQUOT", "Disk quota exceeded"));

    private Errno() {}

    private static Map.Entry<Integer, Entry> entry(int errno, String name, String text) {
        return Map.entry(errno, new Entry(name, text));
    }

    /**
     * The name that manual pages use.
     *
     * @param errno an error number, or its negative
     * @return the name, such as ENOSPC, or the number where it is not known
     */
    public static String name(long errno) {
        Entry entry = ENTRIES.get((int) Math.abs(errno));
        return entry != null ? entry.name : Long.toString(Math.abs(errno));
    }

    /**
     * The text of an error.
     *
     * @param errno an error number, or its negative
     * @return the text, in English
     */
    public static String text(long errno) {
        Entry entry = ENTRIES.get((int) Math.abs(errno));
        return entry != null ? entry.text : "Unknown error " + Math.abs(errno);
    }

    /**
     * Whether a call failed because the kernel or the file system does not have it.
     *
     * @param errno an error number, or its negative
     * @return true for EOPNOTSUPP and ENOSYS
     */
    public static boolean isUnsupported(long errno) {
        long number = Math.abs(errno);
        return number == EOPNOTSUPP || number == ENOSYS;
    }
}
