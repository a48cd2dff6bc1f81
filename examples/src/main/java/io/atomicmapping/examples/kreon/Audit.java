package io.atomicmapping.examples.kreon;

import static io.atomicmapping.examples.kreon.StoreFormat.INT;
import static io.atomicmapping.examples.kreon.StoreFormat.KIND_FREE;
import static io.atomicmapping.examples.kreon.StoreFormat.KIND_LOG;
import static io.atomicmapping.examples.kreon.StoreFormat.KIND_NODES;
import static io.atomicmapping.examples.kreon.StoreFormat.KIND_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.LIVE_OFFSET;
import static io.atomicmapping.examples.kreon.StoreFormat.USED_OFFSET;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Checks what the file holds, the last sealed version: walks the index, and compares with what the tables and
 * bits say. It looks at the mapping alone, at nothing that the store has in memory.
 */
final class Audit {

    private static final int PROBLEMS_MAX = 20;

    private final Path file;
    private final Geometry geometry;
    private final Header header;
    private final MemorySegment data;
    private final int segments;
    private final List<String> problems = new ArrayList<>();
    private final BitSet nodes = new BitSet();
    private final long[] live;
    private final Map<Integer, BitSet> records = new HashMap<>();
    private long entries;
    private byte[] lastKey;

    Audit(AtomicMapping mapping, Path file, Geometry ofNewFile) throws IOException {
        this.file = file;
        this.header = Header.load(mapping, file, ofNewFile);
        this.geometry = header.geometry();
        this.data = mapping.readSegment();
        this.segments = geometry.segments(mapping.size());
        this.live = new long[segments];
    }

    /** Throws if anything is wrong. */
    void run() throws CorruptStoreException {
        if (header.root() != StoreFormat.NO_NODE) {
            int level = isNode(header.root()) ? Nodes.level(data, geometry.nodeOffset(header.root())) : 0;
            walk(header.root(), level, null, null);
        }
        if (entries != header.entries()) {
            problems.add("entries: counted=" + entries + ", header=" + header.entries());
        }
        for (int segment = 0; segment < segments; segment++) {
            if (!geometry.isTable(segment)) {
                checkSegment(segment);
            }
        }
        if (!problems.isEmpty()) {
            throw new CorruptStoreException("key-value store contradicts itself, restore a copy: problems="
                    + problems + ", version=" + header.version() + ", file=" + file);
        }
    }

    private int descriptor(int segment, int field) {
        return data.get(INT, geometry.descriptorOffset(segment) + field);
    }

    private void problem(String text) {
        if (problems.size() < PROBLEMS_MAX) {
            problems.add(text);
        }
    }

    private boolean isKind(long offset, int kind) {
        int segment = geometry.segmentOf(offset);
        return offset >= geometry.segmentOffset(0) && segment < segments && !geometry.isTable(segment)
                && descriptor(segment, KIND_OFFSET) == kind;
    }

    private boolean isNode(int node) {
        long offset = geometry.nodeOffset(node);
        return node > 0 && isKind(offset, KIND_NODES)
                && node - geometry.firstNode(geometry.segmentOf(offset)) >= geometry.nodesOfBits();
    }

    /** A node whose keys must be from one bound on and below another. */
    private void walk(int number, int level, byte[] from, byte[] below) {
        if (!isNode(number) || nodes.get(number)) {
            problem("no node, or used twice: node=" + number);
            return;
        }
        nodes.set(number);
        long node = geometry.nodeOffset(number);
        int count = Nodes.count(data, node);
        boolean root = number == header.root();
        if (Nodes.level(data, node) != level || count < 1 || count > geometry.capacity(level)
                || Nodes.version(data, node) > header.version()) {
            problem("node: number=" + number + ", root=" + root + ", level=" + Nodes.level(data, node)
                    + ", expectedLevel=" + level + ", count=" + count + ", version="
                    + Nodes.version(data, node));
            return;
        }
        byte[] lower = from;
        for (int i = 0; i < count; i++) {
            byte[] key = key(node, level, i);
            if (key == null || !isWithin(key, lower, below)
                    || level > 0 && i > 0 && Arrays.equals(key, lower)) {
                problem("key out of order: node=" + number + ", level=" + level + ", index=" + i);
                return;
            }
            if (level == 0) {
                countEntry(key, number);
            } else {
                walk(Nodes.child(data, node, i), level - 1, lower, key);
            }
            lower = key;
        }
        if (level > 0) {
            walk(Nodes.child(data, node, count), level - 1, lower, below);
        }
    }

    private void countEntry(byte[] key, int number) {
        if (lastKey != null && Arrays.compareUnsigned(lastKey, key) >= 0) {
            problem("keys not ascending: node=" + number);
        }
        lastKey = key;
        entries++;
    }

    private static boolean isWithin(byte[] key, byte[] from, byte[] below) {
        return (from == null || Arrays.compareUnsigned(from, key) <= 0)
                && (below == null || Arrays.compareUnsigned(key, below) < 0);
    }

    /** The key of an entry, whose record is counted; null if it is wrong. */
    private byte[] key(long node, int level, int index) {
        long entry = Nodes.entry(node, level, index);
        long pointer = Nodes.pointer(data, node, level, index);
        byte[] prefix = data.asSlice(entry, StoreFormat.PREFIX_BYTES).toArray(StoreFormat.BYTE);
        if (level > 0 && pointer >= 0 && Nodes.isInline(pointer)) {
            return Arrays.copyOf(prefix, (int) pointer);
        }
        if (!isKind(pointer, KIND_LOG) || pointer % StoreFormat.RECORD_ALIGNMENT != 0) {
            return null;
        }
        int segment = geometry.segmentOf(pointer);
        long end = geometry.segmentOffset(segment) + descriptor(segment, USED_OFFSET);
        long bytes = StoreFormat.recordBytes(data, pointer);
        int place = (int) (pointer - geometry.segmentOffset(segment)) / StoreFormat.RECORD_ALIGNMENT;
        BitSet owned = records.computeIfAbsent(segment, any -> new BitSet());
        if (pointer + bytes > end || StoreFormat.isPivot(data, pointer) != level > 0 || owned.get(place)) {
            problem("record: offset=" + pointer + ", bytes=" + bytes + ", usedTo=" + end + ", owned before="
                    + owned.get(place));
            return null;
        }
        owned.set(place);
        live[segment] += bytes;
        byte[] key = StoreFormat.key(data, pointer);
        return Arrays.equals(prefix, Arrays.copyOf(key, StoreFormat.PREFIX_BYTES)) ? key : null;
    }

    private void checkSegment(int segment) {
        int kind = descriptor(segment, KIND_OFFSET);
        int used = descriptor(segment, USED_OFFSET);
        if (kind < KIND_FREE || kind > KIND_NODES || kind == StoreFormat.KIND_TABLE
                || used > geometry.segmentBytes() || descriptor(segment, LIVE_OFFSET) != live[segment]) {
            problem("segment: number=" + segment + ", kind=" + kind + ", used=" + used + ", live="
                    + descriptor(segment, LIVE_OFFSET) + ", counted=" + live[segment]);
        }
        if (kind == KIND_LOG && live[segment] == 0 && segment != header.head()) {
            problem("segment of dead records leaked: number=" + segment);
        }
        if (segment == header.head() && kind != KIND_LOG) {
            problem("head of the log is none: number=" + segment + ", kind=" + kind);
        }
        if (kind == KIND_NODES) {
            checkBits(segment);
        }
    }

    private void checkBits(int segment) {
        byte[] bytes = data.asSlice(geometry.segmentOffset(segment), geometry.bitsBytes())
                .toArray(StoreFormat.BYTE);
        BitSet expected = nodes.get(geometry.firstNode(segment),
                geometry.firstNode(segment) + geometry.nodesPerSegment());
        BitSet actual = BitSet.valueOf(bytes);
        if (!actual.equals(expected)) {
            problem("nodes of a segment leaked or used though free: segment=" + segment + ", marked=" + actual
                    + ", in the index=" + expected);
        }
    }
}
