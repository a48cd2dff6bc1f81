package io.atomicmapping.examples.wordindex;

import java.util.Arrays;
import java.util.Random;

/**
 * After which commits the child is killed, drawn from a seed.
 *
 * <p>A child may be up to {@value #AHEAD} commits ahead of what its parent has answered. So kills lie that
 * far apart and that far from the end: then no child can finish, nor reach the next kill's commit, before
 * its own kill.
 */
final class KillPlan {

    /** The commits that a child makes known, at most, before it waits for an answer to the first of them. */
    static final int AHEAD = 8;

    private KillPlan() {
    }

    /** The least commits in all that leave room for so many kills. */
    static long leastCommits(int kills) {
        return (long) kills * AHEAD + 1;
    }

    /** The numbers of the commits, ascending. */
    static long[] draw(int kills, long commits, long seed) {
        long free = commits - (long) kills * AHEAD;
        assert kills == 0 || free > 0 : "kills=" + kills + ", commits=" + commits;
        long[] plan = kills == 0 ? new long[0] : new Random(seed).longs(kills, 1, free + 1).toArray();
        Arrays.sort(plan);
        for (int i = 0; i < kills; i++) {
            plan[i] += (long) i * AHEAD;
        }
        return plan;
    }
}
