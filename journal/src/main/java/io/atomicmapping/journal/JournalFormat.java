package io.atomicmapping.journal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * The bytes of the journal, its stub and the data file's attribute: offsets, sizes, magic numbers and pure
 * functions.
 *
 * <p>What they mean, and when they are valid, is written in {@code FORMAT.md} alone; a test holds this
 * class to that page.
 */
public final class JournalFormat {

    /** The version written; older ones are read too, newer ones are refused by name. */
    public static final int VERSION = 1;

    /** Bytes that a slot occupies, one of which lies at each of the first two. */
    public static final int SLOT_AREA_BYTES = 4096;
    /** Bytes of a slot, all under its checksum: one sector. */
    public static final int SLOT_BYTES = 512;
    /** Where the ring begins in the file. */
    public static final int RING_POSITION = 2 * SLOT_AREA_BYTES;
    /** The ring's length is a multiple of this. */
    public static final int RING_UNIT_BYTES = 4096;
    /** The smallest ring. */
    public static final long RING_BYTES_MIN = 4L * RING_UNIT_BYTES;
    /** The largest ring: 64 GiB. */
    public static final long RING_BYTES_MAX = 1L << 36;
    /** What a disk writes whole or not at all; records begin at multiples of it. */
    public static final int SECTOR_BYTES = 512;
    /** Records begin at multiples of at most this. */
    public static final int RECORD_ALIGNMENT_MAX = 4096;

    /** What a slot begins with: "ATOMJRNL". */
    public static final long SLOT_MAGIC = 0x4C4E_524A_4D4F_5441L; // "ATOMJRNL"
    /** Slot: the magic number, u64. */
    public static final int SLOT_MAGIC_AT = 0;
    /** Slot: the format version, u32. */
    public static final int SLOT_VERSION_AT = 8;
    /** Slot: the checksum of its bytes with this field 0, u32. */
    public static final int SLOT_CRC_AT = 12;
    /** Slot: the journal id, two u64. */
    public static final int SLOT_ID_AT = 16;
    /** Slot: its generation, u64. */
    public static final int SLOT_GENERATION_AT = 32;
    /** Slot: the salt, u64. */
    public static final int SLOT_SALT_AT = 40;
    /** Slot: the ring's length, u64. */
    public static final int SLOT_RING_BYTES_AT = 48;
    /** Slot: the checkpoint, u64. */
    public static final int SLOT_CHECKPOINT_LSN_AT = 56;
    /** Slot: the last commit below the checkpoint, u64. */
    public static final int SLOT_CHECKPOINT_COMMIT_AT = 64;
    /** Slot: the committed size at the checkpoint, u64. */
    public static final int SLOT_COMMITTED_SIZE_AT = 72;
    /** Slot: the largest legal length of the data file, u64. */
    public static final int SLOT_GROWTH_LIMIT_AT = 80;
    /** Slot: the state, u32. */
    public static final int SLOT_STATE_AT = 88;
    /** Slot: the page size, u32. */
    public static final int SLOT_PAGE_BYTES_AT = 92;
    /** Slot: the record alignment, u32. */
    public static final int SLOT_RECORD_ALIGNMENT_AT = 96;
    /** Slot: how many samples follow, u32. */
    public static final int SLOT_SAMPLE_COUNT_AT = 100;
    /** Slot: the samples. */
    public static final int SLOT_SAMPLES_AT = 104;
    /** Bytes of a sample. */
    public static final int SAMPLE_BYTES = 16;
    /** Sample: where the page begins, u64. */
    public static final int SAMPLE_OFFSET_AT = 0;
    /** Sample: the page's checksum, u32. */
    public static final int SAMPLE_CRC_AT = 8;
    /** Sample: its bytes, u32. */
    public static final int SAMPLE_LENGTH_AT = 12;
    /** The most samples that a slot holds. */
    public static final int SAMPLES_MAX = 8;

    /** State of slot or attribute: the data file is complete. */
    public static final int STATE_CLEAN = 0;
    /** State of slot or attribute: the data file may need the journal. */
    public static final int STATE_IN_USE = 1;

    /** Bytes of a record's header: it lies in one sector. */
    public static final int HEADER_BYTES = 96;
    /** What a record begins with: "ARDC". */
    public static final int RECORD_MAGIC = 0x4344_5241; // "ARDC"
    /** Record: the magic number, u32. */
    public static final int MAGIC_AT = 0;
    /** Record: the checksum of the header with this field 0, u32. */
    public static final int HEADER_CRC_AT = 4;
    /** Record: the salt, u64. */
    public static final int SALT_AT = 8;
    /** Record: its own position, u64. */
    public static final int LSN_AT = 16;
    /** Record: the commit's number, u64. */
    public static final int COMMIT_AT = 24;
    /** Record: the slot generation, u64. */
    public static final int GENERATION_AT = 32;
    /** Record: the LSN below which all was forced, u64. */
    public static final int DURABLE_LSN_AT = 40;
    /** Record: the body's length, u64. */
    public static final int BODY_BYTES_AT = 48;
    /** Record: the extents in the body, u64. */
    public static final int EXTENT_COUNT_AT = 56;
    /** Record: the body's checksum, u32. */
    public static final int BODY_CRC_AT = 64;
    /** Record: its kind, u32. */
    public static final int KIND_AT = 68;
    /** Record: the committed size after it, u64. */
    public static final int SIZE_AT = 72;
    /** Record: the smallest size since the commit before, u64. */
    public static final int SMALLEST_SIZE_AT = 80;
    /** Record: the file number, 0, u32. */
    public static final int FILE_NUMBER_AT = 88;
    /** Record: 0, u32. */
    public static final int RESERVED_AT = 92;

    /** The kind of a record that holds a commit. */
    public static final int KIND_COMMIT = 1;
    /** The kind of a record that only proves what was durable when it was written. */
    public static final int KIND_MARK = 2;

    /** Bytes before each extent's bytes: its offset and length in one number. */
    public static final int EXTENT_HEADER_BYTES = 8;
    /** The longest extent. */
    public static final int EXTENT_BYTES_MAX = 0xFFFF;
    /** No data file is longer: 128 TiB. */
    public static final long SIZE_MAX = 1L << 47;

    /** What a stub begins with: "ATOMJSTB". */
    public static final long STUB_MAGIC = 0x4254_534A_4D4F_5441L; // "ATOMJSTB"
    /** Stub: the magic number, u64. */
    public static final int STUB_MAGIC_AT = 0;
    /** Stub: the format version, u32. */
    public static final int STUB_VERSION_AT = 8;
    /** Stub: the checksum of its bytes with this field 0, u32. */
    public static final int STUB_CRC_AT = 12;
    /** Stub: the journal id, two u64. */
    public static final int STUB_ID_AT = 16;
    /** Stub: the length of the journal's path, u32. */
    public static final int STUB_PATH_BYTES_AT = 32;
    /** Stub: the journal's path, UTF-8. */
    public static final int STUB_PATH_AT = 36;
    /** Bytes of a stub. */
    public static final int STUB_BYTES = 8192;

    /** Attribute: the format version, u32. */
    public static final int ATTRIBUTE_VERSION_AT = 0;
    /** Attribute: the checksum of its bytes with this field 0, u32. */
    public static final int ATTRIBUTE_CRC_AT = 4;
    /** Attribute: the journal id, two u64. */
    public static final int ATTRIBUTE_ID_AT = 8;
    /** Attribute: the last commit when it was set, u64. */
    public static final int ATTRIBUTE_COMMIT_AT = 24;
    /** Attribute: the slot generation when it was set, u64. */
    public static final int ATTRIBUTE_GENERATION_AT = 32;
    /** Attribute: the state, u32. */
    public static final int ATTRIBUTE_STATE_AT = 40;
    /** Attribute: 0, u32. */
    public static final int ATTRIBUTE_RESERVED_AT = 44;
    /** Bytes of an attribute. */
    public static final int ATTRIBUTE_BYTES = 48;

    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** What goes into a checksum at once: a byte buffer's length is an int. */
    static final long CRC_SLICE_BYTES = 1L << 30;
    private static final long DEFAULT_RING_BYTES_MIN = 1L << 20;
    private static final long DEFAULT_RING_BYTES_MAX = 256L << 20;

    private JournalFormat() {
    }

    /**
     * Where a position of the endless journal lies in the file.
     *
     * @param lsn the position
     * @param ringBytes the ring's length
     * @return the place in the file
     */
    public static long filePosition(long lsn, long ringBytes) {
        return RING_POSITION + lsn % ringBytes;
    }

    /**
     * What a record occupies in the ring: header, body and padding.
     *
     * @param bodyBytes the body's length
     * @param recordAlignment what records are aligned to
     * @return bytes
     */
    public static long recordBytes(long bodyBytes, int recordAlignment) {
        return roundUp(HEADER_BYTES + bodyBytes, recordAlignment);
    }

    /**
     * The ring's length for a capacity asked for.
     *
     * @param capacityBytes as asked; 0 for the default
     * @param size the data file's size, which the default follows
     * @return a legal ring length
     */
    public static long ringBytes(long capacityBytes, long size) {
        long wanted = capacityBytes != 0 ? capacityBytes
                : Math.clamp(size / 4, DEFAULT_RING_BYTES_MIN, DEFAULT_RING_BYTES_MAX);
        return roundUp(Math.clamp(wanted, RING_BYTES_MIN, RING_BYTES_MAX), RING_UNIT_BYTES);
    }

    /**
     * Where the journal, or the stub that names it, lies for a data file.
     *
     * @param file the data file's real path
     * @return the path beside it
     */
    public static Path besidePath(Path file) {
        return file.resolveSibling(file.getFileName() + ".journal");
    }

    /**
     * Where a journal or stub is made before it gets its name.
     *
     * @param path its name
     * @return the temporary name, beside it
     */
    public static Path temporaryPath(Path path) {
        return path.resolveSibling(path.getFileName() + ".new");
    }

    /**
     * The number that stands before an extent's bytes.
     *
     * @param offset where the extent begins in the data file
     * @param length its length, 1 to {@link #EXTENT_BYTES_MAX}
     * @return both in one
     */
    public static long extent(long offset, int length) {
        return offset << 16 | length;
    }

    /**
     * Where an extent begins in the data file.
     *
     * @param extent the number before its bytes
     * @return the offset
     */
    public static long extentOffset(long extent) {
        return extent >>> 16;
    }

    /**
     * How long an extent is.
     *
     * @param extent the number before its bytes
     * @return bytes
     */
    public static int extentLength(long extent) {
        return (int) extent & EXTENT_BYTES_MAX;
    }

    /**
     * The CRC-32C of native or heap memory of any length. Never to be called on mapped memory: a file
     * truncated beneath would take the JVM down.
     *
     * @param segment holds the bytes
     * @param from where they begin
     * @param length how many
     * @return the checksum
     */
    public static int crc32c(MemorySegment segment, long from, long length) {
        CRC32C crc = new CRC32C();
        for (long done = 0; done < length; done += CRC_SLICE_BYTES) {
            long slice = Math.min(length - done, CRC_SLICE_BYTES);
            crc.update(segment.asSlice(from + done, slice).asByteBuffer());
        }
        return (int) crc.getValue();
    }

    /**
     * The CRC-32C of a range in which one field of four bytes, the checksum's own, counts as zeros.
     *
     * @param segment holds the bytes
     * @param from where they begin
     * @param length how many
     * @param fieldAt where the field begins in the range
     * @return the checksum
     */
    public static int crc32cWithout(MemorySegment segment, long from, int length, int fieldAt) {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        MemorySegment.copy(segment, from, MemorySegment.ofBuffer(bytes), 0, length);
        bytes.putInt(fieldAt, 0);
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    /**
     * The smallest multiple of a unit that is not below a value.
     *
     * @param value a value, not negative
     * @param unit a power of two
     * @return the multiple
     */
    public static long roundUp(long value, long unit) {
        return value + unit - 1 & -unit;
    }

    /** A checksum as it stands in messages. */
    static String hex(int value) {
        return "0x%08x".formatted(value);
    }
}
