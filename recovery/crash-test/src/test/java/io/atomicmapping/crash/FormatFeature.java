package io.atomicmapping.crash;

import static io.atomicmapping.journal.JournalFormat.*;

import io.atomicmapping.journal.DataFileMark;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What {@code FORMAT.md} says that files can look like, and whether they do after a crash. In the order of
 * that page. What opening refuses is not here: no crash leaves it.
 */
enum FormatFeature {

    RING_OF_16_KIB(disk -> disk.slot != null && disk.slot.getLong(SLOT_RING_BYTES_AT) == RING_BYTES_MIN),
    RING_LARGER(disk -> disk.slot != null && disk.slot.getLong(SLOT_RING_BYTES_AT) > RING_BYTES_MIN),
    SLOTS_EQUAL(disk -> disk.slot != null
            && Arrays.equals(disk.slots.getFirst().array(), disk.slots.getLast().array())),
    SLOTS_UNEQUAL(disk -> disk.slotsDiffer(SLOT_GENERATION_AT)),
    SLOTS_OF_TWO_SALTS(disk -> disk.slotsDiffer(SLOT_SALT_AT)),
    SLOTS_OF_TWO_CHECKPOINTS(disk -> disk.slotsDiffer(SLOT_CHECKPOINT_LSN_AT)),
    SLOTS_OF_TWO_SIZES(disk -> disk.slotsDiffer(SLOT_COMMITTED_SIZE_AT)),
    SLOTS_OF_TWO_GROWTH_LIMITS(disk -> disk.slotsDiffer(SLOT_GROWTH_LIMIT_AT)),
    SLOTS_CLEAN_AND_IN_USE(disk -> disk.slotsDiffer(SLOT_STATE_AT)),
    GROWTH_LIMIT_ABOVE_SIZE(disk -> disk.slot != null
            && disk.slot.getLong(SLOT_GROWTH_LIMIT_AT) > disk.slot.getLong(SLOT_COMMITTED_SIZE_AT)),
    ALIGNMENT_512(disk -> disk.slot != null && disk.slot.getInt(SLOT_RECORD_ALIGNMENT_AT) == SECTOR_BYTES),
    ALIGNMENT_4096(disk -> disk.slot != null
            && disk.slot.getInt(SLOT_RECORD_ALIGNMENT_AT) == RECORD_ALIGNMENT_MAX),
    NO_SAMPLES(disk -> disk.slot != null && disk.slot.getInt(SLOT_SAMPLE_COUNT_AT) == 0),
    ALL_SAMPLES(disk -> disk.slot != null && disk.slot.getInt(SLOT_SAMPLE_COUNT_AT) == SAMPLES_MAX),

    COMMIT_RECORD(disk -> disk.any(record -> record.getInt(KIND_AT) == KIND_COMMIT)),
    MARK_RECORD(disk -> disk.any(record -> record.getInt(KIND_AT) == KIND_MARK)),
    RECORD_OF_A_SECTOR(disk -> disk.any(record ->
            bytes(record) > HEADER_BYTES && bytes(record) <= SECTOR_BYTES)),
    RECORD_OF_SEVERAL_SECTORS(disk -> disk.any(record -> bytes(record) > SECTOR_BYTES)),
    RECORD_LARGER_THAN_THE_SMALLEST_RING(disk -> disk.any(record -> bytes(record) > RING_BYTES_MIN)),
    RECORD_IN_TWO_PIECES(disk -> disk.any(record ->
            record.getLong(LSN_AT) % disk.ringBytes() + bytes(record) > disk.ringBytes())),
    RECORD_WITHOUT_EXTENTS(disk -> disk.any(record ->
            record.getInt(KIND_AT) == KIND_COMMIT && record.getLong(EXTENT_COUNT_AT) == 0)),
    RECORD_OF_SEVERAL_EXTENTS(disk -> disk.any(record -> record.getLong(EXTENT_COUNT_AT) > 1)),
    RECORD_BEHIND_UNPROVEN_ONES(disk -> disk.any(record ->
            record.getLong(DURABLE_LSN_AT) < record.getLong(LSN_AT))),
    RECORD_THAT_PROVES_ALL_BEFORE(disk -> disk.any(record ->
            record.getLong(LSN_AT) > disk.slot.getLong(SLOT_CHECKPOINT_LSN_AT)
            && record.getInt(KIND_AT) == KIND_COMMIT
            && record.getLong(DURABLE_LSN_AT) == record.getLong(LSN_AT))),
    RECORD_THAT_CUTS(disk -> disk.any(record ->
            record.getLong(SIZE_AT) < disk.slot.getLong(SLOT_COMMITTED_SIZE_AT))),
    RECORD_THAT_GROWS(disk -> disk.any(record ->
            record.getLong(SIZE_AT) > disk.slot.getLong(SLOT_COMMITTED_SIZE_AT))),
    RECORD_THAT_CUTS_AND_REGROWS(disk -> disk.any(record ->
            record.getLong(SMALLEST_SIZE_AT) < record.getLong(SIZE_AT)
            && record.getLong(SMALLEST_SIZE_AT) < disk.slot.getLong(SLOT_COMMITTED_SIZE_AT))),
    RECORD_OF_SIZE_ZERO(disk -> disk.any(record -> record.getLong(SIZE_AT) == 0)),
    RECORD_OF_AN_EARLIER_GENERATION(disk -> disk.any(record ->
            record.getLong(GENERATION_AT) < disk.slot.getLong(SLOT_GENERATION_AT))),
    HEADER_OF_AN_OLD_SALT(disk -> disk.headers.stream().anyMatch(record ->
            record.getLong(SALT_AT) != disk.slot.getLong(SLOT_SALT_AT))),
    HEADER_OF_AN_EARLIER_LAP(disk -> disk.headers.stream().anyMatch(record ->
            record.getLong(SALT_AT) == disk.slot.getLong(SLOT_SALT_AT)
            && record.getLong(LSN_AT) < disk.slot.getLong(SLOT_CHECKPOINT_LSN_AT))),
    HEADER_OF_AN_EARLIER_LAP_WHERE_THE_NEXT_ONE_BELONGS(disk -> disk.any(record -> disk.headers.stream()
            .anyMatch(old -> old.getLong(SALT_AT) == record.getLong(SALT_AT)
            && old.getLong(LSN_AT) + disk.ringBytes() == disk.end(record)))),

    HALF_MADE_JOURNAL(disk -> disk.has(".journal.new")),
    HALF_MADE_JOURNAL_ELSEWHERE(disk -> disk.has("/log/journal.new")),
    STUB(disk -> disk.stub),
    JOURNAL_ELSEWHERE_WITHOUT_STUB(disk -> disk.has("/log/journal") && !disk.stub),

    NO_ATTRIBUTE_JOURNAL_CLEAN(disk -> disk.binding(-1, STATE_CLEAN)),
    NO_ATTRIBUTE_JOURNAL_IN_USE(disk -> disk.binding(-1, STATE_IN_USE)),
    NO_ATTRIBUTE_NO_JOURNAL(disk -> disk.binding(-1, -1)),
    ATTRIBUTE_CLEAN_JOURNAL_CLEAN(disk -> disk.binding(STATE_CLEAN, STATE_CLEAN)),
    ATTRIBUTE_CLEAN_JOURNAL_IN_USE(disk -> disk.binding(STATE_CLEAN, STATE_IN_USE)),
    ATTRIBUTE_IN_USE_JOURNAL_CLEAN(disk -> disk.binding(STATE_IN_USE, STATE_CLEAN)),
    ATTRIBUTE_IN_USE_JOURNAL_IN_USE(disk -> disk.binding(STATE_IN_USE, STATE_IN_USE)),
    NO_DATA_FILE(disk -> disk.home == null),
    DATA_FILE_OF_LENGTH_ZERO(disk -> disk.home != null && disk.home.length == 0),
    DATA_FILE_LONGER_THAN_COMMITTED(disk -> disk.home != null && disk.slot != null
            && disk.home.length > disk.slot.getLong(SLOT_COMMITTED_SIZE_AT)),
    DATA_FILE_SHORTER_THAN_COMMITTED(disk -> disk.home != null && disk.slot != null
            && disk.home.length < disk.slot.getLong(SLOT_COMMITTED_SIZE_AT));

    private static final Path HOME = Path.of("/data/file");

    private final Predicate<Files> shown;

    FormatFeature(Predicate<Files> shown) {
        this.shown = shown;
    }

    private static long bytes(ByteBuffer record) {
        return HEADER_BYTES + record.getLong(BODY_BYTES_AT);
    }

    /** How many disks showed each, and in which scenario the first did. */
    static final class Table {
        private final Map<FormatFeature, Integer> disks = new EnumMap<>(FormatFeature.class);
        private final Map<FormatFeature, Scenario> first = new EnumMap<>(FormatFeature.class);

        void see(SimulatedDisk disk, Scenario scenario) {
            Files files = new Files(disk);
            for (FormatFeature feature : values()) {
                if (feature.shown.test(files)) {
                    disks.merge(feature, 1, Integer::sum);
                    first.putIfAbsent(feature, scenario);
                }
            }
        }

        List<FormatFeature> missing() {
            return Arrays.stream(values()).filter(feature -> !disks.containsKey(feature)).toList();
        }

        @Override
        public String toString() {
            StringBuilder text =
                    new StringBuilder(String.format("%-52s%9s  first in", "in FORMAT.md", "disks"));
            disks.forEach((feature, count) ->
                    text.append(String.format("%n%-52s%,9d  %s", feature, count, first.get(feature))));
            return text.toString();
        }
    }

    /** What a crash left. */
    private static final class Files {
        final SimulatedDisk disk;
        /** Null without a data file. */
        final byte[] home;
        /** The valid ones, where there is a journal. */
        final List<ByteBuffer> slots = new ArrayList<>();
        /** The newer of them, or null. */
        ByteBuffer slot;
        /** The headers in the ring, each where it belongs in some lap. */
        final List<ByteBuffer> headers = new ArrayList<>();
        final boolean stub;

        Files(SimulatedDisk disk) {
            this.disk = disk;
            this.home = contents(HOME);
            byte[] beside = contents(besidePath(HOME));
            this.stub = beside != null && beside.length == STUB_BYTES;
            byte[] journal = beside == null || stub ? contents(Path.of("/log/journal")) : beside;
            if (journal != null) {
                read(journal);
            }
        }

        private byte[] contents(Path path) {
            try {
                return disk.contents(path);
            } catch (NoSuchFileException e) {
                return null;
            }
        }

        private void read(byte[] journal) {
            for (int at = 0; at <= SLOT_AREA_BYTES; at += SLOT_AREA_BYTES) {
                slots.add(part(journal, at, SLOT_BYTES));
            }
            boolean firstIsNewer = slots.getFirst().getLong(SLOT_GENERATION_AT)
                    > slots.getLast().getLong(SLOT_GENERATION_AT);
            slot = firstIsNewer ? slots.getFirst() : slots.getLast();
            for (int at = RING_POSITION; at < journal.length; at += SECTOR_BYTES) {
                ByteBuffer header = part(journal, at, SECTOR_BYTES);
                if (header.getInt(MAGIC_AT) == RECORD_MAGIC
                        && at == filePosition(header.getLong(LSN_AT), ringBytes())) {
                    headers.add(header);
                }
            }
        }

        private static ByteBuffer part(byte[] bytes, int from, int length) {
            return ByteBuffer.wrap(Arrays.copyOfRange(bytes, from, from + length))
                    .order(ByteOrder.LITTLE_ENDIAN);
        }

        long ringBytes() {
            return slot.getLong(SLOT_RING_BYTES_AT);
        }

        long end(ByteBuffer record) {
            return record.getLong(LSN_AT)
                    + recordBytes(record.getLong(BODY_BYTES_AT), slot.getInt(SLOT_RECORD_ALIGNMENT_AT));
        }

        boolean slotsDiffer(int field) {
            return slot != null && slots.getFirst().getLong(field) != slots.getLast().getLong(field);
        }

        /** Whether there is such a record that counts: of the newer slot's salt, behind its checkpoint. */
        boolean any(Predicate<ByteBuffer> wanted) {
            return headers.stream().anyMatch(header -> header.getLong(SALT_AT) == slot.getLong(SLOT_SALT_AT)
                    && header.getLong(LSN_AT) >= slot.getLong(SLOT_CHECKPOINT_LSN_AT) && wanted.test(header));
        }

        boolean has(String end) {
            return disk.paths().stream().anyMatch(path -> path.toString().endsWith(end));
        }

        /** Whether attribute and journal are in these states; -1 for missing. */
        boolean binding(int attributeState, int journalState) {
            return home != null && attributeState() == attributeState
                    && journalState == (slot == null ? -1 : slot.getInt(SLOT_STATE_AT));
        }

        private int attributeState() {
            synchronized (disk) {
                byte[] value = disk.names().get(HOME).cached.attributes.get(DataFileMark.ATTRIBUTE);
                return value == null ? -1 : part(value, 0, value.length).getInt(ATTRIBUTE_STATE_AT);
            }
        }
    }
}
