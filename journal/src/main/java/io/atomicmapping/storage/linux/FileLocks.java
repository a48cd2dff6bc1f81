package io.atomicmapping.storage.linux;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Locks of the old kind, fcntl(2) with F_SETLK, which belong to a process: what another library of this
 * process holds by {@code FileChannel.lock}.
 *
 * <ul>
 *   <li>They keep other processes out, and open-file-description locks of this one.
 *   <li>A process loses all that it has on a file when it closes any descriptor of that file. So descriptors
 *       of a file with such a lock are parked until the lock is gone.
 * </ul>
 */
public final class FileLocks {

    private static final long PID = ProcessHandle.current().pid();
    private static final int TEXT_BYTES = 1 << 14;
    private static final List<Integer> PARKED = new ArrayList<>();

    private FileLocks() {
    }

    /**
     * Whether this process, and nobody else, has locks on a file. Others are found as far as
     * {@code /proc/locks} tells: not those of other machines, nor of processes of other containers.
     *
     * @param fd a descriptor of the file, which itself has no lock
     * @param status the file's status
     * @return whether no lock of another process, and none of the new kind, is on it
     */
    public static boolean areOurs(int fd, FileStatus status) {
        int holder = Linux.lockHolder(fd, LinuxConstants.F_WRLCK);
        return holder == PID && Holders.of(locks(), status.inode()).others == 0;
    }

    /**
     * How many locks there are on a file.
     *
     * @param own those of the old kind that this process has
     * @param others all other ones of either kind
     */
    record Holders(int own, int others) {

        /**
         * Reads lines such as {@code 12: POSIX  ADVISORY  READ 4711 fd:01:1234 0 EOF}; a lock that waits
         * has an arrow before its kind.
         */
        static Holders of(String locks, long inode) {
            int own = 0;
            int others = 0;
            for (String line : locks.split("\n")) {
                String[] fields = line.replace("-> ", "").trim().split("\\s+");
                if (fields.length > 5 && fields[5].endsWith(":" + inode)) {
                    boolean old = fields[1].equals("POSIX");
                    boolean ours = old && fields[4].equals(Long.toString(PID));
                    own += ours ? 1 : 0;
                    others += !ours && (old || fields[1].equals("OFDLCK")) ? 1 : 0;
                }
            }
            return new Holders(own, others);
        }
    }

    private static String locks() {
        int fd = Linux.open("/proc/locks", LinuxConstants.O_RDONLY | LinuxConstants.O_CLOEXEC);
        if (fd < 0) {
            return ""; // the kernel has told of one, which is ours
        }
        ByteArrayOutputStream text = new ByteArrayOutputStream(TEXT_BYTES);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(TEXT_BYTES);
            long count;
            do {
                count = Linux.read(fd, text.size(), buffer);
                text.writeBytes(buffer.asSlice(0, Math.max(0, count)).toArray(ValueLayout.JAVA_BYTE));
            } while (count == TEXT_BYTES);
        } finally {
            Linux.close(fd);
        }
        return text.toString(StandardCharsets.ISO_8859_1);
    }

    /**
     * Closes a descriptor, now or once this process has no lock on its file that this would release.
     *
     * @param fd the descriptor, whose own lock has been released
     * @return 0, or minus the error number
     */
    public static int close(int fd) {
        synchronized (PARKED) {
            if (!PARKED.isEmpty()) {
                PARKED.removeIf(parked -> !isOwner(parked) && Linux.close(parked) <= 0);
            }
            if (isOwner(fd)) {
                PARKED.add(fd);
                return 0;
            }
        }
        return Linux.close(fd);
    }

    /** Whether this process has a lock of the old kind on a file; the kernel names one holder of several. */
    private static boolean isOwner(int fd) {
        int holder = Linux.lockHolder(fd, LinuxConstants.F_WRLCK);
        if (holder == 0 || holder == PID) {
            return holder != 0;
        }
        try {
            return Holders.of(locks(), Linux.status(fd).inode()).own > 0;
        } catch (IOException e) {
            return false; // closed in any case
        }
    }
}
