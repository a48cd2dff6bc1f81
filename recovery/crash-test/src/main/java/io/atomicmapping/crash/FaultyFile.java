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
        IOException failure = faults.failure(call, file.path());
        if (failure != null) {
            throw failure;
        }
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
        return file.read(position, target);
    }

    @Override
    public void write(long position, MemorySegment source) throws IOException {
        IOException failure = faults.failure(Call.WRITE, file.path());
        if (failure != null) {
            file.write(position, source.asSlice(0, source.byteSize() / 2));
            throw failure;
        }
        file.write(position, source);
    }

    @Override
    public void writeDirect(long position, MemorySegment source) throws IOException {
        IOException failure = faults.failure(Call.WRITE, file.path());
        if (failure != null) {
            file.writeDirect(position, source.asSlice(0, source.byteSize() / 2 & -directAlignment()));
            throw failure;
        }
        file.writeDirect(position, source);
    }

    @Override
    public void writeBack(long position, long length) throws IOException {
        check(Call.WRITE_BACK);
        file.writeBack(position, length);
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
        IOException failure = faults.failure(Call.FORCE, file.path());
        if (failure != null) {
            if (file instanceof SimulatedFile simulated) {
                simulated.failForce(all);
            }
            throw failure;
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
