package io.atomicmapping.benchmarks.structures;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * One map, filled with entries under scattered keys, then raced: commits of some puts each.
 *
 * @param map which
 * @param entries how many it holds
 * @param valueBytes of each
 * @param warmUpSeconds before each cell
 * @param seconds of each cell
 */
public record MapRun(RacedMaps map, int entries, int valueBytes, double warmUpSeconds, double seconds) {

    private static final int FILLED_AT_ONCE = 10_000;
    private static final int GETS = 500_000;
    private static final double NANOS_A_SECOND = 1e9;
    private static final double NANOS_A_MICRO = 1e3;
    private static final double P50 = 50;
    private static final double P99 = 99;

    /**
     * What was seen of a cell.
     *
     * @param map which
     * @param valueBytes of each value
     * @param work whether keys are there already, "replace", or new, "insert"; or "get"
     * @param putsPerCommit puts in a commit
     * @param perSecond puts a second, commits included; or gets
     * @param commitMicrosP50 what a commit and its puts took
     * @param commitMicrosP99 likewise
     */
    public record Seen(String map, int valueBytes, String work, int putsPerCommit, double perSecond,
            double commitMicrosP50, double commitMicrosP99) { }

    /** Scatters numbers one to one: the finalizer of SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA'14). */
    static long scatter(long number) {
        long bits = (number ^ number >>> 30) * 0xBF58476D1CE4E5B9L;
        bits = (bits ^ bits >>> 27) * 0x94D049BB133111EBL;
        return bits ^ bits >>> 31;
    }

    /** Fills and races it in a directory that has nothing of it yet. */
    public List<Seen> race(Path directory, List<Integer> putsPerCommit) throws Exception {
        List<Seen> all = new ArrayList<>();
        try (RacedMap raced = map.open(directory)) {
            State state = new State(raced);
            while (state.inserted < entries) {
                state.commitInserts(FILLED_AT_ONCE);
            }
            all.add(state.gets());
            for (int puts : putsPerCommit) {
                all.add(state.cell("replace", puts));
            }
            for (int puts : putsPerCommit) {
                all.add(state.cell("insert", puts));
            }
        }
        return all;
    }

    private final class State {
        private final RacedMap raced;
        private long inserted;
        private long drawn;

        State(RacedMap raced) {
            this.raced = raced;
        }

        /** A new one each time, which differs from those before: maps of Java keep the array. */
        private byte[] value(long salt) {
            byte[] value = new byte[valueBytes];
            long bits = scatter(salt);
            for (int i = 0; i < valueBytes; i++) {
                value[i] = (byte) (bits >>> 8 * (i & 7));
                if ((i & 7) == 7) {
                    bits = scatter(bits);
                }
            }
            return value;
        }

        void commitInserts(int puts) throws Exception {
            for (int i = 0; i < puts; i++) {
                raced.put(scatter(inserted), value(inserted));
                inserted++;
            }
            raced.commit();
        }

        void commitReplacements(int puts) throws Exception {
            for (int i = 0; i < puts; i++) {
                long number = Long.remainderUnsigned(scatter(--drawn), entries);
                raced.put(scatter(number), value(drawn));
            }
            raced.commit();
        }

        Seen cell(String work, int puts) throws Exception {
            long warm = System.nanoTime() + (long) (warmUpSeconds * NANOS_A_SECOND);
            long begin = System.nanoTime();
            while (begin < warm) {
                commit(work, puts);
                begin = System.nanoTime();
            }
            Histogram commits = new Histogram(3);
            long end = begin + (long) (seconds * NANOS_A_SECOND);
            long now = begin;
            while (now < end) {
                commit(work, puts);
                long after = System.nanoTime();
                commits.recordValue(after - now);
                now = after;
            }
            return new Seen(map.label(), valueBytes, work, puts,
                    commits.getTotalCount() * puts / ((now - begin) / NANOS_A_SECOND),
                    commits.getValueAtPercentile(P50) / NANOS_A_MICRO,
                    commits.getValueAtPercentile(P99) / NANOS_A_MICRO);
        }

        private void commit(String work, int puts) throws Exception {
            if (work.equals("insert")) {
                commitInserts(puts);
            } else {
                commitReplacements(puts);
            }
        }

        Seen gets() throws Exception {
            for (int i = 0; i < GETS; i++) {
                get();
            }
            long begin = System.nanoTime();
            for (int i = 0; i < GETS; i++) {
                get();
            }
            return new Seen(map.label(), valueBytes, "get", 0,
                    GETS / ((System.nanoTime() - begin) / NANOS_A_SECOND), 0, 0);
        }

        private void get() throws Exception {
            byte[] value = raced.get(scatter(Long.remainderUnsigned(scatter(--drawn), entries)));
            if (value == null || value.length != valueBytes) {
                throw new IllegalStateException("a value that was put is not there: map=" + map.label());
            }
        }
    }
}
