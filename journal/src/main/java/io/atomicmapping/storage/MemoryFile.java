package io.atomicmapping.storage;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.locks.Lock;

/** An opening of a file of a {@link MemoryStorage}; it keeps its content when another file gets the name. */
final class MemoryFile implements DurableFile {

    private static final int ALIGNMENT_BYTES = 512;

    private final MemoryStorage storage;
    private final Path path;
    private final boolean writable;
    private final MemoryContent content;

    /** Guarded by the storage's lock. */
    private boolean closed;

    MemoryFile(MemoryStorage storage, Path path, boolean writable, MemoryContent content) {
        this.storage = storage;
        this.path = path;
        this.writable = writable;
        this.content = content;
        content.openings++;
    }

    /** What is done with the content, under the storage's lock. */
    private interface Access<T> {
        T run() throws IOException;
    }

    /** A change that may find no space; then false. */
    private interface Change {
        boolean run();
    }

    private <T> T reading(Access<T> access) throws IOException {
        return locking(storage.lock.readLock(), access);
    }

    private <T> T changing(Access<T> access) throws IOException {
        return locking(storage.lock.writeLock(), access);
    }

    private <T> T locking(Lock lock, Access<T> access) throws IOException {
        lock.lock();
        try {
            if (closed) {
                throw new IOException("file is closed: file=" + path);
            }
            return access.run();
        } finally {
            lock.unlock();
        }
    }

    private void writing(String operation, long position, long bytes, Change change) throws IOException {
        requireWritable(operation);
        if (position < 0 || bytes < 0 || position + bytes < 0) {
            throw new IOException(operation + " failed, Invalid argument: position=" + position
                    + ", bytes=" + bytes + ", file=" + path);
        }
        changing(() -> {
            if (!change.run()) {
                throw storage.full(operation, path);
            }
            return null;
        });
    }

    private void requireWritable(String operation) throws IOException {
        if (!writable) {
            throw new IOException(
                    "file was opened for reading only: operation=" + operation + ", file=" + path);
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public long length() throws IOException {
        return reading(content::length);
    }

    @Override
    public long read(long position, MemorySegment target) throws IOException {
        if (position < 0) {
            throw new IOException("read failed, Invalid argument: position=" + position + ", file=" + path);
        }
        return reading(() -> content.read(position, target));
    }

    @Override
    public void write(long position, MemorySegment source) throws IOException {
        writing("write", position, source.byteSize(), () -> content.write(position, source));
    }

    @Override
    public void writeDirect(long position, MemorySegment source) throws IOException {
        assert ((position | source.byteSize() | source.address()) & ALIGNMENT_BYTES - 1) == 0
                : "position=" + position + ", bytes=" + source.byteSize() + ", address=" + source.address();
        write(position, source);
    }

    @Override
    public int directAlignment() {
        return ALIGNMENT_BYTES;
    }

    @Override
    public void allocate(long position, long length) throws IOException {
        writing("allocate", position, length, () -> content.allocate(position, length));
    }

    @Override
    public void zero(long position, long length) throws IOException {
        writing("zero", position, length, () -> {
            content.zero(position, length);
            return true;
        });
    }

    @Override
    public void setLength(long length) throws IOException {
        writing("setLength", 0, length, () -> {
            content.setLength(length);
            return true;
        });
    }

    @Override
    public void force() throws IOException {
        reading(() -> null);
    }

    @Override
    public void forceAll() throws IOException {
        reading(() -> null);
    }

    @Override
    public boolean tryLock(boolean shared) throws IOException {
        if (!shared) {
            requireWritable("lock");
        }
        return changing(() -> {
            boolean others = content.exclusiveHolder != null && content.exclusiveHolder != this
                    || !shared && content.sharedHolders.stream().anyMatch(holder -> holder != this);
            if (others) {
                return false;
            }
            releaseLock();
            if (shared) {
                content.sharedHolders.add(this);
            } else {
                content.exclusiveHolder = this;
            }
            return true;
        });
    }

    private void releaseLock() {
        content.sharedHolders.remove(this);
        if (content.exclusiveHolder == this) {
            content.exclusiveHolder = null;
        }
    }

    @Override
    public byte[] attribute(String name) throws IOException {
        byte[] value = reading(() -> content.attributes.get(name));
        return value == null ? null : value.clone();
    }

    @Override
    public boolean setAttribute(String name, byte[] value) throws IOException {
        requireWritable("setAttribute");
        return changing(() -> {
            if (value == null) {
                content.attributes.remove(name);
            } else {
                content.attributes.put(name, value.clone());
            }
            return true;
        });
    }

    @Override
    public long allocatedBytes() throws IOException {
        return reading(content::allocatedBytes);
    }

    /** Only checks the other: files in memory belong to the process, and have no permissions. */
    @Override
    public void copyPermissions(DurableFile other) throws IOException {
        if (!(other instanceof MemoryFile file) || file.storage != storage) {
            throw new IllegalArgumentException("a file of another storage: file=" + other.path());
        }
        reading(() -> null);
    }

    @Override
    public OptionalInt descriptor() {
        return OptionalInt.empty();
    }

    @Override
    public void close() {
        storage.lock.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                releaseLock();
                content.openings--;
                content.releaseIfUnreachable();
            }
        } finally {
            storage.lock.writeLock().unlock();
        }
    }
}
