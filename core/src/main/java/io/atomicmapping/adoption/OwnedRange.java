package io.atomicmapping.adoption;

import io.atomicmapping.storage.linux.AddressSpace;
import io.atomicmapping.storage.linux.LinuxConstants;
import java.util.List;

/**
 * A stretch of memory at which another library has mapped a stretch of a file.
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
     * Where in the file it ends.
     *
     * @return the offset after its last byte
     */
    public long endOffset() {
        return offset + (end - start);
    }

    /**
     * Where a byte of the file lies.
     *
     * @param at its offset
     * @return its address, if it is in the range
     */
    public long addressOf(long at) {
        return start + (at - offset);
    }

    /**
     * Whether it can be stored to.
     *
     * @return whether it can
     */
    public boolean isWritable() {
        return (protection & LinuxConstants.PROT_WRITE) != 0;
    }

    /**
     * What it maps, as a set.
     *
     * @return the only stretch
     */
    public List<Coverage.Stretch> stretch() {
        return List.of(new Coverage.Stretch(offset, endOffset()));
    }

    /**
     * What of it is missing from others that are parts of it in memory.
     *
     * @param left the others, some of them parts of other ranges
     * @return the set of what they lack
     */
    public List<Coverage.Stretch> without(List<OwnedRange> left) {
        List<Coverage.Stretch> missing = stretch();
        for (OwnedRange part : left) {
            if (part.start >= start && part.end <= end) {
                missing = Coverage.minus(missing, part.stretch());
            }
        }
        return missing;
    }

    @Override
    public String toString() {
        return "[address=0x" + Long.toHexString(start) + "-0x" + Long.toHexString(end) + ", offset=" + offset
                + "-" + endOffset() + (isWritable() ? "]" : ", read-only]");
    }
}
