package io.atomicmapping.examples.chronicle;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;
import net.openhft.chronicle.core.OS;
import net.openhft.chronicle.hash.impl.VanillaChronicleHash;
import net.openhft.chronicle.map.ChronicleMap;
import net.openhft.chronicle.map.ChronicleMapBuilder;

/**
 * A Chronicle Map whose changes become durable with {@link #commit}, all or nothing. Chronicle Map itself is
 * as it always was; what it mapped is adopted, see {@link AtomicMapping#adopt(Path)}.
 *
 * <ul>
 *   <li>Whatever runs in the map runs inside {@link #update} or {@link #compute}, reads included: Chronicle's
 *       locks lie inside the file, and a read takes one. No commit cuts such a section in two, so no commit
 *       holds a lock, and a file that was killed opens without Chronicle's own recovery. A file in which a
 *       lock is held nevertheless is refused; Chronicle would wait a minute for each, and then fail.
 *   <li>Chronicle Map grows by mapping more of its file, in the middle of a put. The next commit adopts that.
 *       What was stored there before lies behind the end of what is committed: a crash cuts it off.
 *   <li>Chronicle Map keeps on the heap which parts of the file it has mapped. A rollback that takes growth
 *       back therefore opens the map anew: keep no reference to the map beyond the section that got it.
 *   <li>A new map is made under another name and renamed once it is whole, so that a crash leaves a map or
 *       none. Let one process do it: two that make the same file at the same time would lose one.
 * </ul>
 *
 * <p>Any number of threads may use it, as they may use Chronicle Map. An operation costs what it costs there,
 * and two uncontended locks; a page's first store after a commit costs a page fault more. A commit costs by
 * what was changed, and one force, which threads that commit at the same time share.
 *
 * @param <K> keys, as of Chronicle Map
 * @param <V> values, as of Chronicle Map
 */
public final class FailureAtomicChronicleMap<K, V> implements AutoCloseable {

    private static final String BEING_MADE = ".being-made";
    private static final String JOURNAL = ".journal";

    private final ChronicleMapBuilder<K, V> builder;
    private final Path file;
    private final MappingOptions options;
    /** read: somebody is in the map, or commits; write: to roll back, which may open it anew, and to close */
    private final ReentrantReadWriteLock life = new ReentrantReadWriteLock();
    private ChronicleMap<K, V> map;
    private AtomicMapping mapping;

    private FailureAtomicChronicleMap(ChronicleMapBuilder<K, V> builder, Path file, MappingOptions options) {
        this.builder = builder;
        this.file = file;
        this.options = options;
    }

    /**
     * Opens a map as of its last commit, or makes an empty one.
     *
     * @param builder as for {@code createPersistedTo}; it is copied
     * @param file the data file; the journal is beside it
     * @param <K> keys
     * @param <V> values
     * @return the map
     * @throws IOException if the file cannot be recovered or mapped, is used elsewhere, or holds a lock
     */
    public static <K, V> FailureAtomicChronicleMap<K, V> open(ChronicleMapBuilder<K, V> builder, Path file)
            throws IOException {
        return open(builder, file, MappingOptions.builder().build());
    }

    /**
     * As {@link #open(ChronicleMapBuilder, Path)}, with options.
     *
     * @param builder as for {@code createPersistedTo}; it is copied
     * @param file the data file
     * @param options as for {@link AtomicMapping#adopt(Path, MappingOptions)}; no journal elsewhere
     * @param <K> keys
     * @param <V> values
     * @return the map
     * @throws IOException if the file cannot be recovered or mapped, is used elsewhere, or holds a lock
     */
    public static <K, V> FailureAtomicChronicleMap<K, V> open(ChronicleMapBuilder<K, V> builder, Path file,
            MappingOptions options) throws IOException {
        FailureAtomicChronicleMap<K, V> opened = new FailureAtomicChronicleMap<>(builder.clone(),
                Objects.requireNonNull(file, "file"), Objects.requireNonNull(options, "options"));
        Path journal = file.resolveSibling(file.getFileName() + JOURNAL);
        if (Files.notExists(file) && Files.notExists(journal)) { // a journal alone: its file is missed
            opened.make();
        }
        opened.open();
        return opened;
    }

    private void make() throws IOException {
        Path made = file.resolveSibling(file.getFileName() + BEING_MADE);
        Files.deleteIfExists(made); // of a crash
        builder.createPersistedTo(made.toFile()).close();
        force(made);
        Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
        force(file.toAbsolutePath().getParent());
    }

    private static void force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private void open() throws IOException {
        AtomicMapping.recover(file);
        ChronicleMap<K, V> mapped = builder.createPersistedTo(file.toFile());
        try {
            requireNoLockHeld(mapped);
            mapping = AtomicMapping.adopt(file, options);
            map = mapped;
        } finally {
            if (map == null) {
                mapped.close();
            }
        }
    }

    /** Of this process and before the map is used: whoever holds a lock is dead, and was cut in two. */
    private void requireNoLockHeld(ChronicleMap<K, V> mapped) throws IOException {
        String held = heldLock(mapped);
        if (held != null) {
            throw new IOException("a lock inside the file is held, by an operation that a kill or a commit"
                    + " has cut in two, repair it by recoverPersistedTo: " + held + ", file=" + file);
        }
    }

    /** Describes a lock inside the file that is held, or null if all are free. */
    static String heldLock(ChronicleMap<?, ?> map) {
        VanillaChronicleHash<?, ?, ?, ?> hash = (VanillaChronicleHash<?, ?, ?, ?>) map;
        long lock = OS.memory().readVolatileLong(hash.bsAddress() + hash.headerSize);
        if (lock != 0) {
            return "segment=all, lock=0x" + Long.toHexString(lock);
        }
        for (int segment = 0; segment < hash.segments(); segment++) {
            lock = OS.memory().readVolatileLong(hash.segmentHeaderAddress(segment));
            if (lock != 0) {
                return "segment=" + segment + ", lock=0x" + Long.toHexString(lock);
            }
        }
        return null;
    }

    /**
     * Runs operations on the map; no commit and no rollback comes in between.
     *
     * @param task what to do; it commits nothing itself, and keeps nothing that belongs to the map, as
     *             contexts and iterators
     * @param <T> what it returns
     * @return what the task returned
     * @throws IllegalStateException after close
     */
    public <T> T compute(Function<? super ChronicleMap<K, V>, T> task) {
        life.readLock().lock();
        try {
            return opened().compute(() -> task.apply(map));
        } finally {
            life.readLock().unlock();
        }
    }

    /**
     * As {@link #compute}, without a result.
     *
     * @param action what to do
     * @throws IllegalStateException after close
     */
    public void update(Consumer<? super ChronicleMap<K, V>> action) {
        compute(map -> {
            action.accept(map);
            return null;
        });
    }

    /**
     * Looks a key up, in a section of its own.
     *
     * @param key the key
     * @return its value, or null
     * @throws IllegalStateException after close
     */
    public V get(K key) {
        return compute(map -> map.get(key));
    }

    /**
     * Stores a value, in a section of its own.
     *
     * @param key the key
     * @param value its value
     * @return the value before, or null
     * @throws IllegalStateException after close
     */
    public V put(K key, V value) {
        return compute(map -> map.put(key, value));
    }

    /**
     * Removes a key, in a section of its own.
     *
     * @param key the key
     * @return its value, or null
     * @throws IllegalStateException after close
     */
    public V remove(K key) {
        return compute(map -> map.remove(key));
    }

    /**
     * Stores a value where there is one, in a section of its own.
     *
     * @param key the key
     * @param value its value
     * @return the value before, or null
     * @throws IllegalStateException after close
     */
    public V replace(K key, V value) {
        return compute(map -> map.replace(key, value));
    }

    /**
     * Makes durable whatever happened in the map before the call.
     *
     * @return the commit's number
     * @throws IOException as {@link AtomicMapping#sync()}
     * @throws IllegalStateException inside a section, and after close
     */
    public long commit() throws IOException {
        life.readLock().lock();
        try {
            return opened().sync();
        } finally {
            life.readLock().unlock();
        }
    }

    /**
     * Takes back whatever happened in the map since the last commit.
     *
     * @throws IOException if growth was taken back, and the map cannot be opened anew; it is closed then
     * @throws UncheckedIOException as {@link AtomicMapping#rollback()}; the map stays open
     * @throws IllegalStateException inside a section, and after close
     */
    public void rollback() throws IOException {
        lockAlone("rollback");
        try {
            opened().rollback();
            VanillaChronicleHash<?, ?, ?, ?> hash = (VanillaChronicleHash<?, ?, ?, ?>) map;
            int bulks = hash.globalMutableState().getAllocatedExtraTierBulks();
            if (bulks < hash.tierBulkOffsets.size()) {
                closeBoth();
                open();
            }
        } finally {
            life.writeLock().unlock();
        }
    }

    /** A section would wait for itself. */
    private void lockAlone(String what) {
        if (life.getReadHoldCount() > 0) {
            throw new IllegalStateException(what + " inside a section: file=" + file);
        }
        life.writeLock().lock();
    }

    /**
     * The last durable commit.
     *
     * @return its number, 0 before the first
     * @throws IllegalStateException after close
     */
    public long lastCommit() {
        life.readLock().lock();
        try {
            return opened().lastCommit();
        } finally {
            life.readLock().unlock();
        }
    }

    private AtomicMapping opened() {
        if (mapping == null) {
            throw new IllegalStateException("map is closed: file=" + file);
        }
        return mapping;
    }

    /**
     * Discards what was not committed. Closing again does nothing.
     *
     * @throws IOException as {@link AtomicMapping#close()}; the map is closed nevertheless
     * @throws IllegalStateException inside a section
     */
    @Override
    public void close() throws IOException {
        lockAlone("close");
        try {
            closeBoth();
        } finally {
            life.writeLock().unlock();
        }
    }

    /** The mapping first: it needs what Chronicle has mapped. */
    private void closeBoth() throws IOException {
        ChronicleMap<K, V> closed = map;
        map = null;
        try {
            if (mapping != null) {
                mapping.close();
            }
        } finally {
            mapping = null;
            if (closed != null) {
                closed.close();
            }
        }
    }
}
