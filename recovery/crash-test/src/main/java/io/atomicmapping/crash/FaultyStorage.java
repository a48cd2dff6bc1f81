package io.atomicmapping.crash;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
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
 *   <li>A failed force has forced nothing; on a {@link SimulatedDisk} its data are never sure again unless written anew, as
 *       on Linux.
 *   <li>Every other failed call has done nothing.
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
        /** {@link DurableFile#writeBack} */
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

        Fault(Set<Call> calls, String file, long passing, long failing, String error) {
            this.calls = calls;
            this.file = file;
            this.passing = passing;
            this.failing = failing;
            this.error = error;
        }
    }

    private static final Set<Call> TAKING_SPACE = EnumSet.of(Call.CREATE, Call.WRITE, Call.ALLOCATE);

    private final Storage storage;
    /** Guarded by itself. */
    private final List<Fault> faults = new ArrayList<>();
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

    /** From now on everything works. */
    public void repair() {
        synchronized (faults) {
            faults.clear();
        }
    }

    /**
     * How many calls failed.
     *
     * @return the count
     */
    public long injected() {
        synchronized (faults) {
            return injected;
        }
    }

    /** The exception for a call that is to fail, or null. */
    IOException failure(Call call, Path path) {
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
                    return new IOException(call + " failed, " + fault.error + ": injected=" + injected + ", file=" + path);
                }
            }
            return null;
        }
    }

    private void check(Call call, Path path) throws IOException {
        IOException failure = failure(call, path);
        if (failure != null) {
            throw failure;
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
