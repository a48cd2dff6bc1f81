package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The end of a mapping: what is left, what is refused, and that no use of it at the same time harms the JVM.
 */
@ParameterizedClass
@CsvSource({"MEMORY, false", "DISK, false", "DISK, true"})
@Timeout(60)
class CloseTest {

    private static final int PAGE = 4096;
    private static final int SIZE = 64 * PAGE;

    @Parameter(0)
    TestFile.Place place;
    @Parameter(1)
    boolean kernel;

    private AtomicMapping open(TestFile file) throws IOException {
        AtomicMapping mapping = file.open(SIZE);
        if (kernel) {
            mapping.segment();
        }
        return mapping;
    }

    @Test
    void closeDiscardsWhatIsNotCommittedAndKeepsWhatIs() throws IOException {
        try (TestFile file = place.newFile()) {
            AtomicMapping mapping = open(file);
            mapping.putLong(0, 1);
            mapping.sync();
            mapping.putLong(0, 2);
            mapping.putLong(SIZE - 8, 2);
            mapping.resize(SIZE + 100);
            mapping.close();
            byte[] home = file.homeBytes();
            assertEquals(SIZE, home.length);
            assertEquals(1, home[0]);
            assertEquals(0, home[SIZE - 8]);
        }
    }

    @Test
    void closeWaitsForCommitsInFlight() throws IOException {
        try (TestFile file = place.newFile()) {
            List<CompletableFuture<Long>> futures = new ArrayList<>();
            AtomicMapping mapping = open(file);
            for (int i = 1; i <= 20; i++) {
                mapping.putLong(0, i);
                futures.add(mapping.syncAsync());
            }
            mapping.close();
            for (int i = 0; i < 20; i++) {
                assertEquals(i + 1, futures.get(i).join());
            }
            assertEquals(20, file.homeBytes()[0]);
        }
    }

    @Test
    void afterCloseEverythingIsRefusedWithTheRemedy() throws IOException {
        try (TestFile file = place.newFile()) {
            AtomicMapping mapping = open(file);
            MemorySegment segment = mapping.readSegment();
            mapping.close();
            mapping.close();
            for (Executable use : new Executable[] {mapping::size, () -> mapping.getByte(0),
                    () -> mapping.getLong(-1),
                    () -> mapping.getLongAcquire(0), () -> mapping.getBytes(0, new byte[1]),
                            () -> mapping.putByte(0, (byte) 1),
                    () -> mapping.getBytes(0, new byte[0]), () -> mapping.putBytes(0, new byte[0]),
                    () -> mapping.putLongRelease(0, 1), () -> mapping.putBytes(0, new byte[9]),
                    () -> mapping.put(0, MemorySegment.ofArray(new byte[9])),
                            () -> mapping.fill(0, 1, (byte) 1),
                    () -> mapping.copy(0, 8, 8), () -> mapping.compareAndSetLong(0, 0, 1),
                    () -> mapping.getAndAddLong(0, 1), mapping::readSegment, mapping::segment, mapping::sync,
                    () -> mapping.sync(0, 1), () -> mapping.sync(0, 0), mapping::syncAsync, mapping::rollback,
                    () -> mapping.update(() -> { }), () -> mapping.compute(() -> 1), () -> mapping.resize(1),
                    mapping::stats}) {
                IllegalStateException e = assertThrows(IllegalStateException.class, use);
                assertTrue(e.getMessage().contains("closed") && e.getMessage().contains("file="),
                        e::getMessage);
            }
            assertThrows(IllegalStateException.class, () -> segment.get(ValueLayout.JAVA_BYTE, 0));
        }
    }

    @Test
    void closeAtTheSameTimeAsEverythingElseEndsItAllWithIllegalState() throws Exception {
        for (int round = 0; round < 18; round++) {
            try (TestFile file = place.newFile()) {
                closeUnderLoad(open(file), round);
                file.open().close();
            }
        }
    }

    private void closeUnderLoad(AtomicMapping mapping, int round) throws Exception {
        MemorySegment segment = kernel ? mapping.segment() : mapping.readSegment();
        byte[] bytes = new byte[3 * PAGE];
        List<Executable> uses = List.of(() -> mapping.getLong(PAGE), () -> mapping.putLong(PAGE - 4, 7),
                () -> mapping.putBytes(100, bytes), () -> mapping.getBytes(100, bytes),
                        () -> mapping.fill(0, SIZE, (byte) 3),
                mapping::sync, () -> mapping.sync(0, 100), () -> mapping.syncAsync().join(),
                        mapping::rollback,
                () -> mapping.update(() -> mapping.putLong(0, mapping.getLong(8))),
                () -> mapping.resize(SIZE + PAGE), () -> mapping.resize(SIZE), mapping::stats,
                () -> mapping.readSegment().get(ValueLayout.JAVA_LONG, 8),
                        () -> segment.get(ValueLayout.JAVA_LONG, 800),
                () -> mapping.copy(0, PAGE, PAGE), () -> mapping.segment().set(ValueLayout.JAVA_LONG, 16, 5));
        List<Executable> chosen = new ArrayList<>();
        // not all at once: machines with few cores would do little else than switch threads
        for (int i = 0; i < 5; i++) {
            chosen.add(uses.get((round + i * 4) % (kernel ? uses.size() : uses.size() - 1)));
        }
        CountDownLatch running = new CountDownLatch(chosen.size());
        List<AtomicReference<Throwable>> ends = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < chosen.size(); i++) {
            Executable use = chosen.get(i);
            AtomicReference<Throwable> end = new AtomicReference<>();
            ends.add(end);
            Runnable loop = () -> {
                try {
                    use.execute();
                    running.countDown();
                    while (true) {
                        use.execute();
                        Thread.yield(); // virtual threads share few carriers
                    }
                } catch (Throwable e) {
                    running.countDown();
                    end.set(e);
                }
            };
            threads.add(i % 3 == 0 ? Thread.ofVirtual().start(loop) : Thread.ofPlatform().start(loop));
        }
        running.await();
        Thread other = Thread.ofPlatform().start(() -> {
            try {
                mapping.close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        mapping.close();
        other.join();
        for (int i = 0; i < threads.size(); i++) {
            threads.get(i).join();
            Throwable end = ends.get(i).get();
            if (!(end instanceof IllegalStateException)) {
                throw new AssertionError("round " + round + ", use " + i + " ended by " + end, end);
            }
        }
    }
}
