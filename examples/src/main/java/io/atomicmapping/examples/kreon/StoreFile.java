package io.atomicmapping.examples.kreon;

import io.atomicmapping.AtomicMapping;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The file of a store, opened, and what it begins with.
 *
 * @param mapping the file, mapped
 * @param header its header, which is in it
 */
record StoreFile(AtomicMapping mapping, Header header) {

    /** Opens it; makes it where there is none, or an empty one. */
    static StoreFile open(Path file, StoreOptions options) throws IOException {
        AtomicMapping mapping = map(file, options);
        StoreFile opened = new StoreFile(mapping, null);
        try {
            Header header = Header.load(mapping, file, options.geometry());
            if (!options.isReadOnly() && !Header.isStored(mapping)) {
                // from here on the file has these sizes of segments and nodes
                mapping.resize(header.geometry().newFileBytes());
                header.store(mapping);
                mapping.sync();
            }
            return new StoreFile(mapping, header);
        } catch (IOException | RuntimeException | Error e) {
            opened.closeAfter(e);
            throw e;
        }
    }

    /**
     * What exists is looked at first, so that a file which is no store stays as it is, and gets no journal.
     */
    private static AtomicMapping map(Path file, StoreOptions options) throws IOException {
        try (AtomicMapping existing = AtomicMapping.open(file, options.mapping(true).build())) {
            Header.load(existing, file, options.geometry());
        } catch (NoSuchFileException e) {
            if (options.isReadOnly()) {
                throw e;
            }
            return AtomicMapping.open(file,
                    options.mapping(false).size(options.geometry().newFileBytes()).build());
        }
        return AtomicMapping.open(file, options.mapping(options.isReadOnly()).build());
    }

    void closeAfter(Throwable failure) {
        try {
            mapping.close();
        } catch (IOException | RuntimeException e) {
            failure.addSuppressed(e);
        }
    }
}
