package io.atomicmapping.storage;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * An open file of a {@link Storage}. What it was told is durable only after the next force that returns
 * normally.
 *
 * <p>Positions and lengths are in bytes. All methods may be called by several threads at once; interrupting a
 * caller never closes the file. Segments passed in must be native memory that the caller owns, never a
 * mapping of a file: the kernel would fault on it.
 */
public interface DurableFile extends AutoCloseable {

    /**
     * The path it was opened by.
     *
     * @return the path
     */
    Path path();

    /**
     * The file's length now.
     *
     * @return bytes
     * @throws IOException if it cannot be told
     */
    long length() throws IOException;

    /**
     * Reads as many bytes as the target holds, or up to the end of the file.
     *
     * @param position where to begin
     * @param target where they go
     * @return the bytes read; fewer than asked only at the end of the file, 0 at or past it
     * @throws IOException if a byte cannot be read
     */
    long read(long position, MemorySegment target) throws IOException;

    /**
     * Writes all bytes of the source, extending the file where they pass its end. On an exception any part of
     * them may have been written.
     *
     * @param position where to begin
     * @param source the bytes
     * @throws IOException if they cannot all be written; its message says "No space left on device" on a full
     *     disk
     */
    void write(long position, MemorySegment source) throws IOException;

    /**
     * As {@link #write}, past the page cache where the file system can: position, length and address of the
     * source are multiples of {@link #directAlignment()}. For large or forced writes whose bytes will not be
     * read soon.
     *
     * @param position where to begin
     * @param source the bytes
     * @throws IOException if they cannot all be written
     */
    void writeDirect(long position, MemorySegment source) throws IOException;

    /**
     * What {@link #writeDirect} is aligned to.
     *
     * @return bytes: a power of two from 512 to 4,096
     */
    int directAlignment();

    /**
     * Allocates disk space for the holes in a range, so that writing there cannot fail for want of it.
     * Contents and length stay. Does nothing where the file system cannot.
     *
     * @param position where the range begins
     * @param length its length, within the file
     * @throws IOException if there is no space
     */
    void allocate(long position, long length) throws IOException;

    /**
     * Makes a range read as zeros, giving back its disk space where the file system can. The length stays.
     *
     * @param position where the range begins
     * @param length its length, within the file
     * @throws IOException if it fails
     */
    void zero(long position, long length) throws IOException;

    /**
     * Cuts the file, or extends it by zeros.
     *
     * @param length the new length
     * @throws IOException if it fails
     */
    void setLength(long length) throws IOException;

    /**
     * Begins to write what the page cache holds of a range back to the disk, so that a force has less to do.
     * Makes nothing durable. Does nothing where there is no page cache.
     *
     * @param position where the range begins
     * @param length its length
     * @throws IOException as for a failed {@link #force}: what was written before may be lost, and no later
     *     force tells
     */
    default void startWriteBack(long position, long length) throws IOException {
    }

    /**
     * Waits until what {@link #startWriteBack} began is written.
     *
     * @param position where the range begins
     * @param length its length
     * @throws IOException as for {@link #startWriteBack}
     */
    default void awaitWriteBack(long position, long length) throws IOException {
    }

    /**
     * Makes content and length durable. After a failure what was written before may be lost, whatever a later
     * force says.
     *
     * @throws IOException if the force fails
     */
    void force() throws IOException;

    /**
     * Makes content, length and attributes durable.
     *
     * @throws IOException if the force fails
     */
    void forceAll() throws IOException;

    /**
     * Locks the file until it is closed, against every other opening of it, in this process too.
     *
     * @param shared whether others may lock it shared as well
     * @return whether the lock was got
     * @throws IOException if the file system has no locks
     */
    boolean tryLock(boolean shared) throws IOException;

    /**
     * As {@link #tryLock} for a file that other code of this process has open, and may have locked for the
     * process, or may lock later: this lock keeps nobody from that.
     *
     * @return false if another process, or another opening that has a lock of its own, is in the way
     * @throws IOException if the file system has no locks
     */
    default boolean tryLockBesideOwner() throws IOException {
        return tryLock(false);
    }

    /**
     * Reads an extended attribute.
     *
     * @param name its name, without a name space
     * @return its value, or null if there is none or the file system has none
     * @throws IOException if it cannot be read
     */
    byte[] attribute(String name) throws IOException;

    /**
     * Sets an extended attribute. Durable after {@link #forceAll}.
     *
     * @param name its name, without a name space
     * @param value its value; null removes it
     * @return false if the file system has no attributes
     * @throws IOException if it fails
     */
    boolean setAttribute(String name, byte[] value) throws IOException;

    /**
     * How much disk space is allocated to the file; tells a file without holes.
     *
     * @return bytes, or 0 if that cannot be told
     * @throws IOException if it cannot be read
     */
    long allocatedBytes() throws IOException;

    /**
     * Gives this file the owner (where allowed), group and permission bits of another of the same storage.
     *
     * @param other the other
     * @throws IOException if it fails
     */
    void copyPermissions(DurableFile other) throws IOException;

    /**
     * The descriptor by which the operating system can map the file.
     *
     * @return the descriptor, or empty for a storage whose files cannot be mapped
     */
    OptionalInt descriptor();

    @Override
    void close() throws IOException;
}
