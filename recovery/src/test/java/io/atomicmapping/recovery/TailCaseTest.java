package io.atomicmapping.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.journal.JournalScan.Later;
import io.atomicmapping.journal.JournalScan.Next;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TailCaseTest {

    @Test
    void everyCombinationMatchesExactlyOneCase() {
        for (Next next : Next.values()) {
            for (Later later : Later.values()) {
                List<TailCase> matching = Arrays.stream(TailCase.values()).filter(c -> c.matches(next, later))
                        .toList();
                assertEquals(1, matching.size(), next + " and " + later + " match " + matching);
            }
        }
    }

    @Test
    void everyCaseOfAScanMatchesSomething() {
        Set<TailCase> withoutScan = EnumSet.of(TailCase.NO_JOURNAL, TailCase.CLEAN);
        for (TailCase tailCase : EnumSet.complementOf(EnumSet.copyOf(withoutScan))) {
            assertTrue(Arrays.stream(Next.values()).anyMatch(next ->
                    Arrays.stream(Later.values()).anyMatch(later -> tailCase.matches(next, later))),
                    tailCase.name());
        }
    }

    @Test
    void onlyWhatACrashCanLeaveIsAccepted() {
        assertEquals(EnumSet.of(TailCase.LOST_RECORD, TailCase.CONTRADICTION, TailCase.STALE_SLOTS,
                TailCase.STALE_SLOTS_AT_END),
                EnumSet.copyOf(Arrays.stream(TailCase.values()).filter(TailCase::isCorrupt).toList()));
    }
}
