package io.atomicmapping.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/** A mapping and its oracle, to which the same steps are done; after each they must agree. One thread. */
final class Session implements AutoCloseable {

    static final int SIZE_MAX = 160 << 10;
    private static final int LONG_PUT_MAX = 24 << 10;
    private static final int IDLE_MILLIS = 130;

    /**
     * Where and how a session works.
     *
     * @param storage the files
     * @param file the data file
     * @param journal the journal, or null for beside it
     * @param journalCapacity the journal's size
     * @param memoryBudget how much memory private pages should take
     * @param raw whether raw stores go through a segment; otherwise they are puts
     * @param clock when things happen
     */
    record Place(Storage storage, Path file, Path journal, long journalCapacity, long memoryBudget,
            boolean raw, LongSupplier clock) {

        MappingOptions.Builder options() {
            MappingOptions.Builder options = MappingOptions.builder().storage(storage).maxSize(4L * SIZE_MAX)
                    .journalCapacity(journalCapacity).memoryBudget(memoryBudget);
            return journal == null ? options : options.journal(journal);
        }

        Place on(Storage otherStorage, SimulatedDisk disk) {
            return new Place(otherStorage, file, journal, journalCapacity, memoryBudget, raw, disk::time);
        }
    }

    private final Place place;
    private final int pageBytes;
    final Oracle oracle;
    private AtomicMapping mapping;
    private boolean kernelMode;
    private final List<CompletableFuture<Void>> inFlight = new ArrayList<>();

    /** Goes on with an open mapping that holds what the oracle says. */
    Session(Place place, AtomicMapping mapping, Oracle oracle) {
        this.place = place;
        this.mapping = mapping;
        this.oracle = oracle;
        this.pageBytes = PageSize.BYTES;
    }

    AtomicMapping mapping() {
        return mapping;
    }

    boolean isKernelMode() {
        return kernelMode;
    }

    void run(List<Step> steps) throws IOException {
        for (Step step : steps) {
            runAndCheck(step);
        }
        settle();
    }

    void runAndCheck(Step step) throws IOException {
        run(step);
        check(step);
    }

    /** Every asynchronous commit has completed. */
    void settle() {
        inFlight.forEach(CompletableFuture::join);
        inFlight.clear();
    }

    private void check(Object after) {
        assertEquals(oracle.size(), mapping.size(), () -> "size after " + after);
        byte[] actual = new byte[oracle.size()];
        mapping.getBytes(0, actual);
        int mismatch = Arrays.mismatch(oracle.working, actual);
        assertTrue(mismatch < 0,
                () -> "after " + after + " at offset " + mismatch + ": expected " + oracle.working[mismatch]
                        + " but was " + actual[mismatch]);
    }

    private void run(Step step) throws IOException {
        switch (step.kind()) {
            case SYNC -> {
                Oracle.Version version = oracle.commit(place.clock.getAsLong());
                version.acknowledge(mapping.sync());
            }
            case SYNC_RANGE -> syncRange(step);
            case SYNC_ASYNC -> {
                Oracle.Version version = oracle.commit(place.clock.getAsLong());
                inFlight.add(mapping.syncAsync().thenAccept(version::acknowledge));
            }
            case ROLLBACK -> {
                mapping.rollback();
                oracle.rollback();
            }
            case RESIZE -> resize(sizeFor(step));
            case RESIZE_A_LITTLE -> resize(Math.clamp(oracle.size() + step.at() % 9000 - 4500, 0, SIZE_MAX));
            case REOPEN -> reopen(step);
            case IDLE -> idle();
            case UPDATE -> mapping.update(() -> {
                SplittableRandom random = new SplittableRandom(step.value());
                for (int i = random.nextInt(4); i >= 0; i--) {
                    store(new Step(Step.Kind.PUT_LONG, random.nextInt(1 << 20), 0, random.nextLong()));
                }
                if (random.nextInt(4) == 0) {
                    resize(step.at() % SIZE_MAX);
                }
            });
            default -> store(step);
        }
    }

    private void syncRange(Step step) throws IOException {
        int offset = offset(step);
        int length = Math.min(1 + step.length() % 20_000, oracle.size() - offset);
        if (length == 0) {
            return; // whether a sync of no range commits a resize is not said
        }
        int unit = kernelMode ? pageBytes : Oracle.LINE_BYTES;
        Oracle.Version version = oracle.commit(offset, length, unit, place.clock.getAsLong());
        version.acknowledge(mapping.sync(offset, length));
    }

    private void resize(int size) throws IOException {
        mapping.resize(size);
        oracle.resize(size);
    }

    private void reopen(Step step) throws IOException {
        mapping.close();
        settle();
        oracle.rollback();
        kernelMode = false;
        int size = sizeFor(step);
        long begin = place.clock.getAsLong();
        long number = oracle.lastNumber();
        boolean grows = step.length() % 2 == 0 && size > oracle.size();
        Oracle.Version grown = grows ? oracle.growAtOpening(size, begin) : null;
        mapping = AtomicMapping.open(place.file,
                grows ? place.options().size(size).build() : place.options().build());
        if (grown != null) {
            grown.acknowledge(number);
        }
        assertEquals(number, mapping.lastCommit(), "commit number after reopening");
    }

    /** Closes and opens it again with a journal of another size. */
    void reopen(long journalCapacity) throws IOException {
        mapping.close();
        oracle.rollback();
        kernelMode = false;
        mapping = AtomicMapping.open(place.file, place.options().journalCapacity(journalCapacity).build());
        check("reopening");
    }

    /** Long enough for the mark that an idle mapping leaves in its journal. */
    private static void idle() {
        try {
            Thread.sleep(IDLE_MILLIS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void store(Step step) throws IOException {
        switch (step.kind()) {
            case PUT_BYTE -> put(step, 1, 1, offset -> mapping.putByte(offset, (byte) step.value()));
            case PUT_SHORT -> put(step, 2, 1, offset -> mapping.putShort(offset, (short) step.value()));
            case PUT_INT -> put(step, 4, 1, offset -> mapping.putInt(offset, (int) step.value()));
            case PUT_LONG -> put(step, 8, 1, offset -> mapping.putLong(offset, step.value()));
            case PUT_FLOAT -> put(step, 4, 1, offset -> mapping.putFloat(offset,
                    Float.intBitsToFloat((int) step.value() & 0x7f7fffff)), 0x7f7fffffL);
            case PUT_DOUBLE -> put(step, 8, 1, offset -> mapping.putDouble(offset,
                    Double.longBitsToDouble(step.value() & 0x7fefffffffffffffL)), 0x7fefffffffffffffL);
            case PUT_RELEASE -> put(step, 8, 8, offset -> mapping.putLongRelease(offset, step.value()));
            case COMPARE_AND_SET_LONG -> put(step, 8, 8, offset ->
                    assertTrue(mapping.compareAndSetLong(offset, mapping.getLong(offset), step.value())));
            case COMPARE_AND_SET_INT -> put(step, 4, 4, offset ->
                    assertTrue(mapping.compareAndSetInt(offset, mapping.getInt(offset), (int) step.value())));
            case GET_AND_ADD -> put(step, 8, 8, offset ->
                    mapping.getAndAddLong(offset, step.value() - mapping.getLong(offset)));
            case PUT_BYTES -> putBytes(step, 300);
            case PUT_SEGMENT -> putSegment(step, false);
            case STORE_RAW -> putSegment(step, place.raw);
            case PUT_MANY -> putBytes(step, LONG_PUT_MAX);
            case FILL -> fill(step);
            case COPY -> copy(step);
            case PUT_SAME -> putSame(step);
            default -> throw new AssertionError(step);
        }
    }

    private interface Put {
        void at(long offset);
    }

    private void put(Step step, int bytes, int alignment, Put put) {
        put(step, bytes, alignment, put, -1L);
    }

    private void put(Step step, int bytes, int alignment, Put put, long mask) {
        if (oracle.size() < bytes) {
            return;
        }
        int offset = Math.min(offset(step), oracle.size() - bytes) / alignment * alignment;
        put.at(offset);
        byte[] value = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(step.value() & mask)
                .array();
        System.arraycopy(value, 0, oracle.working, offset, bytes);
    }

    private int lengthAt(int offset, int length) {
        return Math.min(length, oracle.size() - offset);
    }

    /** Anywhere, or where things meet: in the first page, at the end, at the edge of a page. */
    private int offset(int number, int where) {
        int size = oracle.size();
        if (size == 0) {
            return 0;
        }
        int anywhere = number % size;
        return switch (where & 7) {
            case 0, 1 -> number % Math.min(size, pageBytes);
            case 2 -> size - 1 - number % Math.min(size, pageBytes);
            case 3 -> Math.clamp(anywhere / pageBytes * pageBytes + number % 128 - 64, 0, size - 1);
            default -> anywhere;
        };
    }

    private int offset(Step step) {
        return offset(step.at(), step.length() >>> 16);
    }

    /** Any size, or one that ends with a page, or one that was seen before. */
    private int sizeFor(Step step) {
        int any = step.at() % SIZE_MAX;
        return switch ((int) step.value() & 7) {
            case 0, 1 -> any / pageBytes * pageBytes;
            case 2 -> any / pageBytes * pageBytes + 1;
            case 3 -> oracle.versions().get(step.at() % oracle.versions().size()).content.length;
            default -> any;
        };
    }

    private static byte[] bytes(Step step, int length) {
        byte[] bytes = new byte[length];
        new SplittableRandom(step.value()).nextBytes(bytes);
        return bytes;
    }

    private void putBytes(Step step, int max) {
        int offset = offset(step);
        byte[] bytes = bytes(step, lengthAt(offset, step.length() % max));
        mapping.putBytes(offset, bytes);
        System.arraycopy(bytes, 0, oracle.working, offset, bytes.length);
    }

    private void putSegment(Step step, boolean raw) {
        int offset = offset(step);
        byte[] bytes = bytes(step, lengthAt(offset, step.length() % 2000));
        if (raw) {
            MemorySegment segment = mapping.segment();
            kernelMode = true;
            assertEquals(oracle.size(), segment.byteSize());
            MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, offset, bytes.length);
        } else {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment source = arena.allocate(Math.max(1, bytes.length)).asSlice(0, bytes.length);
                source.copyFrom(MemorySegment.ofArray(bytes));
                mapping.put(offset, source);
            }
        }
        System.arraycopy(bytes, 0, oracle.working, offset, bytes.length);
    }

    private void fill(Step step) {
        int offset = offset(step);
        int length = lengthAt(offset, step.length() % LONG_PUT_MAX);
        mapping.fill(offset, length, (byte) step.value());
        Arrays.fill(oracle.working, offset, offset + length, (byte) step.value());
    }

    private void copy(Step step) {
        int source = offset(step);
        int target = offset((int) (step.value() & 0xfffff), (int) (step.value() >>> 20));
        int length = lengthAt(Math.max(source, target), step.length() % 9000);
        mapping.copy(source, target, length);
        System.arraycopy(oracle.working, source, oracle.working, target, length);
    }

    private void putSame(Step step) {
        int offset = offset(step);
        mapping.putBytes(offset, oracle.working, offset, lengthAt(offset, step.length() % 1000));
    }

    @Override
    public void close() throws IOException {
        mapping.close();
    }
}
