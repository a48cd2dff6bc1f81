package io.atomicmapping.crash;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a {@link CrashTest} visited.
 *
 * <ul>
 *   <li>A <i>run</i> is a workload that was recorded.
 *   <li>A <i>crash</i> is one way in which a recorded run, or recovery, can be cut off.
 *   <li>A <i>state</i> is a disk after a crash that was opened and checked. Crashes that leave the same disk,
 *       held to the same promises, share one.
 * </ul>
 */
public final class CrashReport {

    private final String name;
    private final Coverage coverage = new Coverage();
    private final long beginNanos = System.nanoTime();
    private long endNanos = beginNanos;
    private long runs;
    private long commits;
    private long crashes;
    private long states;
    private long nestedStates;
    private long sampledMoments;
    private long nestedSampledMoments;
    private final Map<String, Integer> crashedRecoveries = new TreeMap<>();

    CrashReport(String name) {
        this.name = name;
    }

    /** A workload was recorded, which told the ledger of so many commits. */
    void addRun(long ofCommits) {
        runs++;
        commits += ofCommits;
    }

    void addCrash() {
        crashes++;
    }

    void addState(boolean nested) {
        states++;
        nestedStates += nested ? 1 : 0;
        endNanos = System.nanoTime();
    }

    void addSampledMoment(boolean nested) {
        sampledMoments += nested ? 0 : 1;
        nestedSampledMoments += nested ? 1 : 0;
    }

    void addCrashedRecovery(String tail) {
        crashedRecoveries.merge(tail, 1, Integer::sum);
    }

    /** How many recoveries were crashed in every way, by the tail that they found. */
    Map<String, Integer> crashedRecoveries() {
        return crashedRecoveries;
    }

    Coverage coverage() {
        return coverage;
    }

    /**
     * The workloads that were recorded.
     *
     * @return their count
     */
    public long runs() {
        return runs;
    }

    /**
     * What these workloads committed.
     *
     * @return the count of entries in their ledgers
     */
    public long commits() {
        return commits;
    }

    /**
     * The ways in which they were cut off.
     *
     * @return their count
     */
    public long crashes() {
        return crashes;
    }

    /**
     * The different disks after them that were opened and checked.
     *
     * @return their count
     */
    public long states() {
        return states;
    }

    /**
     * The states after a crash of a recovery.
     *
     * @return their count
     */
    public long nestedStates() {
        return nestedStates;
    }

    /**
     * The moments of exhaustive runs at which there were too many crashes to try them all: there each thing
     * that a crash may lose was lost alone and kept alone, and a random part of the combinations tried.
     * Moments of recoveries are counted apart.
     *
     * @return their count; 0 where exhaustive means what it says
     */
    public long sampledMoments() {
        return sampledMoments;
    }

    /**
     * As {@link #sampledMoments}, of the recoveries that were crashed.
     *
     * @return their count
     */
    public long nestedSampledMoments() {
        return nestedSampledMoments;
    }

    /**
     * Whether a state was visited in which an operation met a fate and the journal ended in a certain way.
     *
     * @param kind the kind of operation; forces are lost where the crash came during them
     * @param fate what the crash made of it
     * @param tail how the journal ended, by the names of {@link io.atomicmapping.recovery.TailCase}
     * @return whether it was
     */
    public boolean covers(Operation.Kind kind, Crash.Fate fate, String tail) {
        return coverage.has(kind, fate, tail);
    }

    /**
     * The operations of a kind, their fates, and how the journal ended, as a table.
     *
     * @return lines of text; K kept, T torn, L lost
     */
    public String table() {
        return coverage.toString();
    }

    /** The figures in a line: there was no violation, or there would be no report. */
    @Override
    public String toString() {
        return name + ": " + figures() + ", violations=0";
    }

    String figures() {
        return String.format(Locale.ROOT, "runs=%d, commits=%d, crashes=%d, states visited=%d (of crashed"
                + " recoveries %d), recoveries crashed=%d, moments sampled=%d (of recoveries %d),"
                + " seconds=%.1f",
                runs, commits, crashes, states, nestedStates,
                crashedRecoveries.values().stream().mapToInt(Integer::intValue).sum(), sampledMoments,
                nestedSampledMoments, (endNanos - beginNanos) / 1e9);
    }
}
