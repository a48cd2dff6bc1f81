package io.atomicmapping.journal;

/**
 * What a page of the data file held when a slot was written: binds the journal to its file.
 *
 * @param offset where the page begins
 * @param crc the CRC-32C of its bytes
 * @param length its bytes: fewer than a page at the file's end
 */
public record Sample(long offset, int crc, int length) {
}
