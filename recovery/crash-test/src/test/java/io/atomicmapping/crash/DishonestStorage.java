package io.atomicmapping.crash;

import io.atomicmapping.crash.InterceptedStorage.Call;
import io.atomicmapping.crash.InterceptedStorage.Real;
import io.atomicmapping.storage.DurableFile;
import io.atomicmapping.storage.Storage;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * A storage that drops one kind of call of the library, or makes it differently, and reports success: a
 * barrier that the library would have forgotten. Which, the JVM is told by
 * {@code -Datomicmapping.crash.dishonest=NAME}; else it is honest.
 *
 * <p>A call is known by its name, its file, and the method of the library that makes it. A fault of a method
 * that was renamed hits nothing, is found by nobody, and so fails the catalogue.
 */
enum DishonestStorage {

    /** A commit is acknowledged before it is forced. */
    ACKNOWLEDGED_BEFORE_FORCE("force", Files.JOURNAL, "JournalWriter.force"),
    /** The checkpoint moves before home was forced. */
    CHECKPOINT_BEFORE_HOME_FORCED("force", Files.HOME, "Checkpointer.checkpoint"),
    /** Slots are not forced: what they free is used before. */
    SLOTS_NOT_FORCED("force", Files.JOURNAL, "SlotWriter.writeOne"),
    /** Both slots are overwritten, in pieces, before either is forced. */
    SLOTS_OVERWRITTEN_IN_PLACE("", Files.JOURNAL, "SlotWriter.writeOne"),
    /** A new ring gets its name before it is forced. */
    NEW_RING_NOT_FORCED("forceAll", Files.NEW, "NewJournalFile.fill"),
    /** A new ring is used before its name is durable. */
    NEW_RING_DIRECTORY_NOT_FORCED("forceDirectory", path -> true, "NewJournalFile.make"),
    /** Names that a killed opening left are not made durable. */
    FOUND_NAMES_NOT_FORCED("forceDirectory", path -> true, "Opening.settleNames"),
    /** The name of a journal elsewhere that a killed opening left is not made durable. */
    FOUND_JOURNAL_ELSEWHERE_NOT_FORCED("forceDirectory", path -> path.equals("/log"), "Opening.settleNames"),
    /** A creation that fails does not make durable that its journal is gone before its data file goes. */
    TAKEN_BACK_NAME_NOT_FORCED("forceDirectory", path -> true, "Opening.abandon"),
    /** What other programs wrote to a closed data file is not forced. */
    FOREIGN_BYTES_NOT_FORCED("force", Files.HOME, "Opening.startFromComplete"),
    /** A stub is relied on before its name is durable. */
    STUB_DIRECTORY_NOT_FORCED("forceDirectory", path -> true, "JournalStub.write"),
    /** A stub gets its name before it is forced. */
    STUB_NOT_FORCED("forceAll", Files.NEW, "JournalStub.write"),
    /** The attribute that says that the journal is needed is not forced. */
    ATTRIBUTE_NOT_FORCED("forceAll", Files.HOME, "OpenedFiles.mark"),
    /** The records that recovery writes anew are not forced before home gets their bytes. */
    REWRITTEN_RECORDS_NOT_FORCED("force", Files.JOURNAL, "Opening.recover"),
    /** What recovery wrote home is not forced before the journal is emptied. */
    RECOVERED_HOME_NOT_FORCED("force", Files.HOME, "Opening.recover"),
    /** A growth by opening is not forced before the journal calls it committed. */
    GROWTH_NOT_FORCED("force", Files.HOME, "Opening.grow"),
    /** The length to which a close cuts is not forced before the journal says that it is clean. */
    TRIM_NOT_FORCED("force", Files.HOME, "OpenedFiles.closeClean");

    static final String PROPERTY = "atomicmapping.crash.dishonest";
    private static final int PIECE_BYTES = 48;
    private static final AtomicLong HITS = new AtomicLong();
    /** by file: how many slots of it were written in pieces */
    private static final Map<Object, Integer> PIECES = new WeakHashMap<>();

    /** Which of the library's files. */
    private static final class Files {
        static final Predicate<String> NEW = path -> path.endsWith(".new");
        static final Predicate<String> JOURNAL = path -> path.endsWith("journal");
        static final Predicate<String> HOME = path -> path.endsWith("/file");
    }

    private final String call;
    private final Predicate<String> file;
    private final List<String> caller;

    DishonestStorage(String call, Predicate<String> file, String caller) {
        this.call = call;
        this.file = file;
        this.caller = List.of(caller.split("\\."));
    }

    /** The storage itself, unless this JVM was told to be dishonest. */
    static Storage over(Storage storage) {
        String name = System.getProperty(PROPERTY);
        return name == null ? storage : InterceptedStorage.over(storage, valueOf(name)::call);
    }

    /** How often calls were made dishonestly in this JVM. */
    static long hits() {
        return HITS.get();
    }

    private Object call(Call made, Real real) throws Throwable {
        boolean mine = call.isEmpty() ? made.name().equals("writeDirect") || made.name().equals("force")
                : made.name().equals(call);
        if (!mine || !file.test(made.path().toString()) || !isCaller()) {
            return real.make();
        }
        HITS.incrementAndGet();
        return call.isEmpty() ? inPieces(made, real) : null;
    }

    /** Whether the call is the method's own. A slot update that the method makes is another barrier. */
    private boolean isCaller() {
        return StackWalker.getInstance().walk(frames -> frames
                .takeWhile(frame -> isNamed(frame) || !frame.getClassName().endsWith(".SlotWriter"))
                .anyMatch(this::isNamed));
    }

    private boolean isNamed(StackWalker.StackFrame frame) {
        return frame.getMethodName().equals(caller.get(1))
                && frame.getClassName().endsWith("." + caller.get(0));
    }

    /** A slot in two writes; of the two forces of a slot update, only the last is made. */
    private static Object inPieces(Call made, Real real) throws Throwable {
        if (made.name().equals("force")) {
            synchronized (PIECES) {
                return PIECES.merge(real.target(), 1, Integer::sum) % 2 == 0 ? real.make() : null;
            }
        }
        long position = (Long) made.arguments()[0];
        MemorySegment slot = (MemorySegment) made.arguments()[1];
        ((DurableFile) real.target()).write(position, slot.asSlice(0, PIECE_BYTES));
        ((DurableFile) real.target()).write(position + PIECE_BYTES, slot.asSlice(PIECE_BYTES));
        return null;
    }
}
