package io.atomicmapping.recovery;

import static io.atomicmapping.recovery.Fixture.FILE;
import static io.atomicmapping.recovery.Fixture.JOURNAL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.journal.JournalReader.SlotFinding;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import org.junit.jupiter.api.Test;

class JournalInspectorTest {

    private final Fixture fixture = new Fixture();

    private JournalReport inspect() throws IOException {
        return JournalInspector.inspect(fixture.storage, FILE);
    }

    private List<String> verify() throws IOException {
        return JournalInspector.verify(fixture.storage, FILE);
    }

    @Test
    void recordsAndTailAreShown() throws IOException {
        fixture.open(10_000).put(5, 1).commit().mark().put(6, 2).append().kill().rotBody(2);
        JournalReport report = inspect();
        assertEquals(2, report.records().size());
        assertEquals(TailCase.TORN_RECORD, report.tail());
        assertEquals(1, report.lastCommit());
        for (String part : new String[] {"lsn=0, commit=1, extents=1, bytes=9", "lsn=512, mark after=1",
                "tail: TORN_RECORD, expected=0x",
            "sample: offset=0, length=4096", "state=in use", "first=VALID, second=VALID"}) {
            assertTrue(report.toString().contains(part), () -> part + " is missing in " + report);
        }
        assertEquals(List.of(), verify());
    }

    @Test
    void corruptRecordsAreShownAndFound() throws IOException {
        fixture.open(10_000).put(5, 1).commit().put(6, 2).commit().kill().rotBody(0);
        assertEquals(TailCase.LOST_RECORD, inspect().tail());
        assertEquals(1, verify().size());
        assertTrue(verify().getFirst().startsWith("journal lost a record that had been durable"));
    }

    @Test
    void damagedSlotIsFound() throws IOException {
        fixture.open(10_000).put(5, 1).commit().kill().rot(JOURNAL, 4_100);
        assertEquals(SlotFinding.DAMAGED, inspect().secondSlot());
        assertTrue(verify().getFirst().startsWith("journal slot is damaged"), verify().toString());
        fixture.open().kill();
        assertEquals(List.of(), verify());
    }

    @Test
    void cleanJournalIsShown() throws IOException {
        fixture.open(10_000).put(5, 1).commit().closeClean();
        assertEquals(TailCase.CLEAN, inspect().tail());
        assertEquals(List.of(), verify());
    }

    @Test
    void missingJournalIsFoundWhereItIsNeeded() throws IOException {
        fixture.open(10_000).put(5, 1).commit().kill().delete(JOURNAL);
        assertThrows(NoSuchFileException.class, this::inspect);
        assertTrue(verify().getFirst().startsWith("journal is missing"), verify().toString());
    }

    @Test
    void openFileIsLeftAlone() throws IOException {
        fixture.open(10_000);
        assertThrows(IOException.class, this::inspect);
    }
}
