package io.atomicmapping.benchmarks.store;

import io.atomicmapping.benchmarks.cell.Batch;
import io.atomicmapping.benchmarks.cell.Unit;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A shared mapping and msync: {@code MappedByteBuffer.force()}, here of a segment, which is the same call.
 * Not atomic. The file is written anew for each run, so that the folios of its cache are as said.
 */
final class MappedStore implements Store {

    private final FileChannel channel;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment mapped;
    private final String note;

    MappedStore(Settings settings, int writeBytes) throws IOException {
        Path file = settings.directory().resolve("mapped");
        DataFile.create(file, settings.fileBytes(), writeBytes);
        channel = DataFile.open(file);
        mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, settings.fileBytes(), arena);
        double large = Folios.largeShare(mapped);
        note = large < 0 ? "folios not verified: wants root"
                : String.format(Locale.ROOT, "pages in large folios: %.0f%%", large * 100);
    }

    @Override
    public Session session() {
        return new Session() {
            @Override
            public void store(Batch batch) {
                for (int i = 0; i < batch.count(); i++) {
                    if (batch.unit() == Unit.WORD) {
                        mapped.set(ValueLayout.JAVA_LONG_UNALIGNED, batch.offset(i), batch.value(i));
                    } else {
                        MemorySegment.copy(batch.pageSegment(i), 0, mapped, batch.offset(i),
                                Unit.PAGE.bytes());
                    }
                }
            }

            @Override
            public void sync() {
                mapped.force();
            }
        };
    }

    @Override
    public String note() {
        return note;
    }

    @Override
    public void close() throws IOException {
        arena.close();
        channel.close();
    }
}
