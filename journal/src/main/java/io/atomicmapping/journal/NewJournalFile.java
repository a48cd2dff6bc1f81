package io.atomicmapping.journal;

import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.io.Serial;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * A journal file that was just made: complete, forced and under its name, or not there at all.
 *
 * @param file the file
 * @param slot what its slots hold
 */
record NewJournalFile(DurableFile file, Slot slot) {

    private static final int FILL_BYTES = 1 << 20;

    /** The new file has its name, but something after that failed. */
    static final class InPlaceException extends IOException {

        @Serial
        private static final long serialVersionUID = 1;

        InPlaceException(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** Makes the file; the plan's record alignment becomes that of the file. */
    static NewJournalFile make(Storage storage, Path path, DurableFile home, Slot plan) throws IOException {
        Path temporary = JournalFormat.temporaryPath(path);
        storage.delete(temporary);
        Slot slot;
        try {
            // 1. zeros, written out: a full disk shows here, and an append changes no metadata
            // 2. slots and permissions, forced: whoever finds the name finds a whole journal
            slot = fill(storage, temporary, home, plan);
            // 3. the name
            storage.rename(temporary, path);
        } catch (IOException | RuntimeException e) {
            deleteAfter(e, storage, temporary);
            throw e;
        }
        try {
            // 4. the name, durably: only then may records go into it
            storage.forceDirectory(path.getParent());
            return new NewJournalFile(open(storage, path), slot);
        } catch (IOException e) {
            throw new InPlaceException(e);
        }
    }

    private static Slot fill(Storage storage, Path temporary, DurableFile home, Slot plan)
            throws IOException {
        try (DurableFile file = storage.open(temporary, Storage.OpenMode.CREATE_NEW);
                Arena arena = Arena.ofConfined()) {
            file.copyPermissions(home);
            long length = JournalFormat.RING_POSITION + plan.ringBytes();
            MemorySegment zeros = arena.allocate(Math.min(FILL_BYTES, length), JournalFormat.SLOT_AREA_BYTES);
            for (long at = 0; at < length; at += zeros.byteSize()) {
                file.writeDirect(at, zeros.asSlice(0, Math.min(zeros.byteSize(), length - at)));
            }
            Slot slot = plan.withRecordAlignment(Math.max(file.directAlignment(),
                    JournalFormat.SECTOR_BYTES));
            MemorySegment slotBuffer = zeros.asSlice(0, JournalFormat.SLOT_AREA_BYTES);
            slot.encode(slotBuffer);
            file.writeDirect(0, slotBuffer);
            file.writeDirect(JournalFormat.SLOT_AREA_BYTES, slotBuffer);
            file.forceAll();
            return slot;
        }
    }

    /** Opens a journal for writing, and locks it against a second data file that was told to use it. */
    static DurableFile open(Storage storage, Path path) throws IOException {
        DurableFile file = storage.open(path, Storage.OpenMode.WRITE);
        if (!file.tryLock(false)) {
            file.close();
            throw new IOException("journal is in use by another data file: give each its own: journal="
                    + path);
        }
        return file;
    }

    /** Best effort, after a failure. */
    static void deleteAfter(Exception cause, Storage storage, Path path) {
        try {
            storage.delete(path);
        } catch (IOException | RuntimeException e) {
            cause.addSuppressed(e);
        }
    }
}
