package io.atomicmapping.examples.kreon;

import java.util.Arrays;

/** A list of ints that grows. */
final class IntList {

    private static final int FEW = 16;

    private int[] values = new int[FEW];
    private int size;

    void add(int value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, 2 * size);
        }
        values[size++] = value;
    }

    int get(int index) {
        return values[index];
    }

    int size() {
        return size;
    }

    int[] takeAll() {
        int[] taken = Arrays.copyOf(values, size);
        size = 0;
        return taken;
    }
}
