package io.atomicmapping.crash;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A storage some of whose calls fail, on top of any other.
 *
 * <ul>
 *   <li>A failed write has written the first half of its bytes.
 *   <li>A failed force has forced nothing; on a {@link SimulatedDisk} its data are never sure again unless
 *       written anew, as on Linux, and can be gone at once.
 *   <li>Every other failed call has done nothing.
 *   <li>Rot changes what is read, until it is written over. Writes in pieces are what short and interrupted
 *       writes amount to: other operations can come between the pieces, and a fault can hit any of them.
 *   <li>Each exception says that it is injected, and which call of its kind it hit.
 * </ul>
 *
 * <p>Safe for use by several threads; each fault then hits one call, whichever comes.
 */
public final class FaultyStorage implements Storage {

    /** A kind of call that can fail. */
    public enum Call {
        /** {@link Storage#open} of an existing file */
        OPEN,
        /** {@link Storage#open} of a new file */
        CREATE,
        /** {@link Storage#rename} */
        RENAME,
        /** {@link Storage#delete} */
        DELETE,
        /** {@link Storage#forceDirectory} */
        FORCE_DIRECTORY,
        /** {@link DurableFile#read} */
        READ,
        /** {@link DurableFile#write} and {@link DurableFile#writeDirect} */
        WRITE,
        /** {@link DurableFile#allocate} */
        ALLOCATE,
        /** {@link DurableFile#zero} */
        ZERO,
        /** {@link DurableFile#setLength} */
        SET_LENGTH,
        /** {@link DurableFile#startWriteBack} and {@link DurableFile#awaitWriteBack} */
        WRITE_BACK,
        /** {@link DurableFile#force} and {@link DurableFile#forceAll} */
        FORCE,
        /** {@link DurableFile#setAttribute} */
        SET_ATTRIBUTE
    }

    /** Calls to fail: those of some kinds, after some that pass, until so many have failed. */
    private static final class Fault {
        final Set<Call> calls;
        final String error;
        final String file;
        long passing;
        long failing;
        boolean losing;

        Fault(Set<Call> calls, String file, long passing, long failing, String error) {
            this.calls = calls;
            this.file = file;
            this.passing = passing;
            this.failing = failing;
            this.error = error;
        }
    }

    /** Bits that are flipped in what is read. */
    private record Rot(String file, long position, int mask) { }

    /**
     * What happens to a call that fails.
     *
     * @param exception what it throws
     * @param losing of a force: whether its data are gone at once
     */
    record Failure(IOException exception, boolean losing) { }

    private static final Set<Call> TAKING_SPACE = EnumSet.of(Call.CREATE, Call.WRITE, Call.ALLOCATE);

    private final Storage storage;
    /** Guarded by itself. */
    private final List<Fault> faults = new ArrayList<>();
    /** Guarded by faults. */
    private final List<Rot> rots = new ArrayList<>();
    private volatile int pieceBytes = Integer.MAX_VALUE;
    private long injected;

    /**
     * Makes one without faults.
     *
     * @param storage what works otherwise
     */
    public FaultyStorage(Storage storage) {
        this.storage = Objects.requireNonNull(storage, "storage");
    }

    /**
     * Makes one force fail with an I/O error.
     *
     * @param passing how many forces of files pass before
     */
    public void failForceAfter(long passing) {
        fail(EnumSet.of(Call.FORCE), "", passing, 1, "Input/output error");
    }

    /**
     * Makes one force fail with an I/O error, after which a {@link SimulatedDisk} reads without the bytes
     * that it would have made durable. On other storages as {@link #failForceAfter}.
     *
     * @param passing how many forces of files pass before
     */
    public void loseForceAfter(long passing) {
        Fault fault = new Fault(EnumSet.of(Call.FORCE), "", passing, 1, "Input/output error");
        fault.losing = true;
        synchronized (faults) {
            faults.add(fault);
        }
    }

    /**
     * From some call on, what takes disk space fails, as on a full disk.
     *
     * @param passing how many writes, allocations and creations pass before
     */
    public void fillAfter(long passing) {
        fail(TAKING_SPACE, "", passing, Long.MAX_VALUE, "No space left on device");
    }

    /**
     * Makes some calls fail.
     *
     * @param calls of which kinds
     * @param fileSuffix to which files: how the name ends
     * @param passing how many of them pass before
     * @param failing how many of them then fail
     * @param error what the exception says
     */
    public void fail(Set<Call> calls, String fileSuffix, long passing, long failing, String error) {
        synchronized (faults) {
            faults.add(new Fault(EnumSet.copyOf(calls), fileSuffix, passing, failing, error));
        }
    }

    /**
     * Flips bits of a byte whenever it is read, until it is written.
     *
     * @param fileSuffix in which files: how the name ends
     * @param position where
     * @param xorMask which bits
     */
    public void rot(String fileSuffix, long position, int xorMask) {
        synchronized (faults) {
            rots.add(new Rot(fileSuffix, position, xorMask));
        }
    }

    /**
     * From now on every write is made in pieces, as if the kernel wrote less than it was asked to, or was
     * interrupted, and was asked again for the rest. Direct writes come in pieces of at least their
     * alignment.
     *
     * @param bytes how long a piece is
     */
    public void writeInPieces(int bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("a piece has at least one byte: bytes=" + bytes);
        }
        pieceBytes = bytes;
    }

    int pieceBytes() {
        return pieceBytes;
    }

    /** Rots what was read of a file. */
    void rot(Path path, long position, MemorySegment read) {
        synchronized (faults) {
            for (Rot rot : rots) {
                long at = rot.position - position;
                if (path.toString().endsWith(rot.file) && at >= 0 && at < read.byteSize()) {
                    injected++;
                    read.set(ValueLayout.JAVA_BYTE, at,
                            (byte) (read.get(ValueLayout.JAVA_BYTE, at) ^ rot.mask));
                }
            }
        }
    }

    /** What was written is not rotten any more. */
    void written(Path path, long position, long bytes) {
        synchronized (faults) {
            rots.removeIf(rot -> path.toString().endsWith(rot.file) && rot.position >= position
                    && rot.position < position + bytes);
        }
    }

    /** From now on everything works. */
    public void repair() {
        synchronized (faults) {
            faults.clear();
            rots.clear();
        }
        pieceBytes = Integer.MAX_VALUE;
    }

    /**
     * How many calls failed, or read what was rotten.
     *
     * @return the count
     */
    public long injected() {
        synchronized (faults) {
            return injected;
        }
    }

    /** What a call that is to fail does, or null. */
    Failure failure(Call call, Path path) {
        synchronized (faults) {
            for (Fault fault : faults) {
                if (!fault.calls.contains(call) || !path.toString().endsWith(fault.file)) {
                    continue;
                }
                if (fault.passing > 0) {
                    fault.passing--;
                } else if (fault.failing > 0) {
                    fault.failing--;
                    injected++;
                    return new Failure(new IOException(call + " failed, " + fault.error + ": injected="
                            + injected + ", file=" + path), fault.losing);
                }
            }
            return null;
        }
    }

    void check(Call call, Path path) throws IOException {
        Failure failure = failure(call, path);
        if (failure != null) {
            throw failure.exception;
        }
    }

    @Override
    public FileKind kind(Path path) throws IOException {
        return storage.kind(path);
    }

    @Override
    public Path realPath(Path path) throws IOException {
        return storage.realPath(path);
    }

    @Override
    public DurableFile open(Path path, OpenMode mode) throws IOException {
        check(mode == OpenMode.CREATE_NEW ? Call.CREATE : Call.OPEN, path);
        return new FaultyFile(this, storage.open(path, mode));
    }

    @Override
    public void rename(Path source, Path target) throws IOException {
        check(Call.RENAME, source);
        storage.rename(source, target);
    }

    @Override
    public void delete(Path path) throws IOException {
        check(Call.DELETE, path);
        storage.delete(path);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        check(Call.FORCE_DIRECTORY, directory);
        storage.forceDirectory(directory);
    }
}
