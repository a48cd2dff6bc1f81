package io.atomicmapping.storage.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Which files are mapped where in this process.
 *
 * <ul>
 *   <li>Asked by PROCMAP_QUERY (Linux 6.11), about a microsecond for each answer; else by reading all of
 *       {@code /proc/self/maps}, which takes a millisecond or more, at each {@link #refresh}.
 *   <li>An answer was true at a moment: who maps and unmaps meanwhile is not kept from it.
 * </ul>
 *
 * <p>Safe for use by several threads. Source: proc_pid_maps(5), include/uapi/linux/fs.h.
 */
public final class AddressSpace implements AutoCloseable {

    /**
     * A stretch of memory that maps a stretch of a file.
     *
     * @param start its first address
     * @param end the address after its last
     * @param offset where in the file it begins, in bytes
     * @param device the file's device, as mappings have it: it need not be what statx tells
     * @param inode the file's number there
     * @param protection PROT_ flags
     * @param shared whether stores reach the file
     */
    public record Area(long start, long end, long offset, long device, long inode, int protection,
            boolean shared) {

        /**
         * Where in the file it ends.
         *
         * @return the offset after its last byte
         */
        public long endOffset() {
            return offset + (end - start);
        }

        /**
         * Whether it can be stored to.
         *
         * @return whether it can
         */
        public boolean isWritable() {
            return (protection & LinuxConstants.PROT_WRITE) != 0;
        }

        @Override
        public String toString() {
            return "[address=0x" + Long.toHexString(start) + "-0x" + Long.toHexString(end) + ", offset="
                    + offset + "-" + endOffset() + "]";
        }
    }

    // struct procmap_query: size, query_flags, query_addr, vma_start, vma_end, vma_flags, vma_page_size,
    //     vma_offset, inode, all __u64; dev_major, dev_minor, vma_name_size, build_id_size, all __u32;
    //     vma_name_addr, build_id_addr, both __u64
    private static final long PROCMAP_QUERY = 0xC068_6611L;
    private static final int QUERY_BYTES = 104;
    private static final int ANSWER_READABLE = 1;
    private static final int ANSWER_WRITABLE = 1 << 1;
    private static final int ANSWER_EXECUTABLE = 1 << 2;
    private static final int SHARED = 1 << 3;
    private static final int COVERING_OR_NEXT = 1 << 4;
    private static final int FILE_BACKED = 1 << 5;
    private static final int DEVICE_AT = 72;
    private static final int TEXT_BYTES = 1 << 16;

    private final int maps;
    private final boolean queried;
    /** guarded by this */
    private final Arena arena = Arena.ofShared();
    private final MemorySegment query = arena.allocate(QUERY_BYTES, Long.BYTES);
    /** what the text told, in the order of addresses; where nothing is queried */
    private List<Area> areas = List.of();
    private boolean closed;

    private AddressSpace(int maps, boolean mayQuery) {
        this.maps = maps;
        put(0, QUERY_BYTES);
        put(1, COVERING_OR_NEXT);
        this.queried = mayQuery && Linux.ioctl(maps, PROCMAP_QUERY, query) >= 0;
    }

    /**
     * Opens the kernel's list.
     *
     * @param mayQuery whether to use PROCMAP_QUERY where there is one; false is for tests
     * @return the address space of this process
     * @throws IOException if there is no {@code /proc}
     */
    public static AddressSpace open(boolean mayQuery) throws IOException {
        int maps = Linux.open("/proc/self/maps", LinuxConstants.O_RDONLY | LinuxConstants.O_CLOEXEC);
        if (maps < 0) {
            throw new IOException("cannot find the mappings of this process, /proc is needed: errno="
                    + Errno.name(maps) + ", file=/proc/self/maps");
        }
        return new AddressSpace(maps, mayQuery);
    }

    /**
     * Whether an answer costs about a microsecond.
     *
     * @return false where the text must be read
     */
    public boolean isQueried() {
        return queried;
    }

    /**
     * Makes the next answers those of now, or of later.
     *
     * @throws IOException if the text cannot be read
     */
    public synchronized void refresh() throws IOException {
        if (!queried) {
            areas = parse(text());
        }
    }

    /**
     * The first area of a file that ends after an address.
     *
     * @param address the address
     * @param sharedOnly whether to pass over private ones
     * @return the area, or null if there is none
     * @throws IOException if it cannot be found out
     */
    public synchronized Area next(long address, boolean sharedOnly) throws IOException {
        if (!queried) {
            for (Area area : areas) {
                if (area.end() > address && (area.shared() || !sharedOnly)) {
                    return area;
                }
            }
            return null;
        }
        if (closed) {
            throw new IOException("address space is closed");
        }
        put(1, COVERING_OR_NEXT | FILE_BACKED | (sharedOnly ? SHARED : 0));
        put(2, address);
        query.asSlice(DEVICE_AT).fill((byte) 0);
        int result = Linux.ioctl(maps, PROCMAP_QUERY, query);
        if (result == -Errno.ENOENT) {
            return null;
        }
        if (result < 0) {
            throw new IOException("PROCMAP_QUERY failed, " + Errno.text(result) + ": address=0x"
                    + Long.toHexString(address) + ", errno=" + Errno.name(result));
        }
        long flags = get(5);
        int protection = ((flags & ANSWER_READABLE) != 0 ? LinuxConstants.PROT_READ : 0)
                | ((flags & ANSWER_WRITABLE) != 0 ? LinuxConstants.PROT_WRITE : 0)
                | ((flags & ANSWER_EXECUTABLE) != 0 ? LinuxConstants.PROT_EXEC : 0);
        long device = (long) query.get(JAVA_INT, DEVICE_AT) << 32
                | query.get(JAVA_INT, DEVICE_AT + Integer.BYTES) & 0xffff_ffffL;
        return new Area(get(3), get(4), get(7), device, get(8), protection, (flags & SHARED) != 0);
    }

    private void put(int index, long value) {
        query.setAtIndex(JAVA_LONG, index, value);
    }

    private long get(int index) {
        return query.getAtIndex(JAVA_LONG, index);
    }

    // ---- the text ----

    private String text() throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream(TEXT_BYTES);
        try (Arena buffers = Arena.ofConfined()) {
            MemorySegment buffer = buffers.allocate(TEXT_BYTES);
            long count;
            do {
                count = Linux.read(maps, text.size(), buffer);
                if (count < 0) {
                    throw new IOException("cannot read the mappings of this process: errno="
                            + Errno.name(count) + ", file=/proc/self/maps");
                }
                text.writeBytes(buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE));
            } while (count == TEXT_BYTES);
        }
        return text.toString(StandardCharsets.ISO_8859_1);
    }

    /** Lines such as {@code 7f0000000000-7f0000001000 rw-s 00002000 fd:01 1234 /path}. */
    static List<Area> parse(String text) {
        List<Area> found = new ArrayList<>();
        for (String line : text.split("\n")) {
            String[] fields = line.split(" +", 6);
            if (fields.length < 5 || fields[4].equals("0")) {
                continue; // no file beneath
            }
            String[] range = fields[0].split("-");
            String[] device = fields[3].split(":");
            String flags = fields[1];
            int protection = (flags.charAt(0) == 'r' ? LinuxConstants.PROT_READ : 0)
                    | (flags.charAt(1) == 'w' ? LinuxConstants.PROT_WRITE : 0)
                    | (flags.charAt(2) == 'x' ? LinuxConstants.PROT_EXEC : 0);
            found.add(new Area(Long.parseUnsignedLong(range[0], 16), Long.parseUnsignedLong(range[1], 16),
                    Long.parseUnsignedLong(fields[2], 16),
                    Long.parseLong(device[0], 16) << 32 | Long.parseLong(device[1], 16),
                    Long.parseUnsignedLong(fields[4]), protection, flags.charAt(3) == 's'));
        }
        return found;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Linux.close(maps);
            arena.close();
        }
    }
}
