package io.atomicmapping.journal;

import static io.atomicmapping.journal.JournalFormat.INT;
import static io.atomicmapping.journal.JournalFormat.LONG;

import io.atomicmapping.storage.linux.Linux;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * One redo record being built: the bytes that a commit changed, in the order of their offsets, as they will
 * lie in the ring.
 *
 * <ul>
 * <li>It owns a native buffer, which is kept from commit to commit, and the views of it that a commit needs:
 * in the steady state nothing is allocated.
 * <li>It is used by one thread at a time.
 * </ul>
 */
public final class RedoRecord implements AutoCloseable {

    private static final long BUFFER_KEPT_BYTES_MAX = 16L << 20;
    private static final int BUFFER_ALIGNMENT = 4096;
    private static final int SHORT_BYTES_MAX = 64;
    private static final int SHORT_RECORD_BYTES_MAX = 1 << 16;
    /** by address: the room for an extent was looked at, and nobody else has the buffer to close it */
    private static final MemorySegment ALL = Linux.segment(0, Long.MAX_VALUE);
    private static final MemorySegment PADDING =
            MemorySegment.ofArray(new byte[JournalFormat.RECORD_ALIGNMENT_MAX]);

    private final CRC32C crc = new CRC32C();
    private final long initialBytes;
    private Arena arena;
    private MemorySegment buffer;
    /** of the buffer */
    private long address;
    private long capacityBytes;
    /** the buffer, or what a checksum takes of it at once */
    private ByteBuffer checksummed;
    /** the buffer's first bytes, of each length in sectors that a short record has had; null else */
    private MemorySegment[] shortRecords;

    /** Where the next byte goes in the buffer. */
    private long position;
    /** Where the last extent ends in the data file. */
    private long end;
    private long lastExtent;
    private long lastExtentAt;
    private long extentCount;
    private long size;
    private long smallestSize;
    private long commit;

    /**
     * Creates an empty one.
     *
     * @param initialBytes what its buffer holds at first; it grows as needed
     */
    public RedoRecord(long initialBytes) {
        this.initialBytes = JournalFormat.roundUp(Math.max(initialBytes, BUFFER_ALIGNMENT), BUFFER_ALIGNMENT);
        allocate(this.initialBytes);
        clear();
    }

    /** Empties it. A buffer that grew beyond 16 MiB is given back. */
    public void clear() {
        if (capacityBytes > Math.max(initialBytes, BUFFER_KEPT_BYTES_MAX)) {
            Arena large = arena;
            allocate(initialBytes);
            large.close();
        }
        position = JournalFormat.HEADER_BYTES;
        end = -1;
        lastExtent = JournalFormat.EXTENT_BYTES_MAX;
        extentCount = 0;
        size = 0;
        smallestSize = 0;
        commit = 0;
    }

    /**
     * Adds changed bytes, joining them to the extent before where they touch it.
     *
     * @param offset where they begin in the data file, not below the end of those added before
     * @param source holds them
     * @param sourceOffset where they begin there
     * @param length how many
     */
    public void add(long offset, MemorySegment source, long sourceOffset, long length) {
        if (offset < end) {
            throw new IllegalArgumentException("extents out of order: offset=" + offset + ", end=" + end);
        }
        long room = capacityBytes - position - JournalFormat.EXTENT_HEADER_BYTES;
        if (length > Math.min(room, JournalFormat.EXTENT_BYTES_MAX)) {
            addLarge(offset, source, sourceOffset, length);
        } else if (offset == end && (lastExtent & JournalFormat.EXTENT_BYTES_MAX) + length
                <= JournalFormat.EXTENT_BYTES_MAX) {
            copy(source, sourceOffset, position, length);
            lastExtent += length; // the length is in the low bits
            ALL.set(LONG, address + lastExtentAt, lastExtent);
            position += length;
            end = offset + length;
        } else if (length > 0) {
            lastExtent = offset << 16 | length;
            lastExtentAt = position;
            ALL.set(LONG, address + position, lastExtent);
            copy(source, sourceOffset, position + JournalFormat.EXTENT_HEADER_BYTES, length);
            position += JournalFormat.EXTENT_HEADER_BYTES + length;
            end = offset + length;
            extentCount++;
        }
    }

    /** Most of what is added is a few bytes, and a call of the JVM's copying routine would take longer. */
    private void copy(MemorySegment source, long sourceOffset, long target, long length) {
        if (length > SHORT_BYTES_MAX) {
            MemorySegment.copy(source, sourceOffset, buffer, target, length);
            return;
        }
        long to = address + target;
        long at = 0;
        for (; at + Long.BYTES <= length; at += Long.BYTES) {
            ALL.set(ValueLayout.JAVA_LONG_UNALIGNED, to + at,
                    source.get(ValueLayout.JAVA_LONG_UNALIGNED, sourceOffset + at));
        }
        for (; at < length; at++) {
            ALL.set(ValueLayout.JAVA_BYTE, to + at, source.get(ValueLayout.JAVA_BYTE, sourceOffset + at));
        }
    }

    /** Makes room, and splits what is longer than an extent. */
    private void addLarge(long offset, MemorySegment source, long sourceOffset, long length) {
        if (offset > JournalFormat.SIZE_MAX - length) {
            throw new IllegalArgumentException("extent beyond the limit: offset=" + offset + ", length="
                    + length + ", limit=" + JournalFormat.SIZE_MAX);
        }
        long pieces = length / JournalFormat.EXTENT_BYTES_MAX + 1;
        reserve(position + length + (pieces + 1) * JournalFormat.EXTENT_HEADER_BYTES);
        for (long done = 0; done < length;) {
            long piece = Math.min(length - done, JournalFormat.EXTENT_BYTES_MAX);
            add(offset + done, source, sourceOffset + done, piece);
            done += piece;
        }
    }

    private void reserve(long bytes) {
        if (bytes <= capacityBytes) {
            return;
        }
        Arena oldArena = arena;
        MemorySegment oldBuffer = buffer;
        allocate(JournalFormat.roundUp(Math.max(bytes, capacityBytes * 2), BUFFER_ALIGNMENT));
        MemorySegment.copy(oldBuffer, 0, buffer, 0, position);
        oldArena.close();
    }

    private void allocate(long bytes) {
        MemorySegment[] newRecords =
                new MemorySegment[SHORT_RECORD_BYTES_MAX / JournalFormat.SECTOR_BYTES + 1];
        Arena newArena = Arena.ofShared();
        MemorySegment newBuffer;
        try {
            newBuffer = newArena.allocate(bytes, BUFFER_ALIGNMENT);
            checksummed = newBuffer.asSlice(0, Math.min(bytes, JournalFormat.CRC_SLICE_BYTES)).asByteBuffer();
        } catch (RuntimeException | Error e) {
            newArena.close();
            throw e;
        }
        arena = newArena;
        buffer = newBuffer;
        shortRecords = newRecords;
        address = buffer.address();
        capacityBytes = bytes;
    }

    /**
     * Sets the sizes that the commit leaves behind.
     *
     * @param size the committed size after it
     * @param smallestSize the smallest size since the commit before, that commit's own size included: bytes
     *        from it on read 0 before the extents apply
     */
    public void sizes(long size, long smallestSize) {
        this.size = size;
        this.smallestSize = smallestSize;
    }

    /**
     * The committed size after the commit.
     *
     * @return bytes
     */
    public long size() {
        return size;
    }

    /**
     * The smallest size since the commit before.
     *
     * @return bytes
     */
    public long smallestSize() {
        return smallestSize;
    }

    /**
     * What the body takes so far.
     *
     * @return bytes
     */
    public long bodyBytes() {
        return position - JournalFormat.HEADER_BYTES;
    }

    /**
     * How many extents it holds.
     *
     * @return the count
     */
    public long extentCount() {
        return extentCount;
    }

    /**
     * Whether it holds no extent. Its sizes may be a change all the same.
     *
     * @return whether it is empty
     */
    public boolean isEmpty() {
        return extentCount == 0;
    }

    /**
     * The commit's number.
     *
     * @return the number, 0 before it was appended
     */
    public long commit() {
        return commit;
    }

    /** What its buffer holds before it must grow. */
    long capacityBytes() {
        return capacityBytes;
    }

    /** Where its last extent ends, 0 without one. */
    long extentsEnd() {
        return Math.max(end, 0);
    }

    /**
     * Passes all extents in the order of their offsets.
     *
     * @param visitor takes them
     * @throws IOException as thrown by the visitor
     */
    public void forEach(ExtentVisitor visitor) throws IOException {
        long at = JournalFormat.HEADER_BYTES;
        while (at < position) {
            long extent = buffer.get(LONG, at);
            int length = JournalFormat.extentLength(extent);
            at += JournalFormat.EXTENT_HEADER_BYTES;
            visitor.extent(JournalFormat.extentOffset(extent), buffer, at, length);
            at += length;
        }
    }

    /** Puts the header and the padding around the body; the result is what goes into the ring. */
    MemorySegment complete(RecordHeader header, int recordAlignment) {
        commit = header.commit();
        long bytes = JournalFormat.recordBytes(bodyBytes(), recordAlignment);
        MemorySegment.copy(PADDING, 0, buffer, position, bytes - position);
        header.encode(buffer, checksum(JournalFormat.HEADER_BYTES, bodyBytes()));
        buffer.set(INT, JournalFormat.HEADER_CRC_AT, checksum(0, RecordHeader.checksummedBytes()));
        return first(bytes);
    }

    private int checksum(int from, long length) {
        if (from + length > checksummed.capacity()) {
            return JournalFormat.crc32c(buffer, from, length);
        }
        crc.reset();
        crc.update(checksummed.limit((int) (from + length)).position(from));
        return (int) crc.getValue();
    }

    private MemorySegment first(long bytes) {
        if (bytes > SHORT_RECORD_BYTES_MAX) {
            return buffer.asSlice(0, bytes);
        }
        int sectors = (int) (bytes / JournalFormat.SECTOR_BYTES);
        if (shortRecords[sectors] == null) {
            shortRecords[sectors] = buffer.asSlice(0, bytes);
        }
        return shortRecords[sectors];
    }

    /** Gives the buffer back. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
