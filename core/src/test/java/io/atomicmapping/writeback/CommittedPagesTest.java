package io.atomicmapping.writeback;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.dirty.Cuts;
import io.atomicmapping.dirty.ExplicitTracking;
import io.atomicmapping.dirty.Gate;
import io.atomicmapping.dirty.Range;
import io.atomicmapping.dirty.SealedGeneration;
import io.atomicmapping.dirty.Sections;
import io.atomicmapping.dirty.Stripe;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the checkpointer is told of commits, and what it then finds in their pages. */
@Timeout(60)
class CommittedPagesTest {

    private static final int PAGE_SHIFT = 12;
    private static final int PAGE = 1 << PAGE_SHIFT;
    private static final int COMMITS = 300_000;

    private volatile boolean stopped;

    /**
     * A commit was added to the pages to write before its before-images were given up. A checkpoint that
     * began in between brought home what was before the commit, and took it for the commit: after that the
     * page was handed back, or the journal's ring used again, and the commit had lost a page.
     */
    @Test
    void whatACheckpointCopiesIsNotOlderThanWhatItHasBegunToWrite() throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (Arena arena = Arena.ofShared();
                CommittedPages committed = new CommittedPages(1, PAGE_SHIFT,
                        new CommittedPages.Point(0, 0, PAGE, Cuts.NONE, 0))) {
            MemorySegment image = arena.allocate(PAGE, PAGE);
            try (ExplicitTracking tracking =
                    new ExplicitTracking(image.address(), 1, PAGE_SHIFT, new Sections(new Gate()))) {
                Future<?> commits = thread.submit(() -> commit(image, tracking, committed));
                MemorySegment copy = arena.allocate(PAGE, PAGE);
                String wrong = null;
                while (wrong == null && !commits.isDone()) {
                    CommittedPages.Point target = committed.begin(false);
                    if (target != null) {
                        tracking.copyCommitted(0, copy.address());
                        long found = copy.get(ValueLayout.JAVA_LONG, 0);
                        wrong = found < target.lsn() ? "found=" + found + ", target=" + target : null;
                        committed.end(target);
                        committed.forgetWritten();
                    }
                }
                stopped = true; // before the memory goes that it stores to
                commits.get();
                assertNull(wrong);
            }
        } finally {
            thread.shutdownNow();
            assertTrue(thread.awaitTermination(20, TimeUnit.SECONDS));
        }
    }

    private void commit(MemorySegment image, ExplicitTracking tracking, CommittedPages committed) {
        try (SealedGeneration generation = new SealedGeneration()) {
            for (long number = 1; number <= COMMITS && !stopped; number++) {
                tracking.mark(0, Long.BYTES, new Stripe());
                image.set(ValueLayout.JAVA_LONG, 0, number);
                tracking.seal(generation, Range.EVERYTHING, PAGE, Cuts.NONE);
                committed.add(generation, tracking, number - 1, number, null);
                generation.clear();
            }
        }
    }
}
