package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pages that were once handed back to the kernel before home had their bytes. */
@Timeout(30)
class RecyclingRegressionTest {

    private static final int PAGE = 4096;

    /**
     * A cut was durable, but the checkpoint under way had begun before it. That recycled the page in which
     * the cut lies: no generation had a mark there, no commit had changed it, and home, still with the bytes
     * past the cut, was taken for it.
     */
    @Test
    void pageInWhichADurableCutLiesIsNotRecycledBeforeHomeHasItsZeros() throws Exception {
        int cut = 40 * PAGE + 100;
        try (TestFile file = TestFile.onDisk()) {
            HookedStorage hooks = new HookedStorage(file.storage);
            AtomicMapping mapping = file.through(real -> hooks.storage())
                    .open(options -> options.size(64 * PAGE).memoryBudget(0));
            mapping.fill(40 * PAGE, PAGE, (byte) -1);
            mapping.sync();
            mapping.putLong(0, 1);
            mapping.sync(); // over its budget: brings the commit before it home first

            CountDownLatch forcing = new CountDownLatch(1);
            CountDownLatch cutIsDurable = new CountDownLatch(1);
            CountDownLatch zeroing = new CountDownLatch(1);
            CountDownLatch grownAgain = new CountDownLatch(1);
            AtomicBoolean first = new AtomicBoolean(true);
            hooks.hook((call, path) -> {
                if (path.equals(file.path) && call.equals("force") && first.getAndSet(false)) {
                    forcing.countDown();
                    cutIsDurable.await();
                } else if (path.equals(file.path) && call.equals("zero")) {
                    zeroing.countDown(); // the next checkpoint: the one before has recycled
                    grownAgain.await();
                }
            });
            mapping.putLong(0, 2);
            mapping.syncAsync().join();
            forcing.await();
            mapping.resize(cut);
            mapping.syncAsync().join();
            cutIsDurable.countDown();
            zeroing.await();
            mapping.resize(64 * PAGE);
            int inMemory = mapping.getByte(cut + 1_000);
            mapping.putByte(cut + 1_001, (byte) 5);
            mapping.syncAsync().join();
            grownAgain.countDown();
            assertEquals(0, inMemory);
            mapping.sync();
            mapping.close();
            try (AtomicMapping reopened = file.open()) {
                assertEquals(0, reopened.getByte(cut + 1_000));
                assertEquals(5, reopened.getByte(cut + 1_001));
            }
        }
    }

    /**
     * The list of dirty pages still named a page that a range sync had committed; a seal looked at its twin,
     * which was gone.
     */
    @Test
    void aPageThatARangeSyncCommittedAndThatWasHandedBackIsNoTroubleToAFullSync() throws Exception {
        try (TestFile file = TestFile.onDisk()) {
            try (AtomicMapping mapping = file.open(options -> options.size(64 * PAGE).memoryBudget(0))) {
                for (int page = 1; page <= 3; page++) {
                    mapping.putLong(page * PAGE, page);
                }
                mapping.sync(PAGE, PAGE);
                long before = mapping.stats().privateBytes();
                mapping.sync(2 * PAGE, PAGE); // over its budget: brings the first home, and hands it back
                assertEquals(before - 2 * PAGE, mapping.stats().privateBytes());
                mapping.sync();
            }
            try (AtomicMapping mapping = file.open(options -> options)) {
                for (int page = 1; page <= 3; page++) {
                    assertEquals(page, mapping.getLong(page * PAGE));
                }
            }
        }
    }
}
