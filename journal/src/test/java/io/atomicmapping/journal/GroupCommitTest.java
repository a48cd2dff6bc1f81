package io.atomicmapping.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.atomicmapping.journal.GroupCommit.Group;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callers that share commits; the test makes the commits. */
@Timeout(60)
class GroupCommitTest {

    private final GroupCommit<String> groups = new GroupCommit<>();

    /** A caller in a thread of its own, which waits by now, or has ended. */
    private static <T> FutureTask<T> caller(Callable<T> call) {
        FutureTask<T> task = new FutureTask<>(call);
        Thread thread = Thread.ofPlatform().start(task);
        while (thread.getState() != Thread.State.WAITING && !task.isDone()) {
            Thread.onSpinWait();
        }
        return task;
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
        FutureTask<Boolean> next = caller(() -> groups.isLeader(groups.join("next")));
        assertFalse(next.isDone(), "a commit is in flight");
        groups.finish(inFlight, 4, null);
        assertTrue(next.get(), "it makes the next commit");
    }

    @Test
    void failureIsToldToAllWhoShareTheCommit() {
        Group<String> inFlight = lead("in flight");
        FutureTask<Long> leader = caller(() -> {
            Group<String> shared = lead("leader");
            assertEquals(List.of("leader", "follower"), shared.requests());
            groups.finish(shared, 2, new IOException("disk"));
            return groups.result(shared);
        });
        FutureTask<Long> follower = caller(() -> groups.result(groups.join("follower")));
        groups.finish(inFlight, 1, null);
        for (FutureTask<Long> told : List.of(leader, follower)) {
            Throwable failure = assertThrows(ExecutionException.class, told::get).getCause();
            assertTrue(failure instanceof IOException, failure::toString);
            assertTrue(failure.getMessage().endsWith("disk"), failure::toString);
        }
    }
}
