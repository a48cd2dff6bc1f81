package io.atomicmapping.crash;

import static io.atomicmapping.crash.CrashFixture.SIZE;
import static io.atomicmapping.crash.CrashFixture.assertHolds;
import static io.atomicmapping.crash.CrashFixture.create;
import static io.atomicmapping.crash.CrashFixture.open;
import static io.atomicmapping.crash.CrashFixture.powerCut;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * What was cut off stays cut off, in whatever commit it was and whatever came after: re-grown bytes read 0
 * after any crash.
 */
class CutsTest {

    private static final int CUT = 30_001;
    private static final int END = 34_000;
    private static final byte[] FILLED = filled();

    private final SimulatedDisk disk = new SimulatedDisk();

    private static byte[] filled() {
        byte[] bytes = new byte[SIZE];
        Arrays.fill(bytes, CUT - 1000, END, (byte) 7);
        return bytes;
    }

    /** What is left once all from the cut on was cut off, and the mapping made longer again. */
    private static byte[] cutAndRegrown() {
        return Arrays.copyOf(Arrays.copyOf(FILLED, CUT), SIZE);
    }

    private static void fill(AtomicMapping mapping) throws IOException {
        mapping.fill(CUT - 1000, END - CUT + 1000, (byte) 7);
        mapping.sync();
    }

    private void assertCutAfterACrash(AtomicMapping mapping) throws IOException {
        SimulatedDisk after = powerCut(disk);
        mapping.close();
        try (AtomicMapping recovered = open(after)) {
            assertHolds(cutAndRegrown(), recovered, "after a power cut");
        }
        try (AtomicMapping closed = open(disk)) {
            assertHolds(cutAndRegrown(), closed, "after a close");
        }
    }

    @Test
    void bytesCutAndRegrownByOneCommitReadZero() throws IOException {
        create(disk).close();
        try (AtomicMapping mapping = open(disk)) {
            fill(mapping);
        }
        AtomicMapping mapping = open(disk);
        mapping.resize(CUT);
        mapping.resize(SIZE);
        mapping.sync();
        assertCutAfterACrash(mapping);
    }

    @Test
    void bytesOfACommitInTheRingThatALaterOneCutReadZero() throws IOException {
        create(disk).close();
        AtomicMapping mapping = open(disk);
        fill(mapping);
        mapping.resize(CUT);
        mapping.sync();
        mapping.resize(SIZE);
        mapping.sync();
        assertCutAfterACrash(mapping);
    }

    @Test
    void bytesOfACommitInTheRingThatALaterOneCutAndRegrewReadZero() throws IOException {
        create(disk).close();
        AtomicMapping mapping = open(disk);
        fill(mapping);
        mapping.resize(CUT);
        mapping.resize(SIZE);
        mapping.sync();
        assertCutAfterACrash(mapping);
    }

    @Test
    void bytesAtHomeThatCommitsCutAndRegrewReadZero() throws IOException {
        try (AtomicMapping mapping = create(disk)) {
            fill(mapping);
        }
        AtomicMapping mapping = open(disk);
        mapping.resize(CUT);
        mapping.sync();
        mapping.resize(SIZE);
        mapping.sync();
        assertCutAfterACrash(mapping);
    }
}
