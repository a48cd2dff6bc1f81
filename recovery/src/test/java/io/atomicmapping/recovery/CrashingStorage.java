package io.atomicmapping.recovery;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.MemoryStorage;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * A storage that stops before its n-th change, and from then on. Fault model: {@link #afterKill} is what a
 * killed process leaves: every change before; {@link #afterPowerCut} is the least that a power cut leaves:
 * of each file what its last force covered, attributes only by forceAll, and names only as the last force
 * of their directory saw them.
 */
final class CrashingStorage implements Storage {

    private final MemoryStorage live;
    private final boolean attributes;
    private final Map<Path, Inode> names = new HashMap<>();
    private final Map<Path, Inode> durableNames = new HashMap<>();
    /** Every change, in order. */
    final List<String> log = new ArrayList<>();
    private int changesLeft;
    private int changes;

    /** A file, whatever its names: what the last force of it covered. */
    private static final class Inode {
        byte[] bytes = {};
        byte[] attribute;

        Inode copy() {
            Inode copy = new Inode();
            copy.bytes = bytes;
            copy.attribute = attribute;
            return copy;
        }
    }

    /** The storage went down; thrown again by each later change. */
    static final class Crash extends IOException {
        private static final long serialVersionUID = 1;

        Crash(String change) {
            super("crash before " + change);
        }
    }

    /** Goes on from what a storage holds, all of it durable. */
    CrashingStorage(MemoryStorage from, boolean attributes, int changesBeforeCrash, Path... files)
            throws IOException {
        live = from;
        this.attributes = attributes;
        changesLeft = changesBeforeCrash;
        for (Path file : files) {
            if (live.kind(file) == FileKind.REGULAR) {
                Inode inode = new Inode();
                inode.bytes = live.contents(file);
                try (DurableFile opened = live.open(file, OpenMode.READ)) {
                    inode.attribute = opened.attribute("atomicmapping");
                }
                names.put(file, inode);
                durableNames.put(file, inode);
            }
        }
    }

    /**
     * Goes on after a kill: all changes are there, but what no force covered may still be lost by a power
     * cut.
     */
    CrashingStorage afterKill(int changesBeforeCrash) throws IOException {
        CrashingStorage after = new CrashingStorage(live.copy(), attributes, changesBeforeCrash);
        Map<Inode, Inode> copies = new HashMap<>();
        names.forEach((path, inode) -> after.names.put(path, copies.computeIfAbsent(inode, Inode::copy)));
        durableNames.forEach((path, inode) -> after.durableNames.put(path, copies.computeIfAbsent(inode,
                Inode::copy)));
        return after;
    }

    /** Goes on after a power cut. */
    CrashingStorage afterPowerCut(int changesBeforeCrash) throws IOException {
        return new CrashingStorage(afterPowerCut(), attributes, changesBeforeCrash,
                durableNames.keySet().toArray(Path[]::new));
    }

    int changes() {
        return changes;
    }

    MemoryStorage afterKill() {
        return live.copy();
    }

    MemoryStorage afterPowerCut() throws IOException {
        MemoryStorage storage = new MemoryStorage();
        for (Map.Entry<Path, Inode> entry : durableNames.entrySet()) {
            try (DurableFile file = storage.open(entry.getKey(), OpenMode.CREATE_NEW);
                    Arena arena = Arena.ofConfined()) {
                file.write(0, arena.allocateFrom(JAVA_BYTE, entry.getValue().bytes));
                file.setAttribute("atomicmapping", entry.getValue().attribute);
            }
        }
        return storage;
    }

    private void change(String what) throws IOException {
        if (changesLeft == 0) {
            throw new Crash(what);
        }
        changesLeft--;
        changes++;
        log.add(what);
    }

    @Override
    public FileKind kind(Path path) throws IOException {
        return live.kind(path);
    }

    @Override
    public Path realPath(Path path) throws IOException {
        return live.realPath(path);
    }

    @Override
    public DurableFile open(Path path, OpenMode mode) throws IOException {
        if (mode == OpenMode.CREATE_NEW) {
            change("create " + path);
        }
        DurableFile file = live.open(path, mode);
        Inode inode = names.computeIfAbsent(path, created -> new Inode());
        return new CrashingFile(file, inode);
    }

    @Override
    public void rename(Path source, Path target) throws IOException {
        change("rename " + source);
        live.rename(source, target);
        names.put(target, names.remove(source));
    }

    @Override
    public void delete(Path path) throws IOException {
        if (live.kind(path) == FileKind.MISSING) {
            return;
        }
        change("delete " + path);
        live.delete(path);
        names.remove(path);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        change("force of directory " + directory);
        durableNames.keySet().removeIf(path -> path.getParent().equals(directory));
        names.forEach((path, inode) -> {
            if (path.getParent().equals(directory)) {
                durableNames.put(path, inode);
            }
        });
    }

    /** An open file. */
    private final class CrashingFile implements DurableFile {

        private final DurableFile file;
        private final Inode inode;

        CrashingFile(DurableFile file, Inode inode) {
            this.file = file;
            this.inode = inode;
        }

        @Override
        public Path path() {
            return file.path();
        }

        @Override
        public long length() throws IOException {
            return file.length();
        }

        @Override
        public long read(long position, MemorySegment target) throws IOException {
            return file.read(position, target);
        }

        @Override
        public void write(long position, MemorySegment source) throws IOException {
            change("write of " + path() + " at " + position);
            file.write(position, source);
        }

        @Override
        public void writeDirect(long position, MemorySegment source) throws IOException {
            change("write of " + path() + " at " + position);
            file.writeDirect(position, source);
        }

        @Override
        public int directAlignment() {
            return file.directAlignment();
        }

        @Override
        public void allocate(long position, long length) throws IOException {
            change("allocation");
            file.allocate(position, length);
        }

        @Override
        public void zero(long position, long length) throws IOException {
            change("zeroing of " + path());
            file.zero(position, length);
        }

        @Override
        public void setLength(long length) throws IOException {
            change("setLength of " + path() + " to " + length);
            file.setLength(length);
        }

        @Override
        public void force() throws IOException {
            change("force of " + path());
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment bytes = arena.allocate(Math.max(1, file.length()));
                inode.bytes = bytes.asSlice(0, file.read(0, bytes)).toArray(JAVA_BYTE);
            }
        }

        @Override
        public void forceAll() throws IOException {
            force();
            inode.attribute = file.attribute("atomicmapping");
        }

        @Override
        public boolean tryLock(boolean shared) throws IOException {
            return file.tryLock(shared);
        }

        @Override
        public byte[] attribute(String name) throws IOException {
            return attributes ? file.attribute(name) : null;
        }

        @Override
        public boolean setAttribute(String name, byte[] value) throws IOException {
            if (!attributes) {
                return false;
            }
            change("attribute of " + path());
            return file.setAttribute(name, value);
        }

        @Override
        public long allocatedBytes() throws IOException {
            return file.allocatedBytes();
        }

        @Override
        public void copyPermissions(DurableFile other) throws IOException {
            change("permissions of " + path());
        }

        @Override
        public OptionalInt descriptor() {
            return OptionalInt.empty();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
