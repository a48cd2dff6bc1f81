package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.crash.FaultyStorage.Call;
import java.io.IOException;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

/** A disk that is full: a sync says so, before anything is acknowledged that could not go home later. */
class FullHomeTest {

    private final SimulatedDisk disk = new SimulatedDisk();

    /** The ring has its space; the hole in the data file that a commit will fill has none. */
    @Test
    void commitIntoAHoleTakesItsSpaceBeforeItIsAcknowledged() throws IOException {
        FaultyStorage full = new FaultyStorage(disk);
        try (AtomicMapping mapping = CrashFixture.create(full)) {
            full.fail(EnumSet.of(Call.ALLOCATE), "", 0, Long.MAX_VALUE, "No space left on device");
            mapping.putLong(50_000, 42);
            assertThrows(IOException.class, mapping::sync);
            assertEquals(0, mapping.lastCommit());
            assertEquals(42, mapping.getLong(50_000), "what could not be committed stays");
            full.repair();
            assertEquals(1, mapping.sync());
        }
        try (AtomicMapping mapping = CrashFixture.open(disk)) {
            assertEquals(42, mapping.getLong(50_000));
        }
    }
}
