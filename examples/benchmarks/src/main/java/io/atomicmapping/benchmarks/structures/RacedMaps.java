package io.atomicmapping.benchmarks.structures;

import io.atomicmapping.benchmarks.store.Stores;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The maps that are raced. */
public enum RacedMaps {
    /** ours */
    HASH_MAP(true, OurMap.OfHash::new),
    /** ours */
    BTREE_MAP(true, OurMap.OfTree::new),
    /** LMDB */
    LMDB(false, LmdbMap::new),
    /** MapDB's BTreeMap */
    MAPDB_TREE(false, JavaPeers::mapDbTree),
    /** MapDB's HTreeMap */
    MAPDB_HASH(false, JavaPeers::mapDbHash),
    /** H2's MVStore */
    MVSTORE(false, JavaPeers::mvStore);

    /** How a map is opened in a directory of its own. */
    private interface Opener {
        RacedMap open(Path directory) throws Exception;
    }

    private final boolean ours;
    private final Opener opener;

    RacedMaps(boolean ours, Opener opener) {
        this.ours = ours;
        this.opener = opener;
    }

    /** Whether it is one of ours. */
    public boolean isOurs() {
        return ours;
    }

    /** As it is called in tables and options. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What its JVM must be told. */
    public List<String> jvmFlags() {
        return switch (this) {
            case LMDB -> Stores.LMDB.jvmFlags();
            case MAPDB_TREE, MAPDB_HASH -> Stores.MAPDB.jvmFlags();
            default -> List.of();
        };
    }

    RacedMap open(Path directory) throws Exception {
        return opener.open(directory);
    }
}
