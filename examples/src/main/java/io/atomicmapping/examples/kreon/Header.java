package io.atomicmapping.examples.kreon;

import static io.atomicmapping.examples.kreon.StoreFormat.CRC_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.ENTRIES_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.FORMAT_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.FORMAT_VERSION;
import static io.atomicmapping.examples.kreon.StoreFormat.HEADER_BYTES;
import static io.atomicmapping.examples.kreon.StoreFormat.HEADER_USED_BYTES;
import static io.atomicmapping.examples.kreon.StoreFormat.HEAD_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.INT;
import static io.atomicmapping.examples.kreon.StoreFormat.LONG;
import static io.atomicmapping.examples.kreon.StoreFormat.MAGIC;
import static io.atomicmapping.examples.kreon.StoreFormat.MAGIC_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.NODE_BYTES_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.NO_NODE;
import static io.atomicmapping.examples.kreon.StoreFormat.NO_SEGMENT;
import static io.atomicmapping.examples.kreon.StoreFormat.ROOT_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.SEGMENT_BYTES_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.VERSION_OFFSET;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * What the file begins with: the last sealed version.
 *
 * @param geometry the sizes of segments and nodes
 * @param version the version's number
 * @param root its root
 * @param entries how many it has
 * @param head the segment that the log grows in, or -1
 */
record Header(Geometry geometry, long version, int root, long entries, int head) {

    /**
     * Loads it, and checks it.
     *
     * @param ofNewFile the sizes to be used if the file is new
     * @throws IncompatibleStoreException if the file is no store, or one that this code cannot read
     * @throws CorruptStoreException if it is damaged
     */
    static Header load(AtomicMapping mapping, Path file, Geometry ofNewFile) throws IOException {
        if (isZero(mapping, ofNewFile)) {
            return new Header(ofNewFile, 0, NO_NODE, 0, NO_SEGMENT);
        }
        long magic = mapping.size() < HEADER_BYTES ? 0 : mapping.getLong(MAGIC_OFFSET);
        if (magic != MAGIC) {
            throw new IncompatibleStoreException("not a key-value store, nothing was changed:"
                    + " expectedMagic=0x" + Long.toHexString(MAGIC) + ", actualMagic=0x"
                    + Long.toHexString(magic) + ", size=" + mapping.size() + ", file=" + file);
        }
        int format = mapping.getInt(FORMAT_OFFSET);
        if (format != FORMAT_VERSION) {
            throw new IncompatibleStoreException("key-value store of another format version, open it with"
                    + " the release that wrote it: expected=" + FORMAT_VERSION + ", actual=" + format
                    + ", file=" + file);
        }
        int crc = mapping.getInt(CRC_OFFSET);
        int expected = crc(bytes(mapping));
        int segmentBytes = mapping.getInt(SEGMENT_BYTES_OFFSET);
        int nodeBytes = mapping.getInt(NODE_BYTES_OFFSET);
        if (crc != expected || !Geometry.isValid(segmentBytes, nodeBytes)) {
            throw new CorruptStoreException("header of the key-value store is damaged, restore a copy:"
                    + " expectedCrc=0x" + Integer.toHexString(expected) + ", actualCrc=0x"
                    + Integer.toHexString(crc) + ", segmentBytes=" + segmentBytes + ", nodeBytes="
                    + nodeBytes + ", file=" + file);
        }
        return new Header(new Geometry(segmentBytes, nodeBytes), mapping.getLong(VERSION_OFFSET),
                mapping.getInt(ROOT_OFFSET), mapping.getLong(ENTRIES_OFFSET), mapping.getInt(HEAD_OFFSET));
    }

    /** Whether a file has one, or else is new. */
    static boolean isStored(AtomicMapping mapping) {
        return mapping.size() >= HEADER_BYTES && mapping.getLong(MAGIC_OFFSET) == MAGIC;
    }

    /** Whether a file is as it is made: all zeros, and no larger than that. */
    private static boolean isZero(AtomicMapping mapping, Geometry geometry) {
        long size = mapping.size();
        if (size > geometry.newFileBytes()) {
            return false;
        }
        MemorySegment data = mapping.readSegment();
        for (long offset = 0; offset < size; offset++) {
            if (data.get(StoreFormat.BYTE, offset) != 0) {
                return false;
            }
        }
        return true;
    }

    private static byte[] bytes(AtomicMapping mapping) {
        byte[] bytes = new byte[HEADER_USED_BYTES];
        mapping.getBytes(0, bytes);
        return bytes;
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, CRC_OFFSET);
        return (int) crc.getValue();
    }

    void store(AtomicMapping mapping) {
        byte[] bytes = new byte[HEADER_USED_BYTES];
        MemorySegment header = MemorySegment.ofArray(bytes);
        header.set(LONG, MAGIC_OFFSET, MAGIC);
        header.set(INT, FORMAT_OFFSET, FORMAT_VERSION);
        header.set(INT, SEGMENT_BYTES_OFFSET, geometry.segmentBytes());
        header.set(INT, NODE_BYTES_OFFSET, geometry.nodeBytes());
        header.set(INT, ROOT_OFFSET, root);
        header.set(LONG, VERSION_OFFSET, version);
        header.set(LONG, ENTRIES_OFFSET, entries);
        header.set(INT, HEAD_OFFSET, head);
        header.set(INT, CRC_OFFSET, crc(bytes));
        mapping.putBytes(0, bytes);
    }
}
