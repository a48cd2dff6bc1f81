package io.atomicmapping.benchmarks.micro;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Stores, loads, sections and syncs of one thread over 1 GiB, beside the same of a raw segment, which is a
 * private mapping of the same kind of file. Every line has been stored to before; each store changes its
 * word. Random places come from a xorshift, which costs both sides the same.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SingleThread {

    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final long WORD_MASK = Files1G.BYTES / Long.BYTES - 1;
    private static final long BYTE_MASK = Files1G.BYTES - 1;
    private static final int WORD_SHIFT = 3;

    /** The places, one after another. */
    @State(Scope.Thread)
    public static class Places {
        private long random = 0x9E37_79B9_7F4A_7C15L;
        private long next;
        private long value;

        long random() {
            random ^= random << 13;
            random ^= random >>> 7;
            random ^= random << 17;
            return (random & WORD_MASK) << WORD_SHIFT;
        }

        long sequential() {
            next = next + Long.BYTES & BYTE_MASK;
            return next;
        }

        long value() {
            return ++value;
        }
    }

    /** Ours. */
    @State(Scope.Benchmark)
    public static class Ours {
        AtomicMapping mapping;
        private Path file;

        @Setup
        public void open() throws IOException {
            file = Files1G.create("ours");
            mapping = AtomicMapping.open(file);
            Files1G.touchAll(offset -> mapping.putLong(offset, -1));
        }

        @TearDown
        public void close() throws IOException {
            mapping.close();
            Files.delete(file);
        }
    }

    /** Ours with nothing to commit but what a benchmark stores. */
    @State(Scope.Benchmark)
    public static class OursClean {
        AtomicMapping mapping;
        private Path file;

        @Setup
        public void open() throws IOException {
            file = Files1G.create("ours-clean");
            mapping = AtomicMapping.open(file);
        }

        @TearDown
        public void close() throws IOException {
            mapping.close();
            Files.delete(file);
        }
    }

    /** A raw segment. */
    @State(Scope.Benchmark)
    public static class Raw {
        MemorySegment segment;
        private final Arena arena = Arena.ofShared();
        private Path file;

        @Setup
        public void open() throws IOException {
            file = Files1G.create("raw");
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ,
                    StandardOpenOption.WRITE)) {
                segment = channel.map(FileChannel.MapMode.PRIVATE, 0, Files1G.BYTES, arena);
            }
            Files1G.touchAll(offset -> segment.set(LONG, offset, -1));
        }

        @TearDown
        public void close() throws IOException {
            arena.close();
            Files.delete(file);
        }
    }

    @Benchmark
    public void putLongRandom(Ours ours, Places places) {
        ours.mapping.putLong(places.random(), places.value());
    }

    @Benchmark
    public void putLongRandomRaw(Raw raw, Places places) {
        raw.segment.set(LONG, places.random(), places.value());
    }

    @Benchmark
    public void putLongSequential(Ours ours, Places places) {
        ours.mapping.putLong(places.sequential(), places.value());
    }

    @Benchmark
    public void putLongSequentialRaw(Raw raw, Places places) {
        raw.segment.set(LONG, places.sequential(), places.value());
    }

    @Benchmark
    public long getLongRandom(Ours ours, Places places) {
        return ours.mapping.getLong(places.random());
    }

    @Benchmark
    public long getLongRandomRaw(Raw raw, Places places) {
        return raw.segment.get(LONG, places.random());
    }

    @Benchmark
    public long getLongSequential(Ours ours, Places places) {
        return ours.mapping.getLong(places.sequential());
    }

    @Benchmark
    public long getLongSequentialRaw(Raw raw, Places places) {
        return raw.segment.get(LONG, places.sequential());
    }

    @Benchmark
    public void updateEmpty(OursClean ours) {
        ours.mapping.update(() -> { });
    }

    @Benchmark
    public long syncOnePage(OursClean ours, Places places) throws IOException {
        ours.mapping.putLong(places.random(), places.value());
        return ours.mapping.sync();
    }

    @Benchmark
    public long syncSamePage(OursClean ours, Places places) throws IOException {
        ours.mapping.putLong(0, places.value());
        return ours.mapping.sync();
    }

    @Benchmark
    public long syncNothing(OursClean ours) throws IOException {
        return ours.mapping.sync();
    }

    @Benchmark
    public long syncAsyncOnePage(OursClean ours, Places places) {
        ours.mapping.putLong(places.random(), places.value());
        return ours.mapping.syncAsync().join();
    }
}
