package io.atomicmapping.benchmarks.cell;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class BatchTest {

    private static Batch batch(String name) {
        Cell cell = Cell.parse(name);
        return new Batch(cell, Offsets.of(cell, 1 << 20, 0, 1), 7);
    }

    /** A journal of changed bytes must not win by values that change one byte in eight. */
    @Test
    void consecutiveValuesDifferInNearlyAllBytes() {
        Batch batch = batch("random-16");
        long same = 0;
        long before = 0;
        for (int commit = 0; commit < 1000; commit++) {
            batch.next();
            long changed = before ^ batch.value(3);
            for (int i = 0; i < Long.BYTES; i++) {
                same += (changed >>> i * Byte.SIZE & 0xFF) == 0 ? 1 : 0;
            }
            before = batch.value(3);
        }
        assertTrue(same < 8000 / 100, "bytes that stayed, of 8000: " + same);
    }

    @Test
    void aPageIsStoredWithOtherContentThanTheOneBefore() {
        Batch batch = batch("random-1-page");
        batch.next();
        byte[] first = batch.page(0).clone();
        batch.next();
        int same = 0;
        for (int i = 0; i < first.length; i++) {
            same += first[i] == batch.page(0)[i] ? 1 : 0;
        }
        assertTrue(same < first.length / 100 + 30, "bytes that stayed: " + same);
    }

    @Test
    void aWriteCallGetsWhatAPutGets() {
        Batch words = batch("random-4");
        words.next();
        ByteBuffer word = ByteBuffer.allocateDirect(8);
        assertEquals(words.value(2), words.bytes(2, word).order(ByteOrder.LITTLE_ENDIAN).getLong(0));
        Batch pages = batch("random-4-page");
        pages.next();
        byte[] written = new byte[4096];
        pages.bytes(2, word).get(written);
        assertArrayEquals(pages.page(2), written);
    }
}
