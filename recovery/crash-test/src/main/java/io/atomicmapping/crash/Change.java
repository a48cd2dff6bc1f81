package io.atomicmapping.crash;

import io.atomicmapping.crash.Operation.Kind;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What an {@link Operation} changes, in units; all but kind and path may be at their defaults. Its sectors
 * come first, then, where it changes more than those, one unit for the length, the disk space, the attribute
 * or the directory entries. It is filled in before the operation begins, and stays so.
 */
final class Change {

    /** What a unit changes; of two kept units that change the same the later counts. */
    record Target(int content, String what) { }

    final Kind kind;
    final Path path;
    final Content content;
    long position;
    long bytes;
    Path target;
    long[] sectors = {};
    byte[][] after = {};
    long lengthAfter = -1;
    String attribute;
    byte[] value;

    Change(Kind kind, Path path, Content content) {
        this.kind = kind;
        this.path = path;
        this.content = content;
    }

    /** Some sectors of it, and perhaps its last unit, done to another content. */
    Change part(int[] units, boolean last, Content of) {
        Change part = new Change(kind, path, of);
        part.position = position;
        part.bytes = bytes;
        part.target = target;
        part.sectors = Arrays.stream(units).mapToLong(unit -> sectors[unit]).toArray();
        part.after = Arrays.stream(units).mapToObj(unit -> after[unit]).toArray(byte[][]::new);
        if (last) {
            part.lengthAfter = lengthAfter;
            part.attribute = attribute;
            part.value = value;
        }
        return part;
    }

    boolean isWrite() {
        return kind == Kind.WRITE || kind == Kind.WRITE_DIRECT;
    }

    boolean isOfAttribute() {
        return attribute != null;
    }

    boolean isOfEntries() {
        return kind == Kind.CREATE || kind == Kind.RENAME || kind == Kind.DELETE;
    }

    /** The directories whose entries it changes. */
    List<Path> directories() {
        return target == null ? List.of(path.getParent()) : List.of(path.getParent(), target.getParent());
    }

    void addSectors(Set<Long> all) {
        for (long sector : sectors) {
            all.add(sector);
        }
    }

    int units() {
        boolean lastUnit = lengthAfter >= 0 || isOfAttribute() || isOfEntries() || kind == Kind.ALLOCATE;
        return sectors.length + (lastUnit ? 1 : 0);
    }

    Target target(int unit, int operation) {
        if (unit < sectors.length) {
            return new Target(content.number, "sector " + sectors[unit]);
        }
        return switch (kind) {
            case ALLOCATE -> new Target(-1, "disk space");
            case SET_ATTRIBUTE -> new Target(content.number, "attribute " + attribute);
            case CREATE, RENAME, DELETE -> new Target(-1, "name of " + operation);
            default -> new Target(content.number, "length");
        };
    }

    /** What a unit leaves in its target: a sector's bytes, null for zeros; length; attribute; else itself. */
    Object value(int unit) {
        if (unit < sectors.length) {
            return after[unit];
        }
        return switch (kind) {
            case ALLOCATE, CREATE, RENAME, DELETE -> this;
            case SET_ATTRIBUTE -> value;
            default -> lengthAfter;
        };
    }

    /** What an image has where a unit would leave its value. */
    Object valueIn(FileImage image, int unit) {
        if (unit < sectors.length) {
            return image.sectors.get(sectors[unit]);
        }
        return isOfAttribute() ? image.attributes.get(attribute) : (Object) image.length();
    }

    /** Does to a file what was kept of this. */
    void applyTo(FileImage image, BitSet kept) {
        for (int i = kept.nextSetBit(0); i >= 0 && i < sectors.length; i = kept.nextSetBit(i + 1)) {
            image.put(sectors[i], after[i]);
        }
        if (!kept.get(sectors.length)) {
            return;
        }
        if (lengthAfter >= 0) {
            image.setLength(lengthAfter);
        }
        if (kind == Kind.ALLOCATE) {
            image.allocate(position, bytes);
        }
        if (isOfAttribute()) {
            if (value == null) {
                image.attributes.remove(attribute);
            } else {
                image.attributes.put(attribute, value);
            }
        }
    }

    /** Does all of this to a file. */
    void applyTo(FileImage image) {
        BitSet all = new BitSet();
        all.set(0, units());
        applyTo(image, all);
    }

    /** Does to the names what this does. */
    void applyTo(Map<Path, Content> names) {
        switch (kind) {
            case CREATE -> names.put(path, content);
            case DELETE -> names.remove(path);
            case RENAME -> {
                names.remove(path, content);
                names.put(target, content);
            }
            default -> throw new AssertionError(kind);
        }
    }

    /** The bytes that it writes, a copy. */
    byte[] written() {
        if (!isWrite()) {
            return new byte[0];
        }
        byte[] written = new byte[(int) bytes];
        for (int i = 0; i < sectors.length; i++) {
            long start = sectors[i] * SimulatedDisk.SECTOR_BYTES;
            int from = (int) Math.max(0, position - start);
            int to = (int) Math.min(SimulatedDisk.SECTOR_BYTES, position + bytes - start);
            System.arraycopy(after[i], from, written, (int) (start + from - position), to - from);
        }
        return written;
    }
}
