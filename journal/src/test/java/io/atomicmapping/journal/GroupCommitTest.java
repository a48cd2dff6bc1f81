package io.atomicmapping.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.journal.GroupCommit.Group;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callers that share commits; the test makes the commits. */
@Timeout(60)
class GroupCommitTest {

    private final GroupCommit<String> groups = new GroupCommit<>();
    private final List<Thread> callers = new ArrayList<>();

    /** A caller of its own thread, which waits; its task gives the group once it has ended, or is led by that caller. */
    private FutureTask<Boolean> join(String request) throws InterruptedException {
        FutureTask<Boolean> leads = new FutureTask<>(() -> groups.isLeader(groups.join(request)));
        Thread caller = Thread.ofPlatform().start(leads);
        callers.add(caller);
        while (caller.getState() != Thread.State.WAITING && !leads.isDone()) {
            Thread.onSpinWait();
        }
        return leads;
    }

    private Group<String> lead(String request) {
        Group<String> group = groups.join(request);
        assertTrue(groups.isLeader(group));
        groups.close(group);
        return group;
    }

    /** Groups of one are used again: what is over for the first commit is not for the third. */
    @Test
    void callerWaitsForItsOwnCommitInAGroupThatIsUsedAgain() throws Exception {
        for (int commit = 1; commit < 4; commit++) {
            Group<String> alone = lead("alone");
            assertEquals(List.of("alone"), alone.requests());
            groups.finish(alone, commit, null);
        }
        Group<String> inFlight = lead("in flight");
        FutureTask<Boolean> next = join("next");
        assertFalse(next.isDone(), "a commit is in flight");
        groups.finish(inFlight, 4, null);
        assertTrue(next.get(), "it makes the next commit");
    }

    @Test
    void failureIsToldToAllWhoShareTheCommit() throws Exception {
        Group<String> inFlight = lead("in flight");
        GroupCommit.Group<String>[] shared = new Group[1];
        FutureTask<Long> leader = new FutureTask<>(() -> {
            shared[0] = groups.join("leader");
            groups.close(shared[0]);
            groups.finish(shared[0], 2, new IOException("disk"));
            return groups.result(shared[0]);
        });
        Thread thread = Thread.ofPlatform().start(leader);
        while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        FutureTask<Long> follower = new FutureTask<>(() -> groups.result(groups.join("follower")));
        Thread second = Thread.ofPlatform().start(follower);
        while (second.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        groups.finish(inFlight, 1, null);
        for (FutureTask<Long> caller : List.of(leader, follower)) {
            Throwable told = assertThrows(Exception.class, caller::get).getCause();
            assertTrue(told.getMessage().endsWith("disk"), told::toString);
        }
        assertEquals(List.of("leader", "follower"), shared[0].requests());
        assertSame(Thread.State.TERMINATED, joined(second));
    }

    private static Thread.State joined(Thread thread) throws InterruptedException {
        thread.join();
        return thread.getState();
    }
}
