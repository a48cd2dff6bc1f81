package io.atomicmapping.benchmarks.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The counters of the block device that a directory is on: {@code /sys/dev/block/../stat},
 * Documentation/block/stat.rst. They count everybody's writes: a race wants a machine of its own.
 */
public final class Device {

    private static final int SECTOR_BYTES = 512;
    private static final int WRITES = 4;
    private static final int SECTORS_WRITTEN = 6;
    private static final int FLUSHES = 15;

    private final Path stat;
    private final String name;

    private Device(Path stat, String name) {
        this.stat = stat;
        this.name = name;
    }

    /** What it wrote since it was there. */
    public record Counters(long writes, long bytesWritten, long flushes) {

        /** What it wrote since an earlier moment. */
        public Counters since(Counters earlier) {
            return new Counters(writes - earlier.writes, bytesWritten - earlier.bytesWritten,
                    flushes - earlier.flushes);
        }
    }

    /** The device of a directory. */
    public static Device of(Path directory) throws IOException {
        long number = (long) Files.getAttribute(directory, "unix:dev");
        long major = number >> 8 & 0xFFF | number >> 32 & ~0xFFFL;
        long minor = number & 0xFF | number >> 12 & ~0xFFL;
        Path link = Path.of("/sys/dev/block/" + major + ":" + minor);
        if (!Files.exists(link)) {
            throw new IOException("the directory is on no block device, choose another: directory="
                    + directory + ", device="
                    + major + ":" + minor);
        }
        Path device = link.toRealPath();
        // Only the whole disk counts its flushes.
        Path disk = Files.exists(device.resolve("partition")) ? device.getParent() : device;
        return new Device(disk.resolve("stat"), disk.getFileName().toString());
    }

    public String name() {
        return name;
    }

    /** The counters now. */
    public Counters counters() throws IOException {
        return parse(Files.readString(stat));
    }

    static Counters parse(String line) throws IOException {
        String[] fields = line.strip().split(" +");
        if (fields.length <= FLUSHES) {
            throw new IOException("a kernel that does not count flushes, wants 5.5 or newer: fields="
                    + fields.length);
        }
        return new Counters(Long.parseLong(fields[WRITES]),
                Long.parseLong(fields[SECTORS_WRITTEN]) * SECTOR_BYTES,
                Long.parseLong(fields[FLUSHES]));
    }
}
