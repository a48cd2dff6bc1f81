package io.atomicmapping.adoption;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.linux.AddressSpace;
import io.atomicmapping.storage.linux.Errno;
import io.atomicmapping.storage.linux.FileLocks;
import io.atomicmapping.storage.linux.Linux;
import io.atomicmapping.storage.linux.LinuxConstants;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;

/**
 * The mappings of a file that its owner, another library in this process, has made.
 *
 * <ul>
 *   <li>A file is known by what the kernel's list of mappings calls it: its path, hard links and links to it
 *       play no part, and neither does statx, which some file systems answer with another device.
 *   <li>A shared mapping becomes private where it lies, in one step: threads that use it meanwhile find
 *       either. What they store in between goes to the page cache, which the private mapping shows.
 *   <li>Pages that are mapped more than once would part company if each mapping were private: they lie in
 *       memory of their own, which all of those mappings share, at the same offset as in the file.
 *   <li>Nothing is ever mapped over an address without having asked whose it is. Between asking and mapping
 *       the owner must not unmap: nobody could tell.
 * </ul>
 *
 * <p>Safe for use by one thread at a time, {@link #isMapped} by any.
 */
public final class OwnersMappings implements AutoCloseable {

    /** Tests set it to false: then all is read from the text that older kernels have. */
    public static final String QUERY_PROPERTY = "io.atomicmapping.queryMappings";

    private static final int PRIVATE = LinuxConstants.MAP_PRIVATE | LinuxConstants.MAP_FIXED
            | LinuxConstants.MAP_NORESERVE;
    private static final int SHARED = LinuxConstants.MAP_SHARED | LinuxConstants.MAP_FIXED;

    private final Path path;
    private final AddressSpace space;
    /** our own opening of the file, to map it and to look for its holes */
    private final int descriptor;
    private final long device;
    private final long inode;
    /** the file in memory that has the pages mapped more than once, or -1 */
    private int commonDescriptor = -1;
    /** how the list of mappings calls it, or null */
    private volatile AddressSpace.Area common;
    private final MemorySegment residency = Arena.ofAuto().allocate(1);
    private boolean closed;

    /**
     * Finds out by which name the file's mappings go.
     *
     * @param home the file
     * @throws IOException if it cannot be opened a second time, or mappings cannot be listed
     */
    public OwnersMappings(DurableFile home) throws IOException {
        path = home.path();
        space = AddressSpace.open(!"false".equals(System.getProperty(QUERY_PROPERTY)));
        descriptor = Linux.open("/proc/self/fd/" + home.descriptor().getAsInt(), LinuxConstants.O_RDWR);
        boolean complete = false;
        try {
            if (descriptor < 0) {
                throw new IOException("cannot open the file a second time: errno=" + Errno.name(descriptor)
                        + ", file=" + path);
            }
            AddressSpace.Area probe = probe();
            device = probe.device();
            inode = probe.inode();
            complete = true;
        } finally {
            if (!complete) {
                close();
            }
        }
    }

    /** A mapping of our own, to see what the kernel calls the file. */
    private AddressSpace.Area probe() throws IOException {
        long address = Linux.mmap(0, Linux.pageBytes(), LinuxConstants.PROT_READ, LinuxConstants.MAP_PRIVATE,
                descriptor, 0);
        try {
            return areaAt(address);
        } finally {
            Linux.munmap(address, Linux.pageBytes());
        }
    }

    private AddressSpace.Area areaAt(long address) throws IOException {
        space.refresh();
        AddressSpace.Area area = space.next(address, false);
        if (area == null || area.start() > address) {
            throw new IOException("cannot find a mapping just made in /proc/self/maps: address=0x"
                    + Long.toHexString(address) + ", file=" + path);
        }
        return area;
    }

    // ---- finding ----

    /**
     * The shared mappings to take over: those that can be stored to, and those that show the same pages to
     * loads only.
     *
     * @param owned what was adopted before
     * @param isOwn tells the addresses of the library's own mappings
     * @return those to adopt, in the order of their addresses
     * @throws IOException if mappings cannot be listed
     */
    public List<OwnedRange> find(List<OwnedRange> owned, LongPredicate isOwn) throws IOException {
        space.refresh();
        List<OwnedRange> found = new ArrayList<>();
        List<OwnedRange> readOnly = new ArrayList<>();
        for (AddressSpace.Area area = space.next(0, true); area != null;
                area = space.next(area.end(), true)) {
            if (isName(area, device, inode) && !isOwn.test(area.start()) && !isPartOf(area, owned)) {
                OwnedRange range = OwnedRange.of(area);
                (range.isWritable() ? found : readOnly).add(range);
            }
        }
        for (OwnedRange range : readOnly) {
            if (overlapsWritable(range, owned) || overlapsWritable(range, found)) {
                found.add(range);
            }
        }
        return found;
    }

    private static boolean isName(AddressSpace.Area area, long device, long inode) {
        return area.inode() == inode && area.device() == device;
    }

    /** What is loaded only stays shared as far as nobody else maps it. */
    private static boolean isPartOf(AddressSpace.Area area, List<OwnedRange> owned) {
        return owned.stream().anyMatch(range -> !range.isWritable() && range.start() <= area.start()
                && area.end() <= range.end());
    }

    private static boolean overlapsWritable(OwnedRange range, List<OwnedRange> others) {
        return others.stream().anyMatch(other -> other.isWritable() && other.offset() < range.endOffset()
                && range.offset() < other.endOffset());
    }

    /**
     * What is left of ranges that were made private, as of now.
     *
     * @param ranges the ranges
     * @return the same where their owner has unmapped nothing
     * @throws IOException if mappings cannot be listed
     */
    public List<OwnedRange> remains(List<OwnedRange> ranges) throws IOException {
        space.refresh();
        List<OwnedRange> left = new ArrayList<>();
        for (OwnedRange range : ranges) {
            addRemains(range, left);
        }
        return left;
    }

    /** Takes mappings. */
    @FunctionalInterface
    public interface RangeVisitor {
        /**
         * A mapping.
         *
         * @param range it
         * @throws IOException if that failed
         */
        void range(OwnedRange range) throws IOException;
    }

    /**
     * Visits what is left of ranges that were made private. Where asking is cheap, each is asked for just
     * before its visit: the owner may be unmapping them.
     *
     * @param ranges the ranges
     * @param visitor takes what is left of them
     * @throws IOException if mappings cannot be listed, or the visitor throws it
     */
    public void forEachLeft(List<OwnedRange> ranges, RangeVisitor visitor) throws IOException {
        List<List<OwnedRange>> groups = space.isQueried() ? ranges.stream().map(List::of).toList()
                : List.of(ranges);
        for (List<OwnedRange> group : groups) {
            for (OwnedRange range : remains(group)) {
                visitor.range(range);
            }
        }
    }

    private void addRemains(OwnedRange range, List<OwnedRange> left) throws IOException {
        long from = range.start();
        long at = from;
        while (at < range.end()) {
            AddressSpace.Area area = space.next(at, false);
            boolean ours = area != null && area.start() <= at && isOurs(area, range);
            if (!ours) {
                addPart(range, from, at, left);
            }
            at = ours || area != null && area.start() <= at ? area.end()
                    : area == null ? range.end() : area.start();
            from = ours ? from : at;
        }
        addPart(range, from, range.end(), left);
    }

    private boolean isOurs(AddressSpace.Area area, OwnedRange range) {
        return area.offset() - area.start() == range.offset() - range.start()
                && (isCommon(area) || isName(area, device, inode) && !(area.shared() && range.isWritable()));
    }

    /** Whether it shows the memory in which common pages lie. */
    private boolean isCommon(AddressSpace.Area area) {
        AddressSpace.Area name = common;
        return name != null && isName(area, name.device(), name.inode());
    }

    private static void addPart(OwnedRange range, long from, long to, List<OwnedRange> left) {
        if (from < to) {
            left.add(from == range.start() && to == range.end() ? range
                    : new OwnedRange(from, to, range.offset() + (from - range.start()), range.protection()));
        }
    }

    /**
     * Whether an address of a private range can be touched, as cheaply as this kernel can tell.
     *
     * @param address the address
     * @param offset where in the file that is
     * @return whether it is still mapped
     * @throws IOException if mappings cannot be listed
     */
    public boolean isMapped(long address, long offset) throws IOException {
        if (!space.isQueried()) { // tells of memory that is gone, but not whose it is by now
            long page = address & -Linux.pageBytes();
            return Linux.mincore(page, Linux.pageBytes(), residency) >= 0;
        }
        AddressSpace.Area area = space.next(address, false);
        return area != null && area.start() <= address && (isCommon(area) || isName(area, device, inode))
                && area.offset() - area.start() == offset - address;
    }

    // ---- mapping ----

    /**
     * Makes a part of a shared mapping private where it lies.
     *
     * @param range the mapping
     * @param part the part of the file
     * @throws IOException if the kernel has no room for it; then it is as it was
     */
    public void makePrivate(OwnedRange range, Coverage.Stretch part) throws IOException {
        map(range.addressOf(part.from()), part, range.protection(), PRIVATE, descriptor);
    }

    /**
     * Makes the memory that all mappings of a part of the file share, all zeros.
     *
     * @param address where the library's own mapping of the part is to be
     * @param part the part of the file
     * @param end how long the file can become
     * @throws IOException if there is no memory for it
     */
    public void makeCommon(long address, Coverage.Stretch part, long end) throws IOException {
        if (commonDescriptor < 0) {
            commonDescriptor = Linux.memoryFile("atomic-mapping");
            int result = commonDescriptor < 0 ? commonDescriptor : Linux.ftruncate(commonDescriptor, end);
            if (result < 0) {
                throw new IOException("no memory for pages that are mapped more than once: errno="
                        + Errno.name(result) + ", file=" + path);
            }
        }
        map(address, part, LinuxConstants.PROT_READ | LinuxConstants.PROT_WRITE, SHARED, commonDescriptor);
        if (common == null) {
            common = areaAt(address);
        }
    }

    /**
     * Makes a part of a mapping show the common memory.
     *
     * @param range the mapping
     * @param part the part of the file
     * @throws IOException if the kernel has no room for it
     */
    public void join(OwnedRange range, Coverage.Stretch part) throws IOException {
        map(range.addressOf(part.from()), part, range.protection(), SHARED, commonDescriptor);
    }

    /**
     * Makes a part of a mapping shared again.
     *
     * @param range the mapping
     * @param part the part of the file
     * @throws IOException if the kernel has no room for it
     */
    public void share(OwnedRange range, Coverage.Stretch part) throws IOException {
        map(range.addressOf(part.from()), part, range.protection(), SHARED, descriptor);
    }

    /**
     * Replaces the part of a mapping that lies in a stretch of the file by zeros of its own.
     *
     * @param range the mapping
     * @param gone the stretch
     * @throws IOException if the kernel has no room for it
     */
    public void replaceByZeros(OwnedRange range, Coverage.Stretch gone) throws IOException {
        for (Coverage.Stretch part : Coverage.both(range.stretch(), List.of(gone))) {
            map(range.addressOf(part.from()), part, range.protection(),
                    PRIVATE | LinuxConstants.MAP_ANONYMOUS, -1);
        }
    }

    private static void map(long address, Coverage.Stretch part, int protection, int flags, int descriptor)
            throws IOException {
        Linux.mmap(address, part.to() - part.from(), protection, flags, descriptor,
                descriptor < 0 ? 0 : part.from());
    }

    // ---- the file ----

    /** Takes stretches of the file. */
    @FunctionalInterface
    public interface DataVisitor {
        /**
         * A stretch that may hold something else than zeros.
         *
         * @param from its first byte
         * @param to its end
         */
        void data(long from, long to);
    }

    /**
     * Finds what is not a hole in the file.
     *
     * @param from where to begin
     * @param to where to end
     * @param visitor takes it
     * @throws IOException if the file cannot be looked at
     */
    public void forEachData(long from, long to, DataVisitor visitor) throws IOException {
        forEachData(descriptor, from, to, visitor);
    }

    /**
     * Finds what is not a hole in the memory of common pages.
     *
     * @param from where to begin
     * @param to where to end
     * @param visitor takes it
     * @throws IOException if it cannot be looked at
     */
    public void forEachCommonData(long from, long to, DataVisitor visitor) throws IOException {
        forEachData(commonDescriptor, from, to, visitor);
    }

    private void forEachData(int fd, long from, long to, DataVisitor visitor) throws IOException {
        long at = from;
        while (at < to) {
            long begin = seek(fd, at, LinuxConstants.SEEK_DATA, to);
            if (begin >= to) {
                return;
            }
            at = Math.min(to, seek(fd, begin, LinuxConstants.SEEK_HOLE, to));
            visitor.data(begin, at);
        }
    }

    private long seek(int fd, long offset, int whence, long none) throws IOException {
        long result = Linux.seek(fd, offset, whence);
        if (result == -Errno.ENXIO) {
            return none;
        }
        if (result < 0) {
            throw new IOException("lseek failed, " + Errno.text(result) + ": offset=" + offset + ", whence="
                    + whence + ", errno=" + Errno.name(result) + ", file=" + path);
        }
        return result;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            space.close();
            if (descriptor >= 0) {
                FileLocks.close(descriptor);
            }
            if (commonDescriptor >= 0) {
                Linux.close(commonDescriptor);
            }
        }
    }
}
