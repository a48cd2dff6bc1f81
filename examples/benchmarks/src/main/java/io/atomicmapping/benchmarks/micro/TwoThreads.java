package io.atomicmapping.benchmarks.micro;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * Stores of one or two threads, no sync running: on pages of their own, on lines of their own of one page,
 * and, as what the machine itself can do, raw stores to pages of their own. Run with one thread and with two.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class TwoThreads {

    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int PAGE_SHIFT = 12;
    private static final int PAGES = 1 << 10;
    private static final int LINE_BYTES = 64;
    private static final int PREFETCHED_LINES = 8; // processors fetch lines in pairs, and ahead

    /** What both store to. */
    @State(Scope.Benchmark)
    public static class Shared {
        AtomicMapping mapping;
        MemorySegment raw;
        private final Arena arena = Arena.ofShared();
        private Path file;

        @Setup
        public void open() throws IOException {
            file = Files1G.create("two-threads");
            mapping = AtomicMapping.open(file);
            raw = arena.allocate((long) Runtime.getRuntime().availableProcessors() * 2 * PAGES << PAGE_SHIFT);
        }

        @TearDown
        public void close() throws IOException {
            mapping.close();
            arena.close();
            Files.delete(file);
        }
    }

    /** A thread's own places. */
    @State(Scope.Thread)
    public static class Own {
        private long first;
        private long line;
        private int at;
        private long value;

        @Setup(Level.Trial)
        public void place(ThreadParams thread) {
            first = (long) thread.getThreadIndex() * PAGES << PAGE_SHIFT;
            line = (long) thread.getThreadIndex() * LINE_BYTES * PREFETCHED_LINES;
        }

        long page() {
            at = at + 1 & PAGES - 1;
            return first + ((long) at << PAGE_SHIFT);
        }
    }

    @Benchmark
    public void differentPages(Shared shared, Own own) {
        shared.mapping.putLong(own.page(), ++own.value);
    }

    @Benchmark
    public void differentLinesOfOnePage(Shared shared, Own own) {
        shared.mapping.putLong(own.line, ++own.value);
    }

    @Benchmark
    public void differentPagesRaw(Shared shared, Own own) {
        shared.raw.set(LONG, own.page(), ++own.value);
    }

    @Benchmark
    public void differentLinesOfOnePageRaw(Shared shared, Own own) {
        shared.raw.set(LONG, own.line, ++own.value);
    }
}
