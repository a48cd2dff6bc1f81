package io.atomicmapping.recovery;

import io.atomicmapping.journal.JournalScan;
import io.atomicmapping.journal.JournalScan.Later;
import io.atomicmapping.journal.JournalScan.Next;
import java.util.EnumSet;
import java.util.Set;

/**
 * How a journal ends, and what recovery does about it. The table of {@code FORMAT.md}, "The tail": what
 * lies where the next record would be, and what headers lie behind it, together match exactly one case.
 */
public enum TailCase {

    /**
     * There is no journal, and the data file does not need one: it was never opened, or closed cleanly
     * before somebody deleted its journal.
     */
    NO_JOURNAL(Verdict.COMPLETE, EnumSet.noneOf(Next.class), EnumSet.noneOf(Later.class)),

    /**
     * The data file was closed cleanly, or its opening was cut before it allowed a commit. Its bytes are
     * complete; what the ring holds is of the past.
     */
    CLEAN(Verdict.COMPLETE, EnumSet.noneOf(Next.class), EnumSet.noneOf(Later.class)),

    /** The accepted records fill the ring to its last byte. The crash came before the checkpoint moved. */
    FULL(Verdict.ACCEPT, EnumSet.of(Next.NO_ROOM), EnumSet.allOf(Later.class)),

    /**
     * Nothing of a next record is there: the crash came between two appends, or before a sector of the last
     * append reached the disk, or in a body that had no header yet.
     */
    END(Verdict.ACCEPT, EnumSet.of(Next.ABSENT), EnumSet.of(Later.NONE)),

    /**
     * A header reached the disk, but not all of its body: the crash came during the last append or its
     * force. Its sync never returned. Rot in the body of the very last record looks the same.
     */
    TORN_RECORD(Verdict.ACCEPT, EnumSet.of(Next.TORN_BODY), EnumSet.of(Later.NONE)),

    /**
     * Several records were appended and not yet forced, and a later one reached the disk before an earlier
     * one. None of their syncs returned; the later ones are dropped with the earlier.
     */
    TORN_GROUP(Verdict.ACCEPT, EnumSet.of(Next.ABSENT, Next.TORN_BODY), EnumSet.of(Later.UNPROVEN)),

    /**
     * A record is missing or damaged although a later one says that it had been forced before: no crash
     * does that. The disk lost it, or it rotted.
     */
    LOST_RECORD(Verdict.CORRUPT, EnumSet.of(Next.ABSENT, Next.TORN_BODY), EnumSet.of(Later.PROOF)),

    /**
     * All checksums of a record are right, but it cannot follow the one before, or reaches outside the data
     * file. No writer of this library wrote it.
     */
    CONTRADICTION(Verdict.CORRUPT, EnumSet.of(Next.CONTRADICTION),
            EnumSet.of(Later.NONE, Later.UNPROVEN, Later.PROOF)),

    /**
     * A record was written under a slot generation that neither slot has. Both slots had been forced
     * before: somebody put old slots back, or the disk did.
     */
    STALE_SLOTS(Verdict.CORRUPT, EnumSet.of(Next.ABSENT, Next.TORN_BODY, Next.CONTRADICTION),
            EnumSet.of(Later.NEWER_GENERATION)),

    /** As {@link #STALE_SLOTS}, with the newer record exactly where the next one would be. */
    STALE_SLOTS_AT_END(Verdict.CORRUPT, EnumSet.of(Next.NEWER_GENERATION), EnumSet.allOf(Later.class));

    /** What recovery does. */
    enum Verdict {
        /** Nothing: the data file is complete. */
        COMPLETE,
        /** Replay what was accepted. */
        ACCEPT,
        /** Refuse to open. */
        CORRUPT
    }

    private final Verdict verdict;
    private final Set<Next> next;
    private final Set<Later> later;

    TailCase(Verdict verdict, Set<Next> next, Set<Later> later) {
        this.verdict = verdict;
        this.next = next;
        this.later = later;
    }

    /**
     * The case of a finished scan.
     *
     * @param scan the scan
     * @return the one case that matches
     */
    public static TailCase of(JournalScan scan) {
        JournalScan.Findings findings = scan.findings();
        for (TailCase tailCase : values()) {
            if (tailCase.matches(findings.next(), findings.later())) {
                return tailCase;
            }
        }
        throw new AssertionError("no case for " + findings);
    }

    boolean matches(Next foundNext, Later foundLater) {
        return next.contains(foundNext) && later.contains(foundLater);
    }

    /**
     * Whether the journal holds bytes that no crash can have left.
     *
     * @return whether it is corrupt
     */
    public boolean isCorrupt() {
        return verdict == Verdict.CORRUPT;
    }
}
