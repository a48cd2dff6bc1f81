package io.atomicmapping.benchmarks.measure;

import io.atomicmapping.benchmarks.store.Store;

/**
 * How long a run is measured: until the journal was filled so often, but not shorter and not longer than
 * said; or for so many commits.
 *
 * @param warmUpSeconds what is not measured before
 * @param seconds the least, and the time where there is no ring
 * @param secondsMax the longest
 * @param ringFills how often the ring should be filled
 * @param commits if not 0, only so many, without warm-up
 */
public record Span(double warmUpSeconds, double seconds, double secondsMax, double ringFills, long commits) {

    /** Whether it is over. */
    public boolean isOver(double elapsed, long committed, Store.Progress begin, Store.Progress now) {
        if (commits > 0) {
            return committed >= commits;
        }
        boolean full = now.ringBytes() == 0 || now.fillsSince(begin) >= ringFills;
        return elapsed >= secondsMax || elapsed >= seconds && full;
    }
}
