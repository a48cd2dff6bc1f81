package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** In the steady state neither a store nor a sync leaves anything to the garbage collector. */
class AllocationTest {

    private static final int SIZE = 1 << 20;
    private static final int CALLS = 1_000;
    /** The steady state comes later where compiled code is given up and made anew. */
    private static final int ROUNDS_MAX = 10;
    /**
     * For each call: less than the smallest object. More than 0, since a lock that is contended, or a
     * checkpoint that a sync has to wait for, may allocate now and then.
     */
    private static final long BYTES_MAX = 15;
    /**
     * The steady state is that of compiled code, where objects that do not leave a method are none. Where
     * methods wait for their compilation it is reached at a known call, on a busy machine, too.
     */
    private static final String COMPILING = "JDK_JAVA_OPTIONS=-Xbatch -XX:-TieredCompilation"
            + " -XX:CompileThresholdScaling=0.1";

    @Test
    void steadyStateAllocatesNothing() throws Exception {
        try (TestFile file = TestFile.onDisk()) {
            ChildJvm.Ended ended =
                    ChildJvm.run(List.of("env", COMPILING), SteadyState.class, file.path.toString());
            assertEquals(0, ended.status(), ended::output);
        }
    }

    /** Measures in a JVM of its own, whose compiler has seen nothing else. */
    static final class SteadyState {

        private static final Action<RuntimeException> NOTHING = () -> { };

        /** What is called again and again. */
        private interface Call {
            void run(AtomicMapping mapping) throws IOException;
        }

        private static final Random RANDOM = new Random(7);

        public static void main(String[] arguments) throws IOException {
            try (AtomicMapping mapping = AtomicMapping.open(Path.of(arguments[0]), SIZE)) {
                measure("sync of 1 store", mapping, m -> storeAndSync(m, 1));
                measure("sync of 16 stores", mapping, m -> storeAndSync(m, 16));
                measure("sync of nothing", mapping, AtomicMapping::sync);
                measure("put", mapping, SteadyState::store);
                measure("update", mapping, m -> m.update(NOTHING));
            }
        }

        private static void measure(String what, AtomicMapping mapping, Call call) throws IOException {
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long bytes = Long.MAX_VALUE;
            for (int round = 0; round < ROUNDS_MAX && bytes > BYTES_MAX * CALLS; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < CALLS; i++) {
                    call.run(mapping);
                }
                bytes = threads.getCurrentThreadAllocatedBytes() - before;
                System.out.println(what + ": round=" + round + ", bytes=" + bytes + ", calls=" + CALLS);
            }
            if (bytes > BYTES_MAX * CALLS) {
                throw new AssertionError("allocates: what=" + what);
            }
        }

        private static void storeAndSync(AtomicMapping mapping, int stores) throws IOException {
            for (int i = 0; i < stores; i++) {
                store(mapping);
            }
            mapping.sync();
        }

        private static void store(AtomicMapping mapping) {
            mapping.putLong((long) RANDOM.nextInt(SIZE / Long.BYTES) * Long.BYTES, RANDOM.nextLong());
        }
    }
}
