package io.atomicmapping;

import io.atomicmapping.adoption.OwnedRange;
import io.atomicmapping.adoption.OwnersMappings;
import io.atomicmapping.recovery.OpenRequest;
import io.atomicmapping.storage.DurableFile;
import java.io.IOException;
import java.util.List;

/** What is to be adopted: found while nothing is changed yet, so that all that could be refused is. */
final class Candidates implements OpenRequest.AdoptionCheck, AutoCloseable {

    private OwnersMappings mappings;
    private List<OwnedRange> ranges = List.of();

    @Override
    public void run(DurableFile home) throws IOException {
        if (home.descriptor().isEmpty()) {
            throw new IllegalArgumentException("storage has files that nobody can map, adopt those of the"
                    + " system: file=" + home.path());
        }
        mappings = new OwnersMappings(home);
        ranges = mappings.find(List.of(), address -> false);
        if (ranges.isEmpty()) {
            throw new IllegalStateException("no shared, writable mapping of the file in this process: map it,"
                    + " or open the library that does, first; the file may also have been replaced by another"
                    + " of the same name since: file=" + home.path());
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
        return ranges.stream().mapToLong(OwnedRange::endOffset).max().orElse(0);
    }

    @Override
    public void close() {
        if (mappings != null) {
            mappings.close();
        }
    }
}
