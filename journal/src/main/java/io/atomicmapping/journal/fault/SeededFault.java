package io.atomicmapping.journal.fault;

/**
 * The mistakes that the library can be told to make, one in a JVM, so that its own crash tests can show that
 * they would find them. Each stands for one rule of {@code FORMAT.md} or of the engine, broken where the rule
 * is kept.
 *
 * <ul>
 *   <li>None is made unless the JVM was started with {@code -Dio.atomicmapping.seededFault=NAME}, and then
 *       standard error says so: such a JVM loses data.
 *   <li>{@link #isSeeded} compares two constants: the JIT removes the question with the branch behind it.
 *   <li>Faults of I/O (a force that is dropped, a slot that is written in pieces) need no place here: the
 *       tests put a storage of their own below the library.
 * </ul>
 */
public enum SeededFault {

    /** A record counts although its body does not match its checksum: a torn tail is taken for a commit. */
    BODY_CHECKSUM_UNCHECKED,
    /** A record's header counts although it does not match its checksum. */
    HEADER_CHECKSUM_UNCHECKED,
    /** The header's checksum ends before the length, and what follows it. */
    HEADER_CHECKSUM_WITHOUT_LENGTH,
    /** A slot counts although it does not match its checksum. */
    SLOT_CHECKSUM_UNCHECKED,
    /** A slot's checksum ends before its last samples. */
    SLOT_CHECKSUM_WITHOUT_LAST_SAMPLES,
    /** Another growth limit is written under the generation of the last. */
    GENERATION_KEPT_AT_GROWTH,
    /** The next session goes on with the salt of the last. */
    SALT_UNCHANGED,
    /** A record counts wherever it lies: one of an earlier lap of the ring, too. */
    LAP_UNCHECKED,
    /** A record that proves an earlier one lost is not believed: corruption is taken for a torn tail. */
    PROOF_IGNORED,
    /** Witnesses are searched only where large records would begin. */
    WITNESSES_NOT_AT_EVERY_SECTOR,
    /** A record of a newer slot than the chosen one tells nothing. */
    NEWER_GENERATION_IGNORED,
    /** A record claims that all before it is durable when it is only written. */
    DURABLE_LSN_AHEAD,
    /** No mark is left at an idle moment. */
    MARK_FORGOTTEN,
    /** A slot update writes one of the two slots. */
    ONE_SLOT_WRITTEN,
    /** A force that failed is tried again, and believed. */
    FAILED_FORCE_RETRIED,
    /** Recovery does not write the accepted records anew. */
    ACCEPTED_RECORDS_NOT_REWRITTEN,
    /** Of the accepted records those behind the ring's end are not written anew. */
    REWRITTEN_ONLY_TO_THE_RINGS_END,
    /** A commit's failure is told to the caller that made it, not to those who share it. */
    FAILURE_NOT_TOLD_TO_FOLLOWERS,

    /** Replay goes from the newest record to the oldest. */
    REPLAY_IN_WRONG_ORDER,
    /** Replay brings back bytes that a later commit had cut off. */
    CLIPPING_FORGOTTEN,
    /** Replay does not see that a commit cut what it then grew again. */
    CUT_WITHIN_A_COMMIT_NOT_SEEN,
    /** Replay leaves in the data file what a commit had cut off. */
    ZEROING_FORGOTTEN,
    /** The data file does not say that it needs its journal. */
    ATTRIBUTE_LATE,
    /** The stub that names a journal elsewhere is not written when it is needed. */
    STUB_LATE,
    /** The data file says that it needs its journal before the stub says where that is. */
    STUB_AFTER_ATTRIBUTE,
    /** The samples that bind a journal to its data file are not compared. */
    SAMPLES_UNCHECKED,
    /** Closing leaves the data file longer than was committed. */
    TRIM_FORGOTTEN,

    /** A seal does not wait for open sections. */
    SEAL_WITHOUT_WAITING,
    /** Two threads mark a page by plain stores at once. */
    BIAS_NOT_REVOKED,
    /** A second store to a page does not tell that the list of pages knows only the first. */
    SECOND_STORE_NOT_TOLD,
    /** Of a page that is listed with two stores a commit has only the first. */
    LATER_ENTRY_OF_A_PAGE_IGNORED,
    /** A page is stored to without a copy of what it held. */
    TWIN_FORGOTTEN,
    /** A seal changes twins without before-images of what they held. */
    BEFORE_IMAGE_FORGOTTEN,
    /** A range sync forgets the last line that its range touches. */
    RANGE_WITHOUT_ITS_LAST_LINE,
    /** A checkpoint does not hide the stores of the open generation. */
    CHECKPOINT_WITHOUT_TWINS,
    /** A checkpoint does not hide stores that are sealed and not durable. */
    CHECKPOINT_WITHOUT_SEALED_IMAGES,
    /** A checkpoint can begin when a commit has given it its pages and still keeps their images. */
    COMPLETION_IN_TWO_STEPS,
    /** Of two images of a line the younger one wins. */
    YOUNGER_IMAGE_WINS,
    /** A checkpoint writes whole pages, past the committed size. */
    CHECKPOINT_NOT_CLIPPED,
    /** Private pages are handed back whether or not they are committed. */
    RECYCLED_UNCOMMITTED,
    /** Private pages are handed back although stores are found by the kernel. */
    RECYCLED_IN_KERNEL_MODE,
    /** In kernel mode a commit does not go home before the next one is looked for. */
    KERNEL_COMMIT_NOT_HOME,
    /** A commit waits for room in the ring inside an exclusion. */
    ROOM_AWAITED_INSIDE_EXCLUSION,
    /** What a failed append had sealed is not uncommitted again, but gone. */
    FAILED_APPEND_NOT_MERGED_BACK,
    /** A sync whose stores were in a commit that failed returns the last number. */
    FAILED_COMMIT_NOT_TOLD,
    /** A commit does not take the disk space that its pages will need at home. */
    SPACE_NOT_RESERVED,
    /** A commit does not say how small the mapping was in between. */
    SMALLEST_SIZE_FORGOTTEN,
    /** The data file is cut as soon as the mapping is. */
    HOME_CUT_WHILE_MAPPED,
    /** The data file grows before the journal allows it. */
    GROWTH_LIMIT_LATE,
    /** A checkpoint fills the gaps between its pages with what the program sees, committed or not. */
    GAPS_FILLED_AS_SEEN,
    /** What was sealed while an append failed is committed without it. */
    LATER_SEALED_NOT_TAKEN_BACK,
    /** A resize whose commit failed counts as committed. */
    FAILED_RESIZE_FORGOTTEN,
    /** A group whose last range is its first counts as asking for that one only. */
    RANGE_OF_A_GROUP_FORGOTTEN,
    /** Of an adopted file only the first mapping is looked at for stores. */
    ONLY_FIRST_MAPPING_SCANNED,
    /** The journal allows an adopted file no other length than it had. */
    ADOPTED_LENGTH_LIMITED,
    /** A commit of an adopted file has its last page, but does not cut the file before it. */
    ADOPTED_TAIL_NOT_CUT,
    /** The record that guards the end of an adopted file leaves the journal with a checkpoint. */
    LAST_RECORD_NOT_KEPT,
    /** What the owner of an adopted file has stored in its last page at home stays there, uncommitted. */
    ADOPTED_TAIL_NOT_MENDED,
    /** The last page of an adopted file is copied by the first store to it, with what its owner has there. */
    ADOPTED_TAIL_NOT_PARTED,
    /** What the owner of an adopted file has appended is not in the record that makes the file longer. */
    APPENDED_BYTES_NOT_GATHERED;

    private static final String PROPERTY = "io.atomicmapping.seededFault";
    private static final SeededFault SEEDED = seeded();

    private static SeededFault seeded() {
        String name = System.getProperty(PROPERTY);
        if (name == null) {
            return null;
        }
        System.err.println(
                "atomic-mapping makes a mistake on purpose, and will lose data: " + PROPERTY + "=" + name);
        return valueOf(name);
    }

    /**
     * Whether this JVM is to make the mistake.
     *
     * @return whether it is; in production never
     */
    public boolean isSeeded() {
        return this == SEEDED;
    }
}
