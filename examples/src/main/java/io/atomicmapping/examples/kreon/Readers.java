package io.atomicmapping.examples.kreon;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Who reads which version. A reader announces a version that is not newer than the one it then takes; what a
 * version gave up is used again only when no announced one is older.
 *
 * <ul>
 *   <li>Nobody waits: a slot is taken by one compare-and-set that succeeds, mostly the first.
 *   <li>A reader announces first, and then loads which version is the current one. If a writer, after it
 *       published version {@code w}, does not see the announcement, the reader's load comes after that and
 *       gives {@code w} or a newer one; all of this is volatile access, hence in one order.
 * </ul>
 */
final class Readers {

    private static final int SLOTS = 64;
    /** So that two slots do not share a cache line, or a pair of them. */
    private static final int STRIDE = 16;

    private final AtomicReference<AtomicLongArray[]> stripes =
            new AtomicReference<>(new AtomicLongArray[] {newStripe()});

    private static AtomicLongArray newStripe() {
        return new AtomicLongArray(SLOTS * STRIDE);
    }

    /**
     * Announces a version.
     *
     * @return the slot to leave
     */
    int enter(long version) {
        int start = (int) (Thread.currentThread().threadId() * 0x9E3779B1L >>> 7) & SLOTS - 1;
        for (int stripe = 0;; stripe++) {
            AtomicLongArray[] all = stripes.get();
            if (stripe == all.length) {
                AtomicLongArray[] more = Arrays.copyOf(all, all.length + 1);
                more[stripe] = newStripe();
                stripes.compareAndSet(all, more); // or somebody else did
                all = stripes.get();
            }
            AtomicLongArray slots = all[stripe];
            for (int i = 0; i < SLOTS; i++) {
                int slot = (start + i & SLOTS - 1) * STRIDE;
                if (slots.getPlain(slot) == 0 && slots.compareAndSet(slot, 0, version + 1)) {
                    return stripe * SLOTS * STRIDE + slot;
                }
            }
        }
    }

    /** What was read before is read; the version may go. */
    void leave(int slot) {
        stripes.get()[slot / (SLOTS * STRIDE)].setRelease(slot % (SLOTS * STRIDE), 0);
    }

    /** The oldest version announced, or if there is none the given one, the current. */
    long oldest(long current) {
        long oldest = current;
        for (AtomicLongArray slots : stripes.get()) {
            for (int i = 0; i < SLOTS; i++) {
                long announced = slots.get(i * STRIDE);
                if (announced != 0) {
                    oldest = Math.min(oldest, announced - 1);
                }
            }
        }
        return oldest;
    }
}
