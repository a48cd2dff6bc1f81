package io.atomicmapping.examples;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * How values of a type become bytes, and bytes values again. A structure is opened with the same codecs each
 * time: they are not stored in it.
 *
 * <p>A codec is used by several threads at once. As the codec of keys it must give equal bytes to equal keys,
 * and to no others; in a {@link PersistentBTreeMap} the keys are in the order of their bytes, compared as
 * unsigned, the shorter first. The codecs here keep the order of what they encode.
 *
 * @param <T> the type
 */
public interface Codec<T> {

    /** Bytes as they are, ordered as by {@code Arrays.compareUnsigned}. Arrays are not copied. */
    Codec<byte[]> BYTES = new Codec<>() {
        @Override
        public byte[] encode(byte[] value) {
            return value;
        }

        @Override
        public byte[] decode(byte[] bytes) {
            return bytes;
        }
    };

    /** Numbers as 8 bytes, ordered as by {@link Long#compare}: big-endian, the sign turned round. */
    Codec<Long> LONG = new Codec<>() {
        @Override
        public byte[] encode(Long value) {
            byte[] bytes = new byte[Long.BYTES];
            ByteBuffer.wrap(bytes).putLong(value ^ Long.MIN_VALUE);
            return bytes;
        }

        @Override
        public Long decode(byte[] bytes) {
            if (bytes.length != Long.BYTES) {
                throw new IllegalArgumentException("not a long, use the codec that the structure was made"
                        + " with: bytes=" + bytes.length + ", expected=" + Long.BYTES);
            }
            return ByteBuffer.wrap(bytes).getLong() ^ Long.MIN_VALUE;
        }
    };

    /**
     * Text as UTF-8, ordered by code points: as by {@link String#compareTo} but for characters beyond U+FFFF,
     * which come last. Half a surrogate pair is no text and refused by an {@link IllegalArgumentException}.
     */
    Codec<String> STRING = new Codec<>() {
        @Override
        public byte[] encode(String value) {
            byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
            // What cannot be encoded becomes a question mark, and two different keys would be the same.
            if (value.indexOf('?') < 0 && contains(bytes, (byte) '?')
                    || value.indexOf('?') >= 0 && !new String(bytes, StandardCharsets.UTF_8).equals(value)) {
                throw new IllegalArgumentException("text with half a surrogate pair: length="
                        + value.length());
            }
            return bytes;
        }

        private boolean contains(byte[] bytes, byte sought) {
            for (byte each : bytes) {
                if (each == sought) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public String decode(byte[] bytes) {
            String text = new String(bytes, StandardCharsets.UTF_8);
            if (text.indexOf('\uFFFD') >= 0 && !Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes)) {
                throw new IllegalArgumentException("not UTF-8, use the codec that the structure was made"
                        + " with: bytes=" + bytes.length);
            }
            return text;
        }
    };

    /**
     * The bytes of a value.
     *
     * @param value the value, not null
     * @return its bytes, which nobody will change
     */
    byte[] encode(T value);

    /**
     * The value of bytes.
     *
     * @param bytes what {@link #encode} gave, in an array that is the caller's to keep
     * @return the value
     * @throws IllegalArgumentException if they are no value's
     */
    T decode(byte[] bytes);
}
