package io.atomicmapping.examples.wordindex;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Reads a text word by word, from any position that it has itself given.
 *
 * <p>A word is a run of ASCII letters, digits, underscores and bytes of other characters, cut at
 * {@value #LONGEST_WORD} bytes. Case matters.
 */
final class WordReader implements AutoCloseable {

    private static final int LONGEST_WORD = 255;
    private static final int END_OF_TEXT = -1;

    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(64 << 10).limit(0);
    private final byte[] word = new byte[LONGEST_WORD];
    private long position;

    private WordReader(FileChannel channel, long position) throws IOException {
        this.channel = channel.position(position);
        this.position = position;
    }

    static WordReader open(Path text, long position) throws IOException {
        return new WordReader(FileChannel.open(text, StandardOpenOption.READ), position);
    }

    /** The next word, or null at the end. */
    byte[] next() throws IOException {
        int b = read();
        while (b != END_OF_TEXT && !isInWord(b)) {
            b = read();
        }
        int length = 0;
        while (b != END_OF_TEXT && isInWord(b)) {
            word[length++] = (byte) b;
            if (length == LONGEST_WORD) {
                break;
            }
            b = read();
        }
        return length == 0 ? null : Arrays.copyOf(word, length);
    }

    /** The bytes read so far, from the beginning of the text: where to go on later. */
    long position() {
        return position;
    }

    private int read() throws IOException {
        if (!buffer.hasRemaining()) {
            buffer.clear();
            int count = channel.read(buffer);
            buffer.flip();
            if (count <= 0) {
                return END_OF_TEXT;
            }
        }
        position++;
        return buffer.get() & 0xFF;
    }

    private static boolean isInWord(int b) {
        return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b >= 0x80;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
