package io.atomicmapping.crash;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

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

    /** What an operation did; all but kind and path may be at their defaults. */
    static final class Draft {
        final Kind kind;
        final Path path;
        Content content;
        long position;
        long bytes;
        Path target;
        long[] sectors = {};
        byte[][] after = {};
        long lengthAfter = -1;
        String attribute;
        byte[] value;

        Draft(Kind kind, Path path, Content content) {
            this.kind = kind;
            this.path = path;
            this.content = content;
        }
    }

    private final Draft draft;
    private final int number;
    private final long begin;
    private final String thread;
    private final String place;
    /** After it the operation is complete; 0 for one that an earlier disk made. Guarded by the disk. */
    private long end = Long.MAX_VALUE;
    /** When a force that covered it failed: from then on no force makes its bytes durable. Guarded by the disk. */
    private long forceFailed = Long.MAX_VALUE;
    /** The units that are on the disk whatever is forced. */
    private final BitSet durable = new BitSet();

    Operation(Draft draft, int number, long begin, String place) {
        this.draft = draft;
        this.number = number;
        this.begin = begin;
        this.thread = Thread.currentThread().getName();
        this.place = place;
        if (draft.kind == Kind.ROT || draft.kind == Kind.REVERT) {
            durable.set(0, units());
        }
    }

    /**
     * What a kill left of an operation, as one of the next disk's.
     *
     * @param left the units that are left
     * @param onDisk those of them that the disk has for sure
     */
    static Operation inherited(Operation old, int number, BitSet left, BitSet onDisk, Map<Content, Content> contents) {
        int oldSectors = old.draft.sectors.length;
        int[] units = left.stream().filter(unit -> unit < oldSectors).toArray();
        Draft draft = new Draft(old.draft.kind, old.draft.path, contents.get(old.draft.content));
        draft.position = old.draft.position;
        draft.bytes = old.draft.bytes;
        draft.target = old.draft.target;
        draft.sectors = Arrays.stream(units).mapToLong(unit -> old.draft.sectors[unit]).toArray();
        draft.after = Arrays.stream(units).mapToObj(unit -> old.draft.after[unit]).toArray(byte[][]::new);
        if (left.get(oldSectors)) {
            draft.lengthAfter = old.draft.lengthAfter;
            draft.attribute = old.draft.attribute;
            draft.value = old.draft.value;
        }
        Operation operation = new Operation(draft, number, 0, old.place);
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

    boolean isWrite() {
        return draft.kind == Kind.WRITE || draft.kind == Kind.WRITE_DIRECT;
    }

    boolean isForceFailed(long time) {
        return forceFailed <= time;
    }

    Content content() {
        return draft.content;
    }

    boolean isOfAttribute() {
        return draft.attribute != null;
    }

    boolean isOfEntries() {
        return draft.kind == Kind.CREATE || draft.kind == Kind.RENAME || draft.kind == Kind.DELETE;
    }

    boolean isForceOfFile() {
        return draft.kind == Kind.FORCE || draft.kind == Kind.FORCE_ALL;
    }

    /** The directories whose entries it changed. */
    List<Path> directories() {
        return draft.target == null ? List.of(draft.path.getParent())
                : List.of(draft.path.getParent(), draft.target.getParent());
    }

    void addSectors(Set<Long> target) {
        for (long sector : draft.sectors) {
            target.add(sector);
        }
    }

    int sectorCount() {
        return draft.sectors.length;
    }

    /** What a unit changes; of two kept units that change the same the later counts. */
    record Target(int content, String what) { }

    Target target(int unit) {
        if (unit < draft.sectors.length) {
            return new Target(draft.content.number, "sector " + draft.sectors[unit]);
        }
        return switch (draft.kind) {
            case ALLOCATE -> new Target(-1, "disk space");
            case SET_ATTRIBUTE -> new Target(draft.content.number, "attribute " + draft.attribute);
            case CREATE, RENAME, DELETE -> new Target(-1, "name of " + number);
            default -> new Target(draft.content.number, "length");
        };
    }

    /** What a unit leaves in its target: a sector's bytes, null for zeros; a length; an attribute; else itself. */
    Object value(int unit) {
        if (unit < draft.sectors.length) {
            return draft.after[unit];
        }
        return switch (draft.kind) {
            case ALLOCATE, CREATE, RENAME, DELETE -> this;
            case SET_ATTRIBUTE -> draft.value;
            default -> draft.lengthAfter;
        };
    }

    /** What an image has where a unit would leave its value. */
    Object valueIn(FileImage image, int unit) {
        if (unit < draft.sectors.length) {
            return image.sectors.get(draft.sectors[unit]);
        }
        return isOfAttribute() ? image.attributes.get(draft.attribute) : (Object) image.length();
    }

    long sector(int unit) {
        return draft.sectors[unit];
    }

    Path renamedTo() {
        return draft.target;
    }

    boolean isAllOrNothingInAKill() {
        return draft.kind == Kind.SET_LENGTH; // the kernel finishes what it began
    }

    boolean isForce() {
        return isForceOfFile() || draft.kind == Kind.FORCE_DIRECTORY;
    }

    /** Whether the unit after the sectors exists. */
    private boolean hasLastUnit() {
        return draft.lengthAfter >= 0 || isOfAttribute() || isOfEntries() || draft.kind == Kind.ALLOCATE;
    }

    /** Does to a file what was kept of this operation. */
    void applyTo(FileImage image, BitSet kept) {
        for (int i = kept.nextSetBit(0); i >= 0 && i < draft.sectors.length; i = kept.nextSetBit(i + 1)) {
            image.put(draft.sectors[i], draft.after[i]);
        }
        if (!kept.get(draft.sectors.length)) {
            return;
        }
        if (draft.lengthAfter >= 0) {
            image.setLength(draft.lengthAfter);
        }
        if (draft.kind == Kind.ALLOCATE) {
            image.allocate(draft.position, draft.bytes);
        }
        if (isOfAttribute()) {
            if (draft.value == null) {
                image.attributes.remove(draft.attribute);
            } else {
                image.attributes.put(draft.attribute, draft.value);
            }
        }
    }

    /** Does to the names what this operation did. */
    void applyTo(Map<Path, Content> names) {
        switch (draft.kind) {
            case CREATE -> names.put(draft.path, draft.content);
            case DELETE -> names.remove(draft.path);
            case RENAME -> {
                names.remove(draft.path, draft.content);
                names.put(draft.target, draft.content);
            }
            default -> throw new AssertionError(draft.kind);
        }
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
        return draft.kind;
    }

    /**
     * What it was done to: the path by which the file was opened, or the directory.
     *
     * @return the path
     */
    public Path path() {
        return draft.path;
    }

    /**
     * Where in the file.
     *
     * @return bytes from its beginning, 0 where it has no place
     */
    public long position() {
        return draft.position;
    }

    /**
     * How much of the file, or its new length.
     *
     * @return bytes
     */
    public long bytes() {
        return draft.bytes;
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
        return draft.sectors.length + (hasLastUnit() ? 1 : 0);
    }

    /**
     * The bytes it wrote.
     *
     * @return a copy; empty if it wrote none
     */
    public byte[] written() {
        if (!isWrite()) {
            return new byte[0];
        }
        byte[] written = new byte[(int) draft.bytes];
        for (int i = 0; i < draft.sectors.length; i++) {
            long start = draft.sectors[i] * SimulatedDisk.SECTOR_BYTES;
            int from = (int) Math.max(0, draft.position - start);
            int to = (int) Math.min(SimulatedDisk.SECTOR_BYTES, draft.position + draft.bytes - start);
            System.arraycopy(draft.after[i], from, written, (int) (start + from - draft.position), to - from);
        }
        return written;
    }

    @Override
    public String toString() {
        String what = switch (draft.kind) {
            case WRITE, WRITE_DIRECT, ALLOCATE, ZERO, ROT, REVERT -> " position=" + draft.position + ", bytes=" + draft.bytes;
            case SET_LENGTH -> " length=" + draft.bytes;
            case SET_ATTRIBUTE -> " name=" + draft.attribute;
            case RENAME -> " to=" + draft.target.getFileName();
            default -> "";
        };
        String file = draft.content == null ? "" : " (file " + draft.content.number + ")";
        return "#" + number + " " + draft.kind + what + (draft.lengthAfter >= 0 ? " -> length=" + draft.lengthAfter : "") + ", "
                + draft.path.getFileName() + file + (forceFailed == Long.MAX_VALUE ? "" : ", force failed at " + forceFailed);
    }
}
