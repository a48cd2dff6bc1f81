package io.atomicmapping.examples.chronicle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A power cut, simulated on the file that a killed process left: the kernel writes pages that were stored to
 * whenever it likes and in any order, so each page is by chance as it was when the file was last known to be
 * on disk, or as it is now; and so is the file's length.
 *
 * <p>That is less than a power cut can do: pages are not torn, none is of a time in between, and only the
 * data file suffers. A journal is taken as the process left it, as if each of its writes had been forced.
 */
final class PageLottery {

    private static final int PAGE_BYTES = 4096;
    /** percent of the pages that are written */
    private static final int[] WRITTEN = {5, 50, 95};

    private PageLottery() {}

    /** Puts some pages of a file back to what is remembered of it. */
    static void draw(Path file, Path remembered, SplittableRandom random) throws IOException {
        byte[] before = Files.readAllBytes(remembered);
        byte[] now = Files.readAllBytes(file);
        int written = WRITTEN[random.nextInt(WRITTEN.length)];
        int length = random.nextBoolean() ? now.length : before.length;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int page = 0; page < now.length; page += PAGE_BYTES) {
                if (random.nextInt(100) >= written) {
                    byte[] old = Arrays.copyOfRange(before, Math.min(page, before.length),
                            Math.min(page, before.length) + PAGE_BYTES); // zeros behind its end
                    int bytes = Math.min(PAGE_BYTES, now.length - page);
                    write(channel, ByteBuffer.wrap(old, 0, bytes), page);
                }
            }
            channel.truncate(length);
        }
    }

    private static void write(FileChannel channel, ByteBuffer source, long position) throws IOException {
        while (source.hasRemaining()) {
            channel.write(source, position + source.position());
        }
    }
}
