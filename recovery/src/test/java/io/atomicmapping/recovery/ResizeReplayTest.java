package io.atomicmapping.recovery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Random sequences of what a program does, and kills, against the bytes that each commit must hold. */
class ResizeReplayTest {

    private static final int SIZE_MAX = 40_000;

    /** One step. */
    private record Step(int kind, int from, int length) {
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Integer> kind = Arbitraries.integers().between(0, 11);
        Arbitrary<Integer> from = Arbitraries.integers().between(0, SIZE_MAX);
        Arbitrary<Integer> length = Arbitraries.integers().between(1, 3_000);
        return Combinators.combine(kind, from, length).as(Step::new).list().ofMaxSize(60);
    }

    @Property(tries = 400)
    void everyReopeningIsTheLastCommit(@ForAll("steps") List<Step> steps) throws IOException {
        Fixture fixture = new Fixture();
        fixture.open(9_000);
        int value = 0;
        long expected = 0;
        for (Step step : steps) {
            value++;
            switch (step.kind) {
                case 0, 1, 2, 3 -> {
                    int size = fixture.size();
                    fixture.fill(Math.min(size, step.from), Math.min(size, step.from + step.length), value);
                }
                case 4, 5 -> {
                    makeRoom(fixture);
                    fixture.commit();
                    expected++;
                }
                case 6 -> fixture.resize(step.from);
                case 7 -> fixture.checkpoint();
                case 8 -> fixture.mark();
                case 9 -> {
                    Fixture.Seen seen = readAfterKill(fixture);
                    assertEquals(expected, seen.lastCommit());
                    assertArrayEquals(fixture.lastCommitted(), seen.bytes());
                    fixture.open().expect(expected);
                }
                case 10 -> fixture.closeClean().open().expect(expected);
                default -> fixture.writeHome();
            }
        }
        fixture.reopen().expect(expected);
    }

    private static Fixture.Seen readAfterKill(Fixture fixture) throws IOException {
        fixture.kill();
        return Fixture.read(fixture.request(-1));
    }

    /** A commit of a whole image must fit. */
    private static void makeRoom(Fixture fixture) throws IOException {
        long worst = 4L * SIZE_MAX;
        if (fixture.files.journal().freeBytes() < worst) {
            fixture.checkpoint();
        }
        if (fixture.files.journal().ringBytes() < worst) {
            fixture.capacityBytes = 0;
            fixture.files.journal().grow(worst);
        }
    }
}
