package io.atomicmapping.adoption;

import io.atomicmapping.storage.linux.AddressSpace;

/**
 * A stretch of memory that another library mapped, and that is private by now.
 *
 * @param start its first address
 * @param end the address after its last
 * @param offset where in the file it begins, in bytes
 * @param protection PROT_ flags, as the library asked for
 */
public record OwnedRange(long start, long end, long offset, int protection) {

    static OwnedRange of(AddressSpace.Area area) {
        return new OwnedRange(area.start(), area.end(), area.offset(), area.protection());
    }

    /**
     * How long it is.
     *
     * @return bytes, whole pages
     */
    public long length() {
        return end - start;
    }

    /**
     * Where in the file it ends.
     *
     * @return the offset after its last byte
     */
    public long endOffset() {
        return offset + length();
    }

    @Override
    public String toString() {
        return "[address=0x" + Long.toHexString(start) + "-0x" + Long.toHexString(end) + ", offset=" + offset
                + "-" + endOffset() + "]";
    }
}
