package io.atomicmapping.journal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Pins the bytes to FORMAT.md: its worked example, and the offsets in its tables. */
class FormatTest {

    private static final UUID ID = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
    private static final long SALT = 0x1122_3344_5566_7788L;
    private static final long CHECKPOINT_LSN = 1_048_064;
    private static final int SAMPLES_BYTES = JournalFormat.SAMPLES_MAX * JournalFormat.SAMPLE_BYTES;

    private final String page = read();

    private static String read() {
        try {
            return Files.readString(Path.of("FORMAT.md"));
        } catch (IOException e) {
            throw new AssertionError("tests run in the module's directory", e);
        }
    }

    private static Slot slot() {
        return new Slot(ID, 7, SALT, 1 << 20, CHECKPOINT_LSN, 41, 10_000, 10_000, true, 4096, 512,
                List.of(new Sample(0, JournalFormat.crc32c(MemorySegment.ofArray(new byte[4096]), 0, 4096),
                4096)));
    }

    private static byte[] commit() {
        try (RedoRecord record = new RedoRecord(0)) {
            record.add(5, MemorySegment.ofArray(new byte[] {1, 2, 3}), 0, 3);
            record.add(9_999, MemorySegment.ofArray(new byte[] {9}), 0, 1);
            record.sizes(10_000, 10_000);
            return complete(record, CHECKPOINT_LSN, JournalFormat.KIND_COMMIT);
        }
    }

    private static byte[] mark() {
        try (RedoRecord record = new RedoRecord(0)) {
            record.sizes(10_000, 10_000);
            return complete(record, CHECKPOINT_LSN + 512, JournalFormat.KIND_MARK);
        }
    }

    private static byte[] complete(RedoRecord record, long lsn, int kind) {
        RecordHeader header = new RecordHeader(SALT, lsn, 42, 7, lsn, record.bodyBytes(),
                record.extentCount(), 0, kind, record.size(), record.smallestSize(), 0);
        byte[] bytes = record.complete(header, 512).toArray(JAVA_BYTE);
        assertEquals(512, bytes.length);
        return bytes;
    }

    private static byte[] stub() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(JournalFormat.STUB_BYTES);
            new JournalStub(ID, Path.of("/j/x")).encode(bytes);
            return bytes.toArray(JAVA_BYTE);
        }
    }

    @Test
    void slotIsAsOnThePage() {
        MemorySegment bytes = MemorySegment.ofArray(new byte[JournalFormat.SLOT_BYTES]);
        slot().encode(bytes);
        assertGolden("slot", bytes.toArray(JAVA_BYTE));
        assertEquals(slot(), Slot.decode(bytes));
    }

    @Test
    void recordIsAsOnThePage() {
        assertGolden("record", commit());
        RecordHeader header = RecordHeader.decode(MemorySegment.ofArray(commit()), 0);
        assertNotNull(header);
        assertEquals(42, header.commit());
        assertEquals(20, header.bodyBytes());
        assertEquals(1_056_256, JournalFormat.filePosition(header.lsn(), 1 << 20));
        assertEquals(8_192, JournalFormat.filePosition(header.lsn() + 512, 1 << 20));
    }

    @Test
    void markIsAsOnThePage() {
        assertGolden("mark", mark());
    }

    @Test
    void attributeIsAsOnThePage() throws IOException {
        DataFileMark mark = new DataFileMark(ID, 0, 1, true);
        assertGolden("attribute", mark.encode());
        assertEquals(mark, DataFileMark.decode(mark.encode(), Path.of("x")));
    }

    @Test
    void stubIsAsOnThePage() throws IOException {
        assertGolden("stub", stub());
    }

    /** The page shows the first bytes; what follows is zeros. */
    private void assertGolden(String name, byte[] actual) {
        Matcher matcher = Pattern.compile("<!-- golden: " + name + " -->\\s*```\\n(.*?)```",
                Pattern.DOTALL).matcher(page);
        assertTrue(matcher.find(), name + " is not on the page");
        String shown = matcher.group(1);
        int shownBytes = shown.replaceAll("[^0-9a-f]|(?m)^[0-9a-f]+:", "").length() / 2;
        assertEquals(lines(actual, Math.max(shownBytes, 16)), shown, name);
        for (int i = shownBytes; i < actual.length; i++) {
            assertEquals(0, actual[i], name + " at " + i);
        }
    }

    private static String lines(byte[] bytes, int count) {
        StringBuilder text = new StringBuilder();
        for (int at = 0; at < count; at += 16) {
            text.append("%04x:  %s%n".formatted(at, HexFormat.ofDelimiter(" ").formatHex(bytes, at, at
                    + 16)));
        }
        return text.toString();
    }

    @Test
    void offsetsAreAsInTheTables() {
        assertOffsets("## Slot", Map.ofEntries(
                Map.entry("magic", JournalFormat.SLOT_MAGIC_AT),
                Map.entry("version", JournalFormat.SLOT_VERSION_AT),
                Map.entry("crc", JournalFormat.SLOT_CRC_AT),
                Map.entry("journalId", JournalFormat.SLOT_ID_AT),
                Map.entry("slotGeneration", JournalFormat.SLOT_GENERATION_AT),
                Map.entry("salt", JournalFormat.SLOT_SALT_AT),
                Map.entry("ringBytes", JournalFormat.SLOT_RING_BYTES_AT),
                Map.entry("checkpointLsn", JournalFormat.SLOT_CHECKPOINT_LSN_AT),
                Map.entry("checkpointCommit", JournalFormat.SLOT_CHECKPOINT_COMMIT_AT),
                Map.entry("committedSize", JournalFormat.SLOT_COMMITTED_SIZE_AT),
                Map.entry("growthLimit", JournalFormat.SLOT_GROWTH_LIMIT_AT),
                Map.entry("state", JournalFormat.SLOT_STATE_AT),
                Map.entry("pageBytes", JournalFormat.SLOT_PAGE_BYTES_AT),
                Map.entry("recordAlignment", JournalFormat.SLOT_RECORD_ALIGNMENT_AT),
                Map.entry("sampleCount", JournalFormat.SLOT_SAMPLE_COUNT_AT),
                Map.entry("samples", JournalFormat.SLOT_SAMPLES_AT),
                Map.entry("", JournalFormat.SLOT_SAMPLES_AT + SAMPLES_BYTES)));
        assertOffsets("## Record", Map.ofEntries(
                Map.entry("magic", JournalFormat.MAGIC_AT),
                Map.entry("headerCrc", JournalFormat.HEADER_CRC_AT),
                Map.entry("salt", JournalFormat.SALT_AT),
                Map.entry("lsn", JournalFormat.LSN_AT),
                Map.entry("commit", JournalFormat.COMMIT_AT),
                Map.entry("slotGeneration", JournalFormat.GENERATION_AT),
                Map.entry("durableLsn", JournalFormat.DURABLE_LSN_AT),
                Map.entry("bodyBytes", JournalFormat.BODY_BYTES_AT),
                Map.entry("extentCount", JournalFormat.EXTENT_COUNT_AT),
                Map.entry("bodyCrc", JournalFormat.BODY_CRC_AT),
                Map.entry("kind", JournalFormat.KIND_AT),
                Map.entry("size", JournalFormat.SIZE_AT),
                Map.entry("smallestSize", JournalFormat.SMALLEST_SIZE_AT),
                Map.entry("fileNumber", JournalFormat.FILE_NUMBER_AT),
                Map.entry("reserved", JournalFormat.RESERVED_AT),
                Map.entry("body", JournalFormat.HEADER_BYTES)));
        assertOffsets("The **attribute**", Map.ofEntries(
                Map.entry("version", JournalFormat.ATTRIBUTE_VERSION_AT),
                Map.entry("crc", JournalFormat.ATTRIBUTE_CRC_AT),
                Map.entry("journalId", JournalFormat.ATTRIBUTE_ID_AT),
                Map.entry("lastCommit", JournalFormat.ATTRIBUTE_COMMIT_AT),
                Map.entry("slotGeneration", JournalFormat.ATTRIBUTE_GENERATION_AT),
                Map.entry("state", JournalFormat.ATTRIBUTE_STATE_AT),
                Map.entry("reserved", JournalFormat.ATTRIBUTE_RESERVED_AT)));
        assertOffsets("The **stub**", Map.of("magic", JournalFormat.STUB_MAGIC_AT,
                "version", JournalFormat.STUB_VERSION_AT, "crc", JournalFormat.STUB_CRC_AT,
                "journalId", JournalFormat.STUB_ID_AT, "pathBytes", JournalFormat.STUB_PATH_BYTES_AT,
                "path", JournalFormat.STUB_PATH_AT));
    }

    /** The first table after a text has exactly these fields at these offsets. */
    private void assertOffsets(String after, Map<String, Integer> expected) {
        int from = page.indexOf(after);
        assertTrue(from >= 0, after);
        String table = page.substring(page.indexOf("\n|", from) + 1);
        table = table.substring(0, table.indexOf("\n\n") + 1);
        Matcher row = Pattern.compile("(?m)^\\| (\\d+) \\|[^|]*\\| ?(\\w*) ?\\|.*$").matcher(table);
        int rows = 0;
        while (row.find()) {
            assertEquals(expected.get(row.group(2)), Integer.valueOf(row.group(1)), after + ": "
                    + row.group());
            rows++;
        }
        assertEquals(expected.size(), rows, after);
    }
}
