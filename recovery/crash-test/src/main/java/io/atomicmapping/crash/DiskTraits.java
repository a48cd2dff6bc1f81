package io.atomicmapping.crash;

/**
 * What kind of disk and file system is simulated.
 *
 * @param directAlignment what direct writes are aligned to, in bytes: a power of two from 512 to 4,096
 * @param attributes whether files can have extended attributes
 */
public record DiskTraits(int directAlignment, boolean attributes) {

    /** Sectors of 512 bytes, extended attributes. */
    public static final DiskTraits USUAL = new DiskTraits(SimulatedDisk.SECTOR_BYTES, true);

    /**
     * Checks the alignment.
     *
     * @throws IllegalArgumentException if it is no power of two from 512 to 4,096
     */
    public DiskTraits {
        if (directAlignment < SimulatedDisk.SECTOR_BYTES || directAlignment > FileImage.PAGE_BYTES
                || Integer.bitCount(directAlignment) != 1) {
            throw new IllegalArgumentException("alignment must be a power of two from "
                    + SimulatedDisk.SECTOR_BYTES + " to " + FileImage.PAGE_BYTES
                    + ": directAlignment=" + directAlignment);
        }
    }
}
