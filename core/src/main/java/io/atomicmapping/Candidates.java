package io.atomicmapping;

import io.atomicmapping.adoption.OwnedRange;
import io.atomicmapping.adoption.OwnersMappings;
import io.atomicmapping.recovery.OpenRequest;
import io.atomicmapping.storage.DurableFile;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What is to be adopted: found while nothing is changed yet, so that all that could be refused is. */
final class Candidates implements OpenRequest.AdoptionCheck, AutoCloseable {

    private static final int COLLECTIONS = 3;
    private static final long COLLECTION_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private OwnersMappings mappings;
    private List<OwnedRange> ranges = List.of();

    @Override
    public void run(DurableFile home) throws IOException {
        mappings = new OwnersMappings(home);
        ranges = find();
        if (ranges.isEmpty()) {
            throw new IllegalStateException("no shared, writable mapping of the file in this process: map it,"
                    + " or open the library that does, first; the file may also have been replaced by another"
                    + " of the same name since: file=" + home.path());
        }
    }

    /** A buffer that its library has replaced by a longer one stays mapped until it is collected. */
    private List<OwnedRange> find() throws IOException {
        for (int attempt = 0;; attempt++) {
            try {
                return mappings.find(List.of(), address -> false);
            } catch (IllegalStateException e) {
                if (attempt == COLLECTIONS) {
                    throw e;
                }
                System.gc();
                LockSupport.parkNanos(COLLECTION_NANOS << attempt);
            }
        }
    }

    OwnersMappings mappings() {
        return mappings;
    }

    List<OwnedRange> ranges() {
        return ranges;
    }

    /** The end of the last one, which may lie past the end of the file. */
    long end() {
        return ranges.getLast().endOffset();
    }

    @Override
    public void close() {
        if (mappings != null) {
            mappings.close();
        }
    }
}
