package io.atomicmapping.recovery;

import io.atomicmapping.journal.CorruptJournalException;
import io.atomicmapping.journal.DataFileMark;
import io.atomicmapping.journal.IncompatibleJournalException;
import io.atomicmapping.journal.JournalFormat;
import io.atomicmapping.journal.JournalReader;
import io.atomicmapping.journal.JournalScan;
import io.atomicmapping.journal.JournalStub;
import io.atomicmapping.journal.JournalTail;
import io.atomicmapping.journal.Slot;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Which journal a data file is bound to, and whether it needs it: told by the file's attribute, by the
 * stub, and by the journal itself. It reads only.
 */
final class Binding implements AutoCloseable {

    /** Whether the data file is complete. */
    enum Condition {
        /** Complete, and without a journal. */
        NO_JOURNAL,
        /** Complete; the journal was closed cleanly, or never held a commit. */
        COMPLETE,
        /** The journal may hold commits that the data file does not. */
        INTERRUPTED
    }

    private final Path file;
    private final Path beside;
    private final DataFileMark mark;
    private final boolean markDamaged;
    private final JournalStub stub;
    private final Path path;
    private final JournalReader reader;
    private Condition condition;
    private JournalScan scan;

    private Binding(Path file, DataFileMark mark, boolean markDamaged, JournalStub stub, Path path,
            JournalReader reader) {
        this.file = file;
        this.beside = JournalFormat.besidePath(file);
        this.mark = mark;
        this.markDamaged = markDamaged;
        this.stub = stub;
        this.path = path;
        this.reader = reader;
    }

    /**
     * Reads everything that tells.
     *
     * @param home the data file, locked; null where it is missing
     */
    static Binding read(OpenRequest request, Path file, DurableFile home, boolean shared) throws IOException {
        byte[] attribute = home == null ? null : home.attribute(DataFileMark.ATTRIBUTE);
        DataFileMark mark = attribute == null ? null : DataFileMark.decode(attribute, file);
        boolean markDamaged = attribute != null && mark == null;
        Path beside = JournalFormat.besidePath(file);
        JournalStub stub = readStub(request.storage(), beside);
        Path path = beside;
        if (stub != null) {
            path = stub.journal();
        } else if (request.journal() != null && !isRegular(request.storage(), beside)) {
            path = request.storage().realPath(request.journal());
        }
        JournalReader reader = null;
        if (isRegular(request.storage(), path)) {
            path = request.storage().realPath(path);
            reader = openReader(request.storage(), path, shared, mark, home == null);
        }
        return new Binding(file, mark, markDamaged, stub, path, reader);
    }

    private static JournalStub readStub(Storage storage, Path beside) throws IOException {
        if (!isRegular(storage, beside)) {
            return null;
        }
        try (DurableFile candidate = storage.open(beside, Storage.OpenMode.READ)) {
            return JournalStub.read(candidate);
        }
    }

    private static boolean isRegular(Storage storage, Path path) throws IOException {
        return switch (storage.kind(path)) {
            case REGULAR -> true;
            case MISSING -> false;
            case DIRECTORY -> throw new FileSystemException(path.toString(), null, "not a journal but a "
                    + "directory");
            case SPECIAL -> throw new FileSystemException(path.toString(), null,
                    "not a journal but a device, pipe or socket");
            case DANGLING_LINK -> throw new FileSystemException(path.toString(), null,
                    "journal is a symbolic link to nothing: bring its target back, or remove the link");
        };
    }

    /** Opens a journal and reads its slots. */
    static JournalReader openReader(Storage storage, Path path, boolean shared, DataFileMark mark,
            boolean fileMissing) throws IOException {
        DurableFile journal = storage.open(path, shared ? Storage.OpenMode.READ : Storage.OpenMode.WRITE);
        try {
            if (!journal.tryLock(shared)) {
                throw new IOException("journal is in use by another data file: give each its own: journal="
                        + path);
            }
            return JournalReader.open(journal);
        } catch (CorruptJournalException e) {
            journal.close();
            String remedy = fileMissing ? "the data file is missing too: delete the journal to start anew"
                    : remedy(mark);
            throw new CorruptJournalException(e.getMessage() + ": " + remedy);
        } catch (IOException | RuntimeException e) {
            journal.close();
            throw e;
        }
    }

    /** What to do about a corrupt journal. */
    static String remedy(DataFileMark mark) {
        if (mark != null && !mark.inUse()) {
            return "the data file was closed cleanly at commit=" + mark.commit()
                    + " and is complete: delete the journal and open it again";
        }
        return "restore data file and journal from one backup; or accept the data file as it is, perhaps "
                + "with part of a commit: delete the journal and open with discardMissingJournal";
    }

    /** Decides whether the data file is complete, and refuses a journal that does not belong to it. */
    Condition decide(boolean discardMissingJournal) throws IOException {
        condition = reader == null ? withoutJournal(discardMissingJournal)
                : reader.slot().inUse() ? withJournalInUse() : withCleanJournal();
        return condition;
    }

    private Condition withoutJournal(boolean discardMissingJournal) throws IOException {
        boolean needed = mark != null ? mark.inUse() : markDamaged || stub != null;
        if (needed && !discardMissingJournal) {
            throw new IncompatibleJournalException("journal is missing, and the data file is incomplete "
                    + "without it: bring it back; or accept the data file as it is, perhaps with part of a "
                    + "commit, by discardMissingJournal: journal=" + path + ", file=" + file);
        }
        return Condition.NO_JOURNAL;
    }

    private Condition withCleanJournal() throws IOException {
        Slot slot = reader.slot();
        if (mark != null && mark.inUse()) {
            if (!mark.journalId().equals(slot.journalId())) {
                throw foreign("journalId", mark.journalId(), slot.journalId());
            }
            if (slot.generation() <= mark.generation()) {
                throw stale(slot);
            }
        }
        return Condition.COMPLETE;
    }

    private Condition withJournalInUse() throws IOException {
        Slot slot = reader.slot();
        boolean foreignStub = stub != null && !stub.journalId().equals(slot.journalId());
        if (mark != null && mark.inUse()) {
            if (!mark.journalId().equals(slot.journalId())) {
                throw foreign("journalId", mark.journalId(), slot.journalId());
            }
            if (slot.generation() < mark.generation()) {
                throw stale(slot);
            }
        } else if (mark != null || foreignStub) {
            // an opening that was cut before the attribute, or the stub, said that the journal is needed:
            // so it let no commit pass
            if (!holdsNoCommit()) {
                if (foreignStub) {
                    throw foreign("journalId", stub.journalId(), slot.journalId());
                }
                throw new IncompatibleJournalException("journal holds commits of an interrupted session, "
                        + "but the data file was closed cleanly: one of them is from a backup, or another "
                        + "pair: restore both from one backup, or delete the journal to accept the data "
                        + "file: lastCommit=" + scan().tail().state().commit() + ", commitOfDataFile="
                        + mark.commit() + ", journal=" + path + ", file=" + file);
            }
            return Condition.COMPLETE;
        }
        return Condition.INTERRUPTED;
    }

    private IncompatibleJournalException foreign(String what, UUID expected, UUID actual) {
        return new IncompatibleJournalException("journal belongs to another data file: bring back the right "
                + "one, or delete this one and accept the data file as it is by discardMissingJournal: "
                + what + "=" + actual + ", expected=" + expected + ", journal=" + path + ", file=" + file);
    }

    private IncompatibleJournalException stale(Slot slot) {
        return new IncompatibleJournalException("journal is older than the data file: bring back the right "
                + "one, or delete this one and accept the data file as it is by discardMissingJournal: "
                + "slotGeneration=" + slot.generation() + ", expected=" + mark.generation()
                + " or more, journal=" + path + ", file=" + file);
    }

    /** Whether a journal in use never took a commit since its checkpoint. */
    boolean holdsNoCommit() throws IOException {
        JournalScan found = scan();
        refuseCorruption(found);
        return found.recordCount() == 0;
    }

    /** The scan of a journal in use, made once. */
    JournalScan scan() throws IOException {
        if (scan == null) {
            try {
                scan = reader.scan();
            } catch (CorruptJournalException e) {
                throw new CorruptJournalException(e.getMessage() + ": " + remedy(mark));
            }
        }
        return scan;
    }

    /** Throws where the scan found what no crash leaves. */
    void refuseCorruption(JournalScan found) throws CorruptJournalException {
        TailCase tail = TailCase.of(found);
        if (!tail.isCorrupt()) {
            return;
        }
        JournalScan.Findings findings = found.findings();
        long lsn = found.tail().endLsn();
        String text = switch (tail) {
            case LOST_RECORD -> "journal lost a record that had been durable";
            case CONTRADICTION -> "journal holds a record that cannot be";
            default -> "journal has older slots than its records";
        };
        throw new CorruptJournalException(text + ": " + remedy(mark) + ": lsn=" + lsn + ", position="
                + JournalFormat.filePosition(lsn, reader.slot().ringBytes())
                + (findings.detail().isEmpty() ? "" : ", " + findings.detail())
                + (findings.laterLsn() < 0 ? "" : ", laterLsn=" + findings.laterLsn())
                + ", lastCommit=" + found.tail().state().commit() + ", journal=" + path);
    }

    /** Where the journal of a complete data file ends. */
    JournalTail completeTail() throws IOException {
        return reader.slot().inUse() ? scan().tail() : reader.cleanTail();
    }

    /** The last commit that a complete data file holds. */
    long completeCommit() {
        boolean same = isProven();
        long ofMark = mark == null ? 0 : mark.commit();
        long ofJournal = reader == null || mark != null && !same ? 0 : reader.slot().checkpointCommit();
        return Math.max(ofMark, ofJournal);
    }

    /** Whether attribute or stub name this journal. */
    boolean isProven() {
        if (reader == null) {
            return false;
        }
        UUID id = reader.slot().journalId();
        return mark != null && mark.journalId().equals(id) || stub != null && stub.journalId().equals(id);
    }

    Condition condition() {
        return condition;
    }

    /** The journal's path; it may be missing. */
    Path path() {
        return path;
    }

    Path beside() {
        return beside;
    }

    DataFileMark mark() {
        return mark;
    }

    JournalStub stub() {
        return stub;
    }

    /** The journal, or null where it is missing. */
    JournalReader reader() {
        return reader;
    }

    /** Frees the scan's memory; the journal stays open. */
    void closeScan() {
        if (scan != null) {
            scan.close();
            scan = null;
        }
    }

    /** Hands the scan over: who takes it closes it. */
    JournalScan takeScan() {
        JournalScan taken = scan;
        scan = null;
        return taken;
    }

    @Override
    public void close() throws IOException {
        closeScan();
        if (reader != null) {
            reader.file().close();
        }
    }
}
