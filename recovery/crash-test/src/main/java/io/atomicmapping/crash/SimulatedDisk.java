package io.atomicmapping.crash;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;

/**
 * A disk that loses power, in memory. It records everything that is done to its files; from the record it
 * makes the disk as a crash at any time would leave it, which can be used, and crash, again.
 *
 * <h2>What a crash may do</h2>
 *
 * <p><b>A process kill</b> keeps the page cache: all operations that were complete. Of one in flight it keeps
 * any part. What was not durable before is not durable after; a power cut may follow.
 *
 * <p><b>A power cut</b> keeps what a force covers, and of everything else any part, in any order:
 * <ul>
 *   <li><i>Content</i>, in sectors of 512 bytes: each holds what the last covered write left there, or what
 *       any later write did, whatever its neighbours hold. A sector is old or new, never a mix. Zeroing a
 *       range and cutting a file are writes of zeros here; taking disk space is lost or kept.
 *   <li><i>Length</i>: as the last covered change left it, or as any later one did, apart from the content.
 *       What was kept past the length is gone; what was never written reads 0.
 *   <li><i>Attributes</i>: each as covered, or as set later.
 *   <li><i>Names</i>: each creation, deletion and renaming is lost or kept. A renamed file is seen by its old
 *       or its new name. A name says nothing of the content: a file that was forced may have no name, a new
 *       name may lead to an empty file.
 * </ul>
 *
 * <p><b>A force</b> covers the operations on its file that were complete when it began, and only once it has
 * returned: {@code force} content and length, {@code forceAll} attributes too, {@code forceDirectory} the
 * names in one directory. Bytes that a failed force would have covered are never sure again, though programs
 * still read them, unless they are written anew: Linux marks their pages clean. A force can also fail so that
 * they are gone from the cache, too: once memory is short, Linux drops clean pages ({@link
 * FaultyStorage#loseForceAfter}).
 *
 * <p>What it never does: lose or tear what a force covers; show bytes that nobody wrote; rot by itself
 * ({@link #corrupt} does that); let a lock or an open file survive.
 *
 * <h2>Use</h2>
 *
 * <p>Time counts beginnings and ends of operations. {@code disk.crash(Crash.random(disk, POWER_CUT, time,
 * random))} for any time up to {@link #time()} is a disk after a crash; this one stays as it is. Paths work
 * as in {@link io.atomicmapping.storage.MemoryStorage}. Safe for use by several threads, in one total order;
 * forces then give way to other threads between their begin and end, so that these are seen to overlap.
 */
public final class SimulatedDisk implements Storage {

    /** What a power cut tears writes at, in bytes. */
    public static final int SECTOR_BYTES = 512;

    private final DiskTraits traits;
    private final Map<Path, Content> namesAtStart;
    /** All below are guarded by this. */
    private final Map<Path, Content> names;
    private final List<Operation> log = new ArrayList<>();
    private long time;
    private int contentCount;
    private boolean placesRemembered;
    private final Overlap overlap = new Overlap();

    /** Makes an empty disk with the {@link DiskTraits#USUAL usual traits}. */
    public SimulatedDisk() {
        this(DiskTraits.USUAL);
    }

    /**
     * Makes an empty disk.
     *
     * @param traits what kind
     */
    public SimulatedDisk(DiskTraits traits) {
        this(traits, new HashMap<>(), new HashMap<>());
    }

    private SimulatedDisk(DiskTraits traits, Map<Path, Content> namesAtStart, Map<Path, Content> names) {
        this.traits = Objects.requireNonNull(traits, "traits");
        this.namesAtStart = namesAtStart;
        this.names = names;
    }

    /** Makes what a crash leaves: a disk with files, and what a killed process left in the cache only. */
    SimulatedDisk(SimulatedDisk before, Map<Path, Content> namesAtStart, Map<Path, Content> names,
            List<Operation> inherited) {
        this(before.traits, namesAtStart, names);
        this.contentCount = before.contentCount;
        this.log.addAll(inherited);
    }

    // ---- the record ----

    /**
     * How many beginnings and ends of operations there were.
     *
     * @return the latest time at which a crash can be
     */
    public synchronized long time() {
        return time;
    }

    /**
     * What was done so far, in the order in which it began.
     *
     * @return a copy; one that is in flight becomes complete later
     */
    public synchronized List<Operation> operations() {
        return List.copyOf(log);
    }

    /**
     * What a crash may keep or lose.
     *
     * @param kind what goes down
     * @param at when
     * @return the operations that are in flight, after a power cut also those not durable; in their order
     */
    public synchronized List<Operation> undecided(Crash.Kind kind, long at) {
        Durability durability = new Durability(log, kind, at);
        return log.stream().filter(durability::isUndecided).toList();
    }

    // ---- crashing ----

    /**
     * Makes the disk as a crash leaves it. Nothing is open or locked there.
     *
     * @param crash the crash
     * @return a disk of its own
     */
    public synchronized SimulatedDisk crash(Crash crash) {
        Objects.checkIndex(crash.time(), time + 1);
        return new Aftermath(this, crash).disk();
    }

    /**
     * Flips bits of a file as a failing disk would: in the cache and, for sure, on the disk.
     *
     * @param path the file
     * @param position which byte, within the file
     * @param xorMask which of its bits
     * @throws IOException if the file is missing
     */
    public synchronized void corrupt(Path path, long position, int xorMask) throws IOException {
        Content content = existing(path);
        Objects.checkIndex(position, content.cached.length());
        byte[] old = content.cached.sectors.get(position / SECTOR_BYTES);
        byte[] rotten = old == null ? new byte[SECTOR_BYTES] : old.clone();
        rotten[(int) (position % SECTOR_BYTES)] ^= (byte) xorMask;
        Change change = new Change(Operation.Kind.ROT, realPath(path), content);
        change.position = position;
        change.bytes = 1;
        change.sectors = new long[] {position / SECTOR_BYTES};
        change.after = new byte[][] {rotten};
        end(begin(change));
    }

    /**
     * What programs read in a file.
     *
     * @param path the file
     * @return all its bytes
     * @throws NoSuchFileException if it is missing
     */
    public synchronized byte[] contents(Path path) throws NoSuchFileException {
        return existing(path).cached.bytes();
    }

    /**
     * The files, by the names that programs see.
     *
     * @return their paths, sorted
     */
    public synchronized List<Path> paths() {
        return names.keySet().stream().sorted().toList();
    }

    /** The files that are locked: a mapping has them open. */
    synchronized List<Path> openFiles() {
        return names.entrySet().stream().filter(entry -> entry.getValue().isLocked()).map(Map.Entry::getKey)
                .sorted().toList();
    }

    // ---- what files do; the lock is held where they say so ----

    DiskTraits traits() {
        return traits;
    }

    Map<Path, Content> namesAtStart() {
        return namesAtStart;
    }

    /** What programs see; the lock is held. */
    Map<Path, Content> names() {
        return names;
    }

    /** The record itself; the lock is held. */
    List<Operation> log() {
        return log;
    }

    /** From now on operations know where in the program they were done: that costs time. */
    synchronized SimulatedDisk rememberPlaces() {
        placesRemembered = true;
        return this;
    }

    /** Records an operation and lets programs see what it does. The lock is held. */
    Operation begin(Change change) {
        overlap.calledBy(Thread.currentThread());
        Operation operation =
                new Operation(change, log.size(), ++time, placesRemembered ? Places.stack() : "");
        log.add(operation);
        if (operation.isOfEntries()) {
            change.applyTo(names);
        }
        if (change.units() > 0 && change.content != null) {
            change.applyTo(change.content.cached);
        }
        return operation;
    }

    /** An operation is complete. */
    synchronized void end(Operation operation) {
        operation.complete(++time);
    }

    /** Forces of certain files, or directories, do not end before this is counted down. */
    void holdForces(Predicate<Path> paths, CountDownLatch until) {
        overlap.hold(paths, until);
    }

    /** Lets other threads work while a force is in flight. The lock is not held. */
    void overlap(Path forced) {
        overlap.giveWay(forced);
    }

    /** A force has failed: it covers nothing, and what it would have covered no later force will. */
    synchronized void failForce(Operation force) {
        new FailedForce(log, force).fail();
        end(force);
    }

    /** As {@link #failForce}, and the cache drops what it could not write. */
    synchronized void loseForce(Operation force) {
        Change dropped = new FailedForce(log, force).dropped();
        failForce(force);
        end(begin(dropped));
    }

    // ---- storage ----

    @Override
    public synchronized FileKind kind(Path path) {
        Path real = realPath(path);
        if (names.containsKey(real)) {
            return FileKind.REGULAR;
        }
        boolean isDirectory = names.keySet().stream().anyMatch(file -> file.startsWith(real));
        return isDirectory ? FileKind.DIRECTORY : FileKind.MISSING;
    }

    @Override
    public Path realPath(Path path) {
        return path.toAbsolutePath().normalize();
    }

    @Override
    public DurableFile open(Path path, OpenMode mode) throws IOException {
        Path real = realPath(path);
        Operation creation = null;
        Content content;
        synchronized (this) {
            if (kind(real) == FileKind.DIRECTORY) {
                throw new FileSystemException(path.toString(), null, "a directory: name a regular file");
            }
            if (mode == OpenMode.CREATE_NEW) {
                if (names.containsKey(real)) {
                    throw new FileAlreadyExistsException(path.toString());
                }
                content = new Content(contentCount++, new FileImage(), new FileImage());
                creation = begin(new Change(Operation.Kind.CREATE, real, content));
            } else {
                content = existing(path);
            }
        }
        if (creation != null) {
            end(creation);
        }
        return new SimulatedFile(this, path, real, mode != OpenMode.READ, content);
    }

    @Override
    public void rename(Path source, Path target) throws IOException {
        Operation operation;
        synchronized (this) {
            if (kind(target) == FileKind.DIRECTORY) {
                throw new FileSystemException(source.toString(), target.toString(),
                        "the target is a directory");
            }
            Change change = new Change(Operation.Kind.RENAME, realPath(source), existing(source));
            change.target = realPath(target);
            if (change.target.equals(change.path)) {
                return;
            }
            operation = begin(change);
        }
        end(operation);
    }

    @Override
    public void delete(Path path) throws IOException {
        Operation operation;
        synchronized (this) {
            Path real = realPath(path);
            if (kind(real) == FileKind.DIRECTORY) {
                throw new FileSystemException(path.toString(), null, "a directory: name a file");
            }
            if (!names.containsKey(real)) {
                return;
            }
            operation = begin(new Change(Operation.Kind.DELETE, real, names.get(real)));
        }
        end(operation);
    }

    @Override
    public void forceDirectory(Path directory) {
        Operation operation;
        synchronized (this) {
            operation = begin(new Change(Operation.Kind.FORCE_DIRECTORY, realPath(directory), null));
        }
        overlap(directory);
        end(operation);
    }

    private Content existing(Path path) throws NoSuchFileException {
        Content content = names.get(realPath(path));
        if (content == null) {
            throw new NoSuchFileException(path.toString(), null, "no such file");
        }
        return content;
    }
}
