package io.atomicmapping.journal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * The bytes of the journal, its stub and the data file's attribute: offsets, sizes, magic numbers and pure functions.
 *
 * <p>What they mean, and when they are valid, is written in {@code FORMAT.md} alone; a test holds this class to that page.
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

    static final long SLOT_MAGIC = 0x4C4E_524A_4D4F_5441L; // "ATOMJRNL"
    static final int SLOT_MAGIC_AT = 0;
    static final int SLOT_VERSION_AT = 8;
    static final int SLOT_CRC_AT = 12;
    static final int SLOT_ID_AT = 16;
    static final int SLOT_GENERATION_AT = 32;
    static final int SLOT_SALT_AT = 40;
    static final int SLOT_RING_BYTES_AT = 48;
    static final int SLOT_CHECKPOINT_LSN_AT = 56;
    static final int SLOT_CHECKPOINT_COMMIT_AT = 64;
    static final int SLOT_COMMITTED_SIZE_AT = 72;
    static final int SLOT_GROWTH_LIMIT_AT = 80;
    static final int SLOT_STATE_AT = 88;
    static final int SLOT_PAGE_BYTES_AT = 92;
    static final int SLOT_RECORD_ALIGNMENT_AT = 96;
    static final int SLOT_SAMPLE_COUNT_AT = 100;
    static final int SLOT_SAMPLES_AT = 104;
    static final int SAMPLE_BYTES = 16;
    static final int SAMPLE_OFFSET_AT = 0;
    static final int SAMPLE_CRC_AT = 8;
    static final int SAMPLE_LENGTH_AT = 12;
    static final int SAMPLES_MAX = 8;

    static final int STATE_CLEAN = 0;
    static final int STATE_IN_USE = 1;

    /** Bytes of a record's header: it lies in one sector. */
    public static final int HEADER_BYTES = 96;
    static final int RECORD_MAGIC = 0x4344_5241; // "ARDC"
    static final int MAGIC_AT = 0;
    static final int HEADER_CRC_AT = 4;
    static final int SALT_AT = 8;
    static final int LSN_AT = 16;
    static final int COMMIT_AT = 24;
    static final int GENERATION_AT = 32;
    static final int DURABLE_LSN_AT = 40;
    static final int BODY_BYTES_AT = 48;
    static final int EXTENT_COUNT_AT = 56;
    static final int BODY_CRC_AT = 64;
    static final int KIND_AT = 68;
    static final int SIZE_AT = 72;
    static final int SMALLEST_SIZE_AT = 80;
    static final int FILE_NUMBER_AT = 88;
    static final int RESERVED_AT = 92;

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

    static final long STUB_MAGIC = 0x4254_534A_4D4F_5441L; // "ATOMJSTB"
    static final int STUB_MAGIC_AT = 0;
    static final int STUB_VERSION_AT = 8;
    static final int STUB_CRC_AT = 12;
    static final int STUB_ID_AT = 16;
    static final int STUB_PATH_BYTES_AT = 32;
    static final int STUB_PATH_AT = 36;
    static final int STUB_BYTES = 8192;

    static final int ATTRIBUTE_VERSION_AT = 0;
    static final int ATTRIBUTE_CRC_AT = 4;
    static final int ATTRIBUTE_ID_AT = 8;
    static final int ATTRIBUTE_COMMIT_AT = 24;
    static final int ATTRIBUTE_GENERATION_AT = 32;
    static final int ATTRIBUTE_STATE_AT = 40;
    static final int ATTRIBUTE_RESERVED_AT = 44;
    static final int ATTRIBUTE_BYTES = 48;

    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final long CRC_SLICE_BYTES = 1L << 30;
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
     * The CRC-32C of native or heap memory of any length. Never to be called on mapped memory: a file truncated beneath
     * would take the JVM down.
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

    /** The CRC-32C of a range in which one aligned field of four bytes counts as zeros. */
    static int crc32cWithout(MemorySegment segment, long from, int length, int fieldAt) {
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
