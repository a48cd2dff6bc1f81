package io.atomicmapping.examples.kreon;

import static io.atomicmapping.examples.kreon.StoreFormat.DESCRIPTOR_BYTES;
import static io.atomicmapping.examples.kreon.StoreFormat.INT;
import static io.atomicmapping.examples.kreon.StoreFormat.KIND_FREE;
import static io.atomicmapping.examples.kreon.StoreFormat.KIND_LOG;
import static io.atomicmapping.examples.kreon.StoreFormat.KIND_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.KIND_TABLE;
import static io.atomicmapping.examples.kreon.StoreFormat.LIVE_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.USED_OFFSET;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;

/**
 * The segments of a store: which is what, and how much of it lives.
 *
 * <ul>
 *   <li>What is in memory is of the version in the making. The tables in the mapping are of the last sealed
 *       version: they change in {@link #seal} only, since a sync may take its cut at any other time.
 *   <li>A segment that is freed is first sealed as free, and used again only when no reader needs a version
 *       that had it ({@link #release}).
 * </ul>
 */
final class Segments {

    /** A file grows by a part of its size, lest a large one be extended all the time. */
    private static final int GROWTH_PART = 8;

    final AtomicMapping mapping;
    final Geometry geometry;
    private MemorySegment data;
    private int count;
    private byte[] kinds;
    private int[] used;
    private int[] live;
    private final BitSet free = new BitSet();
    private final BitSet dirty = new BitSet();
    private final IntList freed = new IntList();
    private long logUsedBytes;
    private long logLiveBytes;

    /** Of the last sealed version. */
    Segments(AtomicMapping mapping, Geometry geometry) {
        this.mapping = mapping;
        this.geometry = geometry;
        this.data = mapping.readSegment();
        setCount(geometry.segments(mapping.size()));
        for (int segment = 0; segment < count; segment++) {
            load(segment);
        }
    }

    private void load(int segment) {
        long descriptor = geometry.descriptorOffset(segment);
        kinds[segment] = (byte) (geometry.isTable(segment) ? KIND_TABLE
                : data.get(INT, descriptor + KIND_OFFSET));
        used[segment] = data.get(INT, descriptor + USED_OFFSET);
        live[segment] = data.get(INT, descriptor + LIVE_OFFSET);
        free.set(segment, kinds[segment] == KIND_FREE);
        if (kinds[segment] == KIND_LOG) {
            logUsedBytes += used[segment];
            logLiveBytes += live[segment];
        }
    }

    private void setCount(int segments) {
        count = segments;
        kinds = kinds == null ? new byte[count] : Arrays.copyOf(kinds, count);
        used = used == null ? new int[count] : Arrays.copyOf(used, count);
        live = live == null ? new int[count] : Arrays.copyOf(live, count);
    }

    /** The mapping at its size now, to be loaded from. */
    MemorySegment data() {
        return data;
    }

    int count() {
        return count;
    }

    int kind(int segment) {
        return kinds[segment];
    }

    int used(int segment) {
        return used[segment];
    }

    int live(int segment) {
        return live[segment];
    }

    long logUsedBytes() {
        return logUsedBytes;
    }

    long logLiveBytes() {
        return logLiveBytes;
    }

    int freeCount() {
        return free.cardinality();
    }

    boolean isFree(int segment) {
        return free.get(segment);
    }

    /**
     * A segment to be used, the first that is free; the file grows if there is none.
     *
     * @throws IOException if it cannot
     */
    int allocate(int kind) throws IOException {
        int segment = free.nextSetBit(0);
        if (segment < 0) {
            grow();
            segment = free.nextSetBit(0);
        }
        free.clear(segment);
        kinds[segment] = (byte) kind;
        used[segment] = 0;
        live[segment] = 0;
        dirty.set(segment);
        return segment;
    }

    private void grow() throws IOException {
        int old = count;
        int wanted = old + Math.max(Geometry.FEW_SEGMENTS, old / GROWTH_PART);
        resize(wanted, old + 2); // two, because the first may be a table
        for (int segment = old; segment < count; segment++) {
            boolean table = geometry.isTable(segment);
            kinds[segment] = (byte) (table ? KIND_TABLE : KIND_FREE);
            free.set(segment, !table);
            dirty.set(segment, table);
        }
    }

    /** To as many as are wanted, or fewer where there is no room for so many. */
    private void resize(int wanted, int least) throws IOException {
        for (int segments = wanted;; segments = Math.max(least, segments - (segments - least + 1) / 2)) {
            try {
                if (segments > geometry.segmentsMax()) {
                    throw new IOException("as many segments as nodes can have numbers");
                }
                mapping.resize(geometry.fileBytes(segments));
                data = mapping.readSegment();
                setCount(segments);
                return;
            } catch (IllegalArgumentException | IOException e) {
                if (segments == least) {
                    throw new IOException("store cannot grow, give it more room or delete entries:"
                            + " segments=" + count + ", segmentBytes=" + geometry.segmentBytes(), e);
                }
            }
        }
    }

    void addUsed(int segment, int bytes) {
        used[segment] += bytes;
        logUsedBytes += bytes;
        addLive(segment, bytes);
    }

    void addLive(int segment, int bytes) {
        live[segment] += bytes;
        logLiveBytes += bytes;
        dirty.set(segment);
    }

    /** Nothing in it is of the version in the making. */
    void free(int segment) {
        if (kinds[segment] == KIND_LOG) {
            logUsedBytes -= used[segment];
            logLiveBytes -= live[segment];
        }
        kinds[segment] = KIND_FREE;
        used[segment] = 0;
        live[segment] = 0;
        dirty.set(segment);
        freed.add(segment);
    }

    /** Nobody needs it any longer. */
    void release(int segment) {
        free.set(segment);
    }

    /** Somebody still needs what is sealed as free. */
    void hold(int segment) {
        free.clear(segment);
    }

    /** Brings the tables in the mapping up to date; returns the segments freed since the last seal. */
    int[] seal() {
        byte[] bytes = new byte[DESCRIPTOR_BYTES];
        MemorySegment descriptor = MemorySegment.ofArray(bytes);
        for (int segment = dirty.nextSetBit(0); segment >= 0; segment = dirty.nextSetBit(segment + 1)) {
            descriptor.set(INT, KIND_OFFSET, kinds[segment]);
            descriptor.set(INT, USED_OFFSET, used[segment]);
            descriptor.set(INT, LIVE_OFFSET, live[segment]);
            mapping.putBytes(geometry.descriptorOffset(segment), bytes);
        }
        dirty.clear();
        return freed.takeAll();
    }
}
