package io.atomicmapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a mapping costs: private memory near its budget, nothing allocated by a store, two system calls for a
 * sync.
 */
@Timeout(120)
class MemoryTest {

    private static final int PAGE = 4096;
    private static final int MIB = 1 << 20;

    /** Anonymous memory in mappings of the file, as the kernel counts it. */
    private static long privateBytes(Path file) throws IOException {
        long bytes = 0;
        boolean inside = false;
        for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            if (line.matches("^[0-9a-f]+-[0-9a-f]+ .*")) {
                inside = line.endsWith(file.toString());
            } else if (inside && line.startsWith("Anonymous:")) {
                bytes += Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        return bytes;
    }

    @Test
    void aMappingTenTimesItsBudgetIsRewrittenWithinIt() throws IOException {
        int size = 80 * MIB;
        int budget = size / 10;
        try (TestFile file = TestFile.onDisk(); AtomicMapping mapping = file.open(
                options -> options.size(size).memoryBudget(budget).journalCapacity(4 * MIB))) {
            int stride = MIB / 2;
            long peak = 0;
            for (long round = 1; round <= 3; round++) {
                for (int from = 0; from < size; from += stride) {
                    for (int at = from; at < from + stride; at += 512) {
                        mapping.putLong(at, round * at + 1);
                    }
                    mapping.sync();
                    peak = Math.max(peak, Math.max(mapping.stats().privateBytes(), privateBytes(file.path)));
                }
            }
            assertTrue(peak <= budget * 3L / 2 + 2 * stride, "peak=" + peak + ", budget=" + budget);
            for (int at = 0; at < size; at += 512) {
                assertEquals(3L * at + 1, mapping.getLong(at));
            }
            assertTrue(peak > budget / 4, "it was measured");
        }
    }

    @Test
    void aMillionStoresAndLoadsAllocateNothing() throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        assumeTrue(threads.isThreadAllocatedMemorySupported());
        try (TestFile file = TestFile.onDisk(); AtomicMapping mapping = file.open(16 * MIB)) {
            byte[] bytes = new byte[100];
            for (int warming = 0; warming < 3; warming++) {
                stores(mapping, bytes);
                mapping.sync();
            }
            long id = Thread.currentThread().threadId();
            long before = threads.getThreadAllocatedBytes(id);
            stores(mapping, bytes);
            long allocated = threads.getThreadAllocatedBytes(id) - before;
            assertTrue(allocated < 64 << 10, "allocated=" + allocated);
        }
    }

    private static void stores(AtomicMapping mapping, byte[] bytes) {
        long sum = 0;
        for (int i = 0; i < 1_000_000; i++) {
            long at = i * 2_654_435_761L % (16 * MIB - 200);
            mapping.putLong(at, i);
            sum += mapping.getLong(at);
            if (i % 8 == 0) {
                mapping.putInt(at + 8, i);
                mapping.putBytes(at + 12, bytes);
                mapping.getAndAddLong(at & -8, 1);
            }
        }
        assertTrue(sum > 0);
    }

    @Test
    void aSyncOfOneStoreIsOneWriteAndAtMostOneForceAndLeavesTheDataFileAlone() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/strace")), "no strace here");
        try (TestFile file = TestFile.onDisk()) {
            Path trace = file.path.resolveSibling("trace");
            ChildJvm.Ended ended = ChildJvm.run(List.of("strace", "-f", "-y", "-o", trace.toString(), "-e",
                    "trace=write,pwrite64,pwritev,pwritev2,fsync,fdatasync,msync,fallocate,ftruncate,"
                            + "sync_file_range,pread64,read,fstat,newfstatat,mmap,madvise,fsetxattr,"
                            + "membarrier"),
                    Syncer.class, file.path.toString());
            assumeTrue(!ended.output().contains("PTRACE"), "may not trace here");
            assertEquals(0, ended.status(), ended.output());
            int writes = 0;
            int forces = 0;
            int barriers = 0;
            boolean registered = false;
            boolean measuring = false;
            for (String line : Files.readAllLines(trace)) {
                if (line.contains("\"measured from here\\n\"") || line.contains("\"to here\\n\"")) {
                    measuring = line.contains("from");
                } else if (line.contains("membarrier(") && line.contains("REGISTER")) {
                    registered = line.endsWith("= 0");
                } else if (measuring) {
                    assertTrue(!line.contains(file.path + ">"), line);
                    barriers += line.contains("membarrier(") ? 1 : 0;
                    if (line.contains(".journal>")) {
                        writes += line.contains("write") ? 1 : 0;
                        forces += line.contains("sync(") ? 1 : 0;
                    }
                }
            }
            assertEquals(Syncer.SYNCS, writes);
            assertTrue(forces <= Syncer.SYNCS, "forces=" + forces);
            // where there is no membarrier every section has a fence of its own
            assertTrue(!registered || barriers >= Syncer.SYNCS, "puts can miss a seal: barriers=" + barriers);
        }
    }

    /** Syncs one store at a time, between two lines of output. */
    static final class Syncer {
        static final int SYNCS = 20;

        private Syncer() {
        }

        public static void main(String[] arguments) throws Exception {
            try (AtomicMapping mapping = AtomicMapping.open(Path.of(arguments[0]), 4 * MIB)) {
                for (int i = 0; i < 2_000 + SYNCS; i++) {
                    if (i == 2_000) {
                        System.out.write("measured from here\n".getBytes());
                        System.out.flush();
                    }
                    mapping.putLong(i % 50 * (long) PAGE, i + 1);
                    mapping.sync();
                }
                System.out.write("to here\n".getBytes());
                System.out.flush();
            }
        }
    }
}
