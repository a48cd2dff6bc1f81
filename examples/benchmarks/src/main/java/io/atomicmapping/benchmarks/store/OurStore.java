package io.atomicmapping.benchmarks.store;

import io.atomicmapping.AtomicMapping;
import io.atomicmapping.MappingOptions;
import io.atomicmapping.MappingStats;
import io.atomicmapping.benchmarks.cell.Batch;
import io.atomicmapping.benchmarks.cell.Unit;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/** Ours: by puts, or through the segment. */
final class OurStore implements Store {

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private final AtomicMapping mapping;
    /** null if stored to by puts */
    private final MemorySegment segment;

    OurStore(Settings settings, boolean throughSegment) throws IOException {
        Path file = settings.directory().resolve("ours");
        // Anew for each run: one that was killed, or another ring, must not be the next one's beginning.
        Files.deleteIfExists(settings.directory().resolve("ours.journal"));
        DataFile.create(file, settings.fileBytes(), DataFile.LARGE_WRITES);
        mapping = AtomicMapping.open(file, options(settings.ours()));
        segment = throughSegment ? mapping.segment() : null;
    }

    private static MappingOptions options(Settings.Deviation deviation) {
        MappingOptions.Builder options = MappingOptions.builder();
        if (deviation.ringBytes() > 0) {
            options.journalCapacity(deviation.ringBytes());
        }
        if (deviation.budgetBytes() >= 0) {
            options.memoryBudget(deviation.budgetBytes());
        }
        if (deviation.io() != VariantStorage.Variant.NONE) {
            options.storage(VariantStorage.of(deviation.io()));
        }
        return options.build();
    }

    @Override
    public Session session() {
        return new Session() {
            @Override
            public void store(Batch batch) {
                if (segment != null) {
                    storeRaw(batch);
                } else if (batch.unit() == Unit.WORD) {
                    for (int i = 0; i < batch.count(); i++) {
                        mapping.putLong(batch.offset(i), batch.value(i));
                    }
                } else {
                    for (int i = 0; i < batch.count(); i++) {
                        mapping.put(batch.offset(i), batch.pageSegment(i));
                    }
                }
            }

            @Override
            public void sync() throws IOException {
                mapping.sync();
            }
        };
    }

    private void storeRaw(Batch batch) {
        for (int i = 0; i < batch.count(); i++) {
            if (batch.unit() == Unit.WORD) {
                segment.set(LONG, batch.offset(i), batch.value(i));
            } else {
                MemorySegment.copy(batch.pageSegment(i), 0, segment, batch.offset(i), Unit.PAGE.bytes());
            }
        }
    }

    @Override
    public Progress progress() {
        MappingStats stats = mapping.stats();
        return new Progress(stats.bytesJournaled(), stats.journalCapacityBytes(), stats.checkpoints(),
                stats.checkpointNanos(), stats.bytesWrittenHome());
    }

    @Override
    public String note() {
        MappingStats stats = mapping.stats();
        return "tracking " + stats.tracking() + ", ring " + (stats.journalCapacityBytes() >> 20)
                + " MiB, private "
                + (stats.privateBytes() >> 20) + " MiB";
    }

    @Override
    public void close() throws IOException {
        mapping.close();
    }
}
