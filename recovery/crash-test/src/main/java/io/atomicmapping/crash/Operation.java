package io.atomicmapping.crash;

import java.nio.file.Path;
import java.util.BitSet;
import java.util.Map;

/**
 * One thing that a program did to a {@link SimulatedDisk}, and when.
 *
 * <p>What it changed comes in units, each of which a power cut keeps or loses apart from the others: first
 * the sectors, then, where it changed more than those, one unit for the length, the disk space, the attribute
 * or the directory entries. Each unit holds what is there <em>after</em> the operation, earlier ones
 * included, as a page cache writes it out.
 */
public final class Operation {

    /** What was done. */
    public enum Kind {
        /** a file was created */
        CREATE,
        /** bytes were written */
        WRITE,
        /** bytes were written past the page cache */
        WRITE_DIRECT,
        /** disk space was taken for a range */
        ALLOCATE,
        /** a range was set to zeros */
        ZERO,
        /** a file was cut or extended */
        SET_LENGTH,
        /** content and length were made durable */
        FORCE,
        /** content, length and attributes were made durable */
        FORCE_ALL,
        /** an attribute was set or removed */
        SET_ATTRIBUTE,
        /** a file got the permissions of another */
        COPY_PERMISSIONS,
        /** a file got another name */
        RENAME,
        /** a name was removed */
        DELETE,
        /** the names in a directory were made durable */
        FORCE_DIRECTORY,
        /** bits flipped on the disk itself */
        ROT,
        /** bytes that a failed force did not write were dropped: programs read again what the disk holds */
        REVERT
    }

    private final Change change;
    private final int number;
    private final long begin;
    private final String thread;
    private final String place;
    /** After it the operation is complete; 0 for one that an earlier disk made. Guarded by the disk. */
    private long end = Long.MAX_VALUE;
    /** When a force that covered it failed: no later force makes its bytes durable. Guarded by the disk. */
    private long forceFailed = Long.MAX_VALUE;
    /** The units that are on the disk whatever is forced. */
    private final BitSet durable = new BitSet();

    Operation(Change change, int number, long begin, String place) {
        this.change = change;
        this.number = number;
        this.begin = begin;
        this.thread = Thread.currentThread().getName();
        this.place = place;
        if (change.kind == Kind.ROT || change.kind == Kind.REVERT) {
            durable.set(0, units());
        }
    }

    /**
     * What a kill left of an operation, as one of the next disk's.
     *
     * @param left the units that are left
     * @param onDisk those of them that the disk has for sure
     */
    static Operation inherited(Operation old, int number, BitSet left, BitSet onDisk,
            Map<Content, Content> contents) {
        int oldSectors = old.sectorCount();
        int[] units = left.stream().filter(unit -> unit < oldSectors).toArray();
        Change change = old.change.part(units, left.get(oldSectors), contents.get(old.content()));
        Operation operation = new Operation(change, number, 0, old.place);
        operation.end = 0;
        for (int i = 0; i < units.length; i++) {
            operation.durable.set(i, onDisk.get(units[i]));
        }
        operation.durable.set(units.length, onDisk.get(oldSectors));
        return operation;
    }

    void complete(long time) {
        end = time;
    }

    void failForce(long time) {
        forceFailed = Math.min(forceFailed, time);
    }

    BitSet alwaysDurable() {
        return durable;
    }

    boolean isForceFailed(long time) {
        return forceFailed <= time;
    }

    /** What it changed. */
    Change change() {
        return change;
    }

    Content content() {
        return change.content;
    }

    boolean isWrite() {
        return change.isWrite();
    }

    boolean isOfEntries() {
        return change.isOfEntries();
    }

    boolean isForceOfFile() {
        return change.kind == Kind.FORCE || change.kind == Kind.FORCE_ALL;
    }

    boolean isForce() {
        return isForceOfFile() || change.kind == Kind.FORCE_DIRECTORY;
    }

    boolean isAllOrNothingInAKill() {
        return change.kind == Kind.SET_LENGTH; // the kernel finishes what it began
    }

    int sectorCount() {
        return change.sectors.length;
    }

    long sector(int unit) {
        return change.sectors[unit];
    }

    Path renamedTo() {
        return change.target;
    }

    Change.Target target(int unit) {
        return change.target(unit, number);
    }

    /** What a unit leaves in its target. */
    Object value(int unit) {
        return change.value(unit);
    }

    /**
     * Its number: 0, 1, 2 ... in the order in which operations began; those that a disk inherited from a
     * killed process come first.
     *
     * @return the number
     */
    public int number() {
        return number;
    }

    /**
     * What was done.
     *
     * @return the kind
     */
    public Kind kind() {
        return change.kind;
    }

    /**
     * What it was done to: the path by which the file was opened, or the directory.
     *
     * @return the path
     */
    public Path path() {
        return change.path;
    }

    /**
     * Where in the file.
     *
     * @return bytes from its beginning, 0 where it has no place
     */
    public long position() {
        return change.position;
    }

    /**
     * How much of the file, or its new length.
     *
     * @return bytes
     */
    public long bytes() {
        return change.bytes;
    }

    /**
     * When it began.
     *
     * @return the disk's time; 0 if before the disk was switched on
     */
    public long begin() {
        return begin;
    }

    /**
     * When it was complete.
     *
     * @return the disk's time; {@link Long#MAX_VALUE} if it is not yet
     */
    public long end() {
        return end;
    }

    /**
     * The thread that did it.
     *
     * @return its name
     */
    public String thread() {
        return thread;
    }

    /**
     * Where in the program it was done.
     *
     * @return the innermost frames of the stack that are neither the library's nor the JDK's, innermost
     *     first; empty where that was not asked for, and on the library's own threads
     */
    public String place() {
        return place;
    }

    /**
     * In how many parts a crash can keep or lose it.
     *
     * @return the count of units, 0 for one that changes nothing by itself
     */
    public int units() {
        return change.units();
    }

    /**
     * The bytes it wrote.
     *
     * @return a copy; empty if it wrote none
     */
    public byte[] written() {
        return change.written();
    }

    @Override
    public String toString() {
        String what = switch (change.kind) {
            case WRITE, WRITE_DIRECT, ALLOCATE, ZERO, ROT, REVERT ->
                    " position=" + change.position + ", bytes=" + change.bytes;
            case SET_LENGTH -> " length=" + change.bytes;
            case SET_ATTRIBUTE -> " name=" + change.attribute;
            case RENAME -> " to=" + change.target.getFileName();
            default -> "";
        };
        String file = change.content == null ? "" : " (file " + change.content.number + ")";
        return "#" + number + " " + change.kind + what
                + (change.lengthAfter >= 0 ? " -> length=" + change.lengthAfter : "") + ", "
                + change.path.getFileName() + file
                + (forceFailed == Long.MAX_VALUE ? "" : ", force failed at " + forceFailed);
    }
}
