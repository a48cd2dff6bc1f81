package io.atomicmapping.recovery;

import io.atomicmapping.journal.CommittedState;
import io.atomicmapping.journal.IncompatibleJournalException;
import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.journal.JournalReader;
import io.atomicmapping.journal.JournalScan;
import io.atomicmapping.journal.JournalSetup;
import io.atomicmapping.journal.JournalStub;
import io.atomicmapping.journal.JournalTail;
import io.atomicmapping.journal.JournalWriter;
import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.recovery.Binding.Condition;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One opening for writing. The order of its steps is that of {@code FORMAT.md}, "Opening": a crash between
 * any two leaves what the next opening accepts.
 */
final class Opening {

    private static final Logger LOG = LoggerFactory.getLogger(Opening.class);

    private final OpenRequest request;
    private final Storage storage;
    private final long startNanos = System.nanoTime();

    private Path file;
    private boolean created;
    private DurableFile home;
    private Binding binding;
    /** Where the journal is to lie from now on; null until that is decided. */
    private Path target;
    private JournalWriter writer;

    private TailCase tailCase;
    private long commitsReplayed;
    private long bytesReplayed;
    private long bytesDiscarded;

    Opening(OpenRequest request) {
        this.request = request;
        this.storage = request.storage();
    }

    OpenedFiles run() throws IOException {
        try {
            openHome();
            Condition condition = binding.decide(created || request.discardMissingJournal());
            target = target(condition);
            if (request.adoption() != null) {
                refuseIncomplete(condition);
                request.adoption().run(home);
            }
            reportSlots();
            if (condition == Condition.INTERRUPTED) {
                recover();
            } else {
                tailCase = condition == Condition.NO_JOURNAL ? TailCase.NO_JOURNAL : TailCase.CLEAN;
                startFromComplete();
            }
            grow();
            adjustRing();
            announce();
            CommittedState state = new CommittedState(writer.lastCommit(), writer.slot().committedSize());
            return new OpenedFiles(home, writer, new RecoveryOutcome(tailCase, created, commitsReplayed,
                    bytesReplayed, bytesDiscarded, state.commit(), state.size(),
                    System.nanoTime() - startNanos, target), request.journalCapacityBytes() == 0);
        } catch (IOException | RuntimeException | Error e) {
            abandon(e);
            throw e;
        }
    }

    /**
     * Finds or creates the data file, locks it before anything else is looked at, and reads what it is
     * bound to.
     */
    private void openHome() throws IOException {
        DataFiles.Place place = DataFiles.find(request);
        file = place.path();
        if (!place.exists()) {
            refuseOrphanedJournal();
            home = DataFiles.create(storage, file);
            created = true;
        } else if (request.adoption() != null) {
            home = DataFiles.openBesideOwner(storage, file);
        } else {
            home = DataFiles.open(storage, file, false);
        }
        binding = Binding.read(request, file, home, false);
    }

    /** Whoever mapped the file has loaded what a crash left: nothing can be brought up to date beneath. */
    private void refuseIncomplete(Condition condition) throws IOException {
        if (condition == Condition.INTERRUPTED) {
            throw new IncompatibleJournalException("data file was not closed cleanly, and was mapped before"
                    + " it was recovered: close it in the library that mapped it, without storing to it, call"
                    + " AtomicMapping.recover(file), then open it again: journal=" + binding.path()
                    + ", file=" + file);
        }
    }

    /** A journal in use without its data file holds the only copy of commits. */
    private void refuseOrphanedJournal() throws IOException {
        try (Binding orphan = Binding.read(request, file, null, true)) {
            if (orphan.reader() != null && orphan.reader().slot().inUse()) {
                throw new IncompatibleJournalException("data file is missing, but its journal is in use: "
                        + "bring the data file back, or delete the journal to start anew: journal="
                        + orphan.path() + ", file=" + file);
            }
        }
    }

    /** Rot that costs nothing yet, but tells of the disk. */
    private void reportSlots() {
        JournalReader reader = binding.reader();
        for (int i = 0; reader != null && i < 2; i++) {
            if (reader.finding(i) == JournalReader.SlotFinding.DAMAGED) {
                LOG.warn("journal slot was damaged, and is written anew from the other: the disk may be "
                        + "failing: index={}, journal={}", i, binding.path());
            }
        }
    }

    /** Where the journal is to lie from now on. It moves only when nothing depends on the old one. */
    private Path target(Condition condition) throws IOException {
        if (request.journal() == null) {
            return binding.path();
        }
        Path wanted = storage.realPath(request.journal());
        if (wanted.equals(file)) {
            throw new IOException("journal and data file are the same: give the journal a path of its own: "
                    + "file=" + file);
        }
        if (condition == Condition.INTERRUPTED && !wanted.equals(binding.path())) {
            throw new IncompatibleJournalException("data file has a journal elsewhere that it needs: open "
                    + "it without the journal option and close it, then move: journal=" + binding.path()
                    + ", option=" + wanted + ", file=" + file);
        }
        return wanted;
    }

    /** Replays an interrupted session: {@code FORMAT.md}, "Recovery". */
    private void recover() throws IOException {
        JournalReader reader = binding.reader();
        JournalScan scan = binding.scan();
        // 1. all refusals, before the first write
        binding.refuseCorruption(scan);
        tailCase = TailCase.of(scan);
        LOG.debug("journal tail: {}, records={}, {}, journal={}", tailCase, scan.recordCount(),
                scan.findings(), binding.path());
        CommittedBytes bytes = new CommittedBytes(scan, reader.slot().committedSize());
        HomeChecks.verify(request, reader.slot(), home, scan, bytes);
        commitsReplayed = scan.commitCount();
        bytesDiscarded = scan.findings().discardedBytes();
        settleNames(binding.path());
        // 2. records that may be in the page cache only: on disk before home depends on them
        scan.rewriteUnproven();
        reader.file().force();
        // 3. home
        bytesReplayed = Replay.run(scan, bytes, home);
        home.force();
        // 4. both slots: the ring is empty, and what is left in it does not count under the new salt
        JournalTail tail = scan.tail();
        writer = JournalWriter.resume(setup(binding.path()), reader.file(), tail, tail.state(), true);
        binding.closeScan();
    }

    private JournalSetup setup(Path journal) {
        return new JournalSetup(storage, journal, home, request.pageBytes());
    }

    /**
     * Removes what a crash left half made, and makes the names durable that were found: a killed opening
     * may have given them without having forced the directory. Only after everything that refuses, which
     * writes nothing.
     */
    private void settleNames(Path target) throws IOException {
        storage.delete(JournalFormat.temporaryPath(binding.beside()));
        storage.delete(JournalFormat.temporaryPath(binding.path()));
        storage.forceDirectory(file.getParent());
        if (!target.getParent().equals(file.getParent())) {
            storage.forceDirectory(target.getParent());
        }
    }

    /** Makes the data file as long as asked for. The journal allows the length before the file gets it. */
    private void grow() throws IOException {
        if (request.size() > home.length()) {
            writer.recordGrowth(request.size());
            home.setLength(request.size());
            home.force();
            writer.adoptSize(request.size());
        }
    }

    /** Starts a journal for a data file whose bytes are complete, whatever other programs made of them. */
    private void startFromComplete() throws IOException {
        JournalReader reader = created ? null : reusable();
        settleNames(target);
        if (created) {
            home.setLength(request.size());
        }
        home.force(); // what other programs wrote is the base of what is replayed after the next crash
        CommittedState state = new CommittedState(created ? 0 : binding.completeCommit(), home.length());
        if (binding.reader() != null && reader != binding.reader()) {
            binding.reader().file().close();
        }
        if (reader == null) {
            writer = JournalWriter.create(setup(target),
                    JournalFormat.ringBytes(request.journalCapacityBytes(), Math.max(state.size(),
                    request.size())), state);
        } else {
            boolean current = reader == binding.reader();
            JournalTail tail = current ? binding.completeTail() : tailOf(reader);
            writer = resume(reader, tail, state, current && binding.isProven());
        }
        binding.closeScan();
    }

    private JournalWriter resume(JournalReader reader, JournalTail tail, CommittedState state, boolean proven)
            throws IOException {
        try {
            return JournalWriter.resume(setup(target), reader.file(), tail, state, proven);
        } catch (IOException | RuntimeException e) {
            reader.file().close();
            throw e;
        }
    }

    /**
     * The journal that lies at the target already, if it can be used again; null where a new one is to be
     * made.
     */
    private JournalReader reusable() throws IOException {
        if (target.equals(binding.path())) {
            return binding.reader() != null && binding.reader().isWhole() ? binding.reader() : null;
        }
        if (target.equals(binding.beside()) || storage.kind(target) == Storage.FileKind.MISSING) {
            return null;
        }
        JournalReader reader = Binding.openReader(storage, target, false, binding.mark(), false);
        try {
            if (reader.isWhole()) {
                tailOf(reader);
                return reader;
            }
            reader.file().close();
            return null;
        } catch (IOException | RuntimeException e) {
            reader.file().close();
            throw e;
        }
    }

    /** The end of a journal that this data file was not bound to: it must hold no commit. */
    private JournalTail tailOf(JournalReader reader) throws IOException {
        if (!reader.slot().inUse()) {
            return reader.cleanTail();
        }
        try (JournalScan scan = reader.scan()) {
            if (scan.recordCount() == 0 && !TailCase.of(scan).isCorrupt()) {
                return scan.tail();
            }
        }
        throw new IncompatibleJournalException("journal holds commits of another data file: give each its "
                + "own: journal=" + reader.file().path() + ", file=" + file);
    }

    private void adjustRing() throws IOException {
        if (request.journalCapacityBytes() != 0) {
            long ringBytes = JournalFormat.ringBytes(request.journalCapacityBytes(), 0);
            if (ringBytes != writer.ringBytes()) {
                writer.grow(ringBytes);
            }
        }
    }

    /** Says where the journal is, and that it is needed: last, and before the first commit. */
    private void announce() throws IOException {
        if (SeededFault.STUB_AFTER_ATTRIBUTE.isSeeded()) {
            OpenedFiles.mark(home, writer, writer.lastCommit(), true);
        }
        JournalStub stub = new JournalStub(writer.slot().journalId(), target);
        if (!target.equals(binding.beside()) && !stub.equals(binding.stub())
                && !SeededFault.STUB_LATE.isSeeded()) {
            stub.write(storage, binding.beside(), home);
        }
        if (!SeededFault.ATTRIBUTE_LATE.isSeeded()) {
            OpenedFiles.mark(home, writer, writer.lastCommit(), true);
        }
    }

    /**
     * After a failure: releases everything, and removes a data file that this opening created and gave no
     * journal yet. A journal that was removed before is so durably: one in use without its data file would
     * be refused.
     */
    private void abandon(Throwable cause) {
        DurableFile closedLast = home;
        Binding closedBefore = binding;
        JournalWriter closedFirst = writer;
        try (closedLast; closedBefore; closedFirst) {
            if (created && writer == null) {
                if (target != null) {
                    storage.forceDirectory(target.getParent());
                }
                storage.delete(file);
            }
        } catch (IOException | RuntimeException e) {
            cause.addSuppressed(e);
        }
    }
}
