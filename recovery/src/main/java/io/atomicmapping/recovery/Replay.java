package io.atomicmapping.recovery;

import io.atomicmapping.journal.JournalScan;
import io.atomicmapping.journal.fault.SeededFault;
import io.atomicmapping.storage.DurableFile;
import java.io.IOException;
import java.lang.foreign.Arena;

/**
 * Writes the accepted records to the data file, in the order of its pages. It may be cut anywhere and done
 * again: it reads from the journal alone what it writes, and each byte ends as its last record says.
 *
 * <ul>
 *   <li>The data file is gone through in windows. Where there is much to replay, two threads prepare every
 *       other one; they are written in order all the same, one at a time: what reaches the data file, and
 *       when, does not depend on the threads.
 *   <li>What was written begins to go to the disk while the next windows are prepared: the force at the end
 *       finds little left.
 * </ul>
 */
final class Replay {

    static final String THREAD_NAME = "atomic-mapping-replay";

    /** What one thread replays: the other would not pay, and small simulated disks see one order of reads. */
    private static final long ALONE_BYTES_MAX = 8 << 20;
    private static final long WRITE_BACK_BYTES = 4 << 20;

    private final ExtentOrder order;
    private final DurableFile home;
    private final Turns turns = new Turns();
    private final ReplayWindow[] windows;

    /** What was written and did not yet begin to go to the disk. Used by the thread whose turn it is. */
    private long pendingFrom;
    private long pendingBytes;

    private Replay(JournalScan scan, CommittedBytes bytes, DurableFile home, Arena arena) throws IOException {
        this.home = home;
        order = ExtentOrder.of(scan, bytes, arena);
        windows = new ReplayWindow[scan.ringEnd() > ALONE_BYTES_MAX ? 2 : 1];
        for (int i = 0; i < windows.length; i++) {
            windows[i] = new ReplayWindow(scan, bytes, order, home, arena);
        }
    }

    /**
     * Brings the data file to the last commit: size and bytes. The caller forces it.
     *
     * @return the changed bytes written
     */
    static long run(JournalScan scan, CommittedBytes bytes, DurableFile home) throws IOException {
        long length = home.length();
        long size = scan.tail().state().size();
        if (bytes.zeroFrom() < Math.min(length, size) && !SeededFault.ZEROING_FORGOTTEN.isSeeded()) {
            home.zero(bytes.zeroFrom(), Math.min(length, size) - bytes.zeroFrom());
        }
        if (length != size) {
            home.setLength(size);
        }
        try (Arena arena = Arena.ofShared()) {
            return new Replay(scan, bytes, home, arena).run();
        }
    }

    private long run() throws IOException {
        if (windows.length == 1) {
            replay(0);
            return windows[0].bytesReplayed();
        }
        Thread other = new Thread(() -> replayOrFail(1), THREAD_NAME);
        other.setDaemon(true);
        other.start();
        replayOrFail(0);
        join(other); // before the memory goes, whatever happened
        switch (turns.failure()) {
            case null -> { }
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable t -> throw new AssertionError(t);
        }
        return windows[0].bytesReplayed() + windows[1].bytesReplayed();
    }

    private void replayOrFail(int share) {
        try {
            replay(share);
        } catch (IOException | RuntimeException | Error e) {
            turns.fail(e);
        }
    }

    /** Replays one of each as many windows as there are threads. */
    private void replay(int share) throws IOException {
        ReplayWindow window = windows[share];
        long turn = 0;
        for (long from = 0; from < order.count(); turn++) {
            long to = order.windowEnd(from);
            if (turn % windows.length == share) {
                window.prepare(from, to);
                if (!turns.await(turn)) {
                    return;
                }
                window.write();
                writeBack(window);
                turns.end();
            }
            from = to;
        }
    }

    private void writeBack(ReplayWindow window) throws IOException {
        if (pendingBytes == 0) {
            pendingFrom = window.offset();
        }
        pendingBytes += window.bytesWritten();
        if (pendingBytes >= WRITE_BACK_BYTES) {
            home.startWriteBack(pendingFrom, window.end() - pendingFrom);
            pendingBytes = 0;
        }
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
