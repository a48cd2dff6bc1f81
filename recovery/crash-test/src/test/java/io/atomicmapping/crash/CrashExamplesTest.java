package io.atomicmapping.crash;

import static io.atomicmapping.crash.Crash.Kind.POWER_CUT;
import static io.atomicmapping.crash.Crash.Kind.PROCESS_KILL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** What the crash properties found once, each as a story of its own. */
class CrashExamplesTest {

    private static final Path FILE = Path.of("/data/file");
    private static final Path ELSEWHERE = Path.of("/log/journal");
    private static final int SIZE = 100_000;
    private static final int FILLED = 3_000;

    private final SimulatedDisk disk = new SimulatedDisk();

    private static MappingOptions.Builder options(Storage storage) {
        return MappingOptions.builder().storage(storage).maxSize(1 << 20).journalCapacity(16384).size(SIZE);
    }

    private long forcesOfTheJournal() {
        return disk.operations().stream().filter(operation -> operation.kind() == Operation.Kind.FORCE
                && operation.path().toString().endsWith(".journal")).count();
    }

    private static AtomicMapping open(Storage storage) throws IOException {
        return AtomicMapping.open(FILE, options(storage).build());
    }

    /**
     * An opening was killed when it had created the data file, before it had forced its name. The next
     * opening found the file and its name in the cache, went on, and let commits pass: the power cut took the
     * name.
     */
    @Test
    void nameThatAKilledOpeningLeftInTheCacheIsForcedBeforeACommit() throws IOException {
        for (boolean beside : new boolean[] {true, false}) {
            MappingOptions.Builder place = beside ? options(disk) : options(disk).journal(ELSEWHERE);
            SimulatedDisk first = new SimulatedDisk();
            AtomicMapping.open(FILE, place.storage(DishonestStorage.over(first)).build()).close();
            for (long time = 1; time <= first.time(); time++) {
                SimulatedDisk killed = first.crash(Crash.at(PROCESS_KILL, time));
                MappingOptions onKilled = place.storage(DishonestStorage.over(killed)).build();
                SimulatedDisk cut;
                try (AtomicMapping mapping = AtomicMapping.open(FILE, onKilled)) {
                    mapping.putLong(0, 42);
                    mapping.sync();
                    // before a close, which needs no journal
                    cut = killed.crash(Crash.at(POWER_CUT, killed.time()));
                }
                try (AtomicMapping mapping =
                        AtomicMapping.open(FILE, MappingOptions.builder().storage(cut).build())) {
                    assertEquals(42, mapping.getLong(0), "killed at " + time);
                }
            }
        }
    }

    /** A cut of uncommitted bytes was taken for one below the committed size, and the commit refused. */
    @Test
    void growingAndCuttingALittleInOneCommitIsCommitted() throws IOException {
        try (AtomicMapping mapping = open(disk)) {
            mapping.resize(SIZE + 50_000);
            mapping.fill(SIZE, 50_000, (byte) 7);
            mapping.resize(SIZE + 40_000);
            assertEquals(1, mapping.sync());
            assertEquals(7, mapping.getByte(SIZE + 39_999));
        }
    }

    /**
     * The last page kept, in the data file, what lay past a committed cut; a second cut, taken back, mapped
     * it again.
     */
    @Test
    void bytesPastACommittedCutStayZeroWhenALaterCutIsTakenBack() throws IOException {
        open(disk).close();
        try (AtomicMapping mapping = open(disk)) {
            mapping.fill(0, SIZE, (byte) 7);
            mapping.sync();
        }
        try (AtomicMapping mapping = open(disk)) {
            mapping.resize(92_803);
            mapping.sync();
            mapping.resize(20_018);
            mapping.rollback();
            mapping.resize(94_208);
            assertEquals(7, mapping.getByte(92_802));
            assertEquals(0, mapping.getByte(92_803));
        }
    }

    /**
     * In kernel mode a commit wrote its pages home only up to the new, smaller size: past it the last page
     * kept what was cut off, and a rollback, which goes by home, brought it back.
     */
    @Test
    void bytesPastACommittedCutStayZeroAfterARollbackInKernelMode() throws IOException {
        try (AtomicMapping mapping = open(disk)) {
            mapping.fill(0, 40_000, (byte) 7);
            mapping.segment();
            mapping.sync();
            mapping.putInt(34_896, 747_139);
            mapping.resize(35_370);
            mapping.sync();
            mapping.resize(SIZE);
            mapping.sync(90_000, 100);
            mapping.rollback();
            assertEquals(7, mapping.getByte(35_369));
            assertEquals(0, mapping.getByte(35_370));
        }
    }

    /**
     * An asynchronous commit failed; a sync behind it, whose caller had stored nothing more, returned the
     * last number.
     */
    @Test
    void syncBehindAnAsynchronousCommitThatFailsFailsToo() throws IOException {
        for (int attempt = 0; attempt < 50; attempt++) {
            FaultyStorage faulty = new FaultyStorage(new SimulatedDisk());
            AtomicMapping mapping = open(faulty);
            mapping.putLong(0, 1);
            mapping.sync();
            faulty.failForceAfter(0);
            mapping.putLong(0, 2);
            var future = mapping.syncAsync();
            Exception e = assertThrows(Exception.class, mapping::sync);
            assertTrue(e instanceof IOException || e instanceof IllegalStateException, e::toString);
            assertThrows(CompletionException.class, future::join);
            try {
                mapping.close();
            } catch (IOException expected) {
                assertTrue(expected.getMessage().contains(FILE.toString()), expected::getMessage);
            }
        }
    }

    /**
     * A creation failed when its journal had its name: it took back both names, and a power cut brought back
     * the journal's alone, in use and without its data file, which every later opening refused.
     */
    @Test
    void journalOfACreationThatFailedDoesNotOutliveItsDataFile() throws IOException {
        FaultyStorage faulty = new FaultyStorage(DishonestStorage.over(disk));
        faulty.fail(EnumSet.of(FaultyStorage.Call.OPEN), ".journal", 0, 1, "Input/output error");
        assertThrows(IOException.class, () -> open(faulty));
        for (long time = 0; time <= disk.time(); time++) {
            for (Operation kept : disk.undecided(POWER_CUT, time)) {
                SimulatedDisk cut = disk.crash(Crash.at(POWER_CUT, time).keeping(kept));
                try (AtomicMapping mapping = open(cut)) {
                    assertEquals(0, mapping.lastCommit());
                }
            }
        }
    }

    /**
     * A checkpoint's force of a slot failed while a commit's force of its record was in flight: the error was
     * of both, and was told to one. The other returned, the commit was acknowledged, and a power cut took its
     * record.
     */
    @Test
    void forcesOfTheJournalDoNotOverlap() throws IOException {
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger count = new AtomicInteger();
        Storage watched = InterceptedStorage.over(disk, (call, real) -> {
            if (!call.name().equals("force") || !CrashFixture.isJournal(call)) {
                return real.make();
            }
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            count.incrementAndGet();
            LockSupport.parkNanos(500_000);
            Object result = real.make();
            running.decrementAndGet();
            return result;
        });
        try (AtomicMapping mapping = open(watched)) {
            for (int i = 0; i < 60; i++) { // each a tenth of the ring: checkpoints all the time
                mapping.fill(i * 1600, 1600, (byte) i);
                mapping.syncAsync().join();
            }
        }
        assertTrue(count.get() > 60 + 10, () -> "forces of commits and slots: " + count);
        assertEquals(1, most.get(), "forces at once");
    }

    /**
     * The force of a record failed: the kernel marks its pages clean. Recovery finds the record in the cache,
     * and no force brings it to the disk: it must be written anew, before the data file gets its bytes.
     */
    @Test
    void recordWhoseForceFailedIsWrittenAnewByRecovery() throws IOException {
        FaultyStorage faulty = new FaultyStorage(disk);
        AtomicMapping failing = open(faulty);
        long forcesBefore = forcesOfTheJournal();
        failing.fill(0, FILLED, (byte) 1);
        failing.sync();
        // the second is the mark's: it must not take the failure for itself
        while (forcesOfTheJournal() < forcesBefore + 2) {
            LockSupport.parkNanos(1_000_000);
        }
        faulty.fail(EnumSet.of(FaultyStorage.Call.FORCE), ".journal", 0, 1, "Input/output error");
        failing.fill(FILLED, FILLED, (byte) 2);
        assertThrows(IOException.class, failing::sync);
        SimulatedDisk killed = disk.crash(Crash.at(PROCESS_KILL, disk.time()));
        try (AtomicMapping mapping = open(DishonestStorage.over(killed))) {
            assertEquals(2, mapping.lastCommit(), "the record is in the cache");
        }
        for (long time = 0; time <= killed.time(); time++) {
            SimulatedDisk cut = killed.crash(Crash.at(POWER_CUT, time));
            try (AtomicMapping mapping = open(cut)) {
                int second = mapping.lastCommit() == 2 ? 2 : 0;
                for (int offset = 0; offset < FILLED; offset++) {
                    assertEquals(1, mapping.getByte(offset), "cut at " + time);
                    assertEquals(second, mapping.getByte(FILLED + offset), "cut at " + time);
                }
            }
        }
    }
}
