package io.atomicmapping.benchmarks.store;

import io.atomicmapping.benchmarks.cell.Cell;
import io.atomicmapping.benchmarks.cell.Unit;
import io.atomicmapping.benchmarks.store.KeyValue.Form;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What is raced. */
public enum Stores {
    /** ours, by puts */
    OURS(Kind.OURS, settings -> new OurStore(settings, false)),
    /** ours, through the segment */
    OURS_SEGMENT(Kind.OURS, settings -> new OurStore(settings, true)),
    /** the floor of 24 bytes an update */
    FLOOR_DELTA(Kind.FLOOR, settings -> new Floor(settings, false)),
    /** the floor of whole pages */
    FLOOR_PAGE(Kind.FLOOR, settings -> new Floor(settings, true)),
    /** MappedByteBuffer.force as it comes */
    MSYNC(Kind.NOT_ATOMIC, settings -> new MappedStore(settings, DataFile.LARGE_WRITES)),
    /** the same, the file cached in 4 KiB folios */
    MSYNC_4K(Kind.NOT_ATOMIC, settings -> new MappedStore(settings, DataFile.SMALL_WRITES)),
    /** pwrite and fdatasync in place */
    PWRITE(Kind.NOT_ATOMIC, InPlaceStore::new),
    /** LMDB, 8-byte records */
    LMDB(Form.WORDS, (directory, form, records) -> new LmdbKeyValue(directory)),
    /** LMDB, pages */
    LMDB_PAGE(Form.PAGES, (directory, form, records) -> new LmdbKeyValue(directory)),
    /** SQLite, 8-byte records */
    SQLITE(Form.WORDS, (directory, form, records) -> new SqliteKeyValue(directory, form)),
    /** SQLite, pages */
    SQLITE_PAGE(Form.PAGES, (directory, form, records) -> new SqliteKeyValue(directory, form)),
    /** RocksDB, 8-byte records */
    ROCKSDB(Form.WORDS, (directory, form, records) -> new RocksKeyValue(directory)),
    /** RocksDB, pages */
    ROCKSDB_PAGE(Form.PAGES, (directory, form, records) -> new RocksKeyValue(directory)),
    /** H2's MVStore, 8-byte records */
    MVSTORE(Form.WORDS, (directory, form, records) -> new MvStoreKeyValue(directory)),
    /** H2's MVStore, pages */
    MVSTORE_PAGE(Form.PAGES, (directory, form, records) -> new MvStoreKeyValue(directory)),
    /** MapDB, 8-byte records */
    MAPDB(Form.WORDS, (directory, form, records) -> new MapDbKeyValue(directory)),
    /** MapDB, pages */
    MAPDB_PAGE(Form.PAGES, (directory, form, records) -> new MapDbKeyValue(directory)),
    /** Chronicle Map, 8-byte records */
    CHRONICLE(Form.WORDS, ChronicleKeyValue::new),
    /** Chronicle Map, pages */
    CHRONICLE_PAGE(Form.PAGES, ChronicleKeyValue::new);

    /** What a store promises. */
    public enum Kind {
        /** the library that is judged */
        OURS,
        /** the least that a durable commit costs; keeps nothing */
        FLOOR,
        /** durable, but a crash may leave a part of a commit */
        NOT_ATOMIC,
        /** durable and atomic */
        DURABLE,
        /** neither */
        CEILING
    }

    private interface Opening {
        Store open(Settings settings) throws Exception;
    }

    private final Kind kind;
    private final Opening opening;
    private final Form form;

    Stores(Kind kind, Opening opening) {
        this.kind = kind;
        this.opening = opening;
        this.form = null;
    }

    Stores(Form form, KeyValueStore.Opening opening) {
        this.kind = name().startsWith("CHRONICLE") ? Kind.CEILING : Kind.DURABLE;
        this.opening = settings -> new KeyValueStore(settings, form, opening);
        this.form = form;
    }

    public Kind kind() {
        return kind;
    }

    /** As it is written on the command line and in results: {@code msync-4k}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Reads a label. */
    public static Stores of(String label) {
        return Arrays.stream(values()).filter(store -> store.label().equals(label)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such store: store=" + label + ", known="
                        + Arrays.stream(values()).map(Stores::label).toList()));
    }

    /** Whether it can do a cell: whole pages do not fit into 8-byte records. */
    public boolean takes(Cell cell) {
        return cell.unit() == Unit.WORD || form != Form.WORDS;
    }

    /** Opens it, filling it first if it is new. */
    public Store open(Settings settings) throws Exception {
        Files.createDirectories(settings.directory());
        return opening.open(settings);
    }

    /** What the JVM must be told for it besides native access. */
    public List<String> jvmFlags() {
        return switch (this) {
            case LMDB, LMDB_PAGE -> List.of("--add-opens=java.base/java.nio=ALL-UNNAMED",
                    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");
            case MAPDB, MAPDB_PAGE -> List.of("--sun-misc-unsafe-memory-access=allow");
            case CHRONICLE, CHRONICLE_PAGE -> List.of("-Dchronicle.analytics.disable=true",
                    "--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED",
                    "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                    "--add-opens=java.base/java.lang=ALL-UNNAMED",
                    "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
                    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");
            default -> List.of();
        };
    }

    /** Where it keeps its files, below a directory of the race: one that is filled otherwise is another. */
    public String directory(String fileSize, long records) {
        return label() + "-" + (form == Form.WORDS ? Long.toString(records) : fileSize);
    }
}
