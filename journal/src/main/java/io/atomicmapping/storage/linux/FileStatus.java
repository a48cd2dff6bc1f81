package io.atomicmapping.storage.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;

/**
 * What statx tells about an open file.
 *
 * @param mode its kind and permission bits
 * @param owner the owner's number
 * @param group the group's number
 * @param links how many names it has
 * @param device the device it is on
 * @param inode its number on that device
 * @param size its length, in bytes
 * @param allocatedBytes the disk space it takes, in bytes
 * @param directAlignment what direct I/O is aligned to, in bytes: position, length and address; 0 where the
 *     file has no direct I/O, -1 where the kernel does not tell
 */
public record FileStatus(
        int mode, int owner, int group, int links, long device, long inode, long size, long allocatedBytes,
        int directAlignment) {

    private static final int FORMAT_MASK = 0xf000;
    private static final int REGULAR = 0x8000;
    private static final int DIRECTORY = 0x4000;
    private static final int PERMISSIONS_MASK = 0xfff;
    /** stx_blocks counts these, whatever the file system's own unit. */
    private static final long ALLOCATION_UNIT_BYTES = 512;

    /** From a struct statx, whose layout is the same on every machine. */
    static FileStatus of(MemorySegment statx) {
        int mask = statx.get(JAVA_INT, 0);
        int direct = -1;
        if ((mask & LinuxConstants.STATX_DIOALIGN) != 0) {
            direct = Math.max(statx.get(JAVA_INT, 152), statx.get(JAVA_INT, 156));
        }
        long device = (long) statx.get(JAVA_INT, 136) << 32 | statx.get(JAVA_INT, 140) & 0xffff_ffffL;
        return new FileStatus(
                statx.get(JAVA_SHORT, 28) & 0xffff,
                statx.get(JAVA_INT, 20),
                statx.get(JAVA_INT, 24),
                statx.get(JAVA_INT, 16),
                device,
                statx.get(JAVA_LONG, 32),
                statx.get(JAVA_LONG, 40),
                statx.get(JAVA_LONG, 48) * ALLOCATION_UNIT_BYTES,
                direct);
    }

    /**
     * Whether it is a regular file.
     *
     * @return true for a regular file
     */
    public boolean isRegular() {
        return (mode & FORMAT_MASK) == REGULAR;
    }

    /**
     * Whether it is a directory.
     *
     * @return true for a directory
     */
    public boolean isDirectory() {
        return (mode & FORMAT_MASK) == DIRECTORY;
    }

    /**
     * Its permission bits.
     *
     * @return the lower twelve bits of the mode
     */
    public int permissions() {
        return mode & PERMISSIONS_MASK;
    }
}
