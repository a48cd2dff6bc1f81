package io.atomicmapping;

import io.atomicmapping.dirty.ExplicitTracking;
import io.atomicmapping.dirty.Gate;
import io.atomicmapping.dirty.Memory;
import io.atomicmapping.dirty.Range;
import io.atomicmapping.dirty.Sections;
import io.atomicmapping.dirty.Stripe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/**
 * A mapped file whose changes become durable all or nothing.
 *
 * <p>The program loads and stores as in memory. {@link #sync()} makes everything stored since the last sync
 * durable. After a crash at any instant (the process killed, the kernel gone, the power cut; while opening
 * again, too) opening the file gives exactly the bytes of one commit: the last whose {@code sync} returned,
 * or a later one that was in flight. There is nothing to call: opening recovers.
 *
 * <pre>{@code
 * try (AtomicMapping mapping = AtomicMapping.open(Path.of("counters"), 1 << 20)) {
 *     mapping.putLong(0, mapping.getLong(0) + 1);
 *     mapping.putLong(8192, System.currentTimeMillis());
 *     mapping.sync(); // both, or after a crash neither
 * }
 * }</pre>
 *
 * <p><b>Threads.</b> Every method may be called by any thread, also virtual ones. Loads and stores are plain,
 * as those of a {@link MemorySegment}: threads that share bytes order themselves. A commit that holds a store
 * also holds every store that happens-before it; a store beside a sync is in this commit or in the next,
 * whole.
 *
 * <p><b>Cost.</b> A load costs what it costs in a segment, a store a few nanoseconds more. The first store
 * into a page copies it: a page that was stored to takes twice its size of memory, until it is committed,
 * home, and handed back ({@link MappingOptions.Builder#memoryBudget}). A sync compares what was stored to, in
 * lines of a 64th of a page, mostly 64 bytes, with that copy, appends the bytes that differ to the journal,
 * and forces it: what it costs follows the changes, not the size of the file. Nothing is allocated by a load
 * or a store.
 *
 * <p><b>Errors.</b> An access out of bounds is an {@link IndexOutOfBoundsException}; a store or a sync after
 * {@link #close}, or after the disk failed to force what it was given, an {@link IllegalStateException}:
 * reopen the file to go on from the last commit. A file that another program has truncated, or that the disk
 * cannot read, is an {@link UncheckedIOException} that names it; from a load or a store that the JVM has
 * compiled into the caller it may be the {@link InternalError} of a {@link MemorySegment}, which the JVM
 * raises a little later.
 *
 * <p>Source: failure-atomic msync, Park, Kelly, Shen, EuroSys'13; twins and diffs, TreadMarks, USENIX'94.
 */
public final class AtomicMapping implements AutoCloseable {

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle ALIGNED_LONG =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle ALIGNED_INT =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private final Opened opened;
    /** null if read-only */
    private final Engine engine;
    private final Sizes sizes;
    private final Sections sections;
    private final Gate gate;
    private final ExplicitTracking tracking;
    private final MemorySegment data;
    /** of data; a store inside a section needs no proof that the memory is there */
    private final long address;
    /** of an adopted file, whose bytes need not lie in data; else null */
    private final Elsewhere elsewhere;

    private AtomicMapping(Opened opened) {
        this.opened = opened;
        this.engine = opened.engine();
        this.sizes = opened.sizes();
        this.gate = engine == null ? new Gate() : engine.gate;
        this.sections = engine == null ? new Sections(gate) : engine.sections;
        this.tracking = engine == null ? null : engine.tracking;
        this.data = opened.image().segment();
        this.address = opened.image().address();
        this.elsewhere = engine == null || engine.adopted() == null ? null : engine.adopted().access();
    }

    // ---- opening ----

    /**
     * Opens an existing file at its size.
     *
     * @param file the file; a symbolic link is followed
     * @return the mapping, which holds the file's last commit
     * @throws java.nio.file.NoSuchFileException if there is none
     * @throws io.atomicmapping.journal.CorruptJournalException if the journal is damaged
     * @throws io.atomicmapping.journal.IncompatibleJournalException if the journal is missing, not of this
     *     file, or of a newer version
     * @throws IOException if it cannot be opened, or is open already
     */
    public static AtomicMapping open(Path file) throws IOException {
        return open(file, MappingOptions.builder().build());
    }

    /**
     * Opens a file, creating it or growing it to at least a size; that is durable when this returns.
     *
     * @param file the file
     * @param size the least size in bytes, 0 to {@link MappingOptions#SIZE_LIMIT}; new bytes are 0, and take
     *     no disk space until they are committed to
     * @return the mapping
     * @throws IOException as {@link #open(Path)}, or if there is no space
     * @throws IllegalArgumentException if the size is out of range
     */
    public static AtomicMapping open(Path file, long size) throws IOException {
        return open(file, MappingOptions.builder().size(size).build());
    }

    /**
     * Opens a file.
     *
     * @param file the file
     * @param options how
     * @return the mapping
     * @throws IOException as {@link #open(Path, long)}
     * @throws IllegalArgumentException if the file is larger than the options' {@code maxSize}
     * @throws UnsupportedOperationException on a system that is not Linux on x86-64 or aarch64
     */
    public static AtomicMapping open(Path file, MappingOptions options) throws IOException {
        Objects.requireNonNull(file, "file");
        return new AtomicMapping(Opened.open(file, options));
    }

    /**
     * Brings a file to its last commit and closes it, so that other programs can read or copy it. A file that
     * was closed is left as it is.
     *
     * @param file the file
     * @return what was found and done
     * @throws IOException as {@link #open(Path)}
     */
    public static RecoveryReport recover(Path file) throws IOException {
        try (AtomicMapping mapping = open(file)) {
            return mapping.recovery();
        }
    }

    /**
     * As {@link #adopt(Path, MappingOptions)}, with defaults.
     *
     * @param file the file
     * @return the mapping
     * @throws IOException as {@link #adopt(Path, MappingOptions)}
     * @throws IllegalStateException as {@link #adopt(Path, MappingOptions)}
     */
    public static AtomicMapping adopt(Path file) throws IOException {
        return adopt(file, MappingOptions.builder().build());
    }

    /**
     * Takes over what another library, or other code, has mapped of a file in this process, wherever it
     * lies: by {@code FileChannel.map}, into a {@link java.nio.MappedByteBuffer} or a {@link
     * MemorySegment}, or by {@code mmap} of native code. Every shared, writable mapping of the file becomes
     * private where it is, and the kernel finds the stores, as after {@link #segment()}. From then on
     * nothing that is stored there reaches the file but by {@link #sync()}, all or nothing, and {@link
     * #rollback()} takes all of it back. What was there is forced, and is a commit, when this returns:
     * {@link #lastCommit()} is its number.
     *
     * <p>Mappings that are made later are adopted by the next sync, before its cut, by a rollback, or by
     * {@link #adoptNew()}. Until then what is stored through them reaches the file at once; past the
     * committed size and in the page of the last committed byte that does no harm, as recovery takes
     * nothing of the file from there on. The length of the file is the owner's: when it makes it longer,
     * the next commit has the new size, and all that was appended, by whatever means.
     *
     * <p>Pages that are mapped more than once lie in memory that those mappings share, read-only ones too:
     * they see each other's stores as before. Such pages are compared with the file at each sync, and take
     * memory.
     *
     * <p><b>What the owner must not do.</b> Be in the middle of an operation while this method, {@code
     * adoptNew}, {@code sync}, {@code rollback} or {@code close} runs: its operations belong inside {@link
     * #update}. Unmap what was stored to and is not committed: the next sync then throws, until a rollback;
     * memory that it has unmapped is not touched. Make the file shorter: the mapping fails, and tells. Write
     * into the file by {@code write(2)}, but past its end: that is neither protected nor noticed. Rely on
     * {@code force} or {@code msync}: they do nothing.
     *
     * <p>And it must stay mapped: a buffer that nobody holds is unmapped when it is collected. A sync, a
     * load or a store by offset that meets that in the same moment ends the process, as any use of memory
     * that is gone. A close does not: it touches no memory of the owner.
     *
     * <p>An owner that unmaps all and maps anew to make its file longer has lost nothing if a sync came
     * right before; a {@code rollback} right after, before it stores anything, says so. The owner may lock
     * the file by {@code FileChannel.lock}, before or meanwhile.
     *
     * <p><b>The mapping itself.</b> Loads and stores by offset see the same bytes, at some microseconds
     * each: the kernel is asked whether the memory is still there. {@link #segment()}, {@link
     * #readSegment()} and {@link #resize} throw {@link UnsupportedOperationException}; {@link #sync(long,
     * long)} commits everything. {@code rollback} leaves the file its length, with zeros past the last
     * commit. {@link #close} discards what is not committed, cuts the file to its committed size, and makes
     * the mappings shared and ordinary again, with the committed bytes; those past the cut read 0. After a
     * failure it leaves them private: the owner can load from them, and nothing reaches the file.
     *
     * <p><b>After a crash</b> call {@link #recover} before the owner maps the file: it then has the bytes and
     * the length of one commit. A file that was mapped without that is refused here, and nothing is written.
     *
     * <p><b>Cost.</b> Follows the number of mappings and, in a sync, the pages stored to. Mappings are
     * found in microseconds from Linux 6.11 on, in some milliseconds before. A commit has at least the
     * bytes of the file's last page.
     *
     * @param file the file; another name of it than the owner used will do
     * @param options how: {@code maxSize}, up to which the owner can make the file longer, {@code journal},
     *     {@code journalCapacity}, {@code discardMissingJournal}
     * @return the mapping
     * @throws java.nio.file.NoSuchFileException if there is no such file
     * @throws io.atomicmapping.journal.IncompatibleJournalException if the file needs recovery
     * @throws IOException if it is open elsewhere, by another {@code AtomicMapping} or locked by another
     *     process, cannot be forced, or there is no space for the journal; then the mappings are shared as
     *     before
     * @throws IllegalStateException if the file has no shared, writable mapping in this process
     * @throws IllegalArgumentException if the options say {@code size} or {@code readOnly}, if the file is
     *     larger than {@code maxSize}, or of a storage whose files cannot be mapped
     * @throws UnsupportedOperationException on a system that is not Linux on x86-64 or aarch64
     */
    public static AtomicMapping adopt(Path file, MappingOptions options) throws IOException {
        Objects.requireNonNull(file, "file");
        return new AtomicMapping(Opened.adopt(file, options));
    }

    /**
     * Adopts what the owner of an adopted file has mapped since: to protect it before the next sync, and so
     * that mappings of the same pages go on seeing each other's stores.
     *
     * @return how many mappings that is
     * @throws IOException if memory was unmapped that had been stored to since the last commit, if there is
     *     no room for the mappings, or if the file cannot be forced; after that the mapping has failed
     * @throws IllegalStateException inside an update, after close, or after a failure
     * @throws UnsupportedOperationException if the file was opened, not adopted
     */
    public int adoptNew() throws IOException {
        Engine writable = opened.writable();
        if (writable.adopted() == null) {
            throw new UnsupportedOperationException(
                    "mapping was opened, not adopted: there is nothing to adopt: file=" + writable.file);
        }
        try {
            return writable.commits.adoptNew();
        } catch (InternalError e) {
            throw opened.unreadable(e).getCause();
        }
    }

    // ---- loads ----

    /**
     * The size.
     *
     * @return bytes; what {@code resize} made it counts at once
     * @throws IllegalStateException after close
     */
    public long size() {
        if (sizes.readable() < 0) {
            throw opened.closedException();
        }
        return sizes.current();
    }

    /** Checks the bounds of a load; true if it goes where another library has mapped the file. */
    private boolean loadsElsewhere(long offset, long length) {
        return (offset < 0 || offset > sizes.loadLimit() - length) && checkLoad(offset, length);
    }

    private boolean checkLoad(long offset, long length) {
        long limit = sizes.readable();
        if (length < 0 || offset < 0 || offset > limit - length) {
            throw opened.refuse(offset, length, limit);
        }
        return elsewhere != null;
    }

    /**
     * Loads a byte.
     *
     * @param offset where, in bytes
     * @return its value
     */
    public byte getByte(long offset) {
        try {
            return loadsElsewhere(offset, Byte.BYTES) ? (byte) elsewhere.load(offset, Byte.BYTES)
                    : data.get(BYTE, offset);
        } catch (InternalError e) {
            throw opened.unreadable(e);
        }
    }

    /**
     * Loads a short, little-endian, at any alignment.
     *
     * @param offset where, in bytes
     * @return its value
     */
    public short getShort(long offset) {
        try {
            return loadsElsewhere(offset, Short.BYTES) ? (short) elsewhere.load(offset, Short.BYTES)
                    : data.get(SHORT, offset);
        } catch (InternalError e) {
            throw opened.unreadable(e);
        }
    }

    /**
     * Loads an int, little-endian, at any alignment.
     *
     * @param offset where, in bytes
     * @return its value
     */
    public int getInt(long offset) {
        try {
            return loadsElsewhere(offset, Integer.BYTES) ? (int) elsewhere.load(offset, Integer.BYTES)
                    : data.get(INT, offset);
        } catch (InternalError e) {
            throw opened.unreadable(e);
        }
    }

    /**
     * Loads a long, little-endian, at any alignment.
     *
     * @param offset where, in bytes
     * @return its value
     */
    public long getLong(long offset) {
        try {
            return loadsElsewhere(offset, Long.BYTES) ? elsewhere.load(offset, Long.BYTES)
                    : data.get(LONG, offset);
        } catch (InternalError e) {
            throw opened.unreadable(e);
        }
    }

    /**
     * Loads a float, little-endian, at any alignment.
     *
     * @param offset where, in bytes
     * @return its value
     */
    public float getFloat(long offset) {
        return Float.intBitsToFloat(getInt(offset));
    }

    /**
     * Loads a double, little-endian, at any alignment.
     *
     * @param offset where, in bytes
     * @return its value
     */
    public double getDouble(long offset) {
        return Double.longBitsToDouble(getLong(offset));
    }

    /**
     * Loads bytes.
     *
     * @param offset where, in bytes
     * @param target takes them, all of it
     */
    public void getBytes(long offset, byte[] target) {
        getBytes(offset, target, 0, target.length);
    }

    /**
     * Loads bytes.
     *
     * @param offset where, in bytes
     * @param target takes them
     * @param from where in the target
     * @param length how many
     */
    public void getBytes(long offset, byte[] target, int from, int length) {
        Objects.checkFromIndexSize(from, length, target.length);
        try {
            if (loadsElsewhere(offset, length)) {
                elsewhere.load(offset, MemorySegment.ofArray(target).asSlice(from, length));
            } else {
                MemorySegment.copy(data, BYTE, offset, target, from, length);
            }
        } catch (InternalError e) {
            throw opened.unreadable(e);
        }
    }

    /**
     * Loads bytes.
     *
     * @param offset where, in bytes
     * @param target takes them, all of it
     */
    public void get(long offset, MemorySegment target) {
        try {
            if (loadsElsewhere(offset, target.byteSize())) {
                elsewhere.load(offset, target);
            } else {
                MemorySegment.copy(data, offset, target, 0, target.byteSize());
            }
        } catch (InternalError e) {
            throw opened.unreadable(e);
        }
    }

    /**
     * Loads a long; what the thread that stored it by {@link #putLongRelease} stored before is seen after.
     *
     * @param offset where, a multiple of 8
     * @return its value
     * @throws IllegalArgumentException if it is not aligned
     */
    public long getLongAcquire(long offset) {
        boolean loadsElsewhere = loadsElsewhere(offset, Long.BYTES);
        checkAligned(offset, Long.BYTES);
        try {
            return loadsElsewhere ? (long) ALIGNED_LONG.getAcquire(Memory.ALL, elsewhere.addressOf(offset))
                    : (long) ALIGNED_LONG.getAcquire(data, offset);
        } catch (InternalError e) {
            throw opened.unreadable(e);
        }
    }

    /**
     * The whole mapping to be loaded from, at its size now. Free of charge: stores are tracked as before.
     * What lies past a size made smaller later reads 0.
     *
     * @return a read-only segment, alive until close
     * @throws IllegalStateException after close
     * @throws UnsupportedOperationException if the file was adopted
     */
    public MemorySegment readSegment() {
        refuseSegmentIfAdopted();
        return data.asSlice(0, size()).asReadOnly();
    }

    // ---- stores ----

    /** Inside a section: whether the bounds are right and the store of one value, below them, is marked. */
    private boolean isMarked(long offset, int length, long value, Stripe section) {
        return offset >= 0 && offset <= gate.limit() - length
                && tracking.tryMark(offset, length, value, section);
    }

    /** Stores one value for which {@link #isMarked} is not true: all that seldom happens to a put is here. */
    private void store(long offset, int length, long value, Stripe section) {
        boolean here = true;
        if (offset >= 0 && offset <= gate.limit() - length) {
            tracking.mark(offset, length, value, section);
        } else {
            here = passesOtherwise(offset, length, section);
        }
        if (here) {
            Memory.set(address + offset, length, value);
        } else {
            elsewhere.store(offset, length, value);
        }
    }

    /**
     * Inside a section: checks the bounds and marks what stores will touch; false if they are to go where
     * another library has mapped the file.
     */
    private boolean storesHere(long offset, long length, Stripe section) {
        if (offset >= 0 && offset <= gate.limit() - length) {
            tracking.mark(offset, length, section);
            return true;
        }
        return passesOtherwise(offset, length, section);
    }

    /** A commit wants the field, the kernel finds the store, the mapping has just grown, or it is refused. */
    private boolean passesOtherwise(long offset, long length, Stripe section) {
        sections.passGate(section);
        long limit = gate.limitWhenOpen();
        // the mode after the limit: the change of mode sets the limit to -1 last, and then waits for puts
        boolean marked = limit >= 0 || engine == null || engine.kernel() == null;
        if (!marked) {
            limit = sizes.storable();
        }
        if (offset < 0 || offset > limit - length) {
            throw opened.refuse(offset, length, limit);
        }
        if (marked) {
            tracking.mark(offset, length, section);
        }
        return elsewhere == null;
    }

    /** As {@link #storesHere}, for a length that the caller gave. */
    private boolean storesHereOf(long offset, long length, Stripe section) {
        if (length > 0) {
            return storesHere(offset, length, section);
        }
        if (length < 0 || offset < 0 || offset > sizes.storable()) {
            throw opened.refuse(offset, length, sizes.storable());
        }
        return true;
    }

    /** A value was marked, and then perhaps not stored: a commit is to look for itself. */
    private RuntimeException storeFailed(long offset, VirtualMachineError e) {
        if (tracking != null && offset >= 0 && offset < sizes.current()) {
            tracking.storeFailed(offset);
        }
        if (e instanceof InternalError fault) {
            return opened.unreadable(fault);
        }
        throw e;
    }

    private static void checkAligned(long offset, int alignment) {
        if ((offset & alignment - 1) != 0) {
            throw new IllegalArgumentException(
                    "offset is not aligned: offset=" + offset + ", alignment=" + alignment);
        }
    }

    /**
     * Stores a byte.
     *
     * @param offset where, in bytes
     * @param value its value
     */
    public void putByte(long offset, byte value) {
        Stripe section = sections.openPut();
        try {
            if (isMarked(offset, Byte.BYTES, value, section)) {
                Memory.ALL.set(BYTE, address + offset, value);
            } else {
                store(offset, Byte.BYTES, value, section);
            }
        } catch (InternalError | StackOverflowError e) {
            throw storeFailed(offset, e);
        } finally {
            sections.exitPut(section);
        }
    }

    /**
     * Stores a short, little-endian, at any alignment.
     *
     * @param offset where, in bytes
     * @param value its value
     */
    public void putShort(long offset, short value) {
        Stripe section = sections.openPut();
        try {
            if (isMarked(offset, Short.BYTES, value, section)) {
                Memory.ALL.set(SHORT, address + offset, value);
            } else {
                store(offset, Short.BYTES, value, section);
            }
        } catch (InternalError | StackOverflowError e) {
            throw storeFailed(offset, e);
        } finally {
            sections.exitPut(section);
        }
    }

    /**
     * Stores an int, little-endian, at any alignment.
     *
     * @param offset where, in bytes
     * @param value its value
     */
    public void putInt(long offset, int value) {
        Stripe section = sections.openPut();
        try {
            if (isMarked(offset, Integer.BYTES, value, section)) {
                Memory.ALL.set(INT, address + offset, value);
            } else {
                store(offset, Integer.BYTES, value, section);
            }
        } catch (InternalError | StackOverflowError e) {
            throw storeFailed(offset, e);
        } finally {
            sections.exitPut(section);
        }
    }

    /**
     * Stores a long, little-endian, at any alignment.
     *
     * @param offset where, in bytes
     * @param value its value
     */
    public void putLong(long offset, long value) {
        Stripe section = sections.openPut();
        try {
            if (isMarked(offset, Long.BYTES, value, section)) {
                Memory.ALL.set(LONG, address + offset, value);
            } else {
                store(offset, Long.BYTES, value, section);
            }
        } catch (InternalError | StackOverflowError e) {
            throw storeFailed(offset, e);
        } finally {
            sections.exitPut(section);
        }
    }

    /**
     * Stores a float, little-endian, at any alignment.
     *
     * @param offset where, in bytes
     * @param value its value
     */
    public void putFloat(long offset, float value) {
        putInt(offset, Float.floatToRawIntBits(value));
    }

    /**
     * Stores a double, little-endian, at any alignment.
     *
     * @param offset where, in bytes
     * @param value its value
     */
    public void putDouble(long offset, double value) {
        putLong(offset, Double.doubleToRawLongBits(value));
    }

    /**
     * Stores bytes.
     *
     * @param offset where, in bytes
     * @param source the bytes, all of it
     */
    public void putBytes(long offset, byte[] source) {
        putBytes(offset, source, 0, source.length);
    }

    /**
     * Stores bytes. No sync cuts them in two.
     *
     * @param offset where, in bytes
     * @param source holds the bytes
     * @param from where they begin in the source
     * @param length how many
     */
    public void putBytes(long offset, byte[] source, int from, int length) {
        Objects.checkFromIndexSize(from, length, source.length);
        Stripe section = sections.openPut();
        try {
            if (storesHereOf(offset, length, section)) {
                MemorySegment.copy(source, from, data, BYTE, offset, length);
            } else {
                elsewhere.store(offset, MemorySegment.ofArray(source).asSlice(from, length));
            }
        } catch (InternalError e) {
            throw opened.unreadable(e);
        } finally {
            sections.exitPut(section);
        }
    }

    /**
     * Stores bytes. No sync cuts them in two.
     *
     * @param offset where, in bytes
     * @param source the bytes, all of it
     */
    public void put(long offset, MemorySegment source) {
        Stripe section = sections.openPut();
        try {
            if (storesHereOf(offset, source.byteSize(), section)) {
                MemorySegment.copy(source, 0, data, offset, source.byteSize());
            } else {
                elsewhere.store(offset, source);
            }
        } catch (InternalError e) {
            throw opened.unreadable(e);
        } finally {
            sections.exitPut(section);
        }
    }

    /**
     * Stores one value into each byte of a range. No sync cuts it in two.
     *
     * @param offset where, in bytes
     * @param length how many bytes
     * @param value the value
     */
    public void fill(long offset, long length, byte value) {
        Stripe section = sections.openPut();
        try {
            if (storesHereOf(offset, length, section)) {
                data.asSlice(offset, length).fill(value);
            } else {
                elsewhere.fill(offset, length, value);
            }
        } catch (InternalError e) {
            throw opened.unreadable(e);
        } finally {
            sections.exitPut(section);
        }
    }

    /**
     * Copies bytes within the mapping as memmove(3) does: the ranges may overlap. No sync cuts it in two.
     *
     * @param sourceOffset where they are
     * @param targetOffset where they go
     * @param length how many bytes
     */
    public void copy(long sourceOffset, long targetOffset, long length) {
        Stripe section = sections.openPut();
        try {
            boolean here = storesHereOf(targetOffset, length, section);
            checkLoad(sourceOffset, length);
            if (here) {
                MemorySegment.copy(data, sourceOffset, data, targetOffset, length);
            } else {
                elsewhere.copy(sourceOffset, targetOffset, length);
            }
        } catch (InternalError e) {
            throw opened.unreadable(e);
        } finally {
            sections.exitPut(section);
        }
    }

    /**
     * Stores a long if it has an expected value, atomically.
     *
     * @param offset where, a multiple of 8
     * @param expected the value it must have
     * @param value the value it gets
     * @return whether it had
     * @throws IllegalArgumentException if the offset is not aligned
     */
    public boolean compareAndSetLong(long offset, long expected, long value) {
        checkAligned(offset, Long.BYTES);
        Stripe section = sections.openPut();
        try {
            if (!storesHere(offset, Long.BYTES, section)) {
                return ALIGNED_LONG.compareAndSet(Memory.ALL, elsewhere.addressOf(offset), expected, value);
            }
            return ALIGNED_LONG.compareAndSet(data, offset, expected, value);
        } catch (InternalError e) {
            throw opened.unreadable(e);
        } finally {
            sections.exitPut(section);
        }
    }

    /**
     * Stores an int if it has an expected value, atomically.
     *
     * @param offset where, a multiple of 4
     * @param expected the value it must have
     * @param value the value it gets
     * @return whether it had
     * @throws IllegalArgumentException if the offset is not aligned
     */
    public boolean compareAndSetInt(long offset, int expected, int value) {
        checkAligned(offset, Integer.BYTES);
        Stripe section = sections.openPut();
        try {
            if (!storesHere(offset, Integer.BYTES, section)) {
                return ALIGNED_INT.compareAndSet(Memory.ALL, elsewhere.addressOf(offset), expected, value);
            }
            return ALIGNED_INT.compareAndSet(data, offset, expected, value);
        } catch (InternalError e) {
            throw opened.unreadable(e);
        } finally {
            sections.exitPut(section);
        }
    }

    /**
     * Adds to a long, atomically.
     *
     * @param offset where, a multiple of 8
     * @param delta what is added
     * @return the value before
     * @throws IllegalArgumentException if the offset is not aligned
     */
    public long getAndAddLong(long offset, long delta) {
        checkAligned(offset, Long.BYTES);
        Stripe section = sections.openPut();
        try {
            if (!storesHere(offset, Long.BYTES, section)) {
                return (long) ALIGNED_LONG.getAndAdd(Memory.ALL, elsewhere.addressOf(offset), delta);
            }
            return (long) ALIGNED_LONG.getAndAdd(data, offset, delta);
        } catch (InternalError e) {
            throw opened.unreadable(e);
        } finally {
            sections.exitPut(section);
        }
    }

    /**
     * Stores a long after everything that the thread stored before; for a thread that loads it by {@link
     * #getLongAcquire}.
     *
     * @param offset where, a multiple of 8
     * @param value its value
     * @throws IllegalArgumentException if the offset is not aligned
     */
    public void putLongRelease(long offset, long value) {
        checkAligned(offset, Long.BYTES);
        Stripe section = sections.openPut();
        try {
            if (storesHere(offset, Long.BYTES, section)) {
                ALIGNED_LONG.setRelease(data, offset, value);
            } else {
                ALIGNED_LONG.setRelease(Memory.ALL, elsewhere.addressOf(offset), value);
            }
        } catch (InternalError | StackOverflowError e) {
            throw storeFailed(offset, e);
        } finally {
            sections.exitPut(section);
        }
    }

    /**
     * The whole mapping, writable, at its size now. From the first call on the kernel finds the stores, these
     * and those by put: a sync then costs by the page, not by the line, and private pages are not handed back
     * before close.
     *
     * <p>Aligned stores of up to 8 bytes land whole in a commit; order among them holds only inside {@link
     * #update}, and so does direct I/O into the segment. What lies past a size made smaller later reads 0,
     * and a store there is lost or an {@link InternalError}.
     *
     * @return a segment, alive until close
     * @throws IllegalStateException after close, after a failure, or if the mapping is read-only
     * @throws UncheckedIOException if what is committed cannot be brought to the file first
     * @throws UnsupportedOperationException if the file was adopted
     */
    public MemorySegment segment() {
        refuseSegmentIfAdopted();
        opened.writable().ensureUsable();
        try {
            engine.enterKernelMode();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return data.asSlice(0, size());
    }

    private void refuseSegmentIfAdopted() {
        if (elsewhere != null) {
            throw new UnsupportedOperationException("an adopted file lies where another library has mapped"
                    + " it, in several places: use that library's view, or load and store by offset");
        }
    }

    // ---- commits ----

    /**
     * Makes everything stored until now durable, all or nothing. Callers at the same time share a commit.
     *
     * @return the commit's number: 1, 2, 3 and so on for the life of the file; if nothing was stored, that of
     *     the last commit
     * @throws IOException if there is no space, or the journal cannot be written: the stores stay,
     *     uncommitted, and a later sync may succeed; or if the force failed: then the mapping has failed, and
     *     the file holds the last commit
     * @throws IllegalStateException inside an update, after close, or after a failure
     */
    public long sync() throws IOException {
        return sync(Range.EVERYTHING);
    }

    /**
     * Makes what was stored into a range durable, and nothing else but a resize. The range is widened to
     * lines, a 64th of a page of the system each: 64 bytes, mostly; after {@link #segment()} to pages; of an
     * adopted file to everything.
     *
     * @param offset where it begins
     * @param length its length in bytes
     * @return as {@link #sync()}
     * @throws IOException as {@link #sync()}
     * @throws IllegalStateException as {@link #sync()}
     */
    public long sync(long offset, long length) throws IOException {
        checkLoad(offset, length);
        if (elsewhere != null) { // what the other library stored elsewhere may belong to it
            return sync(Range.EVERYTHING);
        }
        return sync(length == 0 ? Range.NOTHING : new Range(offset, offset + length));
    }

    private long sync(Range range) throws IOException {
        if (engine == null) {
            opened.ensureOpen();
            return opened.lastCommit();
        }
        try {
            return engine.commits.sync(range);
        } catch (InternalError e) {
            throw opened.unreadable(e).getCause();
        }
    }

    /**
     * Takes the cut now and makes it durable in the background. After {@link #segment()} the call waits for
     * the commit before it.
     *
     * @return completes with the commit's number, in the order of commits, on a thread of its own; or with an
     *     {@link IOException} as of {@link #sync()}
     * @throws IllegalStateException as {@link #sync()}
     */
    public CompletableFuture<Long> syncAsync() {
        if (engine == null) {
            opened.ensureOpen();
            return CompletableFuture.completedFuture(opened.lastCommit());
        }
        try {
            return engine.commits.syncAsync();
        } catch (IOException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /**
     * Takes back everything stored and resized since the last durable commit, waiting for one in flight.
     * Costs by what is taken back.
     *
     * @throws IllegalStateException inside an update, after close, or after a failure
     * @throws UncheckedIOException if what was committed cannot be read
     */
    public void rollback() {
        if (engine == null) {
            opened.ensureOpen();
            return;
        }
        try {
            engine.commits.rollback();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Runs an action whose stores no sync cuts in two: a commit holds all of them or none. Actions run beside
     * each other; one inside another belongs to it. A sync waits for those that are open, and holds up new
     * stores of others meanwhile, with pauses in which they pass: keep actions short. An exception leaves
     * what was stored.
     *
     * @param action the action; it may block and resize, but not sync, roll back or close
     * @param <E> what it may throw
     * @throws E what the action throws
     * @throws IllegalStateException after close, after a failure, or if the mapping is read-only
     */
    public <E extends Exception> void update(Action<E> action) throws E {
        Stripe section = sections.enterUpdate();
        try {
            opened.ensureStores(sizes);
            action.run();
        } finally {
            sections.exitUpdate(section);
        }
    }

    /**
     * As {@link #update}, with a result.
     *
     * @param task the task
     * @param <T> its result
     * @param <E> what it may throw
     * @return its result
     * @throws E what the task throws
     * @throws IllegalStateException as {@link #update}
     */
    public <T, E extends Exception> T compute(Task<T, E> task) throws E {
        Stripe section = sections.enterUpdate();
        try {
            opened.ensureStores(sizes);
            return task.call();
        } finally {
            sections.exitUpdate(section);
        }
    }

    /**
     * Makes the mapping longer or shorter, at once; durable with the next commit of any kind, and taken back
     * by a rollback. It does not move. New bytes are 0, also where there were others before. Segments handed
     * out earlier keep their bounds.
     *
     * @param size the new size in bytes, 0 to the {@code maxSize} it was opened with
     * @throws IOException if the file cannot grow
     * @throws IllegalArgumentException if the size is out of range
     * @throws IllegalStateException after close, after a failure, or if the mapping is read-only
     * @throws UnsupportedOperationException if the file was adopted
     */
    public void resize(long size) throws IOException {
        try {
            opened.writable().resizer.resize(size);
        } catch (InternalError e) {
            throw opened.unreadable(e).getCause();
        }
    }

    // ---- state ----

    /**
     * The last durable commit.
     *
     * @return its number, 0 before the first
     */
    public long lastCommit() {
        return engine == null ? opened.lastCommit() : engine.commits.lastCommit();
    }

    /**
     * What opening found, replayed and discarded.
     *
     * @return the report
     */
    public RecoveryReport recovery() {
        return opened.report();
    }

    /**
     * Figures since opening.
     *
     * @return the figures now
     * @throws IllegalStateException after close
     */
    public MappingStats stats() {
        return opened.stats();
    }

    /**
     * Waits for commits in flight and updates, discards what is not committed (its size is logged), brings
     * everything that is to the file, and closes it: any program can use it then. Segments handed out end.
     * Closing again does nothing. After a failure everything is left as a crash would leave it, and the next
     * opening recovers.
     *
     * @throws IOException if the file could not be brought up to date; its journal has what is missing, the
     *     next opening recovers
     * @throws IllegalStateException inside an update; or while a native call uses a segment: then close again
     *     after it
     */
    @Override
    public void close() throws IOException {
        opened.close();
    }
}
