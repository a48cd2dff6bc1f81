package io.atomicmapping.crash;

import static io.atomicmapping.crash.CrashFixture.FILE;
import static io.atomicmapping.crash.CrashFixture.JOURNAL;
import static io.atomicmapping.crash.CrashFixture.create;
import static io.atomicmapping.crash.CrashFixture.kill;
import static io.atomicmapping.crash.CrashFixture.open;
import static io.atomicmapping.crash.CrashFixture.powerCut;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.journal.IncompatibleJournalException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** A data file that needs its journal says so from before its first commit on, and knows it again. */
class BoundTest {

    private static final Path ELSEWHERE = Path.of("/log/journal");

    private final SimulatedDisk disk = new SimulatedDisk();

    @Test
    void journalThatIsLostAfterAPowerCutIsMissed() throws IOException {
        AtomicMapping mapping = create(disk);
        mapping.putLong(0, 42);
        mapping.sync();
        SimulatedDisk cut = powerCut(disk);
        mapping.close();
        cut.delete(JOURNAL);
        IncompatibleJournalException refusal =
                assertThrows(IncompatibleJournalException.class, () -> open(cut).close());
        assertTrue(refusal.getMessage().contains("journal is missing"), refusal::getMessage);
    }

    @Test
    void journalElsewhereIsFoundAfterAPowerCut() throws IOException {
        AtomicMapping mapping = AtomicMapping.open(FILE, CrashFixture.options(DishonestStorage.over(disk))
                .size(CrashFixture.SIZE).journal(ELSEWHERE).build());
        mapping.putLong(0, 42);
        mapping.sync();
        SimulatedDisk cut = powerCut(disk);
        mapping.close();
        try (AtomicMapping recovered = open(cut)) {
            assertEquals(42, recovered.getLong(0));
        }
    }

    /** Whoever opens it next need not know where the journal was to lie: no commit can be in it. */
    @Test
    void firstOpeningWithAJournalElsewhereCanBeCutAnywhere() throws IOException {
        create(disk).close();
        long begin = disk.time();
        AtomicMapping.open(FILE, CrashFixture.options(DishonestStorage.over(disk)).journal(ELSEWHERE).build())
                .close();
        for (long time = begin; time <= disk.time(); time++) {
            for (Crash.Kind kind : Crash.Kind.values()) {
                try (AtomicMapping mapping = open(disk.crash(Crash.at(kind, time)))) {
                    assertEquals(CrashFixture.SIZE, mapping.size());
                }
            }
        }
    }

    /** Another program changes the first page, of which the journal has a sample and no record. */
    @Test
    void dataFileThatWasChangedWithoutItsJournalIsRefused() throws IOException {
        AtomicMapping mapping = create(disk);
        mapping.putLong(50_000, 42);
        mapping.sync();
        SimulatedDisk killed = kill(disk);
        mapping.close();
        byte[] before = killed.contents(FILE);
        killed.corrupt(FILE, 100, 1);
        IncompatibleJournalException refusal =
                assertThrows(IncompatibleJournalException.class, () -> open(killed).close());
        assertTrue(refusal.getMessage().contains("does not hold what its journal saw"), refusal::getMessage);
        assertThrows(IncompatibleJournalException.class, () -> AtomicMapping.open(FILE,
                CrashFixture.options(killed).readOnly(true).build()).close(), "to a reader, too");
        assertEquals(100, Arrays.mismatch(before, killed.contents(FILE)), "refusing writes nothing");
    }
}
