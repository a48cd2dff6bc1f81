package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.crash.FaultyStorage.Call;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/**
 * One scripted session, run again and again, each time with a fault at the next call: the first, the second,
 * and so on until the script ends before the fault. What {@link FaultedRun} asserts after each is the
 * contract.
 */
class FaultSweepTest {

    private static final String IO_ERROR = "Input/output error";
    private static final String FULL = "No space left on device";
    private static final int CALLS_MAX = 5000;
    private static final FaultedRun.Tally TALLY = new FaultedRun.Tally();

    private String name = "";

    @BeforeEach
    void name(TestInfo test) {
        name = test.getDisplayName();
    }

    /** Seeds a fault after so many calls. */
    private interface Plan {
        void seed(FaultyStorage storage, long passing);
    }

    private void sweep(Plan plan, boolean raw, boolean lasting) throws IOException {
        long passing = 0;
        for (boolean hit = true; hit; passing++) {
            assertTrue(passing < CALLS_MAX, "the script does not end");
            FaultedRun run = new FaultedRun(raw, name + ", calls before the fault: " + passing, TALLY);
            plan.seed(run.storage(), passing);
            hit = run.runAndCrash(lasting);
        }
        assertTrue(passing > 1, "the script makes no such call");
    }

    private void sweep(Set<Call> calls, String error) throws IOException {
        for (boolean raw : new boolean[] {false, true}) {
            sweep((storage, passing) -> storage.fail(calls, "", passing, 1, error), raw, false);
        }
    }

    @Test
    void forceThatFailsIsFinal() throws IOException {
        sweep(FaultyStorage::failForceAfter, false, true);
        sweep(FaultyStorage::failForceAfter, true, true);
    }

    @Test
    void forceThatFailsAndLosesItsDataIsFinal() throws IOException {
        sweep(FaultyStorage::loseForceAfter, false, true);
        sweep(FaultyStorage::loseForceAfter, true, true);
    }

    @Test
    void directoryForceThatFailsIsAnError() throws IOException {
        sweep(EnumSet.of(Call.FORCE_DIRECTORY), IO_ERROR);
    }

    @Test
    void readThatFailsIsAnError() throws IOException {
        sweep(EnumSet.of(Call.READ), IO_ERROR);
    }

    @Test
    void writeThatFailsHalfWayIsAnErrorAndCanBeMadeGood() throws IOException {
        sweep(EnumSet.of(Call.WRITE), FULL);
        sweep(EnumSet.of(Call.WRITE), IO_ERROR);
    }

    @Test
    void allocationThatFailsIsAnErrorAndCanBeMadeGood() throws IOException {
        sweep(EnumSet.of(Call.ALLOCATE, Call.CREATE), FULL);
    }

    @Test
    void diskThatIsFullFromSomeCallOnIsAnErrorAndCanBeMadeGood() throws IOException {
        sweep(FaultyStorage::fillAfter, false, false);
        sweep(FaultyStorage::fillAfter, true, false);
    }

    @Test
    void anyOtherCallThatFailsIsAnError() throws IOException {
        for (Call call : EnumSet.of(Call.OPEN, Call.RENAME, Call.DELETE, Call.ZERO, Call.SET_LENGTH,
                Call.SET_ATTRIBUTE)) {
            sweep(EnumSet.of(call), IO_ERROR);
        }
    }

    /** Short and interrupted writes: nothing may depend on a write being one operation. */
    @Test
    void writesInPiecesChangeNothing() throws IOException {
        for (int bytes : new int[] {100, 512, 4096}) {
            for (boolean raw : new boolean[] {false, true}) {
                FaultedRun run = new FaultedRun(raw, "pieces of " + bytes, TALLY);
                run.storage().writeInPieces(bytes);
                assertEquals(false, run.runAndCrash(false));
            }
        }
    }

    /** Pieces, of which one cannot be written any more. */
    @Test
    void writeThatFailsInItsMidstIsAnErrorAndCanBeMadeGood() throws IOException {
        sweep((storage, passing) -> {
            storage.writeInPieces(512);
            storage.fail(EnumSet.of(Call.WRITE), ".journal", passing * 7, 1, FULL);
        }, false, false);
    }

    @AfterAll
    static void tell() {
        System.out.println("faults while running: " + TALLY);
    }
}
