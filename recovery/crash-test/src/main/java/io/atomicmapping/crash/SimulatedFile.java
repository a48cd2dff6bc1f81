package io.atomicmapping.crash;

import io.atomicmapping.crash.Operation.Kind;
import io.atomicmapping.storage.DurableFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.OptionalInt;

/** An opening of a file of a {@link SimulatedDisk}; it keeps its content when another file gets the name. */
final class SimulatedFile implements DurableFile {

    private final SimulatedDisk disk;
    private final Path path;
    private final Path real;
    private final boolean writable;
    private final Content content;

    /** Guarded by the disk. */
    private boolean closed;

    SimulatedFile(SimulatedDisk disk, Path path, Path real, boolean writable, Content content) {
        this.disk = disk;
        this.path = path;
        this.real = real;
        this.writable = writable;
        this.content = content;
    }

    /** Fills in what an operation does; the disk's lock is held. */
    private interface Filling {
        void fill(Change change);
    }

    private void change(Kind kind, long position, long bytes, Filling filling) throws IOException {
        if (!writable) {
            throw new IOException("file was opened for reading only: operation=" + kind + ", file=" + path);
        }
        if (position < 0 || bytes < 0 || position + bytes < 0) {
            throw new IOException(kind + " failed, Invalid argument: position=" + position
                    + ", bytes=" + bytes + ", file=" + path);
        }
        disk.end(begin(kind, position, bytes, filling));
    }

    private Operation begin(Kind kind, long position, long bytes, Filling filling) throws IOException {
        synchronized (disk) {
            ensureOpen();
            Change change = new Change(kind, real, content);
            change.position = position;
            change.bytes = bytes;
            filling.fill(change);
            return disk.begin(change);
        }
    }

    private void ensureOpen() throws IOException {
        if (closed) {
            throw new IOException("file is closed: file=" + path);
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public long length() throws IOException {
        synchronized (disk) {
            ensureOpen();
            return content.cached.length();
        }
    }

    @Override
    public long read(long position, MemorySegment target) throws IOException {
        if (position < 0) {
            throw new IOException("read failed, Invalid argument: position=" + position + ", file=" + path);
        }
        synchronized (disk) {
            ensureOpen();
            return content.cached.read(position, target);
        }
    }

    @Override
    public void write(long position, MemorySegment source) throws IOException {
        write(Kind.WRITE, position, source);
    }

    @Override
    public void writeDirect(long position, MemorySegment source) throws IOException {
        assert ((position | source.byteSize() | source.address()) & directAlignment() - 1) == 0
                : "position=" + position + ", bytes=" + source.byteSize() + ", address=" + source.address();
        write(Kind.WRITE_DIRECT, position, source);
    }

    private void write(Kind kind, long position, MemorySegment source) throws IOException {
        if (source.byteSize() == 0) {
            return;
        }
        change(kind, position, source.byteSize(), change -> {
            change.after = content.cached.overlaid(position, source);
            change.sectors = new long[change.after.length];
            for (int i = 0; i < change.sectors.length; i++) {
                change.sectors[i] = position / SimulatedDisk.SECTOR_BYTES + i;
            }
            if (position + source.byteSize() > content.cached.length()) {
                change.lengthAfter = position + source.byteSize();
            }
        });
    }

    @Override
    public int directAlignment() {
        return disk.traits().directAlignment();
    }

    @Override
    public void allocate(long position, long length) throws IOException {
        change(Kind.ALLOCATE, position, length, change -> { });
    }

    @Override
    public void zero(long position, long length) throws IOException {
        change(Kind.ZERO, position, length, change -> {
            long end = Math.min(position + length, content.cached.length());
            zero(change, position, end);
            content.cached.release(position, end);
        });
    }

    @Override
    public void setLength(long length) throws IOException {
        change(Kind.SET_LENGTH, 0, length, change -> {
            zero(change, length, content.cached.length());
            content.cached.release(length, Long.MAX_VALUE - FileImage.PAGE_BYTES);
            if (length != content.cached.length()) {
                change.lengthAfter = length;
            }
        });
    }

    private void zero(Change change, long from, long to) {
        change.sectors = content.cached.writtenSectors(from, to);
        change.after = new byte[change.sectors.length][];
        for (int i = 0; i < change.sectors.length; i++) {
            change.after[i] = content.cached.zeroed(change.sectors[i], from, to);
        }
    }

    @Override
    public void force() throws IOException {
        Operation force = begin(Kind.FORCE, 0, 0, change -> { });
        disk.overlap(real);
        disk.end(force);
    }

    @Override
    public void forceAll() throws IOException {
        Operation force = begin(Kind.FORCE_ALL, 0, 0, change -> { });
        disk.overlap(real);
        disk.end(force);
    }

    /**
     * A force that fails: its data may be lost for good.
     *
     * @param losing whether it is gone from the cache at once
     */
    void failForce(boolean all, boolean losing) throws IOException {
        Operation force = begin(all ? Kind.FORCE_ALL : Kind.FORCE, 0, 0, change -> { });
        if (losing) {
            disk.loseForce(force);
        } else {
            disk.failForce(force);
        }
    }

    @Override
    public boolean tryLock(boolean shared) throws IOException {
        if (!shared && !writable) {
            throw new IOException("file was opened for reading only: operation=lock, file=" + path);
        }
        synchronized (disk) {
            ensureOpen();
            return content.tryLock(this, shared);
        }
    }

    @Override
    public byte[] attribute(String name) throws IOException {
        synchronized (disk) {
            ensureOpen();
            byte[] value = content.cached.attributes.get(name);
            return value == null ? null : value.clone();
        }
    }

    @Override
    public boolean setAttribute(String name, byte[] value) throws IOException {
        if (!disk.traits().attributes()) {
            return false;
        }
        change(Kind.SET_ATTRIBUTE, 0, 0, change -> {
            change.attribute = name;
            change.value = value == null ? null : value.clone();
        });
        return true;
    }

    @Override
    public long allocatedBytes() throws IOException {
        synchronized (disk) {
            ensureOpen();
            return content.cached.allocatedBytes();
        }
    }

    /** Only recorded: there are no permissions here. */
    @Override
    public void copyPermissions(DurableFile other) throws IOException {
        if (!(other instanceof SimulatedFile file) || file.disk != disk) {
            throw new IllegalArgumentException("a file of another storage: file=" + other.path());
        }
        change(Kind.COPY_PERMISSIONS, 0, 0, change -> { });
    }

    @Override
    public OptionalInt descriptor() {
        return OptionalInt.empty();
    }

    @Override
    public void close() {
        synchronized (disk) {
            closed = true;
            content.unlock(this);
        }
    }
}
