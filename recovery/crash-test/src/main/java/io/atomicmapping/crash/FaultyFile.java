package io.atomicmapping.crash;

import io.atomicmapping.crash.FaultyStorage.Call;
import io.atomicmapping.storage.DurableFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.OptionalInt;

/** An open file of a {@link FaultyStorage}. */
final class FaultyFile implements DurableFile {

    private final FaultyStorage faults;
    private final DurableFile file;

    FaultyFile(FaultyStorage faults, DurableFile file) {
        this.faults = faults;
        this.file = file;
    }

    private void check(Call call) throws IOException {
        faults.check(call, file.path());
    }

    @Override
    public Path path() {
        return file.path();
    }

    @Override
    public long length() throws IOException {
        return file.length();
    }

    @Override
    public long read(long position, MemorySegment target) throws IOException {
        check(Call.READ);
        long count = file.read(position, target);
        faults.rot(file.path(), position, target.asSlice(0, count));
        return count;
    }

    @Override
    public void write(long position, MemorySegment source) throws IOException {
        write(position, source, 1, file::write);
    }

    /** A write to the file behind. */
    private interface Writing {
        void write(long position, MemorySegment source) throws IOException;
    }

    private void write(long position, MemorySegment source, int alignment, Writing writing)
            throws IOException {
        long pieceBytes = Math.max(faults.pieceBytes() & -alignment, alignment);
        for (long at = 0; at == 0 || at < source.byteSize(); at += pieceBytes) {
            MemorySegment piece = source.asSlice(at, Math.min(pieceBytes, source.byteSize() - at));
            FaultyStorage.Failure failure = faults.failure(Call.WRITE, file.path());
            if (failure != null) {
                writing.write(position + at, piece.asSlice(0, piece.byteSize() / 2 & -alignment));
                throw failure.exception();
            }
            writing.write(position + at, piece);
        }
        faults.written(file.path(), position, source.byteSize());
    }

    @Override
    public void writeDirect(long position, MemorySegment source) throws IOException {
        write(position, source, directAlignment(), file::writeDirect);
    }

    @Override
    public void startWriteBack(long position, long length) throws IOException {
        check(Call.WRITE_BACK);
        file.startWriteBack(position, length);
    }

    @Override
    public void awaitWriteBack(long position, long length) throws IOException {
        check(Call.WRITE_BACK);
        file.awaitWriteBack(position, length);
    }

    @Override
    public int directAlignment() {
        return file.directAlignment();
    }

    @Override
    public void allocate(long position, long length) throws IOException {
        check(Call.ALLOCATE);
        file.allocate(position, length);
    }

    @Override
    public void zero(long position, long length) throws IOException {
        check(Call.ZERO);
        file.zero(position, length);
    }

    @Override
    public void setLength(long length) throws IOException {
        check(Call.SET_LENGTH);
        file.setLength(length);
    }

    @Override
    public void force() throws IOException {
        force(false);
    }

    @Override
    public void forceAll() throws IOException {
        force(true);
    }

    private void force(boolean all) throws IOException {
        FaultyStorage.Failure failure = faults.failure(Call.FORCE, file.path());
        if (failure != null) {
            if (file instanceof SimulatedFile simulated) {
                simulated.failForce(all, failure.losing());
            }
            throw failure.exception();
        }
        if (all) {
            file.forceAll();
        } else {
            file.force();
        }
    }

    @Override
    public boolean tryLock(boolean shared) throws IOException {
        return file.tryLock(shared);
    }

    @Override
    public byte[] attribute(String name) throws IOException {
        return file.attribute(name);
    }

    @Override
    public boolean setAttribute(String name, byte[] value) throws IOException {
        check(Call.SET_ATTRIBUTE);
        return file.setAttribute(name, value);
    }

    @Override
    public long allocatedBytes() throws IOException {
        return file.allocatedBytes();
    }

    @Override
    public void copyPermissions(DurableFile other) throws IOException {
        file.copyPermissions(other instanceof FaultyFile faulty ? faulty.file : other);
    }

    @Override
    public OptionalInt descriptor() {
        return file.descriptor();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
