package io.atomicmapping.journal;

import io.atomicmapping.journal.fault.SeededFault;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets callers that want a commit at the same time share one.
 *
 * <ul>
 *   <li>A caller joins the group that is open. The first group of an idle time is led by its first caller;
 *       while a commit is in flight the next group gathers, and is led by one of its callers when that commit
 *       ends.
 *   <li>The leader closes its group at the moment of its cut: whoever joined before is in the commit.
 *   <li>The next leader is woken before the others of the group that ended: the disk does not wait for them.
 * </ul>
 *
 * <p>Source: group commit as of DeWitt et al., Implementation Techniques for Main Memory Database Systems,
 * SIGMOD'84.
 *
 * @param <R> what a caller asks of the commit
 */
public final class GroupCommit<R> {

    /**
     * Callers that share a commit.
     *
     * @param <R> what a caller asks of the commit
     */
    public static final class Group<R> {
        private final List<R> requests = new ArrayList<>();
        private final List<Thread> waiters = new ArrayList<>();
        private volatile Thread leader;
        private volatile boolean done;
        private long commit;
        private Throwable failure;

        private Group() {
        }

        /**
         * What the callers ask for. For the leader, after it closed the group.
         *
         * @return their requests
         */
        public List<R> requests() {
            return requests;
        }

        private void reset() {
            requests.clear();
            leader = null;
            done = false;
            failure = null;
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private Group<R> open = new Group<>();
    private Group<R> spare;
    private boolean leading;

    /** Makes one that is idle. */
    public GroupCommit() {
    }

    /**
     * Joins the open group, and waits until its commit has ended or the caller is to lead it. A caller that
     * leads must call {@link #close} once, then {@link #finish}, and takes its result from its own commit.
     *
     * @param request what the caller asks for
     * @return the group; the caller leads it if {@link #isLeader} says so
     */
    public Group<R> join(R request) {
        Thread caller = Thread.currentThread();
        Group<R> group;
        lock.lock();
        try {
            group = open;
            group.requests.add(request);
            if (!leading) {
                leading = true;
                group.leader = caller;
                return group;
            }
            group.waiters.add(caller);
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (!group.done && group.leader != caller) {
            LockSupport.park(this);
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            caller.interrupt();
        }
        return group;
    }

    /**
     * Whether the calling thread is to make the group's commit.
     *
     * @param group what {@link #join} returned
     * @return whether it is
     */
    public boolean isLeader(Group<R> group) {
        return group.leader == Thread.currentThread();
    }

    /**
     * Closes the group: callers from now on join the next.
     *
     * @param group the leader's group; closing it twice does nothing
     */
    public void close(Group<R> group) {
        lock.lock();
        try {
            if (open == group) {
                open = spare == null ? new Group<>() : spare;
                spare = null;
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * The leader's commit has ended: names the next leader and wakes everybody.
     *
     * @param group the leader's group
     * @param commit the commit's number
     * @param failure why there is none, or null
     */
    public void finish(Group<R> group, long commit, Throwable failure) {
        close(group);
        group.commit = commit;
        boolean untold = SeededFault.FAILURE_NOT_TOLD_TO_FOLLOWERS.isSeeded();
        group.failure = untold ? null : failure;
        Thread next = null;
        lock.lock();
        try {
            group.done = true;
            if (open.waiters.isEmpty()) {
                leading = false;
            } else {
                next = open.waiters.removeFirst();
                open.leader = next;
            }
        } finally {
            lock.unlock();
        }
        if (next != null) {
            LockSupport.unpark(next);
        }
        for (int i = 0; i < group.waiters.size(); i++) {
            LockSupport.unpark(group.waiters.get(i));
        }
        if (group.waiters.isEmpty() && group.requests.size() == 1) {
            keep(group); // nobody else ever saw it
        }
    }

    private void keep(Group<R> group) {
        lock.lock();
        try {
            if (spare == null) {
                group.reset();
                spare = group;
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * The outcome for a caller that did not lead.
     *
     * @param group what {@link #join} returned
     * @return the commit's number
     * @throws IOException if the commit failed
     * @throws IllegalStateException if the leader found that there can be none
     */
    public long result(Group<R> group) throws IOException {
        if (group.failure instanceof IllegalStateException failure) {
            throw new IllegalStateException(failure.getMessage(), failure);
        }
        if (group.failure != null) {
            throw new IOException("the commit that held these stores failed: " + group.failure.getMessage(),
                    group.failure);
        }
        return group.commit;
    }
}
