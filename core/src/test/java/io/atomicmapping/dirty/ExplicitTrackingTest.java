package io.atomicmapping.dirty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a checkpoint sees of a page that is stored to, sealed and committed meanwhile. */
@Timeout(60)
class ExplicitTrackingTest {

    private static final int PAGE_SHIFT = 12;
    private static final int PAGE = 1 << PAGE_SHIFT;
    private static final int PAGES = 3;
    private static final int COMMITS = 6_000;
    private static final int IN_FLIGHT = 3;
    private static final int FRESH_PAGES = 2_048;

    private final Sections sections = new Sections(new Gate());
    private volatile boolean stopped;
    /** the copy of a page may be of any commit from the one to the other */
    private volatile long oldest;
    private volatile long newest;

    /** Every commit changes every word of every page, also the last of one and the first of the next. */
    @Test
    void copyOfAPageIsOneCommitThatIsDurable() throws Exception {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment image = arena.allocate(PAGES * PAGE, PAGE);
            MemorySegment copy = arena.allocate(PAGE, PAGE);
            try (ExplicitTracking tracking =
                    new ExplicitTracking(image.address(), PAGES, PAGE_SHIFT, sections)) {
                CompletableFuture<Void> commits = CompletableFuture.runAsync(() -> commit(image, tracking));
                String wrong = null;
                for (int page = 0; wrong == null && !commits.isDone(); page = (page + 1) % PAGES) {
                    long atLeast = oldest;
                    tracking.copyCommitted(page, copy.address());
                    wrong = wrong(copy, atLeast, newest);
                }
                stopped = true; // before the memory goes that it stores to
                commits.get();
                assertNull(wrong);
            }
        }
    }

    /** A page gets its twin by the first store to it, which a copy under way must not show. */
    @Test
    void copyBesideTheFirstStoreToAPageHasNoneOfIt() throws Exception {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment image = arena.allocate((long) FRESH_PAGES * PAGE, PAGE);
            MemorySegment copy = arena.allocate(PAGE, PAGE);
            try (ExplicitTracking tracking =
                    new ExplicitTracking(image.address(), FRESH_PAGES, PAGE_SHIFT, sections)) {
                CompletableFuture<Void> stores = CompletableFuture.runAsync(() -> {
                    for (int page = 0; page < FRESH_PAGES && !stopped; page++) {
                        newest = page;
                        store(image.asSlice((long) page * PAGE, PAGE), (long) page * PAGE, tracking, 1);
                    }
                });
                String wrong = null;
                while (wrong == null && !stores.isDone()) {
                    tracking.copyCommitted(Math.min(newest + 1, FRESH_PAGES - 1), copy.address());
                    wrong = wrong(copy, 0, 0);
                }
                stopped = true;
                stores.get();
                assertNull(wrong);
            }
        }
    }

    /** While a seal changes twins, and keeps what they were, no page is copied: not even one that is done. */
    @Test
    void copyBesideASealWaitsForItsEnd() throws Exception {
        try (Arena arena = Arena.ofShared(); SealedGeneration generation = new SealedGeneration()) {
            MemorySegment image = arena.allocate((long) FRESH_PAGES * PAGE, PAGE);
            MemorySegment copy = arena.allocate(PAGE, PAGE);
            try (ExplicitTracking tracking =
                    new ExplicitTracking(image.address(), FRESH_PAGES, PAGE_SHIFT, sections)) {
                store(image, 0, tracking, 1);
                assertTrue(sections.tryExclude(Long.MAX_VALUE >>> 1));
                CompletableFuture<Void> seal = CompletableFuture.runAsync(() ->
                        tracking.seal(generation, Range.EVERYTHING, image.byteSize(), Cuts.NONE));
                while (generation.changed.size() == 0 && !seal.isDone()) {
                    Thread.yield();
                }
                tracking.copyCommitted(0, copy.address());
                int sealed = generation.changed.size();
                seal.get();
                sections.endExclusion();
                assertEquals(FRESH_PAGES, sealed);
                assertNull(wrong(copy, 0, 0));
                tracking.durable(generation);
            }
        }
    }

    /** Two threads come to the same line of each page at the same moment: its twin has a store of neither. */
    @Test
    void firstStoresOfTwoThreadsToAPageAreTakenBack() throws Exception {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment image = arena.allocate((long) FRESH_PAGES * PAGE, PAGE);
            try (ExplicitTracking tracking =
                    new ExplicitTracking(image.address(), FRESH_PAGES, PAGE_SHIFT, sections)) {
                AtomicIntegerArray arrived = new AtomicIntegerArray(2);
                CompletableFuture<Void> other =
                        CompletableFuture.runAsync(() -> storeInStep(image, tracking, arrived, 1));
                storeInStep(image, tracking, arrived, 0);
                other.get();
                assertTrue(sections.tryExclude(Long.MAX_VALUE >>> 1));
                tracking.rollback(page -> true);
                sections.endExclusion();
                MemorySegment zeros = arena.allocate(image.byteSize());
                assertEquals(-1, image.mismatch(zeros), "a store that was in its twin");
            }
        }
    }

    private void storeInStep(MemorySegment image, ExplicitTracking tracking, AtomicIntegerArray arrived,
            int own) {
        for (int page = 0; page < FRESH_PAGES; page++) {
            arrived.set(own, page);
            for (int spin = 1; arrived.get(1 - own) < page; spin++) {
                Sections.pause(spin);
            }
            long offset = (long) page * PAGE + own * Long.BYTES;
            store(image.asSlice(offset, Long.BYTES), offset, tracking, 1);
        }
    }

    private static String wrong(MemorySegment copy, long atLeast, long atMost) {
        long first = copy.get(ValueLayout.JAVA_LONG, 0);
        for (int at = 0; at < PAGE; at += Long.BYTES) {
            long word = copy.get(ValueLayout.JAVA_LONG, at);
            if (word != first || word < atLeast || word > atMost) {
                return "at=" + at + ", word=" + word + ", first=" + first + ", of=" + atLeast + ".." + atMost;
            }
        }
        return null;
    }

    /** Up to three commits are sealed and not durable; now and then the newest of them fails. */
    private void commit(MemorySegment image, ExplicitTracking tracking) {
        SealedGeneration[] generations = new SealedGeneration[IN_FLIGHT];
        for (int i = 0; i < IN_FLIGHT; i++) {
            generations[i] = new SealedGeneration();
        }
        long done = 0;
        for (long number = 1; number <= COMMITS && !stopped; number++) {
            store(image, 0, tracking, number);
            seal(tracking, generations[(int) (number % IN_FLIGHT)]);
            if (number % 7 == 0) {
                tracking.mergeBack(generations[(int) (number % IN_FLIGHT)]);
                seal(tracking, cleared(generations[(int) (number % IN_FLIGHT)]));
            }
            while (number - done >= IN_FLIGHT - number % 2) {
                done++;
                newest = done;
                tracking.durable(generations[(int) (done % IN_FLIGHT)]);
                oldest = done;
                cleared(generations[(int) (done % IN_FLIGHT)]);
            }
        }
        for (SealedGeneration generation : generations) {
            if (!tracking.needs(generation)) { // else closed with the tracking
                generation.close();
            }
        }
    }

    private static SealedGeneration cleared(SealedGeneration generation) {
        generation.clear();
        return generation;
    }

    private void store(MemorySegment image, long offset, ExplicitTracking tracking, long value) {
        for (long at = 0; at < image.byteSize(); at += Long.BYTES) {
            Stripe stripe = sections.enterPut();
            tracking.mark(offset + at, Long.BYTES, stripe);
            image.set(ValueLayout.JAVA_LONG, at, value);
            sections.exitPut(stripe);
        }
    }

    private void seal(ExplicitTracking tracking, SealedGeneration target) {
        while (!sections.tryExclude(Long.MAX_VALUE >>> 1)) {
            Thread.onSpinWait();
        }
        tracking.seal(target, Range.EVERYTHING, PAGES * PAGE, Cuts.NONE);
        sections.endExclusion();
    }
}
