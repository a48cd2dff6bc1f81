package io.atomicmapping.examples.kreon;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;

/**
 * The version in the making: changes are made to it, then it is sealed, and the next one begins.
 *
 * <ul>
 *   <li>Until it is sealed it is stored only where the last sealed version, and those that somebody reads,
 *       have nothing. So a sync may take its cut at any time between two seals.
 *   <li>Its callers hold the lock of the {@link Committer}.
 * </ul>
 */
final class Writer {

    private final AtomicMapping mapping;
    private final Geometry geometry;
    private final Retired retired;
    private final Compactor compactor;
    private final Segments segments;
    private final NodeSpace nodes;
    private final ValueLog log;
    private Version last;
    private Tree tree;
    private boolean changed;

    private Writer(AtomicMapping mapping, Header header, Retired retired, Compactor compactor) {
        this.mapping = mapping;
        this.geometry = header.geometry();
        this.retired = retired;
        this.compactor = compactor;
        this.segments = new Segments(mapping, geometry);
        this.nodes = new NodeSpace(segments);
        this.log = new ValueLog(segments, header.head());
        this.last = new Version(header.version(), header.root(), header.entries(), segments.data());
        this.tree = new Tree(segments, nodes, log, last);
    }

    /** After the last sealed version of a mapping. */
    static Writer open(AtomicMapping mapping, Header header, double garbagePartMax) {
        return new Writer(mapping, header, new Retired(), new Compactor(garbagePartMax));
    }

    /** After the mapping was taken back to an older version than this one, which readers do not know yet. */
    Writer takenBackTo(Header header) {
        compactor.reset();
        Writer writer = new Writer(mapping, header, retired, compactor);
        retired.takeBackTo(header.version(), writer.nodes, writer.segments);
        return writer;
    }

    /** The last sealed version. */
    Version last() {
        return last;
    }

    Geometry geometry() {
        return geometry;
    }

    /** For tests. */
    NodeSpace nodes() {
        return nodes;
    }

    boolean isChanged() {
        return changed;
    }

    void put(byte[] key, byte[] value) throws IOException {
        changed = true;
        tree.put(new Key(key), value);
    }

    boolean remove(byte[] key) throws IOException {
        boolean removed = tree.remove(new Key(key));
        changed |= removed;
        return removed;
    }

    /** Works on the garbage, and makes the version the one that the next sync commits. */
    Version seal() throws IOException {
        compactor.work(log.takeChangedBytes(), segments, log, tree);
        Version sealed = new Version(last.number() + 1, tree.root(), tree.entries(), segments.data());
        int[] oldNodes = nodes.seal();
        int[] oldSegments = segments.seal();
        new Header(geometry, sealed.number(), sealed.root(), sealed.entries(), log.head()).store(mapping);
        retired.add(sealed.number(), oldNodes, oldSegments);
        last = sealed;
        tree = new Tree(segments, nodes, log, last);
        changed = false;
        return sealed;
    }

    /** Nobody reads a version older than this one. */
    void release(long oldestRead) {
        retired.release(oldestRead, nodes, segments);
    }

    StoreStats stats(Version current, long oldestRead) {
        long segmentBytes = geometry.segmentBytes();
        return new StoreStats(current.number(), current.entries(),
                geometry.fileBytes(segments.count()), nodes.takenCount() * geometry.nodeBytes(),
                segments.logLiveBytes(), segments.logUsedBytes() - segments.logLiveBytes(),
                segments.freeCount() * segmentBytes,
                retired.nodeCount() * geometry.nodeBytes() + retired.segmentCount() * segmentBytes,
                compactor.movedBytes(), mapping.stats().bytesJournaled(), oldestRead);
    }
}
