package io.atomicmapping.benchmarks.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.atomicmapping.benchmarks.cell.Unit;
import org.junit.jupiter.api.Test;

class FloorTest {

    @Test
    void anUpdateIs24BytesAndAnAppendIsAligned() {
        assertEquals(512, Floor.recordBytes(1, Unit.WORD, false, 512));
        assertEquals(512, Floor.recordBytes(16, Unit.WORD, false, 512));
        assertEquals(256 * 24, Floor.recordBytes(256, Unit.WORD, false, 512));
        assertEquals(4096 * 24, Floor.recordBytes(4096, Unit.WORD, false, 4096));
    }

    @Test
    void wholePagesAreAppendedWhole() {
        assertEquals(16 * 4096, Floor.recordBytes(16, Unit.WORD, true, 512));
        assertEquals(16 * 4096 + 512, Floor.recordBytes(16, Unit.PAGE, false, 512));
    }
}
