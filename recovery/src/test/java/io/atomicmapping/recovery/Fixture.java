package io.atomicmapping.recovery;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.journal.RedoRecord;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.MemoryStorage;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A data file with its journal in memory, driven as core drives them, and beside it what each commit must
 * hold. Everything that damages the journal says so by its name.
 */
final class Fixture {

    static final Path FILE = Path.of("/data/file");
    static final Path JOURNAL = Path.of("/data/file.journal");
    static final Path ELSEWHERE = Path.of("/journals/j");
    static final int PAGE_BYTES = 4096;
    static final long RING_BYTES = JournalFormat.RING_BYTES_MIN;

    MemoryStorage storage = new MemoryStorage();
    /** What the files are opened through; null for the storage itself. */
    Storage through;
    OpenedFiles files;
    Path journalOption;
    long capacityBytes = RING_BYTES;
    boolean discardMissingJournal;
    /** Whether opening looks at the bytes of home, which this fixture's storage then holds. */
    boolean checksHome = true;

    /** The bytes of each commit since the fixture began; the first is before any commit. */
    final List<byte[]> commits = new ArrayList<>();
    /** Where each record appended since the last opening begins. */
    final List<Long> lsns = new ArrayList<>();
    private long commitBase;
    /** The last commit whose force returned. */
    long durableCommit;
    private byte[] working = {};
    private long smallestSize;

    // ---- opening and closing

    OpenRequest request(long size) {
        return new OpenRequest(through == null ? storage : through, FILE, journalOption, size, capacityBytes,
                PAGE_BYTES, discardMissingJournal);
    }

    Fixture open(long size) throws IOException {
        files = Recovery.open(request(size));
        lsns.clear();
        if (!checksHome) {
            return this;
        }
        byte[] found = contents(files.home());
        assertEquals(files.size(), found.length, "home is as long as the committed size");
        if (commits.isEmpty()) {
            commitBase = files.lastCommit();
            commits.add(found.clone());
        }
        working = found;
        smallestSize = working.length;
        return this;
    }

    Fixture open() throws IOException {
        return open(-1);
    }

    Fixture kill() throws IOException {
        files.close();
        files = null;
        return this;
    }

    /** Everything home and forced, then a clean close. */
    Fixture closeClean() throws IOException {
        writeHome();
        files.closeClean(lastCommitted().length, files.journal().lastCommit());
        files = null;
        return this;
    }

    Fixture reopen() throws IOException {
        if (files != null) {
            kill();
        }
        return open();
    }

    // ---- what a program does

    int size() {
        return working.length;
    }

    Fixture put(long offset, int... bytes) {
        for (int i = 0; i < bytes.length; i++) {
            working[Math.toIntExact(offset) + i] = (byte) bytes[i];
        }
        return this;
    }

    Fixture fill(long from, long to, int value) {
        Arrays.fill(working, Math.toIntExact(from), Math.toIntExact(to), (byte) value);
        return this;
    }

    Fixture resize(long size) throws IOException {
        files.journal().recordGrowth(size);
        if (size > files.home().length()) {
            files.home().setLength(size);
        }
        working = Arrays.copyOf(working, Math.toIntExact(size));
        smallestSize = Math.min(smallestSize, size);
        return this;
    }

    /** Appends what changed as a commit, without a force. */
    Fixture append() throws IOException {
        byte[] before = lastCommitted();
        byte[] kept = Arrays.copyOf(before, Math.toIntExact(Math.min(before.length, smallestSize)));
        byte[] base = Arrays.copyOf(kept, working.length);
        try (RedoRecord record = new RedoRecord(0); Arena arena = Arena.ofConfined()) {
            MemorySegment source = arena.allocateFrom(JAVA_BYTE, working);
            for (int at = 0; at < working.length;) {
                int from = at + Math.max(0, Arrays.mismatch(base, at, base.length, working, at,
                        working.length));
                if (from == at && base[at] == working[at]) {
                    break;
                }
                int to = from;
                while (to < working.length && base[to] != working[to]) {
                    to++;
                }
                record.add(from, source, from, to - from);
                at = to;
            }
            record.sizes(working.length, smallestSize);
            lsns.add(files.journal().appendLsn());
            commits.add(working.clone()); // from now on a crash may leave it
            files.journal().append(record, files.journal().lastCommit() + 1);
        }
        smallestSize = working.length;
        return this;
    }

    Fixture force() throws IOException {
        files.journal().force();
        durableCommit = files.journal().lastCommit();
        return this;
    }

    Fixture commit() throws IOException {
        return append().force();
    }

    Fixture growRing(long bytes) throws IOException {
        files.journal().grow(bytes);
        return this;
    }

    /** A commit that may be larger than the ring; home holds it after. */
    Fixture commitLarge() throws IOException {
        return growRing(JournalFormat.recordBytes(2L * working.length, PAGE_BYTES)).commit().checkpoint();
    }

    Fixture mark() throws IOException {
        lsns.add(files.journal().appendLsn());
        files.journal().mark();
        return this;
    }

    /** Brings all durable commits home and frees the ring. */
    Fixture checkpoint() throws IOException {
        writeHome();
        files.journal().checkpoint(files.journal().durableLsn(), files.journal().lastCommit(),
                lastCommitted().length);
        return this;
    }

    Fixture writeHome() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            files.home().write(0, arena.allocateFrom(JAVA_BYTE, lastCommitted()));
            long beyond = files.home().length() - lastCommitted().length;
            if (beyond > 0) {
                files.home().zero(lastCommitted().length, beyond);
            }
        }
        files.home().force();
        return this;
    }

    // ---- what a disk or a foreign hand does

    Fixture flipBit(Path path, long position, int bit) throws IOException {
        storage.corrupt(path, position, 1 << bit);
        return this;
    }

    Fixture rot(Path path, long position) throws IOException {
        return flipBit(path, position, 0);
    }

    /** Flips a bit in a record's body, or in its padding where it has none. */
    Fixture rotBody(int record) throws IOException {
        return rot(JOURNAL, recordPosition(record) + JournalFormat.HEADER_BYTES);
    }

    Fixture rotHeader(int record) throws IOException {
        return rot(JOURNAL, recordPosition(record) + JournalFormat.LSN_AT);
    }

    Fixture truncate(Path path, long length) throws IOException {
        try (DurableFile file = storage.open(path, Storage.OpenMode.WRITE)) {
            file.setLength(length);
        }
        return this;
    }

    Fixture overwrite(Path path, long position, byte... bytes) throws IOException {
        try (DurableFile file = storage.open(path, Storage.OpenMode.WRITE);
                Arena arena = Arena.ofConfined()) {
            file.write(position, arena.allocateFrom(JAVA_BYTE, bytes));
        }
        return this;
    }

    Fixture delete(Path path) throws IOException {
        storage.delete(path);
        return this;
    }

    Fixture create(Path path, byte... bytes) throws IOException {
        storage.open(path, Storage.OpenMode.CREATE_NEW).close();
        return overwrite(path, 0, bytes);
    }

    Fixture removeAttribute() throws IOException {
        try (DurableFile file = storage.open(FILE, Storage.OpenMode.WRITE)) {
            file.setAttribute("atomicmapping", null);
        }
        return this;
    }

    long recordPosition(int record) {
        return JournalFormat.filePosition(lsns.get(record), ringBytes());
    }

    private long ringBytes() {
        try {
            return storage.contents(JOURNAL).length - JournalFormat.RING_POSITION;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Changes a field of a record and makes all its checksums right again. */
    Fixture forgeLong(int record, int fieldAt, long value) throws IOException {
        overwrite(JOURNAL, recordPosition(record) + fieldAt, little(value));
        return fixChecksums(record);
    }

    Fixture forgeInt(int record, int fieldAt, int value) throws IOException {
        overwrite(JOURNAL, recordPosition(record) + fieldAt, Arrays.copyOf(little(value), Integer.BYTES));
        return fixChecksums(record);
    }

    /** As {@link #forgeLong}, in both slots. */
    Fixture forgeSlotsLong(int fieldAt, long value) throws IOException {
        return forgeSlots(fieldAt, little(value));
    }

    Fixture forgeSlotsInt(int fieldAt, int value) throws IOException {
        return forgeSlots(fieldAt, Arrays.copyOf(little(value), Integer.BYTES));
    }

    private Fixture forgeSlots(int fieldAt, byte[] value) throws IOException {
        for (int slot = 0; slot < 2; slot++) {
            forgeSlot(slot, fieldAt, value);
        }
        return this;
    }

    Fixture forgeSlot(int slot, int fieldAt, byte[] value) throws IOException {
        long position = (long) slot * JournalFormat.SLOT_AREA_BYTES;
        overwrite(JOURNAL, position + fieldAt, value);
        MemorySegment journal = MemorySegment.ofArray(storage.contents(JOURNAL));
        int crc = JournalFormat.crc32cWithout(journal, position, JournalFormat.SLOT_BYTES,
                JournalFormat.SLOT_CRC_AT);
        return overwrite(JOURNAL, position + JournalFormat.SLOT_CRC_AT, Arrays.copyOf(little(crc),
                Integer.BYTES));
    }

    Fixture fixChecksums(int record) throws IOException {
        long position = recordPosition(record);
        MemorySegment journal = MemorySegment.ofArray(storage.contents(JOURNAL));
        long bodyBytes = journal.get(JAVA_LONG_UNALIGNED, position + JournalFormat.BODY_BYTES_AT);
        if (bodyBytes >= 0 && bodyBytes <= journal.byteSize() - position - JournalFormat.HEADER_BYTES) {
            journal.set(JAVA_INT_UNALIGNED, position + JournalFormat.BODY_CRC_AT,
                    JournalFormat.crc32c(journal, position + JournalFormat.HEADER_BYTES, bodyBytes));
        }
        int crc = JournalFormat.crc32cWithout(journal, position, JournalFormat.HEADER_BYTES,
                JournalFormat.HEADER_CRC_AT);
        journal.set(JAVA_INT_UNALIGNED, position + JournalFormat.HEADER_CRC_AT, crc);
        return overwrite(JOURNAL, position,
                journal.asSlice(position, JournalFormat.HEADER_BYTES).toArray(JAVA_BYTE));
    }

    static byte[] little(long value) {
        return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    }

    // ---- what must be

    byte[] lastCommitted() {
        return commits.getLast();
    }

    byte[] committed(long commit) {
        return commits.get(Math.toIntExact(commit - commitBase));
    }

    byte[] home() throws IOException {
        return storage.contents(FILE);
    }

    /** As {@link #home}, where the files lie in another storage. */
    byte[] homeOpen() throws IOException {
        return contents(files.home());
    }

    private static byte[] contents(DurableFile file) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(Math.max(1, file.length()));
            return bytes.asSlice(0, file.read(0, bytes)).toArray(JAVA_BYTE);
        }
    }

    /** The open file is at a commit: number, size and bytes. */
    Fixture expect(long commit) throws IOException {
        assertEquals(commit, files.lastCommit(), "last commit");
        assertArrayEquals(committed(commit), home(), "bytes of commit " + commit);
        while (commits.size() > commit - commitBase + 1) {
            commits.removeLast();
        }
        return this;
    }

    Fixture expect(TailCase tail) {
        assertEquals(tail, files.outcome().tail());
        return this;
    }

    /** What a reader sees; nothing is written. */
    static Seen read(OpenRequest request) throws IOException {
        try (CommittedImage image = Recovery.read(request)) {
            byte[] bytes = new byte[Math.toIntExact(image.size())];
            MemorySegment target = MemorySegment.ofArray(bytes);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment buffer = arena.allocate(Math.max(1, bytes.length));
                long read = image.home().read(0, buffer.asSlice(0, bytes.length));
                MemorySegment.copy(buffer, 0, target, 0, read);
            }
            image.replay(new CommittedImage.Target() {
                @Override
                public void zero(long from, long toExclusive) {
                    target.asSlice(from, toExclusive - from).fill((byte) 0);
                }

                @Override
                public void put(long offset, MemorySegment source, long sourceOffset, long length) {
                    MemorySegment.copy(source, sourceOffset, target, offset, length);
                }
            });
            return new Seen(image.lastCommit(), bytes, image.outcome().tail());
        }
    }

    /** A reader's view. */
    record Seen(long lastCommit, byte[] bytes, TailCase tail) {
    }
}
