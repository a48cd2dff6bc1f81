package io.atomicmapping.journal;

import static io.atomicmapping.journal.JournalFormat.INT;
import static io.atomicmapping.journal.JournalFormat.LONG;

import io.atomicmapping.journal.JournalScan.Findings;
import io.atomicmapping.journal.JournalScan.Later;
import io.atomicmapping.journal.JournalScan.Next;
import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.linux.LazySegments;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Reads a ring in two steps: records are loaded and checked one after the other, up to the first that does
 * not count; what follows the last accepted one is searched for witnesses.
 */
final class RingScan {

    private static final int SEARCH_BYTES = 1 << 20;
    /** Loaded at once: what was read is checked while it is in the cache. */
    private static final int LOAD_BYTES = 1 << 18;
    private static final int SEARCH_STEP_BYTES = SeededFault.WITNESSES_NOT_AT_EVERY_SECTOR.isSeeded()
            ? JournalFormat.RECORD_ALIGNMENT_MAX : JournalFormat.SECTOR_BYTES;

    private final JournalReader reader;
    private final DurableFile file;
    private final Slot slot;
    private final long limitLsn;

    /** As large as the ring on disk; of it only what was loaded takes room. */
    private MemorySegment ring;
    private long loadedBytes;
    private long[] starts = new long[16];
    private int count;

    /** State after the last accepted record. */
    private long lsn;
    private long lastCommit;
    private long lastSize;
    private long lastGeneration;
    private long provenLsn;

    /** Why the record after the last accepted one is not. */
    private Next next;
    private String detail = "";

    RingScan(JournalReader reader) {
        this.reader = reader;
        file = reader.file();
        slot = reader.slot();
        limitLsn = slot.checkpointLsn() + slot.ringBytes();
        lsn = slot.checkpointLsn();
        lastCommit = slot.checkpointCommit();
        lastSize = slot.committedSize();
        provenLsn = slot.checkpointLsn();
    }

    JournalScan run() throws IOException {
        Arena arena = Arena.ofShared();
        try {
            ring = LazySegments.allocate(slot.ringBytes(), arena);
            accept();
            Findings findings = search();
            return new JournalScan(reader, arena, ring, starts, count, provenLsn, findings);
        } catch (IOException | RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /** What of a range lies in one piece in the file. */
    private long pieceBytes(long at, long bytes) {
        return Math.min(bytes, slot.ringBytes() - at % slot.ringBytes());
    }

    private boolean isOfThisLap(RecordHeader header, long at) {
        return header.salt() == slot.salt() && (header.lsn() == at || SeededFault.LAP_UNCHECKED.isSeeded());
    }

    private boolean fits(RecordHeader header, long at) {
        return header.bodyBytes() >= 0 && header.bodyBytes() <= slot.ringBytes()
                && JournalFormat.recordBytes(header.bodyBytes(), slot.recordAlignment()) <= limitLsn - at;
    }

    /** Sees to it that the ring's first bytes are in memory. */
    private void load(long bytes) throws IOException {
        while (loadedBytes < bytes) {
            long at = slot.checkpointLsn() + loadedBytes;
            long wanted = Math.max(bytes - loadedBytes, LOAD_BYTES);
            long piece = pieceBytes(at, Math.min(wanted, slot.ringBytes() - loadedBytes));
            readFully(JournalFormat.filePosition(at, slot.ringBytes()), ring.asSlice(loadedBytes, piece));
            loadedBytes += piece;
        }
    }

    private void readFully(long position, MemorySegment target) throws IOException {
        long read = file.read(position, target);
        if (read != target.byteSize()) {
            throw new CorruptJournalException("journal was cut while it was read: position=" + position
                    + ", bytes=" + read + ", expected=" + target.byteSize() + ", journal=" + file.path());
        }
    }

    private void accept() throws IOException {
        while (true) {
            long at = lsn - slot.checkpointLsn();
            starts[count] = at;
            if (lsn == limitLsn) {
                next = Next.NO_ROOM;
                return;
            }
            load(at + JournalFormat.SECTOR_BYTES);
            RecordHeader header = RecordHeader.decode(ring, at);
            next = judge(header, at);
            if (next != null) {
                return;
            }
            if (++count == starts.length) {
                starts = Arrays.copyOf(starts, count * 2);
            }
            lsn += JournalFormat.recordBytes(header.bodyBytes(), slot.recordAlignment());
            lastCommit = header.commit();
            lastSize = header.size();
            lastGeneration = header.generation();
            provenLsn = Math.max(provenLsn, header.durableLsn());
        }
    }

    /** The record's validity list of the format page, in its order; null where the record is valid. */
    private Next judge(RecordHeader header, long at) throws IOException {
        if (header == null || !isOfThisLap(header, lsn)) {
            return Next.ABSENT;
        }
        if (header.generation() > slot.generation() && !SeededFault.NEWER_GENERATION_IGNORED.isSeeded()) {
            detail = "generation=" + header.generation() + ", slotGeneration=" + slot.generation();
            return Next.NEWER_GENERATION;
        }
        detail = contradiction(header, at);
        if (detail != null) {
            return Next.CONTRADICTION;
        }
        load(at + JournalFormat.recordBytes(header.bodyBytes(), slot.recordAlignment()));
        int actual = JournalFormat.crc32c(ring, at + JournalFormat.HEADER_BYTES, header.bodyBytes());
        if (actual != header.bodyCrc() && !SeededFault.BODY_CHECKSUM_UNCHECKED.isSeeded()) {
            detail = "expected=" + JournalFormat.hex(header.bodyCrc()) + ", actual="
                    + JournalFormat.hex(actual);
            return Next.TORN_BODY;
        }
        detail = bodyContradiction(header, at + JournalFormat.HEADER_BYTES);
        if (detail != null) {
            return Next.CONTRADICTION;
        }
        detail = "";
        return null;
    }

    /** What in a header cannot be, although its checksum is right; null where nothing. */
    private String contradiction(RecordHeader header, long at) {
        boolean commits = header.kind() == JournalFormat.KIND_COMMIT;
        if (!commits && header.kind() != JournalFormat.KIND_MARK) {
            return "kind=" + header.kind();
        }
        int reserved = ring.get(INT, at + JournalFormat.RESERVED_AT);
        if (header.fileNumber() != 0 || reserved != 0) {
            return "fileNumber=" + header.fileNumber() + ", reserved=" + reserved + ", expected=0";
        }
        if (!fits(header, lsn)) {
            return "bodyBytes=" + header.bodyBytes() + ", room=" + (limitLsn - lsn);
        }
        if (header.generation() < lastGeneration) {
            return "generation=" + header.generation() + ", generationBefore=" + lastGeneration;
        }
        if (header.durableLsn() < 0 || header.durableLsn() > lsn) {
            return "durableLsn=" + header.durableLsn();
        }
        long commit = commits ? lastCommit + 1 : lastCommit;
        if (header.commit() != commit) {
            return "commit=" + header.commit() + ", expectedCommit=" + commit;
        }
        if (header.size() > slot.growthLimit() || header.smallestSize() < 0
                || header.smallestSize() > Math.min(header.size(), lastSize)) {
            return "size=" + header.size() + ", smallestSize=" + header.smallestSize() + ", sizeBefore="
                    + lastSize + ", growthLimit=" + slot.growthLimit();
        }
        if (!commits && (header.bodyBytes() != 0 || header.extentCount() != 0 || header.size() != lastSize
                || header.smallestSize() != lastSize || header.durableLsn() != lsn)) {
            return "a mark with bodyBytes=" + header.bodyBytes() + ", size=" + header.size() + ", sizeBefore="
                    + lastSize + ", durableLsn=" + header.durableLsn();
        }
        return null;
    }

    private String bodyContradiction(RecordHeader header, long bodyStart) {
        long at = bodyStart;
        long bodyEnd = bodyStart + header.bodyBytes();
        long extents = 0;
        long end = 0;
        while (at < bodyEnd) {
            if (bodyEnd - at < JournalFormat.EXTENT_HEADER_BYTES) {
                return "bodyBytes=" + header.bodyBytes() + ", extentsEnd=" + (at - bodyStart);
            }
            long extent = ring.get(LONG, at);
            long offset = JournalFormat.extentOffset(extent);
            int length = JournalFormat.extentLength(extent);
            at += JournalFormat.EXTENT_HEADER_BYTES;
            if (length == 0 || length > bodyEnd - at || offset < end || offset > header.size() - length) {
                return "extentOffset=" + offset + ", extentLength=" + length + ", extentBefore=" + end
                        + ", size=" + header.size();
            }
            at += length;
            end = offset + length;
            extents++;
        }
        return extents == header.extentCount() ? null
                : "extentCount=" + header.extentCount() + ", extents=" + extents;
    }

    /**
     * Looks at every sector that no accepted record covers for headers which tell whether something is
     * missing here.
     */
    private Findings search() throws IOException {
        Later later = Later.NONE;
        long laterLsn = -1;
        long furthest = lsn;
        try (Arena arena = Arena.ofConfined()) {
            long bytes = Math.min(SEARCH_BYTES, slot.ringBytes());
            MemorySegment window = arena.allocate(bytes, JournalFormat.SECTOR_BYTES);
            for (long from = lsn; from < limitLsn;) {
                long piece = pieceBytes(from, Math.min(bytes, limitLsn - from));
                readFully(JournalFormat.filePosition(from, slot.ringBytes()), window.asSlice(0, piece));
                for (long at = 0; at < piece; at += SEARCH_STEP_BYTES) {
                    RecordHeader header = RecordHeader.decode(window, at);
                    if (header == null) {
                        continue;
                    }
                    Later found = witness(header, from + at);
                    if (found.compareTo(later) > 0) {
                        later = found;
                        laterLsn = from + at;
                    }
                    if (isOfThisLap(header, from + at) && fits(header, from + at)) {
                        furthest = Math.max(furthest, from + at
                                + JournalFormat.recordBytes(header.bodyBytes(), slot.recordAlignment()));
                    }
                }
                from += piece;
            }
        }
        return new Findings(next, later, detail, laterLsn, furthest - lsn);
    }

    private Later witness(RecordHeader header, long at) {
        boolean inPlace = header.lsn() >= 0 && header.lsn() % slot.ringBytes() == at % slot.ringBytes();
        if (inPlace && header.generation() > slot.generation()
                && !SeededFault.NEWER_GENERATION_IGNORED.isSeeded()) {
            return Later.NEWER_GENERATION;
        }
        if (at == lsn || !isOfThisLap(header, at)) {
            return Later.NONE;
        }
        return header.durableLsn() > lsn && !SeededFault.PROOF_IGNORED.isSeeded() ? Later.PROOF
                : Later.UNPROVEN;
    }
}
