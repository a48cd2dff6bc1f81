package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.dirty.ExplicitTracking;
import io.atomicmapping.dirty.Gate;
import io.atomicmapping.dirty.Sections;
import io.atomicmapping.dirty.Stripe;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What only threads that share carriers do to each other. */
@Timeout(60)
class VirtualThreadRegressionTest {

    private static final int PAGE_SHIFT = 12;

    /**
     * A virtual thread that had locked a page gave up its carrier to wait for memory for an image. The others
     * spun for that page on every carrier, or yielded and were at once chosen again: its owner never got one.
     */
    @Test
    void virtualThreadsThatClaimLinesOfOnePageAllGetTheirTurn() throws Exception {
        ChildJvm.Ended ended = ChildJvm.run(List.of(), VirtualClaims.class);
        assertEquals(0, ended.status(), ended.output());
        assertTrue(ended.output().contains("all ended"), ended.output());
    }

    /** Runs in the child: what is stuck keeps the carriers. */
    static final class VirtualClaims {
        private static final long PAGES = 1 << 15;
        private static final int VIRTUAL = 8;

        public static void main(String[] arguments) throws Exception {
            MemorySegment image = Arena.global().allocate(PAGES << PAGE_SHIFT, 1 << PAGE_SHIFT);
            ExplicitTracking tracking =
                    new ExplicitTracking(image.address(), PAGES, PAGE_SHIFT, new Sections(new Gate()));
            AtomicLong marks = new AtomicLong();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < VIRTUAL; i++) {
                long line = i;
                threads.add(Thread.ofVirtual().start(() -> {
                    for (long page = 0; page < PAGES / 2; page++) {
                        tracking.mark((page << PAGE_SHIFT) + line * 64, Long.BYTES, new Stripe());
                        marks.getAndIncrement();
                        if (page % 16 == 0) {
                            Thread.yield();
                        }
                    }
                }));
            }
            // without a stripe either, on other pages: they contend for images only
            for (int i = 0; i < 2; i++) {
                long line = i;
                Thread.ofPlatform().daemon().start(() -> {
                    while (true) {
                        for (long page = PAGES / 2; page < PAGES; page++) {
                            for (long odd = line; odd < 64; odd += 2) {
                                tracking.mark((page << PAGE_SHIFT) + odd * 64, Long.BYTES, new Stripe());
                            }
                        }
                    }
                });
            }
            for (Thread thread : threads) {
                awaitEnd(thread, marks);
            }
            System.out.println("all ended");
            System.exit(0);
        }

        private static void awaitEnd(Thread thread, AtomicLong marks) throws InterruptedException {
            long before = -1;
            while (!thread.join(Duration.ofSeconds(5))) {
                if (marks.get() == before) {
                    System.out.println("stuck: marks=" + before);
                    System.exit(1);
                }
                before = marks.get();
            }
        }
    }
}
