package io.atomicmapping.journal;

import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes a journal: appends records to its ring, forces them, and moves the checkpoint.
 *
 * <ul>
 * <li>{@link #append}, {@link #force}, {@link #mark} and {@link #grow}: by one thread at a time.
 * <li>{@link #checkpoint} and {@link #recordGrowth}: by any thread, also during the others. The getters: by
 * any thread.
 * <li>After a failed force, or a slot that could not be written, nobody knows what the disk holds: every
 * later call fails.
 * </ul>
 */
public final class JournalWriter implements AutoCloseable {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final long GROWTH_BYTES = 1L << 20;

    private final Storage storage;
    private final Path path;
    private final DurableFile home;
    private final RingWriter ring = new RingWriter();
    private final RedoRecord markRecord = new RedoRecord(JournalFormat.RECORD_ALIGNMENT_MAX);
    private final ReentrantLock slotLock = new ReentrantLock();
    /** Held for one force; a failure is latched before it is given up. */
    private final ReentrantLock forceLock = new ReentrantLock();

    /** Guarded by slotLock. */
    private final SlotWriter slots;
    private boolean closed;
    /**
     * Written under slotLock once both copies are forced: what it frees and allows may be used from then
     * on.
     */
    private volatile Slot slot;
    private volatile DurableFile file;
    private volatile long appendLsn;
    private volatile long durableLsn;
    private volatile long lastCommit;
    private volatile IOException failure;

    /** Of the appending thread. */
    private long lastSize;
    private boolean lastIsMark = true;

    private JournalWriter(JournalSetup setup, DurableFile file, Slot slot, SlotWriter slots) {
        this.storage = setup.storage();
        this.path = setup.path();
        this.home = setup.home();
        this.file = file;
        this.slot = slot;
        this.slots = slots;
        appendLsn = slot.checkpointLsn();
        durableLsn = slot.checkpointLsn();
        lastCommit = slot.checkpointCommit();
        lastSize = slot.committedSize();
    }

    /**
     * Makes a new journal, replacing what its path names. When it returns the journal is in place and
     * durable.
     *
     * @param setup what it is written with
     * @param ringBytes the ring's length, rounded up to a legal one
     * @param state what the data file holds
     * @return the writer
     * @throws IOException on a full disk, or if it cannot be made for another reason; nothing is left behind
     */
    public static JournalWriter create(JournalSetup setup, long ringBytes, CommittedState state)
            throws IOException {
        long legalRingBytes = JournalFormat.ringBytes(ringBytes, 0);
        Slot plan = new Slot(UUID.randomUUID(), 1, RANDOM.nextLong(), legalRingBytes, 0, state.commit(),
                state.size(), state.size(), true, setup.pageBytes(), JournalFormat.RECORD_ALIGNMENT_MAX,
                List.of());
        SlotWriter slots = new SlotWriter(setup.home(), setup.pageBytes(), 0);
        try {
            NewJournalFile made = NewJournalFile.make(setup.storage(), setup.path(), setup.home(),
                    slots.sampled(plan));
            return new JournalWriter(setup, made.file(), made.slot(), slots);
        } catch (IOException | RuntimeException e) {
            slots.close();
            if (e instanceof NewJournalFile.InPlaceException) {
                NewJournalFile.deleteAfter(e, setup.storage(), setup.path());
            }
            throw e;
        }
    }

    /**
     * Goes on with a journal whose every record is home and forced: empties the ring, and says that it is
     * in use, under a new salt, in both slots, forced.
     *
     * @param setup what it is written with
     * @param file the journal, which the writer then owns
     * @param tail where it ends
     * @param state what the data file holds
     * @param sameFile whether the journal is known to belong to the data file; otherwise it gets a new id
     * @return the writer
     * @throws IOException if a slot cannot be written
     */
    public static JournalWriter resume(JournalSetup setup, DurableFile file, JournalTail tail,
            CommittedState state, boolean sameFile) throws IOException {
        Slot old = tail.slot();
        int recordAlignment = Math.max(file.directAlignment(), JournalFormat.SECTOR_BYTES);
        Slot next = new Slot(sameFile ? old.journalId() : UUID.randomUUID(), old.generation() + 1,
                SeededFault.SALT_UNCHANGED.isSeeded() ? old.salt() : RANDOM.nextLong(), old.ringBytes(),
                JournalFormat.roundUp(tail.endLsn(), recordAlignment),
                state.commit(), state.size(), state.size(), true, setup.pageBytes(), recordAlignment,
                List.of());
        SlotWriter slots = new SlotWriter(setup.home(), setup.pageBytes(), 1 - tail.slotIndex());
        try {
            next = slots.sampled(next);
            slots.write(file, next, DurableFile::force);
            return new JournalWriter(setup, file, next, slots);
        } catch (IOException | RuntimeException e) {
            slots.close();
            throw e;
        }
    }

    /**
     * Appends a record, which the next {@link #force} makes durable. On failure it counts as never appended.
     *
     * @param record the record
     * @param commit its number: one more than {@link #lastCommit}
     * @throws IOException if it cannot be written, for example on a full disk
     */
    public void append(RedoRecord record, long commit) throws IOException {
        ensureUsable();
        if (commit != lastCommit + 1) {
            throw new IllegalArgumentException("commit out of order: commit=" + commit + ", last="
                    + lastCommit);
        }
        if (record.smallestSize() < 0 || record.smallestSize() > Math.min(record.size(), lastSize)
                || record.size() > slot.growthLimit() || record.extentsEnd() > record.size()) {
            throw new IllegalArgumentException("sizes contradict each other: size=" + record.size()
                    + ", smallestSize=" + record.smallestSize() + ", lastSize=" + lastSize + ", growthLimit="
                    + slot.growthLimit() + ", extentsEnd=" + record.extentsEnd());
        }
        append(record, commit, JournalFormat.KIND_COMMIT);
        lastCommit = commit;
        lastSize = record.size();
        lastIsMark = false;
    }

    private void append(RedoRecord record, long commit, int kind) throws IOException {
        Slot current = slot;
        long lsn = appendLsn;
        long bytes = JournalFormat.recordBytes(record.bodyBytes(), current.recordAlignment());
        if (bytes > freeBytes()) {
            throw new IllegalStateException("ring is full: recordBytes=" + bytes + ", freeBytes="
                    + freeBytes() + ", ringBytes=" + current.ringBytes() + ", journal=" + path);
        }
        long durable = SeededFault.DURABLE_LSN_AHEAD.isSeeded() ? lsn : durableLsn;
        RecordHeader header = new RecordHeader(current.salt(), lsn, commit, current.generation(), durable,
                record.bodyBytes(), record.extentCount(), 0, kind, record.size(), record.smallestSize(), 0);
        ring.write(file, current, lsn, record.complete(header, current.recordAlignment()));
        appendLsn = lsn + bytes;
    }

    /**
     * Makes all appended records durable.
     *
     * @throws IOException if the force fails: then the writer is unusable
     */
    public void force() throws IOException {
        ensureUsable();
        long lsn = appendLsn;
        forceAlone(file);
        durableLsn = lsn;
    }

    /**
     * Forces one at a time: of two at once that the same error hits, the kernel tells one, and the other
     * would be believed.
     */
    private void forceAlone(DurableFile forced) throws IOException {
        forceLock.lock();
        try {
            ensureUsable();
            forced.force();
        } catch (IOException | RuntimeException e) {
            if (!SeededFault.FAILED_FORCE_RETRIED.isSeeded()) {
                throw latched(e);
            }
            forced.force();
        } finally {
            forceLock.unlock();
        }
    }

    /**
     * Leaves a durable proof that all records before it are durable, so that rot in the last one is told
     * from a torn write. Does nothing where the last record is one already, or where there is no room.
     *
     * @throws IOException if it cannot be written or forced
     */
    public void mark() throws IOException {
        ensureUsable();
        if (lastIsMark || appendLsn == checkpointLsn() || recordBytes(0) > freeBytes()
                || SeededFault.MARK_FORGOTTEN.isSeeded()) {
            return;
        }
        if (durableLsn < appendLsn) {
            force();
        }
        markRecord.clear();
        markRecord.sizes(lastSize, lastSize);
        append(markRecord, lastCommit, JournalFormat.KIND_MARK);
        lastIsMark = true;
        force();
    }

    /**
     * Moves the checkpoint, and frees the ring below it. Everything committed up to it is home and forced.
     *
     * @param lsn the new checkpoint: where a durable record ends
     * @param commit the last commit below it
     * @param committedSize the committed size after that commit
     * @throws IOException if the data file cannot be read; if a slot cannot be written, the writer is
     *        unusable from then on
     */
    public void checkpoint(long lsn, long commit, long committedSize) throws IOException {
        slotLock.lock();
        try {
            ensureUsable();
            Slot old = slot;
            if (lsn < old.checkpointLsn() || lsn > durableLsn || lsn % old.recordAlignment() != 0) {
                throw new IllegalArgumentException("checkpoint is not at a durable record: lsn=" + lsn
                        + ", checkpointLsn=" + old.checkpointLsn() + ", durableLsn=" + durableLsn);
            }
            if (lsn == old.checkpointLsn() && commit == old.checkpointCommit()
                    && committedSize == old.committedSize()) {
                return;
            }
            publish(slots.sampled(old.withCheckpoint(lsn, new CommittedState(commit, committedSize))));
        } finally {
            slotLock.unlock();
        }
    }

    /**
     * Allows the data file to become longer: to be called before it does. Allows generously more, so that
     * many small growths seldom cost a slot.
     *
     * @param length the length it is to get
     * @throws IOException if a slot cannot be written: then the writer is unusable
     */
    public void recordGrowth(long length) throws IOException {
        slotLock.lock();
        try {
            ensureUsable();
            Slot old = slot;
            if (length <= old.growthLimit()) {
                return;
            }
            if (length > JournalFormat.SIZE_MAX) {
                throw new IllegalArgumentException("size over the limit: size=" + length + ", limit="
                        + JournalFormat.SIZE_MAX);
            }
            long limit = Math.min(length + length / 4 + GROWTH_BYTES, JournalFormat.SIZE_MAX);
            publish(old.withGrowthLimit(limit));
        } finally {
            slotLock.unlock();
        }
    }

    /**
     * Makes a length that the data file already has, durably, its committed size. The ring must be empty.
     *
     * @param size the length
     * @throws IOException if a slot cannot be written: then the writer is unusable
     */
    public void adoptSize(long size) throws IOException {
        slotLock.lock();
        try {
            ensureUsable();
            Slot old = slot;
            ensureEmpty(old);
            publish(slots.sampled(old.withCheckpoint(appendLsn, new CommittedState(lastCommit, size))));
            lastSize = size;
        } finally {
            slotLock.unlock();
        }
    }

    /**
     * Looks at the data file anew after others have changed it, and allows it any length from now on: what
     * is past the committed size does not count. All of it has been forced.
     *
     * @param size the committed size; if it is not that of the last record, the ring must be empty
     * @throws IOException if the data file cannot be read, or a slot cannot be written
     */
    public void adoptHome(long size) throws IOException {
        slotLock.lock();
        try {
            ensureUsable();
            Slot next = slot.withGrowthLimit(SeededFault.ADOPTED_LENGTH_LIMITED.isSeeded()
                    ? slot.growthLimit() : JournalFormat.SIZE_MAX);
            if (size != lastSize) {
                ensureEmpty(slot);
                next = next.withCheckpoint(appendLsn, new CommittedState(lastCommit, size));
            }
            publish(slots.sampled(next));
            lastSize = size;
        } finally {
            slotLock.unlock();
        }
    }

    private void ensureEmpty(Slot current) {
        if (current.checkpointLsn() != appendLsn) {
            throw new IllegalStateException("ring is not empty: checkpointLsn=" + current.checkpointLsn()
                    + ", appendLsn=" + appendLsn);
        }
    }

    /**
     * Gives the journal a ring of another length: a new file takes its name. The ring must be empty. Where
     * that fails, for example on a full disk, the old ring stays in use.
     *
     * @param ringBytes the new length, rounded up to a legal one
     * @throws IOException if the new file cannot be made
     */
    public void grow(long ringBytes) throws IOException {
        slotLock.lock();
        try {
            ensureUsable();
            Slot old = slot;
            ensureEmpty(old);
            long lsn = JournalFormat.roundUp(appendLsn, JournalFormat.RECORD_ALIGNMENT_MAX);
            Slot plan = old.withRing(RANDOM.nextLong(), JournalFormat.ringBytes(ringBytes, 0), lsn);
            NewJournalFile made;
            try {
                made = NewJournalFile.make(storage, path, home, plan);
            } catch (NewJournalFile.InPlaceException e) {
                throw latched(e); // the old file has lost its name: what is appended to it could not be found
            }
            DurableFile oldFile = file;
            file = made.file();
            appendLsn = lsn;
            durableLsn = lsn;
            slot = made.slot();
            oldFile.close();
        } finally {
            slotLock.unlock();
        }
    }

    /**
     * Says in both slots that the data file is complete: it holds the last commit, cut to its size and
     * forced.
     *
     * @param state what it holds
     * @throws IOException if a slot cannot be written: then the writer is unusable
     */
    public void finish(CommittedState state) throws IOException {
        slotLock.lock();
        try {
            ensureUsable();
            publish(slot.withCheckpoint(appendLsn, state).clean());
        } finally {
            slotLock.unlock();
        }
    }

    private void publish(Slot next) throws IOException {
        try {
            slots.write(file, next, this::forceAlone);
        } catch (IOException | RuntimeException e) {
            throw latched(e);
        }
        slot = next;
    }

    private IOException latched(Exception cause) {
        if (failure != null) {
            return failure;
        }
        IOException latch = new IOException("journal is unusable after a failed write or force: close the "
                + "mapping and open it again: journal=" + path, cause);
        failure = latch;
        return latch;
    }

    private void ensureUsable() throws IOException {
        IOException latch = failure;
        if (latch != null) {
            throw new IOException(latch.getMessage(), latch.getCause());
        }
    }

    /** {@return whether a write or a force failed in such a way that the journal takes nothing more} */
    public boolean hasFailed() {
        return failure != null;
    }

    /** {@return the ring's length in bytes} */
    public long ringBytes() {
        return slot.ringBytes();
    }

    /** {@return the LSN where the next record goes} */
    public long appendLsn() {
        return appendLsn;
    }

    /** {@return the LSN below which the ring is free} */
    public long checkpointLsn() {
        return slot.checkpointLsn();
    }

    /** {@return the LSN below which every record has been forced} */
    public long durableLsn() {
        return durableLsn;
    }

    /** {@return the bytes that can be appended before the checkpoint must move, with headers and padding} */
    public long freeBytes() {
        Slot current = slot;
        return current.ringBytes() - (appendLsn - current.checkpointLsn());
    }

    /** {@return the number of the last commit appended} */
    public long lastCommit() {
        return lastCommit;
    }

    /** {@return the state that both slots hold} */
    public Slot slot() {
        return slot;
    }

    /** {@return the journal's path} */
    public Path path() {
        return path;
    }

    /**
     * What a record takes in the ring.
     *
     * @param bodyBytes its body's length
     * @return bytes, header and padding included
     */
    public long recordBytes(long bodyBytes) {
        return JournalFormat.recordBytes(bodyBytes, slot.recordAlignment());
    }

    /**
     * Closes the journal as it is. Idempotent.
     *
     * @throws IOException if closing the file fails
     */
    @Override
    public void close() throws IOException {
        slotLock.lock();
        try {
            if (!closed) {
                closed = true;
                failure = new IOException("journal is closed: journal=" + path);
                markRecord.close();
                slots.close();
                ring.close();
                file.close();
            }
        } finally {
            slotLock.unlock();
        }
    }
}
