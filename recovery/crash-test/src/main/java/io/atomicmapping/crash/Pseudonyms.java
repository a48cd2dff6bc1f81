package io.atomicmapping.crash;

import static io.atomicmapping.journal.JournalFormat.*;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Numbers for what is random in a journal: its ids and salts, in the order in which they are met. Nothing but
 * whether two of them are equal matters to anybody, so that two disks that differ only in which they are will
 * do the same for ever.
 *
 * <p>A checksum over such a field is changed as much as the field's change changes it: it stays right, or as
 * wrong as it was. A CRC is linear, so that this needs no other byte below it.
 */
final class Pseudonyms {

    private static final byte[] REST_OF_A_STUB = new byte[STUB_BYTES - SECTOR_BYTES];

    private final Map<Long, Long> numbers = new HashMap<>();

    /** A sector with numbers for what is random in it. */
    byte[] sector(long sector, byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (buffer.getInt(MAGIC_AT) == RECORD_MAGIC) {
            return renamed(bytes, HEADER_BYTES, HEADER_CRC_AT, SALT_AT);
        }
        if (buffer.getLong(SLOT_MAGIC_AT) == SLOT_MAGIC) {
            return renamed(bytes, SLOT_BYTES, SLOT_CRC_AT, SLOT_ID_AT, SLOT_ID_AT + Long.BYTES,
                    SLOT_SALT_AT);
        }
        if (sector == 0 && buffer.getLong(STUB_MAGIC_AT) == STUB_MAGIC) {
            return renamed(bytes, STUB_BYTES, STUB_CRC_AT, STUB_ID_AT, STUB_ID_AT + Long.BYTES);
        }
        return bytes;
    }

    /** An attribute's value with numbers for what is random in it. */
    byte[] attribute(byte[] value) {
        return value.length != ATTRIBUTE_BYTES ? value
                : renamed(value, ATTRIBUTE_BYTES, ATTRIBUTE_CRC_AT, ATTRIBUTE_ID_AT,
                        ATTRIBUTE_ID_AT + Long.BYTES);
    }

    private byte[] renamed(byte[] bytes, int checkedBytes, int crcAt, int... fields) {
        byte[] renamed = bytes.clone();
        ByteBuffer buffer = ByteBuffer.wrap(renamed).order(ByteOrder.LITTLE_ENDIAN);
        int crc = buffer.getInt(crcAt);
        buffer.putInt(crcAt, 0);
        int before = crc(renamed, checkedBytes);
        for (int field : fields) {
            buffer.putLong(field, number(buffer.getLong(field)));
        }
        buffer.putInt(crcAt, crc ^ before ^ crc(renamed, checkedBytes));
        return renamed;
    }

    private long number(long random) {
        Long known = numbers.putIfAbsent(random, (long) numbers.size());
        return known == null ? numbers.size() - 1 : known;
    }

    private static int crc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, Math.min(bytes.length, length));
        if (length > bytes.length) {
            crc.update(REST_OF_A_STUB, 0, length - bytes.length);
        }
        return (int) crc.getValue();
    }
}
