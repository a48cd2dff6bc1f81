package io.atomicmapping.benchmarks.store;

import io.atomicmapping.benchmarks.cell.Batch;
import io.atomicmapping.benchmarks.cell.Unit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** A pwrite of each store into its place, and one fdatasync. Not atomic. */
final class InPlaceStore implements Store {

    private final FileChannel channel;

    InPlaceStore(Settings settings) throws IOException {
        Path file = settings.directory().resolve("in-place");
        DataFile.createIfMissing(file, settings.fileBytes());
        channel = DataFile.open(file);
    }

    @Override
    public Session session() {
        ByteBuffer word = ByteBuffer.allocateDirect(Unit.WORD.bytes());
        return new Session() {
            @Override
            public void store(Batch batch) throws IOException {
                for (int i = 0; i < batch.count(); i++) {
                    DataFile.write(channel, batch.bytes(i, word), batch.offset(i));
                }
            }

            @Override
            public void sync() throws IOException {
                channel.force(false);
            }
        };
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
