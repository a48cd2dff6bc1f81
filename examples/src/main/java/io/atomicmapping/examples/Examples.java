package io.atomicmapping.examples;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the examples have in common. */
final class Examples {

    private Examples() {
    }

    /** A file in a new folder, to be opened. */
    static Path newFile(String name) throws IOException {
        return Files.createTempDirectory("example").resolve(name);
    }

    /** Opens a mapping that begins small and will grow, and its journal with it. */
    static AtomicMapping openGrowing(Path file) throws IOException {
        return AtomicMapping.open(file, MappingOptions.builder().size(PersistentHeap.HEADER_BYTES).build());
    }

    /** Throws if something does not hold: an example that fails says so. */
    static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException("does not hold: " + what);
        }
    }
}
