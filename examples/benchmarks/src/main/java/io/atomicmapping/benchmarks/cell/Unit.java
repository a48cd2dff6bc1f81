package io.atomicmapping.benchmarks.cell;

/** How much one store changes. */
public enum Unit {
    /** 8 bytes */
    WORD(8),
    /** 4 KiB */
    PAGE(4096);

    private final int bytes;

    Unit(int bytes) {
        this.bytes = bytes;
    }

    /** How many bytes that is. */
    public int bytes() {
        return bytes;
    }
}
