package io.atomicmapping.journal;

import static io.atomicmapping.journal.JournalFormat.INT;
import static io.atomicmapping.journal.JournalFormat.LONG;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.UUID;

/**
 * What stays beside a data file whose journal lies elsewhere.
 *
 * @param journalId the journal's
 * @param journal its path
 */
public record JournalStub(UUID journalId, Path journal) {

    /**
     * Reads the stub, if the file is one.
     *
     * @param file what lies beside the data file
     * @return the stub, or null where the file is something else
     * @throws CorruptJournalException if it is a damaged stub
     * @throws IncompatibleJournalException if a newer version of the library wrote it
     * @throws IOException if it cannot be read
     */
    public static JournalStub read(DurableFile file) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(JournalFormat.STUB_BYTES, Long.BYTES);
            file.read(0, bytes);
            if (bytes.get(LONG, JournalFormat.STUB_MAGIC_AT) != JournalFormat.STUB_MAGIC) {
                return null;
            }
            int expected = bytes.get(INT, JournalFormat.STUB_CRC_AT);
            int actual = checksum(bytes);
            if (expected != actual) {
                throw new CorruptJournalException("journal stub checksum mismatch: restore it, or open the "
                        + "data file with the journal's path after deleting the stub: expected="
                        + JournalFormat.hex(expected) + ", actual=" + JournalFormat.hex(actual) + ", stub="
                        + file.path());
            }
            int version = bytes.get(INT, JournalFormat.STUB_VERSION_AT);
            if (version > JournalFormat.VERSION) {
                throw new IncompatibleJournalException("journal stub has a newer format: open it with a "
                        + "newer atomic-mapping: version=" + version + ", supported=" + JournalFormat.VERSION
                        + ", stub=" + file.path());
            }
            int length = bytes.get(INT, JournalFormat.STUB_PATH_BYTES_AT);
            if (length < 1 || length > JournalFormat.STUB_BYTES - JournalFormat.STUB_PATH_AT) {
                throw new CorruptJournalException("journal stub has an impossible path: pathBytes=" + length
                        + ", stub=" + file.path());
            }
            byte[] path = bytes.asSlice(JournalFormat.STUB_PATH_AT, length)
                    .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
            return new JournalStub(Slot.decodeId(bytes, JournalFormat.STUB_ID_AT),
                    file.path().getFileSystem().getPath(new String(path, StandardCharsets.UTF_8)));
        }
    }

    /**
     * Puts the stub in place, durably, replacing what the path names.
     *
     * @param storage where it lies
     * @param path the stub's path
     * @param home the data file, whose permissions it gets
     * @throws IOException if it cannot be written; then nothing is left behind
     */
    public void write(Storage storage, Path path, DurableFile home) throws IOException {
        Path temporary = JournalFormat.temporaryPath(path);
        storage.delete(temporary);
        try (DurableFile file = storage.open(temporary, Storage.OpenMode.CREATE_NEW);
                Arena arena = Arena.ofConfined()) {
            file.copyPermissions(home);
            MemorySegment bytes = arena.allocate(JournalFormat.STUB_BYTES, Long.BYTES);
            encode(bytes);
            file.write(0, bytes);
            file.forceAll();
        }
        storage.rename(temporary, path);
        storage.forceDirectory(path.getParent());
    }

    void encode(MemorySegment target) throws IOException {
        byte[] name = journal.toString().getBytes(StandardCharsets.UTF_8);
        if (name.length > JournalFormat.STUB_BYTES - JournalFormat.STUB_PATH_AT) {
            throw new IOException("journal path is too long: bytes=" + name.length + ", limit="
                    + (JournalFormat.STUB_BYTES - JournalFormat.STUB_PATH_AT) + ", journal=" + journal);
        }
        target.set(LONG, JournalFormat.STUB_MAGIC_AT, JournalFormat.STUB_MAGIC);
        target.set(INT, JournalFormat.STUB_VERSION_AT, JournalFormat.VERSION);
        Slot.encodeId(journalId, target, JournalFormat.STUB_ID_AT);
        target.set(INT, JournalFormat.STUB_PATH_BYTES_AT, name.length);
        MemorySegment.copy(MemorySegment.ofArray(name), 0, target, JournalFormat.STUB_PATH_AT, name.length);
        target.set(INT, JournalFormat.STUB_CRC_AT, checksum(target));
    }

    private static int checksum(MemorySegment source) {
        return JournalFormat.crc32cWithout(source, 0, JournalFormat.STUB_BYTES, JournalFormat.STUB_CRC_AT);
    }
}
