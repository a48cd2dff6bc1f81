package io.atomicmapping.benchmarks.cell;

/** Where the stores of a commit go. */
public enum Places {
    /** uniformly random over the file */
    RANDOM,
    /**
     * Zipf's law with exponent 0.99 over all words or pages, the popular ones scattered over the file, as
     * YCSB has it
     */
    ZIPFIAN,
    /** one store in each page, page after page */
    SEQUENTIAL,
    /** word after word, so that a commit of 8-byte stores changes few lines */
    DENSE
}
