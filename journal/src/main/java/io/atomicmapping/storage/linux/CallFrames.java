package io.atomicmapping.storage.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The native memory that a call needs besides its arguments, lent for the time of the call.
 *
 * <p>Design note: not a thread-local, since there may be far more threads than cores. A virtual thread stays
 * mounted inside a native call, so the frames in use are no more than the carriers and platform threads.
 */
final class CallFrames {

    /** One call's memory. */
    static final class Frame {
        /** Where the linker leaves errno. */
        final MemorySegment state;
        /** Room for a small struct. */
        final MemorySegment struct;

        private Frame() {
            MemorySegment memory = Arena.ofAuto().allocate(FRAME_BYTES, FRAME_BYTES);
            state = memory.asSlice(0, STRUCT_OFFSET);
            struct = memory.asSlice(STRUCT_OFFSET);
        }

        /** What a call gave, or minus the error number where it failed. */
        long outcome(long result) {
            return result >= 0 ? result : -state.get(JAVA_INT, 0);
        }
    }

    private static final int FRAME_BYTES = 64;
    private static final int STRUCT_OFFSET = 16;
    /** References between two stripes: threads that use neighbours must not share a cache line. */
    private static final int STRIDE = 32;
    private static final int STRIPES =
            Integer.highestOneBit(Math.max(1, Runtime.getRuntime().availableProcessors())) * 4;

    private static final AtomicReferenceArray<Frame> FREE = new AtomicReferenceArray<>(STRIPES * STRIDE);

    private CallFrames() {}

    /** A frame for the caller alone, until it gives it back. */
    static Frame take() {
        int stripe = stripe();
        for (int i = 0; i < STRIPES; i++) {
            int index = ((stripe + i) & STRIPES - 1) * STRIDE;
            if (FREE.getPlain(index) != null) {
                Frame frame = FREE.getAndSet(index, null);
                if (frame != null) {
                    return frame;
                }
            }
        }
        return new Frame();
    }

    /** Takes a frame back, or leaves it to the collector when there are enough. */
    static void giveBack(Frame frame) {
        int stripe = stripe();
        for (int i = 0; i < STRIPES; i++) {
            int index = ((stripe + i) & STRIPES - 1) * STRIDE;
            if (FREE.getPlain(index) == null && FREE.compareAndSet(index, null, frame)) {
                return;
            }
        }
    }

    private static int stripe() {
        return (int) Thread.currentThread().threadId();
    }
}
