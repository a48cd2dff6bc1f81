package io.atomicmapping.journal;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Takes the extents of a redo record, one by one. */
@FunctionalInterface
public interface ExtentVisitor {

    /**
     * Takes one extent.
     *
     * @param offset where it begins in the data file
     * @param source holds its bytes; valid during the call
     * @param sourceOffset where they begin
     * @param length how many, 1 to 65,535
     * @throws IOException as the visitor needs
     */
    void extent(long offset, MemorySegment source, long sourceOffset, int length) throws IOException;
}
