package io.atomicmapping.dirty;

import io.atomicmapping.storage.linux.Linux;
import io.atomicmapping.storage.linux.LinuxConstants;
import java.io.IOException;
import java.util.Arrays;

/**
 * The memory that before-images live in: slabs per stripe, filled from the front and given back as a whole.
 *
 * <ul>
 *   <li>An entry is {@code next, line number, bytes of the line}; its address is a multiple of 8, and never 0.
 *   <li>A full seal takes all slabs with it, and gives them back when its commit is durable.
 *   <li>After a range sync single entries come back, onto a free list of the slabs that are in use.
 * </ul>
 *
 * <p>Allocation is safe for several threads; {@link #detach}, {@link #attach} and {@link #release} need the caller's
 * exclusion of allocation.
 */
final class BeforeImages implements AutoCloseable {

    static final int NEXT = 0;
    static final int LINE = 8;
    static final int BYTES = 16;

    private static final long SLAB_BYTES = 1 << 20;
    private static final int SLABS_KEPT = 64;

    /** The next older image of a chain, or 0. */
    static long next(long entry) {
        return Memory.get(entry + NEXT);
    }

    /** The line that an image is of. */
    static int line(long entry) {
        return (int) Memory.get(entry + LINE);
    }

    /** A list of slabs. */
    static final class Slabs {
        private long[] addresses = new long[4];
        private int count;

        private void add(long address) {
            if (count == addresses.length) {
                addresses = Arrays.copyOf(addresses, count * 2);
            }
            addresses[count++] = address;
        }

        private void moveTo(Slabs other) {
            for (int i = 0; i < count; i++) {
                other.add(addresses[i]);
            }
            count = 0;
        }
    }

    private static final class Stripe {
        private final Slabs slabs = new Slabs();
        private long position;
        private long end;
        private long free;
        private long lines;
    }

    private final int entryBytes;
    private final Stripe[] stripes;
    /** free entries of the slabs in use: the head of their list; guarded by spare */
    private long freed;
    private final Slabs spare = new Slabs();
    private final Slabs all = new Slabs();

    BeforeImages(int stripeCount, int lineBytes) {
        entryBytes = BYTES + lineBytes;
        stripes = new Stripe[stripeCount];
        for (int i = 0; i < stripeCount; i++) {
            stripes[i] = new Stripe();
        }
    }

    /** Room for one image, and one more line on the count of the open generation. */
    long allocate(int stripeIndex) {
        Stripe stripe = stripes[stripeIndex];
        synchronized (stripe) {
            if (stripe.free == 0 && stripe.position + entryBytes > stripe.end) {
                refill(stripe);
            }
            stripe.lines++;
            long entry = stripe.free;
            if (entry != 0) {
                stripe.free = Memory.get(entry + NEXT);
                return entry;
            }
            entry = stripe.position;
            stripe.position += entryBytes;
            return entry;
        }
    }

    private void refill(Stripe stripe) {
        synchronized (spare) {
            if (freed != 0) {
                stripe.free = freed;
                freed = 0;
                return;
            }
        }
        long slab = takeSlab();
        stripe.slabs.add(slab);
        stripe.position = slab;
        stripe.end = slab + SLAB_BYTES;
    }

    private long takeSlab() {
        synchronized (spare) {
            if (spare.count > 0) {
                return spare.addresses[--spare.count];
            }
            try {
                long slab = Linux.mmap(0, SLAB_BYTES, LinuxConstants.PROT_READ | LinuxConstants.PROT_WRITE,
                        LinuxConstants.MAP_PRIVATE | LinuxConstants.MAP_ANONYMOUS | LinuxConstants.MAP_NORESERVE, -1, 0);
                all.add(slab);
                return slab;
            } catch (IOException e) {
                OutOfMemoryError error =
                        new OutOfMemoryError("no memory for before-images, sync more often: " + e.getMessage());
                error.initCause(e);
                throw error;
            }
        }
    }

    /** How many lines the open generation has claimed. */
    long lines() {
        long lines = 0;
        for (Stripe stripe : stripes) {
            lines += stripe.lines;
        }
        return lines;
    }

    /** Takes lines off the count: a range sync sealed them. */
    void subtractLines(long count) {
        stripes[0].lines -= count;
    }

    /** Moves every slab in use to a list, and starts the count of lines anew. */
    void detach(Slabs target) {
        for (Stripe stripe : stripes) {
            stripe.slabs.moveTo(target);
            stripe.position = 0;
            stripe.end = 0;
            stripe.free = 0;
            stripe.lines = 0;
        }
        freed = 0;
    }

    /** The reverse: the slabs' images belong to the open generation again, which has so many lines more. */
    void attach(Slabs source, long lines) {
        Stripe stripe = stripes[0];
        synchronized (stripe) {
            source.moveTo(stripe.slabs);
            stripe.lines += lines;
        }
    }

    /** Gives slabs back whose images nobody needs. */
    void release(Slabs source) {
        synchronized (spare) {
            source.moveTo(spare);
            while (spare.count > SLABS_KEPT) {
                long slab = spare.addresses[--spare.count];
                forget(slab);
                Linux.munmap(slab, SLAB_BYTES);
            }
        }
    }

    private void forget(long slab) {
        for (int i = 0; i < all.count; i++) {
            if (all.addresses[i] == slab) {
                all.addresses[i] = all.addresses[--all.count];
                return;
            }
        }
    }

    /** Gives one entry back to the slabs in use. */
    void free(long entry) {
        synchronized (spare) {
            Memory.set(entry + NEXT, freed);
            freed = entry;
        }
    }

    @Override
    public void close() {
        for (int i = 0; i < all.count; i++) {
            Linux.munmap(all.addresses[i], SLAB_BYTES);
        }
        all.count = 0;
    }
}
